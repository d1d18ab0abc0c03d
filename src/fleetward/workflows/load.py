"""A fleet, read as this version of the tool reads it."""

from __future__ import annotations

from fleetward import __version__, rules
from fleetward.domain.fleet import FleetConfig
from fleetward.store.fleet.load import Only, Reading, load
from fleetward.store.git.tree import Tree


def read(tree: Tree, only: Only | None = None, *, instead: FleetConfig | None = None) -> Reading:
    """
    The fleet in *tree*, or these agents of it; waivers may name this version's rules.

    *instead* stands in for a configuration that cannot be read.
    """
    known = frozenset(rule.id for rule in rules.CATALOGUE)
    return load(tree, version=__version__, rules=known, only=only, instead=instead)
