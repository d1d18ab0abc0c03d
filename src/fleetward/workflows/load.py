"""Load a fleet with the rule ids of this version."""

from __future__ import annotations

from fleetward import __version__, rules
from fleetward.domain.fleet import FleetConfig
from fleetward.store.fleet.load import KeySelection, LoadedFleet, read_fleet
from fleetward.store.formats.document import DocumentCache
from fleetward.store.git.tree import Tree


def load_fleet(
    tree: Tree,
    only: KeySelection | None = None,
    *,
    fallback_config: FleetConfig | None = None,
    documents: DocumentCache | None = None,
) -> LoadedFleet:
    """
    The fleet in *tree*, with all agents or *only* some; waivers may name the rules of this version.

    *fallback_config* is used where fleet-config.yaml cannot be read.
    """
    rule_ids = frozenset(rule.id for rule in rules.CATALOGUE)
    return read_fleet(
        tree,
        version=__version__,
        rules=rule_ids,
        only=only,
        fallback_config=fallback_config,
        documents=documents,
    )
