"""
The results of earlier validations, in a file inside the git directory.

The file is signed with a key in the user's home and counts only for the tool that wrote it. So nobody who can write
into the repository, or passes on a copy of it, can make a validation succeed. An invalid file counts as none.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fleetward.domain import limits
from fleetward.domain.digest import of_parts
from fleetward.store.cache.sealed_file import SEAL_SIZE, read_sealed, user_key, write_sealed
from fleetward.store.formats import json_schema


@dataclass(slots=True, kw_only=True)
class ValidationCache:
    """
    Results by the digest of all their input, documents by the digest of their content.

    *agent_checks* are checks of single agents, *fleet_findings* the findings of the fleet-wide rules.
    """

    file: Path
    key: bytes
    tool: str
    agent_checks: dict[str, list[Any]] = field(default_factory=dict)
    documents: dict[str, list[Any]] = field(default_factory=dict)
    fleet_findings: dict[str, list[Any]] = field(default_factory=dict)

    def save(
        self,
        agent_checks: Mapping[str, list[Any]],
        documents: Mapping[str, Any],
        fleet_findings: Mapping[str, list[Any]],
    ) -> None:
        """Replace everything in the cache by these; without effect where the file cannot be written."""
        stored: dict[str, Any] = {
            "documents": documents,
            "agent_checks": agent_checks,
            "fleet_findings": fleet_findings,
        }
        # keys are digests of all input: equal keys mean equal results
        if all(current.keys() == getattr(self, name).keys() for name, current in stored.items()):
            return
        stored["tool"] = self.tool
        # JSON and never pickle, which runs code when it is read
        body = json.dumps(stored, separators=(",", ":")).encode()
        if len(body) + SEAL_SIZE <= limits.CACHE_BYTES:
            write_sealed(self.file, self.key, body)


def open_cache(common_dir: Path, prefix: str, environment: Mapping[str, str]) -> ValidationCache | None:
    """
    The cache of the fleet at *prefix* of the repository whose common git directory is *common_dir*.

    None where FLEETWARD_NO_CACHE is set, or the user's key cannot be read or made.
    """
    if environment.get("FLEETWARD_NO_CACHE"):
        return None
    key = user_key(environment)
    if key is None:
        return None
    # a repository may hold several fleets, each with its own file
    name = hashlib.sha256(os.fsencode(prefix)).hexdigest()[:12]
    cache = ValidationCache(file=common_dir / "fleetward" / f"validate-{name}.json", key=key, tool=_tool())
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError, RecursionError):
        _read_file(cache)
    return cache


def _read_file(cache: ValidationCache) -> None:
    body = read_sealed(cache.file, cache.key, limits.CACHE_BYTES)
    if body is None:
        return
    values = json.loads(body)
    # other code may judge the same files differently
    if values["tool"] == cache.tool:
        cache.agent_checks, cache.documents = values["agent_checks"], values["documents"]
        cache.fleet_findings = values["fleet_findings"]


def _tool() -> str:
    """The digest of our own code, the schemas and the names of all installed packages."""
    package, schemas = str(Path(__file__).parents[2]), str(json_schema.schema_folder())
    installed = sorted(
        name
        for place in sys.path
        if os.path.isdir(place or ".")  # noqa: PTH112 - sys.path holds plain text
        for name in os.listdir(place or ".")  # noqa: PTH208
        # the names carry versions: another PyYAML may find other faults
        if name.endswith((".dist-info", ".egg-info"))
    )
    files = [*_files(package, ".py"), *_files(schemas, ".json")]
    contents = (part for file in files for part in (os.fsencode(file), _content(file)))
    return of_parts(sys.version.encode(), *map(os.fsencode, installed), *contents)


def _files(folder: str, ending: str) -> list[str]:
    """No pathlib: this runs at every start."""
    return sorted(
        f"{place}/{name}" for place, _, names in os.walk(folder) for name in names if name.endswith(ending)
    )


def _content(file: str) -> bytes:
    handle = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(handle, os.fstat(handle).st_size)
    finally:
        os.close(handle)
