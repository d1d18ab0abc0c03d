"""Whether a release has its evaluations passed, and ran long enough in the source environment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from fleetward.domain.clock import format_duration, format_instant, instant_after, is_ahead
from fleetward.domain.evidence import EvidenceRecord
from fleetward.domain.ledger import PromotionKind
from fleetward.domain.period import Period, parse_period
from fleetward.domain.policy import PolicyRule, RequiredSoak
from fleetward.domain.verdict import Requirement, RequirementStatus
from fleetward.gate.evidence_terms import EvidenceTerms
from fleetward.gate.request import PromotionRequest

PASSED_RATE = "pass-rate"


def evaluations(
    request: PromotionRequest, rule: PolicyRule, terms: EvidenceTerms, now: datetime
) -> Iterator[tuple[Requirement, EvidenceRecord | None]]:
    """A requirement for each suite of the candidate, with the record that meets it."""
    required = terms.required
    # a suite that is not declared cannot have passed (SPEC 6.1)
    suites = request.candidate.items("spec.evals") if request.candidate else ()
    if not suites:
        detail = "the manifest declares no evaluation suite"
        yield (
            Requirement(
                rule=rule.id,
                kind="evals",
                condition="passed",
                status=RequirementStatus.MISSING,
                detail=detail,
            ),
            None,
        )
    for suite in suites:
        record = _deciding_record(terms, str(suite.get("name")), suite)
        status, detail = _suite_status(record, suite, terms, now)
        if record is None:
            detail = f"{detail}; {_add_command(request, suite)}"
        asked = f", {required.wording}" if required.wording else ""
        condition = f"{suite.get('name')} passed ({_threshold(suite)}){asked}"
        requirement = Requirement(
            rule=rule.id, kind="evals", condition=condition, status=status, detail=detail
        )
        yield requirement, record if status is RequirementStatus.MET else None


def soak(request: PromotionRequest, rule: PolicyRule, required: RequiredSoak, now: datetime) -> Requirement:
    """Whether the release ran long enough; the instant at which the span ends counts."""
    asked = ", in the same state" if required.same_state else ""
    condition = f"at least {format_duration(required.span)}{asked}"
    status, detail, ready = RequirementStatus.MISSING, "", None
    differences = _override_differences(request)
    longest, since = _soaked(request, required, now)
    # a release keeps its longest stay, also after it left: the soak was shown once
    if required.same_state and differences:
        detail = differences
    elif longest >= required.span:
        status, detail = RequirementStatus.MET, f"stayed {format_duration(longest)}"
    elif not request.is_soaking:
        detail = f"stayed {format_duration(longest)} and is not there now"
    else:
        # a known start gives an instant that does not move with each run
        ready = instant_after(since, required.span) if since else instant_after(now, required.span - longest)
        detail = f"{format_duration(longest)} so far, long enough at {format_instant(ready)}"
    if differences and not required.same_state:
        detail = f"{detail}; {differences}"
    return Requirement(
        rule=rule.id, kind="soak", condition=condition, status=status, detail=detail, ready_at=ready
    )


def _soaked(
    request: PromotionRequest, required: RequiredSoak, now: datetime
) -> tuple[timedelta, datetime | None]:
    """The time that counts and its start; where the state has to be the same, since the overrides last changed."""
    changed = request.same_state_since
    if not required.same_state or changed is None:
        return request.longest_soak, request.soaking_since
    since = max(changed, request.soaking_since) if request.soaking_since else changed
    return min(request.longest_soak, max(now - changed, timedelta())), since


def _override_differences(request: PromotionRequest) -> str:
    """What the source environments override and the target does not; empty where there is nothing."""
    paths = sorted({path for differing in request.source_states.values() for path in differing})
    if not paths:
        return ""
    return f"it stayed with overrides that {request.binding.environment} lacks: {', '.join(paths)}"


def _add_command(request: PromotionRequest, suite: Mapping[str, Any]) -> str:
    """The command that adds the missing record, with its file format; the release of an override is the target's."""
    written_by = f" ({suite['format']})" if suite.get("format") else ""
    binding = request.binding
    option = f" --env {binding.environment}" if request.kind is PromotionKind.OVERRIDE else ""
    return f"fleet evidence add {binding.agent} --suite {suite.get('name')}{option} FILE{written_by}"


