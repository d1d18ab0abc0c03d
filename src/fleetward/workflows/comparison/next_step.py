"""The command to type after a comparison: commit, promote, approve governance, or look at the log."""

from __future__ import annotations

from collections.abc import Iterable
from shlex import quote

from fleetward.domain import layout
from fleetward.domain.change import AgentStatus
from fleetward.domain.errors import FleetError
from fleetward.domain.fleet import Environment
from fleetward.domain.fleet_diff import FleetDiff
from fleetward.domain.people import Person
from fleetward.store.git.discovery import author_identity
from fleetward.store.git.fleet_root import FleetRoot
from fleetward.workflows.comparison.revisions import Side
from fleetward.workflows.context import RunContext
from fleetward.workflows.load import load_fleet

_MAX_NAMED = 3
"""With more agents than this, the environments are compared instead."""


def next_command(run: RunContext, root: FleetRoot, head: Side, fleet_diff: FleetDiff, *, across: bool) -> str:
    """
    The command after this comparison; *across*: of two environments, not of two revisions.

    Unreadable files are validated first, and so are gated folders that were edited by hand: ``fleet validate`` says
    how to restore them. A command that would be refused here is not offered.
    """
    location = run.chdir
    is_elsewhere = head.commit is not None and head.commit != root.repository.find_commit("HEAD")
    at_head = f" --rev {head.commit[:12]}" if head.commit is not None and is_elsewhere else ""
    if fleet_diff.unreadable or (head.commit is None and _edited_by_hand(head, fleet_diff)):
        return f"fleet validate{location}{at_head}"
    if head.commit is None and (fleet_diff.agents or fleet_diff.governance):
        add = "" if head.name == "index" else f"git{location} add -A && "
        return f"{add}git{location} commit -m {quote(_commit_subject(fleet_diff))}"
    if is_elsewhere:
        # promote and approve judge HEAD, which is another commit
        return f"fleet validate{location}{at_head}"
    governed = bool(fleet_diff.governance or fleet_diff.governance_formatting)
    for target in (environment for environment in fleet_diff.environments if environment.gated):
        names = list(dict.fromkeys(_promotable_agents(head, fleet_diff, target, retired=across)))
        if names and _awaits_adoption(head, target):
            return f"fleet adopt{location} --to {target.name}"
        if 0 < len(names) <= _MAX_NAMED or (names and across):
            return f"fleet promote{location} {' '.join(names)} --to {target.name}"
        if not across and (names or not governed) and _holds_agents(head, target):
            return f"fleet diff{location} --env {target.sources[0]}..{target.name}"
    if governed and head.tree.entries(layout.LEDGERS):
        verb = "approve --governance" if _is_somebody(run, root, head) else "policy check"
        return f"fleet {verb}{location}"
    return f"fleet log{location}"


def _awaits_adoption(head: Side, target: Environment) -> bool:
    """Do agents run there, and is there no ledger yet?"""
    held = head.tree.entries(layout.environment_folder(target.name))
    return bool(held) and not head.tree.entries(layout.ledger_file(target.name))


def _holds_agents(head: Side, target: Environment) -> bool:
    return any(
        head.tree.entries(layout.environment_folder(name)) for name in (target.sources[0], target.name)
    )


def _is_somebody(run: RunContext, root: FleetRoot, head: Side) -> bool:
    """Does the fleet know the person whom git names? Nobody else can approve."""
    try:
        _, email = author_identity(root.path, run.environment)
        snapshot = load_fleet(head.tree, ()).snapshot
    except FleetError:
        return False
    return snapshot is not None and isinstance(snapshot.people.by_email(email), Person)


def _edited_by_hand(head: Side, fleet_diff: FleetDiff) -> bool:
    """Was a gated environment that has a ledger edited, other than by a proposal?"""
    changed = {item.environment for row in fleet_diff.agents for item in row.changes if not item.proposed}
    gated = (item.name for item in fleet_diff.environments if item.gated and item.name in changed)
    # without a ledger nothing is gated yet: fleet adopt comes first
    return any(head.tree.entries(layout.ledger_file(name)) for name in gated)


def _promotable_agents(
    head: Side, fleet_diff: FleetDiff, target: Environment, *, retired: bool
) -> Iterable[str]:
    """The agents that a promotion into *target* would change; *retired*: with all that would be retired."""
    rows = (item.row for item in fleet_diff.agents)
    for row in (row for row in rows if row.environment in (*target.sources, target.name)):
        # one that runs nowhere is no agent that promote knows
        runs = retired or head.tree.entries(layout.agent_folder(target.name, row.agent))
        if row.status is not AgentStatus.RETIRED or runs:
            yield row.agent


def _commit_subject(fleet_diff: FleetDiff) -> str:
    names = list(dict.fromkeys(item.row.agent for item in fleet_diff.agents))
    shown_names = ", ".join(names) if len(names) <= _MAX_NAMED else f"{len(names)} agents"
    return f"change {shown_names or 'governance'}"
