"""Evidence records: the result of an evaluation, bound to one release of one agent (SPEC 6.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from fleetward.domain import clock, digest, layout, limits
from fleetward.domain.clock import EASTERNMOST
from fleetward.domain.errors import FleetError
from fleetward.domain.evidence import EvaluationResult, EvidenceRecord
from fleetward.store.formats import strict_json
from fleetward.store.formats.strict_json import Fields
from fleetward.store.imports.evaluations import counting

FORMAT = "fleetward.evidence/1"

_KEYS = (
    *("format", "agent", "release", "suite", "value", "counts", "model"),
    *("finished", "recorded", "source", "faults"),
)
_MARKS = ("claimed", "dirty", "undated")
"""Keys that are written only where they are true."""
_LATER = ("partial", "flaky", "finishedLatest", "environment", "state", "digest")
"""Keys that older records lack."""
_FUTURE = EASTERNMOST + timedelta(minutes=15)
"""How far ahead a run's time may lie: some tools write local time as if it were UTC, and clocks differ."""
_SUITE_KEYS = ("name", "format", "metric", "min", "max")


def record_name(record: EvidenceRecord) -> str:
    """The path of the record's file; ``record.file`` is ignored."""
    name = f"{record.suite}-{digest.short(record.source_sha256)}.json"
    return f"{layout.evidence_folder(record.agent, digest.short(record.release))}/{name}"


def encode(record: EvidenceRecord) -> bytes:
    """The record as the content of its file; times to the second."""
    values = {
        "format": FORMAT,
        "agent": record.agent,
        "release": record.release,
        "suite": {
            "name": record.suite,
            "format": record.format,
            "metric": record.metric,
            "min": record.minimum,
            "max": record.maximum,
        },
        "value": record.value,
        "counts": asdict(record.counts),
        "model": record.model,
        "finished": clock.format_instant(record.finished),
        "recorded": clock.format_instant(record.recorded),
        "source": {"file": record.source, "sha256": record.source_sha256},
        "faults": list(record.faults),
        **{mark: True for mark in _MARKS if getattr(record, mark)},
        **{key: value for key, value in _later_values(record).items() if value},
    }
    return strict_json.json_bytes({**values, "digest": _content_digest(values)}, record.file or "evidence")


def _later_values(record: EvidenceRecord) -> dict[str, Any]:
    latest = record.finished_latest
    return {
        "partial": record.partial,
        "flaky": record.flaky,
        "finishedLatest": clock.format_instant(latest) if latest else None,
        "environment": record.environment,
        "state": record.state,
    }


def _content_digest(values: Mapping[str, Any]) -> str:
    """The digest of everything else in the record."""
    content = {key: value for key, value in values.items() if key != "digest"}
    return digest.of_bytes(strict_json.json_bytes(content, "evidence"))


def decode(content: bytes, file: str) -> EvidenceRecord:
    """
    The record in *content*, which lies at *file* (relative to the fleet root).

    Errors: FleetError for a missing or unknown key, a value of another type, or one that contradicts the file name.
    """
    top = Fields.from_value(
        strict_json.parse_json(content, file, limit=limits.EVIDENCE_BYTES), file, _KEYS, (*_MARKS, *_LATER)
    )
    top.constant("format", FORMAT)
    suite = top.child("suite", _SUITE_KEYS)
    source = top.child("source", ("file", "sha256"))
    record = EvidenceRecord(
        file=file,
        sha256=digest.of_bytes(content),
        agent=top.name("agent"),
        release=top.digest("release"),
        suite=suite.name("name"),
        format=suite.name("format"),
        metric=suite.text("metric"),
        value=top.number("value"),
        minimum=None if suite.is_null("min") else suite.number("min"),
        maximum=None if suite.is_null("max") else suite.number("max"),
        counts=counting.parse_counts(top.data["counts"], f"{file}: counts"),
        model=None if top.is_null("model") else top.text("model"),
        finished=top.instant("finished"),
        recorded=top.instant("recorded"),
        source=source.text("file"),
        source_sha256=source.digest("sha256"),
        faults=_faults(top),
        claimed=_mark(top, "claimed"),
        dirty=_mark(top, "dirty"),
        undated=_mark(top, "undated"),
        partial=top.text("partial") if "partial" in top.data else None,
        flaky=top.count("flaky", least=1) if "flaky" in top.data else 0,
        finished_latest=top.instant("finishedLatest") if "finishedLatest" in top.data else None,
        environment=top.name("environment") if "environment" in top.data else None,
        state=top.digest("state") if "state" in top.data else None,
    )
    # a copy under another release would make its result count there
    if record_name(record) != file:
        raise FleetError(
            f"{file}: the record belongs at {record_name(record)!r}",
            hint="evidence counts only where it was written; run 'fleet evidence add' again",
        )
    if "digest" in top.data and top.data["digest"] != _content_digest(top.data):
        raise FleetError(
            f"{file}: the record is not what was written: its digest differs", hint=f"git log -- {file}"
        )
    return record


