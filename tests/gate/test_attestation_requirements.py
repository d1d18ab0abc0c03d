"""What the policy asks an agent to have been attested."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from fleetward.domain.attestation import Attestation, Outcome, Result
from fleetward.domain.period import parse_period
from fleetward.domain.policy import AttestationKind, RequiredAttestation
from fleetward.domain.verdict import Requirement
from tests.gate.world import RELEASE, of_kind, rule, verdict


def attestation(day: int, **changes: Any) -> Attestation:
    usual: dict[str, Any] = {
        "file": f"attestations/refund-bot/2026-11-{day:02}-review-carla.json",
        "sha256": RELEASE,
        "environment": "*",
        "agent": "refund-bot",
        "state": RELEASE,
        "kind": "review",
        "of": None,
        "person": "carla",
        "on": date(2026, 11, day),
        "result": Result.PASSED,
        "outcome": None,
        "incident": None,
        "note": "",
        "repository": "acme/agents",
    }
    return Attestation(**{**usual, **changes})


def asked(*attestations: Attestation, terms: dict[str, Any] | None = None, **fields: Any) -> Requirement:
    required = RequiredAttestation(**{"kind": "review", **fields})
    promotion = verdict(rule("attested", required), attestations=attestations, terms=terms)
    [requirement] = of_kind(promotion, "attested")
    assert isinstance(requirement, Requirement)
    return requirement


def test_the_last_day_of_the_age_counts_and_the_next_does_not() -> None:
    on_time = asked(attestation(13), max_age=parse_period("P7D"))
    late = asked(attestation(12), max_age=parse_period("P7D"))

    assert (on_time.status, on_time.by, on_time.detail) == ("met", ("carla",), "on 2026-11-13")
    assert late.status == "missing"
    assert late.detail == (
        "0 of 1; attestations/refund-bot/2026-11-12-review-carla.json does not count: older than P7D; "
        "fleet attest refund-bot --kind review"
    )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"fault": "committed by eve"}, "committed by eve"),
        ({"result": Result.FAILED}, "it failed"),
        ({"outcome": Outcome.RETIRE}, "its outcome is retire"),
        ({}, "its outcome is not said"),
        ({"kind": "heartbeat"}, None),
        ({"environment": "staging"}, None),
    ],
)
def test_an_attestation_that_does_not_fit_does_not_count(changes: dict[str, Any], reason: str | None) -> None:
    requirement = asked(attestation(18, **changes), outcomes=frozenset({"keep", "expand"}))

    told = (
        f"attestations/refund-bot/2026-11-18-review-carla.json does not count: {reason}; " if reason else ""
    )
    assert requirement.status == "missing"
    assert requirement.detail == f"0 of 1; {told}fleet attest refund-bot --kind review --outcome expand"


def test_two_cycles_are_two_days_without_a_failure_in_between() -> None:
    twice = [attestation(10, outcome=Outcome.KEEP), attestation(17, outcome=Outcome.EXPAND)]
    failed = attestation(14, result=Result.FAILED)
    same_day = [attestation(17), attestation(17, person="zoe")]

    assert asked(*twice, count=2, outcomes=frozenset({"keep", "expand"})).status == "met"
    assert asked(*same_day, count=2).status == "missing"
    assert asked(*twice, failed, count=2).detail.startswith("1 of 2; ")


def test_the_newest_that_met_it_are_counted_one_a_day() -> None:
    required = rule("attested", RequiredAttestation(kind="review", count=2))
    given = (attestation(10), attestation(17), attestation(18), attestation(18, person="zoe", file="z.json"))

    met = verdict(required, attestations=given)
    missing = verdict(required, attestations=given[:1])

    days = ("2026-11-17", "2026-11-18")
    assert met.counted == tuple(f"attestations/refund-bot/{day}-review-carla.json" for day in days)
    assert missing.counted == ()


def test_several_kinds_are_asked_each_for_itself() -> None:
    both = rule("two", RequiredAttestation(kind="review"), RequiredAttestation(kind="heartbeat"))
    again = rule("again", RequiredAttestation(kind="review"))

    kept, missing = of_kind(verdict(both, again, attestations=(attestation(18),)), "attested")

    assert (kept.status, missing.status) == ("met", "missing")


def test_a_kind_of_the_whole_fleet_asks_no_environment() -> None:
    terms = {"attestations": {"drill": AttestationKind(by=frozenset({"risk"}), of_fleet=True)}}
    drill = attestation(18, kind="drill", agent="", environment="")

    assert asked(drill, kind="drill", terms=terms).status == "met"
    assert asked(kind="drill", terms=terms).detail == "0 of 1; fleet attest --fleet --kind drill"


def test_a_period_may_count_in_months() -> None:
    assert asked(attestation(1), max_age=parse_period("P1M")).status == "met"