def _deciding_record(terms: EvidenceTerms, name: str, suite: Mapping[str, Any]) -> EvidenceRecord | None:
    """
    The newest record that may meet the requirement, or a failed one that is not older, whoever recorded it.

    Without either, the newest of those that may not.
    """
    binding = terms.request.binding
    records = [
        _dated(record)
        for record in terms.request.evidence
        # bound to the release: a record of other content proves nothing (SPEC 6.2)
        if (record.agent, record.release, record.suite) == (binding.agent, terms.request.release, name)
    ]
    qualified = [record for record in records if terms.disqualification(record) is None]
    best = max(qualified, key=_age, default=None)
    # at equal instants a failed record wins: a retry in the same second must not hide it
    failed = [
        record
        for record in records
        if _has_failed(record, suite) and (best is None or _latest_age(record)[:2] >= _age(best)[:2])
    ]
    if failed:
        return max(failed, key=_latest_age)
    return best or max(records, key=_age, default=None)


def _dated(record: EvidenceRecord) -> EvidenceRecord:
    """A run without a time is as old as the first commit that holds its record, and no younger than the record."""
    if not record.undated or record.committed is None:
        return record
    return replace(record, finished=min(record.recorded, record.committed))


def _age(record: EvidenceRecord) -> tuple[datetime, datetime, str]:
    return (record.finished, record.recorded, record.file)


def _latest_age(record: EvidenceRecord) -> tuple[datetime, datetime, str]:
    """As late as the run can have ended: a time without a zone must not make a failure look older."""
    return (record.finished_latest or record.finished, record.recorded, record.file)


def _has_failed(record: EvidenceRecord, suite: Mapping[str, Any]) -> bool:
    if record.signature_fault or record.metric != _metric(suite):
        return False
    return bool(record.faults) or _failure(record, suite) is not None


def _suite_status(
    record: EvidenceRecord | None, suite: Mapping[str, Any], terms: EvidenceTerms, now: datetime
) -> tuple[RequirementStatus, str]:
    if record is None:
        return RequirementStatus.MISSING, "no record for this release"
    if record.faults:
        return RequirementStatus.REFUSED, f"{record.file}: {', '.join(record.faults)}"
    # unusable before failed: another metric has no threshold to miss
    if (missing := _unusable(record, suite, now)) is not None:
        return RequirementStatus.MISSING, f"{record.file}: {missing}"
    if (failure := _failure(record, suite)) is not None:
        # another run could still pass while skipped samples decide: pending, not refused
        if _failure(_with_skipped_passed(record), suite) is None:
            return RequirementStatus.MISSING, f"{record.file}: {failure}, {record.counts.skipped} skipped"
        return RequirementStatus.REFUSED, f"{record.file}: {failure}"
    if (endless := _limitless(suite)) is not None:
        return RequirementStatus.MISSING, endless
    if (missing := terms.disqualification(record)) is not None:
        return RequirementStatus.MISSING, f"{record.file}: {missing}"
    if (stale := _staleness(record, suite, terms.required.max_age, now)) is not None:
        return RequirementStatus.MISSING, f"{record.file}: {stale}"
    return (
        RequirementStatus.MET,
        f"{_number(_value(record))} on {format_instant(record.finished)}{_caveats(record, terms)}",
    )


def _limitless(suite: Mapping[str, Any]) -> str | None:
    """A suite that no run can fail: a limit at the end of the metric's scale."""
    minimum, maximum = suite.get("min"), suite.get("max")
    is_rate = _metric(suite) == PASSED_RATE
    if minimum is not None:
        # only a rate is known to begin at 0
        return "its min of 0 fails no run: raise it in spec.evals" if is_rate and minimum <= 0 else None
    # most scores end at 1; a limit such as 2000 ms has a scale of its own
    if maximum is not None and (maximum >= 1 if is_rate else maximum == 1):
        return f"its max of {_number(maximum)} fails no run: give the suite a min, or a lower max"
    return None


