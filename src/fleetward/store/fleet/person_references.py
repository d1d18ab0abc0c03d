"""Where a file of the fleet names a person; its schema marks these values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

from fleetward.domain.path import Steps
from fleetward.store.formats.json_schema import Schema, load_schema, resolve_ref


class ReferenceKind(StrEnum):
    """What a value names: a person; a person or a team; in free space, anything."""

    PERSON = "person"
    SOMEBODY = "somebody"
    FREE = "free"


def person_references(data: Any, kind: str, word: str) -> Iterator[tuple[Steps, ReferenceKind]]:
    """
    The raw steps of each *word* that may name a person in a file of this *kind*.

    Source: ``x-unit`` of the schemas. ``overrides.yaml`` has the shape of ``agent.yaml``.
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
    """The schema of an entry; None in free space and beneath it."""
    if node is None or key.startswith("x-"):
        return None
    inner = node.get("properties", {}).get(key, node.get("additionalProperties"))
    return inner if isinstance(inner, Mapping) else None


def _matching_branch(value: Any, node: Schema, root_schema: Schema) -> Schema:
    """The alternative of ``anyOf`` with the type of this value."""
    kind = "object" if isinstance(value, Mapping) else "string"
    written = (resolve_ref(branch, root_schema) for branch in node.get("anyOf", ()))
    fitting = (branch for branch in written if branch.get("type") == kind)
    return next(fitting, node)