def bind(
    measured: EvaluationResult,
    *,
    agent: str,
    release: str,
    suite: Mapping[str, Any],
    recorded: datetime,
    source: str,
    source_sha256: str,
    model: str | None = None,
    environment: str | None = None,
    state: str | None = None,
) -> EvidenceRecord:
    """
    The record of a run for one release.

    Shape: *suite* is the manifest's item of ``spec.evals``; *model* the manifest's ``spec.model.name``;
    *source* the evaluation file's name, of which the last part is kept; *state* the digest of the agent in
    *environment* with its overrides.
    Errors: FleetError when the run names another release, has another format than the suite, lacks its metric, or
    says that it ended in the future.
    """
    _check_release(measured, agent, release)
    _check_format(measured, suite)
    _check_time(measured, recorded)
    metric = str(suite.get("metric", counting.PASSED_RATE))
    # a file from the future would stay fresh for ever
    finished = min(measured.finished or recorded, recorded).replace(microsecond=0)
    latest = min(measured.finished_latest or finished, recorded).replace(microsecond=0)
    record = EvidenceRecord(
        file="",
        sha256="",
        agent=agent,
        release=release,
        suite=str(suite["name"]),
        format=measured.format,
        metric=metric,
        value=_value(measured, metric, str(suite["name"])),
        minimum=_limit(suite, "min"),
        maximum=_limit(suite, "max"),
        counts=measured.counts,
        model=measured.model,
        finished=finished,
        recorded=recorded.replace(microsecond=0),
        source=source.replace("\\", "/").rstrip("/").rpartition("/")[2] or source,
        source_sha256=source_sha256,
        faults=(*measured.faults, *_model_fault(measured.model, model)),
        claimed=measured.release is None,
        dirty=measured.dirty,
        undated=measured.finished is None,
        partial=measured.partial,
        flaky=measured.flaky,
        finished_latest=latest if latest > finished else None,
        environment=environment,
        state=state,
    )
    # what is written is what will be read
    return decode(encode(record), record_name(record))


def same_model(first: str, second: str) -> bool:
    """Do both name the same language model, with or without its provider, as in ``openai:gpt-4.1``?"""
    short, long = sorted((first.casefold(), second.casefold()), key=len)
    # with the separator, or gpt-4 would equal the end of another name
    return short == long or long.endswith((":" + short, "/" + short))


def _check_release(measured: EvaluationResult, agent: str, release: str) -> None:
    if measured.release is None:
        return
    # tools store tags as users typed them
    tagged = "sha256:" + measured.release.strip().lower().removeprefix("sha256:")
    if tagged != release:
        raise FleetError(
            f"the run is tagged fleet.release {strict_json.short(measured.release)}, {agent} is {release!r}",
            hint=f"run the suite again on this release; 'fleet release {agent}' prints the tag",
        )


def _check_time(measured: EvaluationResult, recorded: datetime) -> None:
    finished = measured.finished
    if finished is not None and finished - recorded > _FUTURE:
        raise FleetError(
            f"the run says that it ended on {clock.format_instant(finished)}, which is in the future",
            hint="set the clock of the machine that ran it, and run the suite again",
        )


def _check_format(measured: EvaluationResult, suite: Mapping[str, Any]) -> None:
    expected = suite.get("format")
    if expected is not None and expected != measured.format:
        raise FleetError(
            f"the file is {measured.format}, suite {suite['name']!r} needs {expected!r}",
            hint="give the file that the suite's tool wrote, or correct 'format' in spec.evals",
        )


def _value(measured: EvaluationResult, metric: str, suite: str) -> float:
    if metric not in measured.metrics:
        metrics = ", ".join(sorted(measured.metrics))[:500]
        raise FleetError(
            f"the file has no metric {metric!r}, which suite {suite!r} needs",
            hint=f"it has {metrics}; correct 'metric' in spec.evals or the suite",
        )
    return float(measured.metrics[metric])


def _limit(suite: Mapping[str, Any], key: str) -> float | None:
    if suite.get(key) is None:
        return None
    limit = strict_json.finite_number(suite[key])
    if limit is None:
        raise FleetError(
            f"suite {suite['name']!r}: {key} is {strict_json.short(suite[key])}, expected a number"
        )
    return limit


def _model_fault(measured: str | None, expected: str | None) -> tuple[str, ...]:
    if measured is None or expected is None or same_model(measured, expected):
        return ()
    return (f"model {measured!r} differs from the manifest's {expected!r}",)


def _mark(top: Fields, mark: str) -> bool:
    # "claimed": false would be a second spelling of a record without it
    if top.data.get(mark, True) is not True:
        top.reject(mark, "true, or nothing")
    return mark in top.data


def _faults(top: Fields) -> tuple[str, ...]:
    faults = top.items("faults")
    if not all(isinstance(fault, str) and fault for fault in faults):
        top.reject("faults", "a list of texts")
    return faults