def _caveats(record: EvidenceRecord, terms: EvidenceTerms) -> str:
    """Doubts about a record that counts nevertheless."""
    caveats = (
        *((difference, True) for difference in terms.state_differences(record)),
        ("its file names no release, so this release is only claimed", record.claimed),
        ("ran in a work tree with uncommitted changes", record.dirty),
        (f"{record.flaky} of {record.counts.total} passed only when run again (flaky)", record.flaky),
    )
    return "".join(f"; {caveat}" for caveat, applies in caveats if applies)


def _unusable(record: EvidenceRecord, suite: Mapping[str, Any], now: datetime) -> str | None:
    counts = record.counts
    incomplete = counts.errored + counts.skipped
    if record.metric != _metric(suite):
        return f"measures {record.metric!r}, but the suite requires {_metric(suite)!r}"
    if counts.total - incomplete <= 0:
        return "no sample completed"
    # an average over the completed samples alone would look better than the run
    if record.metric != PASSED_RATE and incomplete:
        return (
            f"{incomplete} of {counts.total} samples did not complete, and {record.metric!r} leaves them out"
        )
    # a future date would never grow too old
    if is_ahead(record.finished, now):
        return f"dated in the future ({format_instant(record.finished)})"
    return None


def _failure(record: EvidenceRecord, suite: Mapping[str, Any]) -> str | None:
    """Compare with the threshold of the manifest; a suite without one requires that every sample passes."""
    value, counts = _value(record), record.counts
    minimum, maximum = suite.get("min"), suite.get("max")
    if minimum is None and maximum is None:
        # errored and skipped samples are no passes (SPEC 6.2)
        short = counts.passed < counts.total
        return f"{counts.passed} of {counts.total} samples passed, all are required" if short else None
    # `not >=` instead of `<`: a value that is no number then fails
    if minimum is not None and not value >= minimum:
        return f"{_number(value)} is below {_number(minimum)}"
    if maximum is not None and not value <= maximum:
        return f"{_number(value)} is above {_number(maximum)}"
    return None


def _with_skipped_passed(record: EvidenceRecord) -> EvidenceRecord:
    """As if every skipped sample had passed: a record that fails even so needs no other run to be refused."""
    counts = record.counts
    if record.metric != PASSED_RATE or not counts.skipped or record.value < counts.passed / counts.total:
        return record
    passed = counts.passed + counts.skipped
    return replace(record, value=passed / counts.total, counts=replace(counts, passed=passed, skipped=0))


def _value(record: EvidenceRecord) -> float:
    """At most the share of passed samples: errored and skipped samples have not passed."""
    if record.metric != PASSED_RATE or record.counts.total <= 0:
        return record.value
    # the counts are authoritative: a stated rate may leave errors out of its total
    return min(record.value, record.counts.passed / record.counts.total)


def _staleness(
    record: EvidenceRecord, suite: Mapping[str, Any], max_age: Period | None, now: datetime
) -> str | None:
    periods = [max_age] if max_age is not None else []
    if suite.get("maxAge") is not None:
        try:
            periods.append(parse_period(str(suite["maxAge"])))
        except ValueError as error:
            return str(error)
    ages = [period.length_from(record.finished.date()) for period in periods]
    # of the suite's age and the policy's, the stricter one
    longest, age = min(ages, default=None), now - record.finished
    if longest is None or age < longest:
        return None
    return f"finished {format_duration(age)} ago, the limit is {format_duration(longest)}"


def _metric(suite: Mapping[str, Any]) -> str:
    return str(suite.get("metric") or PASSED_RATE)


def _threshold(suite: Mapping[str, Any]) -> str:
    bounds: Sequence[str] = [
        f"{word} {_number(suite[key])}"
        for key, word in (("min", "at least"), ("max", "at most"))
        if suite.get(key) is not None
    ]
    return f"{_metric(suite)} {' and '.join(bounds)}" if bounds else "every sample"


def _number(value: float) -> str:
    return f"{value:.4g}"
