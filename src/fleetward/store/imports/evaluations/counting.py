"""Counts, averages and checked values for adapters; missing results count as errors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from fleetward.domain import clock
from fleetward.domain.errors import FleetError
from fleetward.domain.evidence import EvaluationResult, SampleCounts
from fleetward.store.formats import strict_json
from fleetward.store.formats.strict_json import Fields

PASSED_RATE = "pass-rate"
RELEASE_TAG = "fleet.release"
_PARTS = ("failed", "errored", "skipped")
_COUNTS = ("total", "passed", *_PARTS)


class Outcome(StrEnum):
    """How one sample ended."""

    PASSED = "passed"
    FAILED = "failed"
    ERRORED = "errored"
    SKIPPED = "skipped"


@dataclass(slots=True)
class Averages:
    """Means by metric, of values that are added one by one."""

    values: dict[str, list[float]] = field(default_factory=dict)

    def add(self, metric: str, value: float) -> None:
        """Add a value of *metric*."""
        self.values.setdefault(metric, []).append(value)

    def means(self) -> dict[str, float]:
        """The mean of each metric."""
        return {metric: sum(values) / len(values) for metric, values in self.values.items()}


def parse_counts(value: object, where: str, *, sparse: bool = False) -> SampleCounts:
    """
    Counts as our own records write them; with *sparse*, absent ones are zero.

    Errors: FleetError when one is not a whole number, or they do not add up to the total.
    """
    written = mapping(value, where)
    fields = Fields.from_value({**dict.fromkeys(_PARTS, 0), **written} if sparse else written, where, _COUNTS)
    result = SampleCounts(**{key: fields.count(key) for key in _COUNTS})
    if result.total != result.passed + result.failed + result.errored + result.skipped:
        raise FleetError(f"{where}: the parts do not add up to total {result.total}")
    return result


def count_outcomes(outcomes: Iterable[Outcome], *, missing: int = 0) -> SampleCounts:
    """The number of each outcome; *missing* samples did not run, and are errors."""
    ended = list(outcomes)
    errored = ended.count(Outcome.ERRORED) + max(0, missing)
    return SampleCounts(
        total=len(ended) + max(0, missing),
        passed=ended.count(Outcome.PASSED),
        failed=ended.count(Outcome.FAILED),
        errored=errored,
        skipped=ended.count(Outcome.SKIPPED),
    )


def measurement(
    format_name: str,
    counts: SampleCounts,
    *,
    metrics: Mapping[str, float] | None = None,
    model: str | None = None,
    started: datetime | None = None,
    finished: datetime | None = None,
    finished_latest: datetime | None = None,
    release: str | None = None,
    faults: Iterable[str] = (),
    dirty: bool = False,
    partial: str | None = None,
    flaky: int = 0,
) -> EvaluationResult:
    """The result of a run; ``pass-rate`` is passed of total, so errors and skips never count as passed."""
    empty = ("the file holds no sample: nothing ran",) if counts.total == 0 else ()
    rate = counts.passed / counts.total if counts.total else 0.0
    return EvaluationResult(
        format=format_name,
        metrics={**(metrics or {}), PASSED_RATE: rate},
        counts=counts,
        model=model,
        started=started,
        finished=finished,
        release=release,
        faults=(*empty, *faults),
        dirty=dirty,
        partial=partial,
        flaky=flaky,
        finished_latest=None if finished_latest == finished else finished_latest,
    )


def mapping(value: object, where: str) -> Mapping[str, Any]:
    """
    *value*, if it is an object.

    Errors: FleetError for anything else.
    """
    if not isinstance(value, dict):
        raise FleetError(f"{where}: expected an object, found {strict_json.short(value)}")
    return value


def optional_mapping(value: object, where: str) -> Mapping[str, Any]:
    """*value* as an object; null and absent are an empty one."""
    return {} if value is None else mapping(value, where)


def sequence(value: object, where: str) -> list[Any]:
    """
    *value*, if it is a list.

    Errors: FleetError for anything else.
    """
    if not isinstance(value, list):
        raise FleetError(f"{where}: expected a list, found {strict_json.short(value)}")
    return value


def whole(value: object, where: str) -> int:
    """
    *value*, if it is a whole number from 0.

    Errors: FleetError for anything else.
    """
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**53:
        raise FleetError(f"{where}: expected a whole number from 0, found {strict_json.short(value)}")
    return value


def number(value: object, where: str) -> float:
    """
    *value*, if it is a finite number.

    Errors: FleetError for anything else.
    """
    result = strict_json.finite_number(value)
    if result is None:
        raise FleetError(f"{where}: expected a number, found {strict_json.short(value)}")
    return result


@dataclass(frozen=True, slots=True)
class RunTime:
    """A time that a tool wrote: the earliest and the latest instant that it can mean."""

    earliest: datetime | None = None
    latest: datetime | None = None

    def after(self, span: timedelta) -> RunTime:
        """The time *span* later; the end of the calendar where that lies beyond it."""
        if self.earliest is None or self.latest is None:
            return self
        return RunTime(clock.instant_after(self.earliest, span), clock.instant_after(self.latest, span))


def run_time(value: object) -> RunTime:
    """The time that a tool wrote, with or without its zone; empty where it is none."""
    instants = clock.instants_meant(value) if isinstance(value, str) else None
    return RunTime(*instants) if instants else RunTime()


def release_tag(values: Mapping[str, Any], where: str) -> str | None:
    """
    The tag ``fleet.release`` among *values*.

    Errors: FleetError when it is not a text: a tag that cannot be compared must not count as absent.
    """
    if RELEASE_TAG not in values:
        return None
    value = values[RELEASE_TAG]
    if not isinstance(value, str) or not value.strip():
        raise FleetError(
            f"{where}: {RELEASE_TAG} is {strict_json.short(value)}, expected a digest",
            hint="tag the run with what 'fleet release AGENT' prints",
        )
    return value


def label(value: object) -> str | None:
    """A text of a tool, fit for a record; None for an empty or very long one."""
    if not isinstance(value, str) or not value or len(value) > 500:
        return None
    return value.encode("utf-8", "replace").decode()
