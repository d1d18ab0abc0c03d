"""The documentation of the rules, printed from their docstrings."""

from __future__ import annotations

import re
import textwrap

from fleetward.domain.explanation import Explanation
from fleetward.rules.audit_findings import AUDITING
from fleetward.rules.catalogue import CATALOGUE
from fleetward.rules.input_errors import READING
from fleetward.rules.rule import Rule

DOCUMENTED: tuple[Rule, ...] = (
    *(rule for rule in READING if rule.id not in {known.id for known in CATALOGUE}),
    *CATALOGUE,
    *AUDITING,
)
"""Every rule that a finding can name, found while reading, by being asked, or in history."""
SECTIONS = ("Why", "Bad", "Good", "Fix")
_HEADING = re.compile(rf"^({'|'.join(SECTIONS)}):[ \n]", re.MULTILINE)


def sections(rule: Rule) -> dict[str, str]:
    """What a docstring says under each of Why, Bad, Good and Fix."""
    parts = _HEADING.split(rule.doc)
    return {
        name: textwrap.dedent(text).strip("\n") for name, text in zip(parts[1::2], parts[2::2], strict=True)
    }


def explained(rule_id: str) -> Explanation | None:
    """The rule of this id in words; None for a stranger."""
    rule = next((known for known in DOCUMENTED if known.id == rule_id), None)
    return None if rule is None else explanation(rule)


def explanation(rule: Rule) -> Explanation:
    """A rule in words."""
    said = sections(rule)
    return Explanation(
        rule=rule.id,
        severity=rule.severity,
        unless=rule.unless,
        fixed=rule.id in {known.id for known in (*READING, *AUDITING)},
        summary=rule.summary,
        why=_flowing(said["Why"]),
        bad=said["Bad"],
        good=said["Good"],
        fix=_flowing(said["Fix"]),
    )


def documentation() -> str:
    """All rules as one page of Markdown."""
    head = (
        "# Rules\n\n"
        "What `fleet validate` holds a fleet to. Each rule is named for the wrong that it finds; its\n"
        "weight can be changed under `rules:` in `fleet-config.yaml`, and one agent can be excused\n"
        "for a time in `governance/waivers.yaml`. What is found while reading is always an error and\n"
        "cannot be waived; nor can what `fleet audit` finds in a history, at the end. This page is printed\n"
        "from the rules themselves; `fleet explain RULE` prints\n"
        "one of them.\n"
    )
    return "\n".join((head, *(page(rule) for rule in DOCUMENTED)))


def page(rule: Rule) -> str:
    """One rule as Markdown."""
    said = explanation(rule)
    where = "by `fleet audit`" if rule in AUDITING else "while reading"
    fixed = f" Found {where}: it cannot be turned down or waived." if said.fixed else ""
    return (
        f"## {said.rule}\n\n{said.summary}\n\nSeverity: {said.weight}.{fixed}\n\n"
        f"**Why**: {said.why}\n\n"
        f"Bad:\n\n```yaml\n{said.bad}\n```\n\nGood:\n\n```yaml\n{said.good}\n```\n\n"
        f"**Fix**: {said.fix}\n"
    )


def _flowing(text: str) -> str:
    return " ".join(text.split())
