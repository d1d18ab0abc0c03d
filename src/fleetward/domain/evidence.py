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
    """The earliest instant that the file's time can mean; None where it has no time."""
    release: str | None
    """The tag ``fleet.release`` of the run, where it has one."""
    finished_latest: datetime | None = None
    """The latest instant that the file's time can mean; None where its zone leaves no doubt."""
    faults: tuple[str, ...] = ()
    """Why it cannot be evidence: a failed run, an invalidated log, no sample."""
    dirty: bool = False
    """The file says that it ran in a work tree with uncommitted changes."""
    partial: str | None = None
    """How the file says that only a chosen part of the suite ran."""
    flaky: int = 0
    """Tests that passed only when they ran again."""


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
    partial: str | None = None
    """Only a chosen part of the suite ran: how that is known."""
    flaky: int = 0
    """Tests that passed only when they ran again."""
    undated: bool = False
    """The file has no time: *finished* is when it was recorded."""
    finished_latest: datetime | None = None
    """The latest instant that a time without a zone can mean; *finished* is the earliest."""
    environment: str | None = None
    state: str | None = None
    """Where and as what the agent stood when the run was recorded; None in old records."""
    recorders: tuple[str, ...] = ()
    """The addresses of everybody whose commits wrote the record's file, without forges."""
    signer: str | None = None
    """The person or robot who signed it; nobody else then counts as its recorder."""
    signature_fault: str | None = None
    """Why its signature does not count."""
    committed: datetime | None = None
    """The date of the first commit that holds it."""
    not_in_base: bool = False
    """Only the commit that is judged holds it, and not the base that decides."""
    is_assumed: bool = False
    """Of a policy test: nobody recorded it."""
