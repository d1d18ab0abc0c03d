"""What verbs with ``--apply`` share: the lock, and notes about what was written and what is not committed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from fleetward.cli.session import Session
from fleetward.report.page import line, span
from fleetward.store.git.repository import Id
from fleetward.workflows.promotion import apply as promotion_apply
from fleetward.workflows.promotion.context import PromotionContext
from fleetward.workflows.promotion.uncommitted import uncommitted_files

_MAX_NAMES = 3


@contextmanager
def applying(session: Session, *, apply: bool) -> Iterator[None]:
    """Hold the lock of the fleet with *apply*; note where an interrupted run was finished first."""
    if not apply:
        # reading needs no lock
        yield
        return
    with promotion_apply.apply_lock(session.run) as finished:
        if finished:
            session.note((line("finished an interrupted run: the work tree matches its commit again"),))
        yield


def warn_uncommitted(session: Session, context: PromotionContext, agents: Sequence[str]) -> None:
    """Name the uncommitted files that the verdict ignores."""
    # asking git for every file costs time that -q has no use for
    if session.output.quiet:
        return
    files = uncommitted_files(context, agents)
    if not files:
        return
    names = ", ".join(files[:_MAX_NAMES]) + (
        f" and {len(files) - _MAX_NAMES} more" if len(files) > _MAX_NAMES else ""
    )
    session.note((line(span("uncommitted, ignored", "warning"), f": {names}", hang=2),))


def note_written(session: Session, commit: Id | None, environment: str, remote: str | None) -> None:
    """Name the commit that was written, if one was, and the *remote* that has it by now."""
    if commit is not None:
        pushed = f", pushed to {remote}" if remote else ""
        message = f" as commit {commit}, ledger/{environment}.jsonl{pushed}"
        session.note((line(span("written", "good"), message),))


def note_pushed(session: Session, pushed: promotion_apply.PushedCommits | None) -> None:
    """Name the branch that now has the commits of an earlier run, if there were any."""
    if pushed is not None:
        message = f" to {pushed.target.name}: commit {pushed.head}, which waited here"
        session.note((line(span("pushed", "good"), message),))


def note_taken_off(session: Session, upstream: Id | None) -> None:
    """Name the commit that the branch begins anew from, if it does."""
    if upstream is not None:
        session.note((line(f"took the unpushed promotion off; the branch is at {upstream} again"),))
