"""Where a person is named in a file of the fleet, as its schema marks the places."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

from fleetward.domain.path import Steps
from fleetward.store.formats.json_schema import Schema, load_schema, resolve_ref


class ReferenceKind(StrEnum):
    """What a place names: a person, somebody (a person or a team), or whatever its writer meant by it."""

    PERSON = "person"
    SOMEBODY = "somebody"
    FREE = "free"


def person_references(data: Any, kind: str, word: str) -> Iterator[tuple[Steps, ReferenceKind]]:
    """
    The raw steps at which a file of this *kind* says *word* where people are named, and in its free space.

    Source: ``x-unit`` of the schemas. What overrides.yaml sets is what an agent.yaml would say there.
    """
    root_schema = load_schema("agent" if kind == "overrides" else kind)
    return _references(data, root_schema, root_schema, word, ())


def _references(
    value: Any, node: Schema | None, root_schema: Schema, word: str, at: Steps
) -> Iterator[tuple[Steps, ReferenceKind]]:
    node = None if node is None else _matching_branch(value, resolve_ref(node, root_schema), root_schema)
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _references(inner, _entry_schema(node, key), root_schema, word, (*at, key))
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            yield from _references(
                inner, node.get("items") if node else None, root_schema, word, (*at, position)
            )
    elif value == word:
        unit = ReferenceKind.FREE if node is None else node.get("x-unit")
        if unit in (ReferenceKind.PERSON, ReferenceKind.SOMEBODY, ReferenceKind.FREE):
            yield at, ReferenceKind(unit)


def _entry_schema(node: Schema | None, key: str) -> Schema | None:
    """What the schema says of an entry; None in free space, and in all beneath it."""
    if node is None or key.startswith("x-"):
        return None
    inner = node.get("properties", {}).get(key, node.get("additionalProperties"))
    return inner if isinstance(inner, Mapping) else None


def _matching_branch(value: Any, node: Schema, root_schema: Schema) -> Schema:
    """The alternative of ``anyOf`` that this value is written as."""
    kind = "object" if isinstance(value, Mapping) else "string"
    written = (resolve_ref(branch, root_schema) for branch in node.get("anyOf", ()))
    fitting = (branch for branch in written if branch.get("type") == kind)
    return next(fitting, node)
