"""Which records may meet a requirement for evaluations, and what a soak is worth under other overrides."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from fleetward.domain.digest import of_bytes
from fleetward.domain.evidence import EvidenceRecord
from fleetward.domain.period import parse_period
from fleetward.domain.policy import RequiredEvals, RequiredSoak
from fleetward.domain.verdict import RequirementStatus
from fleetward.gate.matching_rules import strictest_requirements
from tests.gate.world import (
    DAY,
    EVALS,
    HOUR,
    MINUTE,
    NOW,
    OTHER,
    RELEASE,
    SUITES,
    evals,
    evidence_record,
    manifest,
    of_kind,
    rule,
    verdict,
)

NO_LIMIT = "its max of 1 fails no run: give the suite a min, or a lower max"
CLAIMED = "; its file names no release, so this release is only claimed"
ANY = RequiredEvals()


def test_evidence_counts_only_as_the_policy_asks() -> None:
    plain = evidence_record()
    staging_state = of_bytes(b"staging")
    models = {staging_state: ("spec.model.name",)}

    def why(required: RequiredEvals = ANY, *, tier: str = "medium", **facts: Any) -> str:
        states = facts.pop("states", {})
        record = replace(plain, **facts)
        candidate = manifest(tier, evals=[SUITES[0]])
        states_of = {"running": candidate, "candidate": candidate, "source_states": states}
        [requirement] = of_kind(verdict(rule("r", required), evidence=(record,), **states_of), "evals")
        return f"{requirement.status} {requirement.detail}".replace(f"{record.file}: ", "")

    met = "met 0.97 on 2026-11-19T12:00:00Z"
    assert why() == met
    assert why(is_assumed=True, recorders=(), claimed=True) == met + CLAIMED
    assert why(recorders=()) == "missing recorded by nobody, who was not in governance/people.yaml then"
    assert why(recorders=("x@evil.example",)).startswith("missing recorded by x@evil.example, who was not")
    assert why(recorders=("nobody",)).startswith("missing recorded by nobody@, who was not")
    assert why(recorders=("zoe@acme.example",)) == met
    assert why(recorders=("ERIN@acme.example",)).startswith(
        "missing recorded by erin, an author of the change"
    )
    assert why(recorders=("erin@acme.example",), tier="low") == met
    assert why(recorders=("erin@acme.example",), signer="ci") == met
    assert why(signature_fault="its signature is invalid") == "missing its signature is invalid"
    assert why(not_in_base=True).startswith("missing the base does not hold it")
    assert why(partial="limit 2") == "missing only a part of the suite ran (limit 2): run all of it"
    assert (
        why(claimed=True) == "missing its file names no release: tag the run with 'fleet release refund-bot'"
    )
    assert why(claimed=True, tier="low") == met + CLAIMED
    assert why(RequiredEvals(tagged=True), claimed=True, tier="low").startswith("missing its file names no")
    assert why(undated=True).startswith("missing its file has no time")
    assert why(undated=True, tier="low", committed=None) == met
    assert why(evals(7 * DAY), undated=True, tier="low", committed=NOW - 8 * DAY) == (
        "missing finished 8d ago, the limit is 7d"
    )
    assert why(flaky=2) == met + "; 2 of 100 passed only when run again (flaky)"
    assert why(RequiredEvals(min_samples=101)) == "missing 100 samples completed, 101 are required"
    assert why(RequiredEvals(min_samples=100)) == met
    assert why(RequiredEvals(signed=True)).startswith("missing it is not signed")
    assert why(RequiredEvals(signed=True), signer="ci") == met
    from_ci = RequiredEvals(recorders=frozenset({"ci"}))
    assert why(from_ci) == met
    assert why(from_ci, recorders=()) == "missing recorded by nobody, and only records of ci count"
    assert why(from_ci, recorders=("ci@acme.example", "erin@acme.example"), tier="low") == (
        "missing recorded by erin, and only records of ci count"
    )
    from_risk = RequiredEvals(recorders=frozenset({"risk"}))
    assert why(from_risk, recorders=("bob@acme.example",)) == met
    assert why(from_risk, recorders=("bob@acme.example",), committed=None).startswith(
        "missing recorded by bob"
    )
    same = RequiredEvals(same_state=True)
    lacks = "it ran with overrides that production lacks: spec.model.name"
    assert why(states=models) == f"{met}; {lacks}"
    assert why(same, states=models) == f"missing {lacks}"
    assert why(same, states=models, state=staging_state) == f"missing {lacks}"
    assert why(same, states=models, state=RELEASE) == met
    assert why(same, states={staging_state: ()}, state=staging_state) == met
    assert why(same, state=OTHER) == "missing it ran with other overrides than the source has now"


def test_a_newer_failure_counts_whoever_recorded_it_and_a_newer_doubt_does_not() -> None:
    passed = evidence_record(ago=2 * DAY)
    failed = replace(evidence_record(value=0.5, number=2), recorders=("erin@acme.example",))
    partly = replace(evidence_record(number=3), partial="limit 2")
    zoneless = replace(failed, finished=NOW - 3 * DAY, recorded=NOW - 3 * DAY, finished_latest=NOW - DAY)

    def status(*records: EvidenceRecord) -> str:
        candidate = manifest(evals=[SUITES[0]])
        [requirement] = of_kind(verdict(EVALS, candidate=candidate, evidence=records), "evals")
        return f"{requirement.status}"

    assert status(passed, partly) == "met"
    assert status(passed, failed) == "refused"
    assert status(passed, zoneless) == "refused"
    assert status(passed, replace(failed, signature_fault="invalid")) == "met"
    assert status(passed, replace(failed, metric="accuracy")) == "met"
    assert status(partly) == "missing"


@pytest.mark.parametrize(
    ("suite", "reason"),
    [
        ({"name": "quality", "min": 0}, "its min of 0 fails no run: raise it in spec.evals"),
        ({"name": "quality", "max": 1}, NO_LIMIT),
        (
            {"name": "quality", "metric": "toxicity", "max": 1.0},
            NO_LIMIT,
        ),
    ],
)
def test_a_suite_that_no_run_can_fail_is_not_passed(suite: dict[str, object], reason: str) -> None:
    record = evidence_record(metric=str(suite.get("metric", "pass-rate")), counts=(100, 0, 0, 0))

    [requirement] = of_kind(verdict(EVALS, candidate=manifest(evals=[suite]), evidence=(record,)), "evals")

    assert (requirement.status, requirement.detail) == (RequirementStatus.MISSING, reason)


def test_a_soak_with_other_overrides_is_told_and_fails_where_the_policy_says_so() -> None:
    states = {OTHER: ("spec.model",)}
    facts = {"longest_soak": 2 * DAY, "is_soaking": True, "soaking_since": NOW - 2 * DAY}

    def answer(same_state: bool, **more: Any) -> str:
        required = RequiredSoak(span=DAY, same_state=same_state)
        [requirement] = of_kind(verdict(rule("r", required), **{**facts, **more}), "soak")
        return f"{requirement.status} {requirement.detail}"

    lacks = "it stayed with overrides that production lacks: spec.model"
    assert answer(False, source_states=states) == f"met stayed 2d; {lacks}"
    assert answer(True, source_states=states) == f"missing {lacks}"
    assert answer(True) == "met stayed 2d"
    assert answer(True, same_state_since=NOW - HOUR) == (
        "missing 1h so far, long enough at 2026-11-21T11:00:00Z"
    )
    assert answer(True, same_state_since=NOW - HOUR, soaking_since=None).startswith("missing 1h so far")


def test_an_age_in_months_goes_by_the_calendar() -> None:
    month = rule("r", RequiredEvals(max_age=parse_period("P1M")))

    def answer(ago: timedelta) -> str:
        record = evidence_record(ago=ago)
        candidate = manifest(evals=[{**SUITES[0], "maxAge": "P1Y"}])
        [requirement] = of_kind(verdict(month, evidence=(record,), candidate=candidate), "evals")
        return f"{requirement.status} {requirement.detail}".replace(f"{record.file}: ", "")

    # October has 31 days
    assert answer(31 * DAY - MINUTE).startswith("met")
    assert answer(31 * DAY) == "missing finished 31d ago, the limit is 31d"


def test_of_two_requirements_for_evaluations_only_one_that_includes_the_other_replaces_it() -> None:
    week, day = evals(7 * DAY), evals(DAY)
    signed = RequiredEvals(signed=True, recorders=frozenset({"ci"}))

    assert day.covers(week)
    assert not week.covers(day)
    month, quarter = (RequiredEvals(max_age=parse_period(text)) for text in ("P1M", "P90D"))
    assert month.covers(quarter)
    assert month.covers(month)
    assert month.covers(RequiredEvals())
    # a month of February is shorter than 30 days, and another is longer
    thirty = evals(30 * DAY)
    assert not month.covers(thirty)
    assert not thirty.covers(month)
    assert not RequiredEvals().covers(month)
    assert not day.covers(signed)
    assert not RequiredEvals(signed=True).covers(signed)
    assert [required for _, required in strictest_requirements((rule("r", week, day, signed),))] == [
        day,
        signed,
    ]
    assert [required for _, required in strictest_requirements((rule("r", day, day),))] == [day]
    long, same = RequiredSoak(span=2 * DAY), RequiredSoak(span=DAY, same_state=True)
    assert [required for _, required in strictest_requirements((rule("r", long, same),))] == [long, same]
    assert signed.wording == "recorded by ci, signed"
