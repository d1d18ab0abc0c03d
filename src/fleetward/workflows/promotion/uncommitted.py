"""What lies in the work tree and is not judged, because only what is committed is."""

from __future__ import annotations

from collections.abc import Sequence

from fleetward.domain.approval import GOVERNANCE
from fleetward.domain.fleet import CONFIG
from fleetward.domain.names import is_name
from fleetward.store.git.commit_writer import dirty
from fleetward.workflows.promotion.context import Hearing


def uncommitted_files(asked: Hearing, agents: Sequence[str]) -> tuple[str, ...]:
    """Files of these agents, or of governance, that differ from HEAD; a promotion does not read them."""
    ground, to = asked.ground, asked.target.name
    if ground.repository.top is None:
        return ()
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
    return tuple(dirty(ground, asked.head, (*folders, GOVERNANCE, f"approvals/{GOVERNANCE}", CONFIG)))
