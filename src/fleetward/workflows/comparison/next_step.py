"""The command to type after a comparison: commit, promote, approve governance, or look at the log."""

from __future__ import annotations

from collections.abc import Iterable
from shlex import quote

from fleetward.domain import layout
from fleetward.domain.change import AgentStatus
from fleetward.domain.fleet import Environment
from fleetward.domain.fleet_diff import FleetDiff
from fleetward.workflows.comparison.revisions import Side
from fleetward.workflows.context import RunContext

_MAX_NAMED = 3
"""With more agents than this, the environments are compared instead."""


def next_command(run: RunContext, head: Side, fleet_diff: FleetDiff, *, across: bool) -> str:
    """
    The command after this comparison; *across*: of two environments, not of two revisions.

    Unreadable files are validated first, and so are gated folders that were edited by hand: ``fleet validate`` says
    how to restore them.
    """
    location = run.chdir
    if fleet_diff.unreadable or (head.commit is None and _edited_by_hand(head, fleet_diff)):
        return f"fleet validate{location}"
    if head.commit is None and (fleet_diff.agents or fleet_diff.governance):
        add = "" if head.name == "index" else f"git{location} add -A && "
        return f"{add}git{location} commit -m {quote(_commit_subject(fleet_diff))}"
    for target in (environment for environment in fleet_diff.environments if environment.gated):
        names = list(dict.fromkeys(_promotable_agents(fleet_diff, target, retired=across)))
        if 0 < len(names) <= _MAX_NAMED or (names and across):
            return f"fleet promote{location} {' '.join(names)} --to {target.name}"
        if not across and (names or not fleet_diff.governance):
            return f"fleet diff{location} --env {target.sources[0]}..{target.name}"
    return f"fleet approve{location} --governance" if fleet_diff.governance else f"fleet log{location}"


def _edited_by_hand(head: Side, fleet_diff: FleetDiff) -> bool:
    """Was a gated environment that has a ledger edited, other than by a proposal?"""
    changed = {item.environment for row in fleet_diff.agents for item in row.changes if not item.proposed}
    gated = (item.name for item in fleet_diff.environments if item.gated and item.name in changed)
    # without a ledger nothing is gated yet: fleet adopt comes first
    return any(head.tree.entries(layout.ledger_file(name)) for name in gated)


def _promotable_agents(fleet_diff: FleetDiff, target: Environment, *, retired: bool) -> Iterable[str]:
    """The agents that a promotion into *target* would change; *retired*: with those that would be retired."""
    rows = (item.row for item in fleet_diff.agents if not item.formatting_only)
    nearby = (row for row in rows if row.environment in (*target.sources, target.name))
    return (row.agent for row in nearby if retired or row.status is not AgentStatus.RETIRED)


def _commit_subject(fleet_diff: FleetDiff) -> str:
    names = list(dict.fromkeys(item.row.agent for item in fleet_diff.agents))
    shown_names = ", ".join(names) if len(names) <= _MAX_NAMED else f"{len(names)} agents"
    return f"change {shown_names or 'governance'}"
