"""The renaming of an agent: what moves, what is edited, and what only its owner can change."""

from __future__ import annotations

from dataclasses import field

from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Finding, Place


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenReference:
    """A place that names the agent and is not edited, and why."""

    place: Place
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rename:
    """A plan, or what was written of it."""

    old: str
    new: str
    moves: tuple[tuple[str, str], ...]
    """Folders, from where to where."""
    edits: tuple[Place, ...]
    """Values that name the agent and are edited."""
    open: tuple[OpenReference, ...] = ()
    problems: tuple[Finding, ...] = ()
    """Errors and warnings that the renaming would cause."""
    files: tuple[str, ...] = field(default=())
    """All files that are written or removed."""
    written: bool = False
