"""What an evaluation run showed, bound to one release."""

from __future__ import annotations

from datetime import datetime

from fleetward.domain.fast_dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleCounts:
    """How the samples of a run ended; only *passed* is a pass."""

    total: int = 0
    passed: int = 0
    failed: int = 0
    errored: int = 0
    skipped: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationResult:
    """What an evaluation tool's file says, before it is bound to anything."""

    format: str
    metrics: dict[str, float]
    """By name; ``pass-rate`` (0..1, passed of all that ran or should have run) is always there."""
    counts: SampleCounts
    model: str | None
    started: datetime | None
    finished: datetime | None
    release: str | None
    """The tag ``fleet.release``, where the run carried one."""
    faults: tuple[str, ...] = ()
    """Why it is no evidence: an error run, an invalidated log, nothing ran."""
    dirty: bool = False
    """The file says that it ran in a work tree with changes that no commit holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRecord:
    """A file under ``evidence/``."""

    file: str
    sha256: str
    agent: str
    release: str
    suite: str
    format: str
    metric: str
    value: float
    minimum: float | None
    maximum: float | None
    counts: SampleCounts
    model: str | None
    finished: datetime
    recorded: datetime
    source: str
    source_sha256: str
    faults: tuple[str, ...] = ()
    claimed: bool = False
    """The file names no release: that it was this one says whoever added it."""
    dirty: bool = False
    """It ran in a work tree with changes that no commit holds."""
