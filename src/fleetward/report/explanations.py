"""Rules explained, for people and for programs (``fleetward.explain/1``)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fleetward.domain.explanation import Explanation
from fleetward.domain.fleet import WAIVABLE_TEXT
from fleetward.report.page import Line, Page, Role, line, page, span
from fleetward.report.severity_roles import SEVERITY_ROLES

FORMAT = "fleetward.explain/1"


def render_rule(rule: Explanation) -> Page:
    """One rule: what it finds, why, a bad and a good example, and the fix."""
    waived = "can be waived for one text" if rule.rule in WAIVABLE_TEXT else "cannot be waived"
    fixed = f"; its severity cannot be lowered, and it {waived}" if rule.fixed else ""
    lines = [
        line(
            span(rule.rule, "strong"),
            "  ",
            span(rule.severity_text, SEVERITY_ROLES[rule.severity]),
            span(fixed, "dim"),
        ),
        line(rule.summary),
        line(),
        line("why: ", rule.why, hang=5),
        line(),
        line("bad:"),
        *_example(rule.bad, "removed"),
        line(),
        line("good:"),
        *_example(rule.good, "added"),
        line(),
        line("fix: ", rule.fix, hang=5),
        line(),
        line(span("fleet explain --list", "dim")),
    ]
    return page(lines)


def render_overview(rules: Sequence[Explanation]) -> Page:
    """Every rule with its default severity and what it finds."""
    rule_width = max(len(rule.rule) for rule in rules)
    severity_width = max(len(rule.severity) for rule in rules)
    lines = [
        line(
            span(rule.rule.ljust(rule_width), "strong"),
            "  ",
            span(rule.severity.ljust(severity_width), SEVERITY_ROLES[rule.severity]),
            f"  {rule.summary}",
            hang=rule_width + severity_width + 4,
        )
        for rule in rules
    ]
    return page([*lines, line(span(f"fleet explain {rules[0].rule}", "dim"))])


def render_data(rules: Sequence[Explanation]) -> dict[str, Any]:
    """The rules as data."""
    return {"format": FORMAT, "rules": [_entry(rule) for rule in rules]}


def _entry(rule: Explanation) -> dict[str, Any]:
    return {
        "rule": rule.rule,
        "severity": rule.severity.value,
        "unless": rule.severity_exceptions,
        "fixed": rule.fixed,
        "summary": rule.summary,
        "why": rule.why,
        "bad": rule.bad,
        "good": rule.good,
        "fix": rule.fix,
    }


def _example(text: str, role: Role) -> list[Line]:
    return [line("    ", span(row, role)) for row in text.split("\n")]
