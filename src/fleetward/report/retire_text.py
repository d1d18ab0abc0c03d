"""The plan of a retirement, for people: what blocks it first, then what is left to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fleetward.domain.retirement_plan import Dependent, Leftover, RetirementPlan
from fleetward.report.page import Line, Page, line, page, span
from fleetward.report.retire_check import criterion_lines


def render(plan: RetirementPlan, *, next_command: str, verbose: bool) -> Page:
    """The whole answer; its last line is *next_command*."""
    word = span("BLOCKED", "error") if plan.blocked else span("retire", "strong")
    where = ", ".join(f"{item.environment} ({item.lifecycle or 'unreadable'})" for item in plan.deployments)
    lines = [line(word, " ", span(plan.agent, "strong"), f": {where}", hang=2), line()]
    lines += _section_lines("dependents", [_dependent_line(item) for item in plan.dependents], "none")
    lines += _section_lines("edit first", _edit_lines(plan), "")
    lines += _section_lines("replacement", [_successor_line(plan)], "")
    lines += _section_lines(
        "criteria",
        [row for item in plan.criteria for row in criterion_lines(item, verbose=verbose)],
        "none",
    )
    lines += _section_lines(
        "shared state that it owns", [_state_line(item, "used by") for item in plan.shared_states], ""
    )
    lines += _section_lines(
        "credentials to revoke", [_credential_line(item) for item in plan.credentials], "none listed"
    )
    lines += _section_lines(
        "data", [line(plan.disposition or "unknown: spec.retirement.dataDisposition is not set")], ""
    )
    lines += _section_lines("triggers", [line(item) for item in plan.triggers], "")
    lines += _section_lines(
        "used by no other agent", [line(f"{item.kind} {item.name}") for item in plan.unshared], ""
    )
    lines += _section_lines("open proposals", [line(item) for item in plan.proposals], "")
    waivers = [
        line(f"{item.place.file}:{item.place.line}: {item.rule}, to {item.expires}") for item in plan.waivers
    ]
    lines += _section_lines("waivers that name it", waivers, "")
    head = "would edit, once no agent requires it" if plan.blocked else "would edit"
    lines += _section_lines("edited" if plan.written else head, _file_lines(plan), "")
    return page([*lines, line(span(next_command, "code"))])


def _section_lines(head: str, rows: Iterable[Line], empty_text: str) -> Iterator[Line]:
    """A heading and its rows; without rows *empty_text*, and nothing if that is empty."""
    lines = list(rows) or ([line(empty_text)] if empty_text else [])
    if lines:
        yield line(span(head, "strong"))
        yield from (line("  ", *row.spans, hang=max(4, row.hang + 2)) for row in lines)
        yield line()


def _dependent_line(dependent: Dependent) -> Line:
    relation = "requires it" if dependent.required else "optional, or is triggered by it"
    if dependent.blocks and dependent.names_successor:
        relation = "names the replacement, and still requires it"
    elif dependent.required and dependent.promoted_together:
        relation = "requires it, its next release does not: promote both together"
    place = f"{dependent.place.file.rpartition('/')[2]}:{dependent.place.line}"
    return line(
        f"{dependent.environment}/{dependent.agent} ({place}): ",
        span(relation, "error" if dependent.blocks else ""),
    )


def _edit_lines(plan: RetirementPlan) -> list[Line]:
    """Each place once, with all ways to edit it."""
    rows: dict[str, Line] = {}
    for dependent in plan.dependents:
        instead = f", call {plan.successor} instead" if plan.successor not in (None, dependent.agent) else ""
        for place in dependent.edits if dependent.blocks else ():
            where = f"{place.file}:{place.line}"
            rows[where] = line(f"{where}: remove {place.path}{instead}, or write optional: true", hang=2)
    return list(rows.values())


def _successor_line(plan: RetirementPlan) -> Line:
    if plan.successor is None:
        return line("none: spec.retirement.replacedBy is not set")
    where = (
        f"in {', '.join(plan.successor_in)}"
        if plan.successor_in
        else "which is not in the environments of this agent"
    )
    return line(f"{plan.successor}, {where}")


def _state_line(state: Leftover, words: str) -> Line:
    return line(state.name, f": {words} {', '.join(state.users)}" if state.users else "")


def _credential_line(credential: Leftover) -> Line:
    listed = (
        "" if credential.kind == "listed" else " (used by a tool, not listed in spec.retirement.credentials)"
    )
    shared = (
        span(f": also used by {', '.join(credential.users)}", "warning") if credential.users else span("")
    )
    return line(f"{credential.name}{listed}", shared)


def _file_lines(plan: RetirementPlan) -> list[Line]:
    return [line(f"{file}: spec.lifecycle retired") for file in plan.files]
