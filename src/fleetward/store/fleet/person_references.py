"""Where a person is named in a file of the fleet, as its schema marks the places."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

from fleetward.domain.path import Steps
from fleetward.store.formats.json_schema import Schema, resolved, schema


class Naming(StrEnum):
    """What a place names: a person, somebody (a person or a team), or whatever its writer meant by it."""

    PERSON = "person"
    SOMEBODY = "somebody"
    FREE = "free"


def named(data: Any, kind: str, word: str) -> Iterator[tuple[Steps, Naming]]:
    """
    The raw steps at which a file of this *kind* says *word* where people are named, and in its free space.

    Source: ``x-unit`` of the schemas. What overrides.yaml sets is what an agent.yaml would say there.
    """
    known = schema("agent" if kind == "overrides" else kind)
    return _found(data, known, known, word, ())


def _found(
    value: Any, node: Schema | None, known: Schema, word: str, at: Steps
) -> Iterator[tuple[Steps, Naming]]:
    node = None if node is None else _branch(value, resolved(node, known), known)
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _found(inner, _entry(node, key), known, word, (*at, key))
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            yield from _found(inner, node.get("items") if node else None, known, word, (*at, position))
    elif value == word:
        unit = Naming.FREE if node is None else node.get("x-unit")
        if unit in (Naming.PERSON, Naming.SOMEBODY, Naming.FREE):
            yield at, Naming(unit)


def _entry(node: Schema | None, key: str) -> Schema | None:
    """What the schema says of an entry; None in free space, and in all beneath it."""
    if node is None or key.startswith("x-"):
        return None
    inner = node.get("properties", {}).get(key, node.get("additionalProperties"))
    return inner if isinstance(inner, Mapping) else None


def _branch(value: Any, node: Schema, known: Schema) -> Schema:
    """The alternative of ``anyOf`` that this value is written as."""
    kind = "object" if isinstance(value, Mapping) else "string"
    written = (resolved(one, known) for one in node.get("anyOf", ()))
    fitting = (one for one in written if one.get("type") == kind)
    return next(fitting, node)
