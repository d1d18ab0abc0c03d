"""What lies in the work tree and is not judged, because only what is committed is."""

from __future__ import annotations

from collections.abc import Sequence

from fleetward.domain.approval import GOVERNANCE
from fleetward.domain.fleet import CONFIG
from fleetward.domain.names import is_name
from fleetward.report.page import line, span
from fleetward.store.git.commit_writer import dirty
from fleetward.workflows.promotion.context import Hearing

_SHOWN = 3


def remind(asked: Hearing, agents: Sequence[str]) -> None:
    """Say beside the report which files of these agents, or of governance, HEAD does not hold as they are."""
    session, ground, to = asked.session, asked.ground, asked.target.name
    if session.quiet or ground.repository.top is None:
        return
    folders = [
        f"{top}/{agent}"
        for agent in agents
        if is_name(agent)
        for top in (
            *(f"environments/{env}" for env in asked.sources),
            f"proposals/{to}",
            f"approvals/{to}",
            "evidence",
        )
    ]
    wrong = dirty(ground, asked.head, (*folders, GOVERNANCE, f"approvals/{GOVERNANCE}", CONFIG))
    if not wrong:
        return
    names = ", ".join(wrong[:_SHOWN]) + (f" and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else "")
    session.tell((line(span("not committed, so not judged", "warning"), f": {names}", hang=2),))
