"""What evaluations and time have shown of a release: suites passed, long enough in the environment before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from fleetward.domain.clock import duration, spoken, written
from fleetward.domain.evidence import Record
from fleetward.domain.ledger import PromotionKind
from fleetward.domain.policy import EvalsAsked, Rule, SoakAsked
from fleetward.domain.verdict import Met, Requirement
from fleetward.gate.approval_count import moved
from fleetward.gate.request import Question

PASS_RATE = "pass-rate"  # noqa: S105 (no password, a metric)


def evaluations(
    question: Question, rule: Rule, asked: EvalsAsked, now: datetime
) -> Iterator[tuple[Requirement, Record | None]]:
    """One requirement for each suite of the candidate, with the record that meets it."""
    suites = question.candidate.items("spec.evals") if question.candidate else ()
    if not suites:
        detail = "the manifest declares no evaluation suite"
        yield (
            Requirement(rule=rule.id, kind="evals", asked="passed", status=Met.MISSING, detail=detail),
            None,
        )
    for suite in suites:
        record = _newest(question, str(suite.get("name")), suite)
        status, detail = _judged(record, suite, asked.max_age, now)
        if record is None:
            detail = f"{detail}; {_adding(question, suite)}"
        wording = f"{suite.get('name')} passed ({_threshold(suite)})"
        met = Requirement(rule=rule.id, kind="evals", asked=wording, status=status, detail=detail)
        yield met, record if status is Met.MET else None


def soak(question: Question, rule: Rule, asked: SoakAsked, now: datetime) -> Requirement:
    """Whether the release has stayed long enough; the very instant at which the span is full counts."""
    wording = f"at least {spoken(asked.span)}"
    if question.longest >= asked.span:
        detail = f"stayed {spoken(question.longest)}"
        return Requirement(rule=rule.id, kind="soak", asked=wording, status=Met.MET, detail=detail)
    if not question.soaking:
        detail = f"stayed {spoken(question.longest)} and is not there now"
        return Requirement(rule=rule.id, kind="soak", asked=wording, status=Met.MISSING, detail=detail)
    since = question.soaking_since
    ready = moved(since, asked.span) if since else moved(now, asked.span - question.longest)
    detail = f"{spoken(question.longest)} so far, long enough at {written(ready)}"
    return Requirement(
        rule=rule.id, kind="soak", asked=wording, status=Met.MISSING, detail=detail, ready_at=ready
    )


def _adding(question: Question, suite: Mapping[str, Any]) -> str:
    """The command that brings what is missing, and what its file has to be; a release that stays is the target's."""
    written_by = f" ({suite['format']})" if suite.get("format") else ""
    binding = question.binding
    where = f" --env {binding.environment}" if question.kind is PromotionKind.OVERRIDE else ""
    return f"fleet evidence add {binding.agent} --suite {suite.get('name')}{where} FILE{written_by}"


def _newest(question: Question, name: str, suite: Mapping[str, Any]) -> Record | None:
    """Of two that are equally new, the one that fails."""
    binding = question.binding
    mine = [
        one
        for one in question.evidence
        if (one.agent, one.release, one.suite) == (binding.agent, question.release, name)
    ]

    def age(one: Record) -> tuple[datetime, datetime, bool, str]:
        return (one.finished, one.recorded, _failure(one, suite) is not None, one.file)

    return max(mine, key=age, default=None)


def _judged(
    record: Record | None, suite: Mapping[str, Any], max_age: timedelta | None, now: datetime
) -> tuple[Met, str]:
    if record is None:
        return Met.MISSING, "no record for this release"
    if record.faults:
        return Met.REFUSED, f"{record.file}: {', '.join(record.faults)}"
    if (missing := _unusable(record, suite, now)) is not None:
        return Met.MISSING, f"{record.file}: {missing}"
    if (failure := _failure(record, suite)) is not None:
        if _failure(_unskipped(record), suite) is None:
            return Met.MISSING, f"{record.file}: {failure}, {record.counts.skipped} skipped"
        return Met.REFUSED, f"{record.file}: {failure}"
    if (stale := _stale(record, suite, max_age, now)) is not None:
        return Met.MISSING, f"{record.file}: {stale}"
    return Met.MET, f"{_number(_value(record))} on {written(record.finished)}{_reserved(record)}"


def _reserved(record: Record) -> str:
    """What a reader has to know of a record that counts all the same."""
    claimed = "; its file names no release, this one is claimed" if record.claimed else ""
    return claimed + ("; ran in a work tree with uncommitted changes" if record.dirty else "")


def _unusable(record: Record, suite: Mapping[str, Any], now: datetime) -> str | None:
    counts = record.counts
    unseen = counts.errored + counts.skipped
    if record.metric != _metric(suite):
        return f"measures {record.metric!r}, the suite asks {_metric(suite)!r}"
    if counts.total - unseen <= 0:
        return "no sample ran to its end"
    if record.metric != PASS_RATE and unseen:
        return (
            f"{unseen} of {counts.total} samples did not run to their end, {record.metric!r} leaves them out"
        )
    if record.finished > now:
        return f"dated in the future ({written(record.finished)})"
    return None


def _failure(record: Record, suite: Mapping[str, Any]) -> str | None:
    """The manifest's threshold, judged anew; a suite without one asks that every sample passes."""
    value, counts = _value(record), record.counts
    minimum, maximum = suite.get("min"), suite.get("max")
    if minimum is None and maximum is None:
        short = counts.passed < counts.total
        return f"{counts.passed} of {counts.total} samples passed, every one is asked" if short else None
    if minimum is not None and not value >= minimum:
        return f"{_number(value)} is below {_number(minimum)}"
    if maximum is not None and not value <= maximum:
        return f"{_number(value)} is above {_number(maximum)}"
    return None


def _unskipped(record: Record) -> Record:
    """As if all that was skipped had passed: what fails even so has failed, and no other run would help."""
    counts = record.counts
    if record.metric != PASS_RATE or not counts.skipped or record.value < counts.passed / counts.total:
        return record
    passed = counts.passed + counts.skipped
    return replace(record, value=passed / counts.total, counts=replace(counts, passed=passed, skipped=0))


def _value(record: Record) -> float:
    """Samples that errored or were skipped have not passed, whatever the record says."""
    if record.metric != PASS_RATE or record.counts.total <= 0:
        return record.value
    return min(record.value, record.counts.passed / record.counts.total)


def _stale(record: Record, suite: Mapping[str, Any], max_age: timedelta | None, now: datetime) -> str | None:
    ages = [max_age] if max_age is not None else []
    if suite.get("maxAge") is not None:
        try:
            ages.append(duration(str(suite["maxAge"])))
        except ValueError as error:
            return str(error)
    longest, age = min(ages, default=None), now - record.finished
    if longest is None or age < longest:
        return None
    return f"finished {spoken(age)} ago, at most {spoken(longest)} counts"


def _metric(suite: Mapping[str, Any]) -> str:
    return str(suite.get("metric") or PASS_RATE)


def _threshold(suite: Mapping[str, Any]) -> str:
    bounds: Sequence[str] = [
        f"{word} {_number(suite[key])}"
        for key, word in (("min", "at least"), ("max", "at most"))
        if suite.get(key) is not None
    ]
    return f"{_metric(suite)} {' and '.join(bounds)}" if bounds else "every sample"


def _number(value: float) -> str:
    return f"{value:.4g}"
