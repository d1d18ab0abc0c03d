"""Who does not count for a requirement, and the ways on where nobody is left, as every format words them."""

from __future__ import annotations

from collections.abc import Iterator

from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.verdict import Promotion, Requirement, RequirementStatus, Verdict
from fleetward.report.page import Line, line, span

_SEATS = frozenset({"approvals", "held", "review"})
"""The kinds of requirements that people meet."""
_SETTLED = (Verdict.ALLOWED, Verdict.UNCHANGED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusion:
    """The people whom one reason excludes."""

    people: tuple[str, ...]
    reason: str
    """With the commit that shows it."""
    remedy: str


def exclusions(requirement: Requirement) -> tuple[Exclusion, ...]:
    """The excluded people of *requirement*, those with the same reason together."""
    people: dict[tuple[str, str], list[str]] = {}
    for excluded in requirement.excluded:
        commit = (excluded.commit or "")[:12]
        reason = excluded.reason if commit in excluded.reason else f"{excluded.reason} (commit {commit})"
        people.setdefault((reason, excluded.remedy), []).append(excluded.person)
    return tuple(
        Exclusion(people=tuple(names), reason=reason, remedy=remedy)
        for (reason, remedy), names in people.items()
    )


def requirement_lines(requirement: Requirement, indent: int) -> Iterator[Line]:
    """A line for each reason and one for its remedy."""
    for exclusion in exclusions(requirement):
        text = f"not counted: {', '.join(exclusion.people)}: {exclusion.reason}"
        yield line(" " * indent, text, hang=indent + 2)
        yield line(" " * (indent + 2), span(f"would help: {exclusion.remedy}", "dim"), hang=indent + 4)


def missing_lines(promotion: Promotion, *, names_eligible: bool = True) -> Iterator[Line]:
    """The seats that are open with who could fill them and who does not count, and the ways on."""
    for requirement in promotion.requirements:
        if requirement.status is RequirementStatus.MET or requirement.kind not in _SEATS:
            continue
        text = f"{requirement.kind} {requirement.condition} ({requirement.rule}): {requirement.detail}"
        yield line("  ", span(requirement.status, "warning"), f" {text}", hang=4)
        if requirement.eligible and names_eligible:
            yield line(f"    could approve: {', '.join(requirement.eligible)}", hang=6)
        yield from requirement_lines(requirement, 4)
    yield from way_lines(promotion)


def way_lines(promotion: Promotion, indent: int = 2) -> Iterator[Line]:
    """The ways on, each with its first command."""
    if promotion.verdict in _SETTLED or not promotion.unblock.ways:
        return
    yield line(" " * indent, span("ways on:", "strong"))
    for way in promotion.unblock.ways:
        yield line(" " * (indent + 2), way.text, hang=indent + 4)
        yield line(" " * (indent + 4), span(way.command, "code"), hang=indent + 6)
