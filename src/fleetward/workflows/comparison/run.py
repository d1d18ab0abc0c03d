"""What moved between two sides of a fleet."""

from __future__ import annotations

from fleetward.domain import layout
from fleetward.domain.change import Unreadable
from fleetward.domain.errors import NotAFleet
from fleetward.domain.fleet_diff import FleetDiff
from fleetward.store.git.fleet_root import FleetRoot
from fleetward.workflows.comparison.changed_files import (
    AGENT_FOLDERS,
    agent_files,
    changed_files,
    nested_files,
)
from fleetward.workflows.comparison.pair import FleetPair, blocked_folders
from fleetward.workflows.comparison.revisions import Side


def compare_fleets(ground: FleetRoot, base: Side, head: Side) -> FleetDiff:
    """
    What moved from *base* to *head*, agents paired by environment and name.

    Errors: FleetError where neither side is a fleet.
    """
    differing = changed_files(ground, base.tree, head.tree)
    keys = {tuple(path.split("/")[1:3]) for path in differing if path.split("/")[0] in AGENT_FOLDERS}
    pairs = [((env, name), (env, name)) for env, name in sorted(key for key in keys if len(key) == 2)]
    sides = FleetPair(base, head)
    agents, unread = sides.compare_agents(pairs)
    governance = (change for path in sorted(differing) for change in sides.compare_governance(path))
    return FleetDiff(
        base=base.label,
        head=head.label,
        agents=agents,
        governance=tuple(sorted(governance, key=lambda change: change.sort_key)),
        unreadable=_sorted(*unread, *sides.unreadable(), *blocked_folders(differing)),
        environments=sides.policy_fleet.config.environments,
    )


def compare_environments(base: Side, head: Side, first: str, second: str) -> FleetDiff:
    """
    What sets the environment *second* at *head* apart from *first* at *base*, agents paired by name.

    Errors: UsageError for an environment that the fleet has not, NotAFleet where neither holds agents.
    """
    first_files, second_files = agent_files(base.tree, first), agent_files(head.tree, second)
    proposed = {path.split("/")[2] for path in nested_files(head.tree, f"{layout.PROPOSALS}/{second}")}
    names = {
        name
        for name in first_files.keys() | second_files.keys()
        if first_files.get(name) != second_files.get(name)
    } | proposed
    sides = FleetPair(base, head)
    sides.require_environments(first, second)
    if not first_files and not second_files:
        raise NotAFleet(
            f"neither {first!r} nor {second!r} holds agents", hint=f"fleet new NAME --env {first}"
        )
    agents, unread = sides.compare_agents([((first, name), (second, name)) for name in sorted(names)])
    return FleetDiff(
        base=base.label,
        head=head.label,
        agents=agents,
        unreadable=_sorted(*unread, *sides.unreadable()),
        environments=sides.policy_fleet.config.environments,
    )


def _sorted(*unread: Unreadable) -> tuple[Unreadable, ...]:
    return tuple(sorted(unread, key=lambda item: item.sort_key))
