"""Both sides of a comparison, loaded as far as they can be read."""

from __future__ import annotations

from fleetward.domain import layout
from fleetward.domain.errors import NotAFleet
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.fleet import Snapshot
from fleetward.store.fleet.load import LoadedFleet
from fleetward.store.git.tree import Tree
from fleetward.workflows.comparison.crossing import Crossing
from fleetward.workflows.comparison.revisions import Side
from fleetward.workflows.load import load_fleet
from fleetward.workflows.suggestions import unknown_environment


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetPair:
    """Both sides, their agents not yet read; a side without ``fleet-config.yaml`` has no fleet."""

    base: Side
    head: Side
    base_fleet: LoadedFleet | None
    head_fleet: LoadedFleet | None
    policy_fleet: Snapshot
    """The fleet whose policy says what a change requires: the base, if it has a policy."""
    crossing: Crossing | None = None
    """Of a comparison of two environments the way between them."""

    def require_environments(self, *environments: str) -> None:
        """
        Refuse an environment that the fleet does not have.

        Errors: UsageError.
        """
        names = [environment.name for environment in self.policy_fleet.config.environments]
        for name in environments:
            if name not in names:
                raise unknown_environment(name, names)


def load_pair(base: Side, head: Side) -> FleetPair:
    """
    Load configuration and governance of both sides.

    A configuration that cannot be read is replaced by that of the other side, so that agents can be compared.
    Errors: NotAFleet if neither side is a fleet, GovernanceInvalid if neither configuration can be read.
    """
    base_fleet, head_fleet = _load(base.tree), _load(head.tree)
    if base_fleet is None and head_fleet is None:
        raise NotAFleet(f"no {layout.CONFIG} at either side", hint="fleet init, or --root PATH, or -C DIR")
    readable = _snapshots(base_fleet, head_fleet)
    if not readable:
        for fleet in (head_fleet, base_fleet):
            if fleet is not None:
                fleet.require_governance()
    # the agents can still be compared: a broken configuration must not hide them
    config = readable[0].config
    if base_fleet is not None and base_fleet.snapshot is None:
        base_fleet = load_fleet(base.tree, (), fallback_config=config)
    if head_fleet is not None and head_fleet.snapshot is None:
        head_fleet = load_fleet(head.tree, (), fallback_config=config)
    snapshots = _snapshots(base_fleet, head_fleet)
    return FleetPair(
        base=base,
        head=head,
        base_fleet=base_fleet,
        head_fleet=head_fleet,
        # the base first: what a change requires is not for the change to say
        policy_fleet=next((snapshot for snapshot in snapshots if snapshot.policy), snapshots[0]),
    )


def _load(tree: Tree) -> LoadedFleet | None:
    """A fleet without its agents; None if there is no ``fleet-config.yaml``."""
    try:
        return load_fleet(tree, ())
    except NotAFleet:
        return None


def _snapshots(*fleets: LoadedFleet | None) -> list[Snapshot]:
    return [fleet.snapshot for fleet in fleets if fleet and fleet.snapshot]
