"""What every ``--apply`` holds while it writes, and what promotions are told beside their report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from fleetward.cli.session import Session
from fleetward.report.page import line, span
from fleetward.workflows.promotion import apply as promotion_apply
from fleetward.workflows.promotion.context import PromotionContext
from fleetward.workflows.promotion.uncommitted import uncommitted_files

_LISTED = 3


@contextmanager
def applying(session: Session, *, apply: bool) -> Iterator[None]:
    """Hold the lock of the fleet where *apply* is set; say so where an earlier run was finished first."""
    if not apply:
        yield
        return
    with promotion_apply.apply_lock(session.run) as finished:
        if finished:
            session.output.tell(
                (line("finished what an earlier run had begun: the work tree follows its commit"),)
            )
        yield


def warn_uncommitted(session: Session, asked: PromotionContext, agents: Sequence[str]) -> None:
    """Name the uncommitted files that the verdict ignores."""
    if session.output.quiet:
        return
    files = uncommitted_files(asked, agents)
    if not files:
        return
    names = ", ".join(files[:_LISTED]) + (f" and {len(files) - _LISTED} more" if len(files) > _LISTED else "")
    session.output.tell((line(span("not committed, so not judged", "warning"), f": {names}", hang=2),))
