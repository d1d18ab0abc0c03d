"""A fleet, read as this version of the tool reads it."""

from __future__ import annotations

from collections.abc import Collection

from fleetward import __version__, rules
from fleetward.domain.fleet import Key
from fleetward.store.reader import Reading, load
from fleetward.store.tree import Tree


def read(tree: Tree, only: Collection[Key] | None = None) -> Reading:
    """The fleet in *tree*, or these agents of it; waivers may name this version's rules."""
    return load(tree, version=__version__, rules=frozenset(rule.id for rule in rules.CATALOGUE), only=only)
