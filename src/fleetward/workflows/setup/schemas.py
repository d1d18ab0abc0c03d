"""The JSON Schemas as they are shipped."""

from __future__ import annotations

from fleetward.store.formats import json_schema


def schema_names() -> tuple[str, ...]:
    """The names of all schemas, sorted."""
    return tuple(json_schema.schema_names())


def schema_text(name: str) -> str:
    """
    The schema of this name, byte for byte.

    Errors: UsageError for an unknown name.
    """
    return json_schema.schema_text(name)


def editor_schemas() -> dict[str, bytes]:
    """The schemas of files that people edit, by path in a fleet."""
    return {
        f"schemas/{name}.schema.json": schema_text(name).encode()
        for name in schema_names()
        if not name.endswith("-output") and name != "evaluation"  # no editor opens these
    }
