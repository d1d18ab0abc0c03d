"""Uncommitted files of agents and governance: decisions ignore them."""

from __future__ import annotations

from collections.abc import Sequence

from fleetward.domain import layout
from fleetward.domain.approval import GOVERNANCE
from fleetward.domain.names import is_name
from fleetward.store.git.work_tree_update import uncommitted_paths
from fleetward.workflows.promotion.context import PromotionContext


def uncommitted_files(context: PromotionContext, agents: Sequence[str]) -> tuple[str, ...]:
    """Files of these agents, or of governance, that differ from HEAD; a promotion does not read them."""
    root, to = context.root, context.target.name
    # a bare repository has no work tree that could differ
    if root.repository.top is None:
        return ()
    folders = [
        f"{top}/{agent}"
        for agent in agents
        # a name from the command line becomes part of a path
        if is_name(agent)
        for top in (
            *(layout.environment_folder(env) for env in context.sources),
            f"{layout.PROPOSALS}/{to}",
            layout.approvals_folder(to),
            layout.EVIDENCE,
        )
    ]
    return tuple(
        uncommitted_paths(
            root,
            context.head,
            (*folders, layout.GOVERNANCE, layout.approvals_folder(GOVERNANCE), layout.CONFIG),
        )
    )
