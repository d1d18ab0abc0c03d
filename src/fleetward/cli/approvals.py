"""``fleet approvals``: who said what about an agent, what of it counts now, and why the rest does not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

import typer

from fleetward.cli.session import Session
from fleetward.domain import clock
from fleetward.domain.approval import Approval, Decision
from fleetward.domain.errors import Exit, UsageError
from fleetward.domain.finding import Finding
from fleetward.domain.verdict import Met, Promotion
from fleetward.report.page import Line, Page, Role, line, page, span
from fleetward.store.git.fleet_root import find
from fleetward.workflows.load import read
from fleetward.workflows.promotion.candidates import Case, cases, decided
from fleetward.workflows.promotion.context import Hearing, hearing

_TOLD = {
    Decision.APPROVE: "approved",
    Decision.REJECT: "rejected",
    Decision.WITHDRAW: "withdrew",
    Decision.REVIEW: "reviewed",
}
_STANDS: Mapping[bool, tuple[str, Role]] = {
    True: ("counts", "good"),
    False: ("does not count", "warning"),
}


def approvals(
    session: Session,
    agent: Annotated[str, typer.Argument(metavar="AGENT", help="The agent.")],
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="ENV", help="Where it should run; the only gated environment."),
    ] = None,
) -> Exit:
    """List who approved what, how sure it is, what counts now and why not."""
    asked = hearing(session.run, to=to or _only(session), agents=[agent])
    [case] = cases(asked, [agent])
    [promotion] = decided(asked, [case])
    told = sorted(case.question.approvals, key=lambda one: (one.issued, one.file))
    standing = {one.file: _standing(one, promotion) for one in told}
    session.output.report(
        {
            "text": lambda: _page(asked, case, promotion, told, standing),
            "json": lambda: _data(asked, case, promotion, told, standing),
        }
    )
    return Exit.YES


def _only(session: Session) -> str:
    ground = find(session.run.folder, session.run.environment)
    config = read(ground.commit(ground.head()), only=()).governed().config
    gated = [one.name for one in config.environments if one.gated]
    if len(gated) == 1:
        return gated[0]
    which = ", ".join(gated) or "none, fleet-config.yaml has no environment with 'from'"
    raise UsageError("which environment?", hint=f"--to one of: {which}")


def _standing(one: Approval, promotion: Promotion) -> tuple[bool, str | None]:
    """Does the statement count now, and the reason where it does not, or where it does so as a no."""
    reason = next((it.reason for it in promotion.not_counted if one.file in it.files), None)
    if one.decision is Decision.APPROVE:
        counts = one.file in promotion.counted
        return counts, None if counts else reason or "nothing to promote"
    if one.decision is Decision.REJECT:
        against = any(
            it.kind == "veto" and it.status is Met.REFUSED and one.approver in it.by
            for it in promotion.requirements
        )
        return against, reason or (None if against else "no veto that stands")
    if one.decision is Decision.REVIEW:
        return reason is None and one.fault is None, reason or one.fault
    return True, one.fault


def _page(
    asked: Hearing,
    case: Case,
    promotion: Promotion,
    told: Sequence[Approval],
    standing: Mapping[str, tuple[bool, str | None]],
) -> Page:
    binding = case.question.binding
    head = f"{binding.environment}/{binding.agent}"
    lines = [line(span(head, "strong"), f" at {asked.head}, generation {binding.generation}")]
    lines += [line(f"  from {binding.from_state or 'nothing'}"), line(f"    to {binding.to_state}"), line()]
    if not told:
        lines += [line("nobody said anything about it"), line()]
    for one in told:
        lines += [*_statement(one, *standing[one.file]), line()]
    for fault in _unread(case):
        lines += [line(span("error", "error"), f" {fault.place.file}: {fault.message}"), line()]
    lines.append(line(f"with these: {promotion.verdict}"))
    next_command = f"fleet promote{asked.run.chdir} {binding.agent} --to {binding.environment}"
    return page([*lines, line(span(next_command, "code"))])


def _statement(one: Approval, counts: bool, reason: str | None) -> Iterator[Line]:
    word, role = _STANDS[counts]
    until = f" until {clock.written(one.expires)}" if one.expires else ""
    yield line(
        span(one.approver, "strong"),
        f" {_TOLD[one.decision]} on {clock.written(one.issued)}{until}, {one.assurance.word}",
    )
    yield line(f"  {one.binding.to_state}, generation {one.binding.generation}")
    yield line("  ", span(word, role), f": {reason}" if reason else "", hang=4)
    if one.note:
        yield line(f"  note: {one.note}", hang=8)
    yield line("  ", span(one.file, "place"))


def _unread(case: Case) -> list[Finding]:
    """Statements that cannot be read, or are there no more."""
    return [one for one in case.question.errors if one.place.file.startswith("approvals/")]


def _data(
    asked: Hearing,
    case: Case,
    promotion: Promotion,
    told: Sequence[Approval],
    standing: Mapping[str, tuple[bool, str | None]],
) -> dict[str, Any]:
    binding = case.question.binding
    return {
        "format": "fleetward.approvals/1",
        "commit": asked.head,
        "environment": binding.environment,
        "agent": binding.agent,
        "fromState": binding.from_state,
        "toState": binding.to_state,
        "generation": binding.generation,
        "verdict": promotion.verdict.value,
        "approvals": [_row(one, *standing[one.file]) for one in told],
        "unreadable": [{"file": one.place.file, "message": one.message} for one in _unread(case)],
    }


def _row(one: Approval, counts: bool, reason: str | None) -> dict[str, Any]:
    return {
        "file": one.file,
        "sha256": one.sha256,
        "approver": one.approver,
        "decision": one.decision.value,
        "assurance": one.assurance.word,
        "counts": counts,
        "reason": reason,
        "fromState": one.binding.from_state,
        "toState": one.binding.to_state,
        "generation": one.binding.generation,
        "issued": clock.written(one.issued),
        "expires": clock.written(one.expires) if one.expires else None,
        "note": one.note,
    }
