"""Rules in words, for people and for machines (``fleetward.explain/1``)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fleetward.domain.explanation import Explanation
from fleetward.domain.finding import Severity
from fleetward.report.page import Line, Page, Role, line, page, span

FORMAT = "fleetward.explain/1"
_ROLES: dict[Severity, Role] = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.NOTE: "note",
}


def render_rule(rule: Explanation) -> Page:
    """One rule: the wrong, why, bad, good and the fix."""
    fixed = "; it cannot be turned down or waived" if rule.fixed else ""
    lines = [
        line(
            span(rule.rule, "strong"),
            "  ",
            span(rule.severity_text, _ROLES[rule.severity]),
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
    wide = max(len(rule.rule) for rule in rules)
    weighty = max(len(rule.severity) for rule in rules)
    lines = [
        line(
            span(rule.rule.ljust(wide), "strong"),
            "  ",
            span(rule.severity.ljust(weighty), _ROLES[rule.severity]),
            f"  {rule.summary}",
            hang=wide + weighty + 4,
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
    return [line("    ", span(written, role)) for written in text.split("\n")]
