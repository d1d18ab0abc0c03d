"""Results of evaluation runs, and the evidence records that bind them to a release."""

from __future__ import annotations

from datetime import datetime

from fleetward.domain.fast_dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleCounts:
    """How the samples of a run ended; only *passed* counts as a pass."""

    total: int = 0
    passed: int = 0
    failed: int = 0
    errored: int = 0
    skipped: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationResult:
    """The content of an evaluation tool's file, not yet bound to a release."""

    format: str
    metrics: dict[str, float]
    """By name; ``pass-rate`` (0..1, passed of all samples that ran or should have run) is always present."""
    counts: SampleCounts
    model: str | None
    started: datetime | None
    finished: datetime | None
    release: str | None
    """The tag ``fleet.release`` of the run, where it has one."""
    faults: tuple[str, ...] = ()
    """Why it cannot be evidence: a failed run, an invalidated log, no sample."""
    dirty: bool = False
    """The file says that it ran in a work tree with uncommitted changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRecord:
    """A record under ``evidence/``: the result of one suite for one release."""

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
    """The file names no release; whoever added it claims this one."""
    dirty: bool = False
    """It ran in a work tree with uncommitted changes."""
