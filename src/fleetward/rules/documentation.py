"""The documentation of the rules, printed from their docstrings."""

from __future__ import annotations

import re
import textwrap

from fleetward.domain.explanation import Explanation
from fleetward.domain.fleet import WAIVABLE_TEXT
from fleetward.rules.audit_findings import AUDIT_FINDINGS
from fleetward.rules.input_errors import HISTORY_ERRORS, INPUT_ERRORS
from fleetward.rules.rule import Rule
from fleetward.rules.rule_table import CATALOGUE

DOCUMENTED_RULES: tuple[Rule, ...] = (
    *INPUT_ERRORS,
    *HISTORY_ERRORS,
    *CATALOGUE,
    *AUDIT_FINDINGS,
)
"""Every rule that a finding can name: input errors, rules of the fleet, findings of audits."""
SECTIONS = ("Why", "Bad", "Good", "Fix")
_HEADING = re.compile(rf"^({'|'.join(SECTIONS)}):[ \n]", re.MULTILINE)


def sections(rule: Rule) -> dict[str, str]:
    """The texts of a docstring under Why, Bad, Good and Fix."""
    parts = _HEADING.split(rule.doc)
    return {
        name: textwrap.dedent(text).strip("\n") for name, text in zip(parts[1::2], parts[2::2], strict=True)
    }


def find_explanation(rule_id: str) -> Explanation | None:
    """The documentation of the rule with this id; None if there is no such rule."""
    rule = next((documented for documented in DOCUMENTED_RULES if documented.id == rule_id), None)
    return None if rule is None else explanation(rule)


def explanation(rule: Rule) -> Explanation:
    """The documentation of a rule, taken apart."""
    texts = sections(rule)
    return Explanation(
        rule=rule.id,
        severity=rule.severity,
        severity_exceptions=rule.severity_exceptions,
        fixed=rule.id in {documented.id for documented in (*INPUT_ERRORS, *HISTORY_ERRORS, *AUDIT_FINDINGS)},
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
        "The rules of `fleet validate`. The name of a rule says what it finds. `rules:` in\n"
        "`fleet-config.yaml` changes the severity of a rule. `governance/waivers.yaml` excuses one agent\n"
        "from a rule until a date. The first rules find input errors: they are always errors, and only\n"
        "`hidden-characters` and `secret-in-manifest` can be waived. The last ones are found by\n"
        "`fleet audit` in the history, and cannot be waived either.\n"
        "`fleet explain RULE` prints one rule. This page is printed from the source: `make docs`.\n"
    )
    return "\n".join((head, *(rule_section(rule) for rule in DOCUMENTED_RULES)))


def rule_section(rule: Rule) -> str:
    """One rule as a section in Markdown."""
    text = explanation(rule)
    where = "by `fleet audit`" if rule in AUDIT_FINDINGS else "while files are read"
    waived = "can be waived for one text" if rule.id in WAIVABLE_TEXT else "cannot be waived"
    fixed_note = f" Found {where}: its severity cannot be changed, and it {waived}." if text.fixed else ""
    return (
        f"## {text.rule}\n\n{text.summary}\n\nSeverity: {text.severity_text}.{fixed_note}\n\n"
        f"**Why**: {text.why}\n\n"
        f"Bad:\n\n```yaml\n{text.bad}\n```\n\nGood:\n\n```yaml\n{text.good}\n```\n\n"
        f"**Fix**: {text.fix}\n"
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())
