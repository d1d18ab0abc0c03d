"""One agent's part of a look at a whole fleet: what is wrong with it alone, and what others compare it by."""

from __future__ import annotations

from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Finding
from fleetward.domain.fleet import Key
from fleetward.domain.manifest import Agent


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """*agent* and *proposed* are sketches: without their files, and of the manifest what rules compare."""

    key: Key
    unfit: tuple[Finding, ...]
    """What reading found."""
    wrong: tuple[Finding, ...]
    """What rules found that look at each agent alone, before waivers."""
    files: int
    agent: Agent | None
    proposed: Agent | None = None
