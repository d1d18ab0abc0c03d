"""The JSON Schemas as they are shipped."""

from __future__ import annotations

from fleetward.domain.fast_dataclass import dataclass
from fleetward.store.formats import json_schema
from fleetward.store.git.atomic_files import read_regular_file, replace_files
from fleetward.store.git.fleet_root import find_fleet_root
from fleetward.workflows.context import RunContext


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenSchemas:
    """The schemas in a fleet after ``fleet schema --write``; paths are relative to its root."""

    written: tuple[str, ...]
    unchanged: tuple[str, ...]


def schema_names() -> tuple[str, ...]:
    """The names of all schemas, sorted."""
    return tuple(json_schema.schema_names())


def schema_text(name: str) -> str:
    """
    The schema of this name, byte for byte.

    Errors: UsageError for an unknown name.
    """
    return json_schema.schema_text(name)


def write_schemas(run: RunContext) -> WrittenSchemas:
    """
    Write the schemas of files that people edit to ``schemas/`` of the fleet, all or none.

    Errors: NotAFleet, GitError, WriteFailed.
    """
    root = find_fleet_root(run.folder, run.environment)
    before = {path: read_regular_file(root.path, path) for path in editor_schemas()}
    after = {path: content for path, content in editor_schemas().items() if before[path] != content}
    replace_files(root.path, before, after)
    unchanged = tuple(sorted(path for path in before if path not in after))
    return WrittenSchemas(written=tuple(sorted(after)), unchanged=unchanged)


def editor_schemas() -> dict[str, bytes]:
    """The schemas of files that people edit, by path in a fleet."""
    return {
        f"schemas/{name}.schema.json": schema_text(name).encode()
        for name in schema_names()
        if not name.endswith("-output") and name != "evaluation"  # no editor opens these
    }
