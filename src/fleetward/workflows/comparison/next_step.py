"""Where a comparison leads: an edit to its commit, a commit to its promotion, nothing new to what already went."""

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
"""So many agents are named; of more, the environments are compared."""


def next_command(run: RunContext, head: Side, fleet_diff: FleetDiff, *, across: bool) -> str:
    """
    The command after this comparison with *head*; *across* environments, or between two states of the fleet.

    What cannot be read is validated first, and so is an edit by hand of what only a promotion may write: that says
    how to put it back.
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
    """Has an environment with a gate and a ledger become another, and not by what is proposed?"""
    changed = {item.environment for row in fleet_diff.agents for item in row.changes if not item.proposed}
    gated = (item.name for item in fleet_diff.environments if item.gated and item.name in changed)
    return any(head.tree.entries(layout.ledger_file(name)) for name in gated)


def _promotable_agents(fleet_diff: FleetDiff, target: Environment, *, retired: bool) -> Iterable[str]:
    """The agents that a promotion through this gate would move; also those that are *retired*, where asked."""
    rows = (item.row for item in fleet_diff.agents if not item.formatting_only)
    nearby = (row for row in rows if row.environment in (*target.sources, target.name))
    return (row.agent for row in nearby if retired or row.status is not AgentStatus.RETIRED)


def _commit_subject(fleet_diff: FleetDiff) -> str:
    names = list(dict.fromkeys(item.row.agent for item in fleet_diff.agents))
    shown_names = ", ".join(names) if len(names) <= _MAX_NAMED else f"{len(names)} agents"
    return f"change {shown_names or 'governance'}"
