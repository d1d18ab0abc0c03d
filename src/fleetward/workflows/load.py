"""A fleet, read as this version of the tool reads it."""

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
    The fleet in *tree*, or these agents of it; waivers may name this version's rules.

    *fallback_config* stands in for a configuration that cannot be read.
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
