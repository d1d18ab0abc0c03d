"""Compare a fleet at two revisions, or two environments of a fleet."""

from __future__ import annotations

from dataclasses import replace

from fleetward.domain import layout
from fleetward.domain.change import Unreadable
from fleetward.domain.errors import NotAFleet
from fleetward.domain.fleet_diff import FleetDiff
from fleetward.store.git.fleet_root import FleetRoot
from fleetward.workflows.comparison.agent_pairs import compare_agents
from fleetward.workflows.comparison.changed_files import (
    AGENT_FOLDERS,
    agent_files,
    changed_files,
    malformed_folders,
    nested_files,
)
from fleetward.workflows.comparison.crossing import crossing
from fleetward.workflows.comparison.governance_files import compare_governance
from fleetward.workflows.comparison.pair import load_pair
from fleetward.workflows.comparison.renames import with_renames
from fleetward.workflows.comparison.revisions import Side
from fleetward.workflows.comparison.unreadable import blocked_folders, malformed_trees, unreadable_governance
from fleetward.workflows.comparison.users import with_users


def compare_fleets(root: FleetRoot, base: Side, head: Side) -> FleetDiff:
    """
    The changes from *base* to *head*; agents are paired by environment and name.

    Errors: FleetError if neither side is a fleet.
    """
    changed = changed_files(root, base.tree, head.tree)
    folders = {tuple(path.split("/")[1:3]) for path in changed if path.split("/")[0] in AGENT_FOLDERS}
    keys = [(folder[0], folder[1]) for folder in sorted(folders) if len(folder) == 2]
    pair = load_pair(base, head)
    agents, unreadable = compare_agents(pair, [(key, key) for key in keys])
    governance, formatting = compare_governance(pair, changed)
    return FleetDiff(
        base=base.label,
        head=head.label,
        agents=with_renames(agents, base.tree, head.tree),
        governance=with_users(head.tree, governance),
        governance_formatting=formatting,
        unreadable=_sorted(
            *unreadable,
            *unreadable_governance(pair),
            *blocked_folders(changed),
            *malformed_trees(malformed_folders(root, base.tree, head.tree)),
        ),
        environments=pair.policy_fleet.config.environments,
    )


def compare_environments(root: FleetRoot, base: Side, head: Side, first: str, second: str) -> FleetDiff:
    """
    The changes from environment *first* at *base* to *second* at *head*; agents are paired by name.

    Errors: UsageError for an unknown environment, NotAFleet if neither has agents.
    """
    first_files, second_files = agent_files(base.tree, first), agent_files(head.tree, second)
    changed = {
        name
        for name in first_files.keys() | second_files.keys()
        if first_files.get(name) != second_files.get(name)
    }
    proposed = {path.split("/")[2] for path in nested_files(head.tree, f"{layout.PROPOSALS}/{second}")}
    pair = load_pair(base, head)
    pair.require_environments(first, second)
    # after the names were checked: a misspelt environment has no agents either
    if not first_files and not second_files:
        raise NotAFleet(
            f"neither {first!r} nor {second!r} holds agents", hint=f"fleet new NAME --env {first}"
        )
    only_first = first_files.keys() - second_files.keys()
    way = crossing(root, pair.policy_fleet.config, head, first, second, only_first)
    pair = replace(pair, crossing=way)
    keys = [((first, name), (second, name)) for name in sorted(changed | proposed)]
    agents, unreadable = compare_agents(pair, keys)
    return FleetDiff(
        base=base.label,
        head=head.label,
        # what the first environment alone holds is new, so the sides change places
        agents=with_renames(agents, head.tree, base.tree, across=True) if way.downstream else agents,
        unreadable=_sorted(*unreadable, *unreadable_governance(pair)),
        environments=pair.policy_fleet.config.environments,
    )


def _sorted(*unreadable: Unreadable) -> tuple[Unreadable, ...]:
    return tuple(sorted(unreadable, key=lambda item: item.sort_key))
