"""The plan of a retirement, for people: what stands in the way first, then what is left to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fleetward.domain.retirement_plan import Departure, Dependent, Left
from fleetward.report.page import Line, Page, line, page, span
from fleetward.report.retire_check import told


def render(plan: Departure, *, next_command: str, verbose: bool) -> Page:
    """The whole answer; its last line is *next_command*."""
    word = span("BLOCKED", "error") if plan.blocked else span("retire", "strong")
    where = ", ".join(f"{one.environment} ({one.lifecycle or 'unreadable'})" for one in plan.standing)
    lines = [line(word, " ", span(plan.agent, "strong"), f": {where}", hang=2), line()]
    lines += _section("who depends on it", [_dependent(one) for one in plan.dependents], "nobody")
    lines += _section("what has to be edited first", _edits(plan), "")
    lines += _section("what takes its place", [_successor(plan)], "")
    lines += _section(
        "its criteria", [row for one in plan.criteria for row in told(one, verbose=verbose)], "none"
    )
    lines += _section("shared state that it owns", [_left(one, "used by") for one in plan.states], "")
    lines += _section("credentials to revoke", [_credential(one) for one in plan.credentials], "none listed")
    lines += _section(
        "its data", [line(plan.disposition or "spec.retirement.dataDisposition does not say")], ""
    )
    lines += _section("what sets it off", [line(one) for one in plan.triggers], "")
    lines += _section("needed by nobody else", [line(f"{one.kind} {one.name}") for one in plan.alone], "")
    lines += _section("open proposals", [line(one) for one in plan.proposals], "")
    waivers = [
        line(f"{one.place.file}:{one.place.line}: {one.rule}, to {one.expires}") for one in plan.waivers
    ]
    lines += _section("waivers that name it", waivers, "")
    head = "would edit, once nothing requires it" if plan.blocked else "would edit"
    lines += _section("edited" if plan.written else head, _files(plan), "")
    return page([*lines, line(span(next_command, "code"))])


def _section(head: str, rows: Iterable[Line], none: str) -> Iterator[Line]:
    """A head and its rows; left out where there are none and nothing is said then."""
    found = list(rows) or ([line(none)] if none else [])
    if found:
        yield line(span(head, "strong"))
        yield from (line("  ", *row.spans, hang=max(4, row.hang + 2)) for row in found)
        yield line()


def _dependent(one: Dependent) -> Line:
    how = "requires it" if one.required else "can do without, or is set off by it"
    if one.blocks and one.names_successor:
        how = "names the replacement, and still requires it"
    elif one.required and one.along:
        how = "requires it, its next release does not: promote both together"
    place = f"{one.place.file.rpartition('/')[2]}:{one.place.line}"
    return line(f"{one.environment}/{one.agent} ({place}): ", span(how, "error" if one.blocks else ""))


def _edits(plan: Departure) -> list[Line]:
    """Each place once, with every way that there is."""
    rows: dict[str, Line] = {}
    for one in plan.dependents:
        instead = f", call {plan.successor} instead" if plan.successor not in (None, one.agent) else ""
        for place in one.edits if one.blocks else ():
            where = f"{place.file}:{place.line}"
            rows[where] = line(f"{where}: take {place.path} out{instead}, or say optional: true", hang=2)
    return list(rows.values())


def _successor(plan: Departure) -> Line:
    if plan.successor is None:
        return line("nothing: spec.retirement.replacedBy does not say")
    where = (
        f"in {', '.join(plan.successor_in)}" if plan.successor_in else "which is in none of its environments"
    )
    return line(f"{plan.successor}, {where}")


def _left(one: Left, words: str) -> Line:
    return line(one.name, f": {words} {', '.join(one.others)}" if one.others else "")


def _credential(one: Left) -> Line:
    listed = "" if one.kind == "listed" else " (of a tool, not in spec.retirement.credentials)"
    shared = span(f": {', '.join(one.others)} still works with it", "warning") if one.others else span("")
    return line(f"{one.name}{listed}", shared)


def _files(plan: Departure) -> list[Line]:
    return [line(f"{file}: spec.lifecycle retired") for file in plan.files]
