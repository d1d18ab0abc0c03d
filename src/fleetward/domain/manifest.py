"""An agent in one environment: its files and its manifest."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from typing import Any

from fleetward.domain import digest, layout
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Place
from fleetward.domain.fixed_tools import FixedTools
from fleetward.domain.path import lookup, parent_path


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """
    An effective manifest: ``agent.yaml`` with ``overrides.yaml`` merged in, clean by the schema.

    ``data`` is what was written and what connectors fix for its tools, ``effective`` has the schema's defaults as well.
    """

    environment: str
    name: str
    """The name of the folder and the agent."""
    data: Mapping[str, Any]
    effective: Mapping[str, Any]
    locate: Callable[[str], Place]
    """The place of a path; that of its nearest parent where the path is not written."""
    unseen: tuple[str, ...] = ()
    """Paths of which nothing can be said, because they are wrong; only a readable part has any."""
    unread: tuple[str, ...] = ()
    """The wrong values that were left out, by path as written."""

    def sees(self, path: str) -> bool:
        """Is *path* neither in an unseen one nor the mapping or list around one?"""
        return not any(
            path == unseen or path.startswith((f"{unseen}.", f"{unseen}[")) or parent_path(unseen) == path
            for unseen in self.unseen
        )

    def get(self, path: str, default: Any = None) -> Any:
        """The effective value at *path*, such as ``spec.owner.team``."""
        exists, value = lookup(self.effective, path)
        return value if exists and value is not None else default

    def items(self, path: str) -> Sequence[Mapping[str, Any]]:
        """The list at *path*, empty where there is none."""
        value = self.get(path, ())
        return value if isinstance(value, Sequence) else ()

    def has(self, path: str) -> bool:
        """Is a value written at *path* that is neither null nor empty, or one that could not be read?"""
        exists, value = lookup(self.data, path)
        if exists and value is not None and value != [] and value != {} and value != "":
            return True
        return bool(self.unseen) and not self.sees(path)

    def place(self, path: str = "") -> Place:
        """Where *path* is written, for a finding."""
        return self.locate(path)

    @property
    def tier(self) -> str | None:
        """The declared risk tier."""
        return self._text("spec.risk.tier")

    @property
    def lifecycle(self) -> str | None:
        """draft, pilot, production, deprecated or retired."""
        return self._text("spec.lifecycle")

    @property
    def executables(self) -> frozenset[str]:
        """The files of the folder that may be run as programs."""
        return executable_paths(self.data)

    def _text(self, path: str) -> str | None:
        value = self.get(path)
        return value if isinstance(value, str) else None


def executable_paths(manifest: Mapping[str, Any]) -> frozenset[str]:
    """The paths under ``spec.executables`` of a manifest as it is written."""
    exists, paths = lookup(manifest, "spec.executables")
    return frozenset(path for path in paths if isinstance(path, str)) if exists and paths else frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A regular file of an agent's folder: its path there, git's mode, its content as stored."""

    path: str
    mode: str = "100644"
    content: bytes = b""

    @property
    def text(self) -> str | None:
        """The content as text, or None where it is not UTF-8."""
        try:
            return self.content.decode("utf-8-sig")
        except UnicodeDecodeError:
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """One agent in one environment: all its files, and its manifest where that is valid."""

    environment: str
    name: str
    folder: str
    """Relative to the fleet root, such as ``environments/staging/refund-bot``."""
    files: tuple[File, ...]
    manifest: Manifest | None
    readable: bool = True
    """False when its release has no digest: a link, a colliding path, a file too large."""
    proposed: bool = False
    """Its overrides are those of its proposal."""
    overrides: Mapping[str, Any] | None = None
    """The merge patch as written; None where there is none."""
    locate_overrides: Callable[[str], Place] | None = None
    """Where a path of the merge patch is written."""
    fixed_tools: FixedTools = field(default_factory=dict)
    """What its tools inherit from their connectors."""
    cached_state: str | None = None
    """Its state digest, where its files are not loaded."""
    read_part: Callable[[], Manifest | None] | None = field(default=None, compare=False)
    """What can be read of an invalid manifest: for findings, never for a decision."""

    @property
    def as_read(self) -> Agent:
        """The agent with the readable part in place of an invalid manifest."""
        return self if self.read_part is None else replace(self, manifest=self.read_part())

    def file(self, path: str) -> File | None:
        """The file at *path* inside the folder."""
        return next((file for file in self.files if file.path == path), None)

    @property
    def release(self) -> str:
        """The release digest: everything but ``overrides.yaml``."""
        return digest.of_files((f.path, f.content) for f in self.files if f.path != layout.OVERRIDES)

    @property
    def state(self) -> str:
        """The state digest: everything."""
        return self.cached_state or digest.of_files((f.path, f.content) for f in self.files)
