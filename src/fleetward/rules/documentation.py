"""The documentation of the rules, printed from their docstrings."""

from __future__ import annotations

import re
import textwrap

from fleetward.domain.explanation import Explanation
from fleetward.rules.audit_findings import AUDIT_FINDINGS
from fleetward.rules.catalogue import CATALOGUE
from fleetward.rules.input_errors import INPUT_ERRORS
from fleetward.rules.rule import Rule

DOCUMENTED_RULES: tuple[Rule, ...] = (
    *(rule for rule in INPUT_ERRORS if rule.id not in {rule.id for rule in CATALOGUE}),
    *CATALOGUE,
    *AUDIT_FINDINGS,
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


def find_explanation(rule_id: str) -> Explanation | None:
    """The rule of this id in words; None for a stranger."""
    rule = next((documented for documented in DOCUMENTED_RULES if documented.id == rule_id), None)
    return None if rule is None else explanation(rule)


def explanation(rule: Rule) -> Explanation:
    """A rule in words."""
    texts = sections(rule)
    return Explanation(
        rule=rule.id,
        severity=rule.severity,
        severity_exceptions=rule.unless,
        fixed=rule.id in {documented.id for documented in (*INPUT_ERRORS, *AUDIT_FINDINGS)},
        summary=rule.summary,
        why=_one_line(texts["Why"]),
        bad=texts["Bad"],
        good=texts["Good"],
        fix=_one_line(texts["Fix"]),
    )


def reference_page() -> str:
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
    return "\n".join((head, *(rule_section(rule) for rule in DOCUMENTED_RULES)))


def rule_section(rule: Rule) -> str:
    """One rule as Markdown."""
    text = explanation(rule)
    where = "by `fleet audit`" if rule in AUDIT_FINDINGS else "while reading"
    fixed_note = f" Found {where}: it cannot be turned down or waived." if text.fixed else ""
    return (
        f"## {text.rule}\n\n{text.summary}\n\nSeverity: {text.severity_text}.{fixed_note}\n\n"
        f"**Why**: {text.why}\n\n"
        f"Bad:\n\n```yaml\n{text.bad}\n```\n\nGood:\n\n```yaml\n{text.good}\n```\n\n"
        f"**Fix**: {text.fix}\n"
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())
