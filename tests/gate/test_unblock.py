"""A verdict explains itself: who counts, who does not and why, who could, and when."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from fleetward.domain.ledger import PromotionKind
from fleetward.domain.policy import ApprovalTerms, Assurance, Freeze
from fleetward.domain.verdict import NotCounted, RequirementStatus, Verdict
from fleetward.gate import batch_verdict, policy_requirements
from tests.gate.world import (
    BINDING,
    DAY,
    EVALS,
    HOUR,
    LOOSER,
    MINUTE,
    NEW_PRIVILEGE,
    NOW,
    OTHER,
    OWNER,
    REWORDED,
    RISK,
    SAFE,
    SAFER,
    SECURITY,
    SOAK,
    STRICTER,
    approvals,
    comparison,
    contributor,
    error,
    evidence_record,
    manifest,
    of_kind,
    people_with_dates,
    policy,
    reasons,
    rejection,
    rule,
    soak,
    statement,
    verdict,
    withdrawal,
)


def test_a_requirement_names_approvers_and_eligible_people() -> None:
    promotion = verdict(RISK, approvals=(statement("gita"),))

    [risk] = of_kind(promotion, "approvals")

    assert (risk.condition, risk.by, risk.detail) == ("2 of risk", ("gita",), "1 of 2: gita")
    assert risk.eligible == ("bob", "farid")
    assert promotion.unblock.people == ("bob", "farid")
    assert promotion.counted == (statement("gita").file,)


def test_eligible_people_exclude_authors_and_approvers() -> None:
    promotion = verdict(OWNER, SECURITY, contributors=(contributor("hugo"),), approvals=(statement("alice"),))

    assert of_kind(promotion, "approvals")[1].eligible == ("dina",)


def test_eligible_people_include_those_who_free_another_approver() -> None:
    promotion = verdict(OWNER, SECURITY, contributors=(contributor("hugo"),), approvals=(statement("dina"),))

    [owner, security] = of_kind(promotion, "approvals")

    assert owner.by == ("dina",)
    assert security.eligible == ("alice", "carla", "zoe")


def test_too_few_eligible_people_are_reported() -> None:
    promotion = verdict(SECURITY, contributors=(contributor("hugo"), contributor("dina")))

    [security] = of_kind(promotion, "approvals")

    assert security.detail == "0 of 1; no eligible people for 1 seat"
    assert promotion.unblock.people == ()


def test_every_approval_that_does_not_count_has_a_reason() -> None:
    promotion = verdict(
        OWNER,
        people=people_with_dates("zoe", departed=date(2026, 11, 1)),
        contributors=(contributor("carla"),),
        approvals=(
            statement("alice", to_state=OTHER),
            statement("bob"),
            statement("carla"),
            statement("ci"),
            statement("dina", ago=14 * DAY),
            statement("erin", fault="committed by somebody else"),
            statement("farid", ago=-16 * MINUTE),
            statement("mallory"),
            statement("zoe"),
        ),
    )

    assert reasons(promotion) == {
        "alice": f"approved another state ({OTHER})",
        "bob": "not in owner",
        "carla": "author of the change (commit c0ffeec0ffee)",
        "ci": "a robot, and robots do not approve",
        "dina": "expired on 2026-11-20T12:00:00Z",
        "erin": "committed by somebody else",
        "farid": "dated in the future (2026-11-20T12:16:00Z)",
        "mallory": "not listed in people.yaml",
        "zoe": "left on 2026-11-01",
    }
    assert promotion.counted == ()


def test_withdrawn_and_weak_approvals_have_a_reason() -> None:
    signed = rule("signed", approvals(1, "owner"), assurance=Assurance.SIGNED)

    promotion = verdict(signed, approvals=(statement("alice"), withdrawal("alice"), statement("dina")))

    assert reasons(promotion) == {
        "alice": "withdrawn on 2026-11-20T11:30:00Z",
        "dina": "its assurance is recorded, signed is required",
    }


def test_an_approval_that_is_not_needed_is_listed() -> None:
    promotion = verdict(OWNER, approvals=(statement("alice"), statement("dina")))

    assert promotion.verdict is Verdict.ALLOWED
    assert promotion.counted == (statement("alice").file,)
    assert promotion.not_counted == (
        NotCounted(approver="dina", reason="not needed: it would fill no further seat"),
    )


def test_the_reason_names_the_robot_that_the_approver_operates() -> None:
    promotion = verdict(OWNER, contributors=(contributor("ci"),), approvals=(statement("carla"),))

    assert reasons(promotion) == {
        "carla": "operates the robot 'ci', author of the change (commit c0ffeec0ffee)"
    }


def test_a_veto_names_its_author_who_alone_can_lift_it() -> None:
    promotion = verdict(OWNER, approvals=(statement("alice"), rejection("bob", note="too soon")))

    [veto] = of_kind(promotion, "veto")

    assert (veto.status, veto.by, veto.eligible) == (RequirementStatus.REFUSED, ("bob",), ("bob",))
    assert "too soon" in veto.detail
    assert promotion.unblock.people == ("bob",)


def test_a_soak_names_the_instant_when_it_ends() -> None:
    promotion = verdict(SOAK, longest_soak=DAY - HOUR, is_soaking=True)

    assert promotion.unblock.ready_at == NOW + HOUR


def test_a_stay_that_began_anew_counts_from_its_own_start() -> None:
    promotion = verdict(SOAK, longest_soak=DAY - HOUR, is_soaking=True, soaking_since=NOW - 2 * HOUR)

    assert promotion.unblock.ready_at == NOW + DAY - 2 * HOUR


def test_a_release_that_is_gone_from_the_source_gets_no_time() -> None:
    assert verdict(SOAK, longest_soak=DAY - HOUR).unblock.ready_at is None


def test_a_soak_that_ends_in_a_freeze_is_ready_when_both_freezes_have_ended() -> None:
    freezes = (
        Freeze(id="second", start=NOW + 5 * DAY, end=NOW + 9 * DAY),
        Freeze(id="first", start=NOW, end=NOW + 5 * DAY),
    )

    promotion = verdict(SOAK, longest_soak=HOUR, is_soaking=True, terms={"freezes": freezes})

    [freeze] = of_kind(promotion, "freeze")
    assert freeze.detail == "frozen until 2026-11-25T12:00:00Z"
    assert promotion.unblock.ready_at == NOW + 9 * DAY


def test_each_suite_has_a_requirement_and_its_record_counts() -> None:
    promotion = verdict(EVALS, evidence=(evidence_record(value=0.9), SAFE))

    [quality, safety] = of_kind(promotion, "evals")

    assert quality.status is RequirementStatus.REFUSED
    assert "0.9 is below 0.95" in quality.detail
    assert safety.status is RequirementStatus.MET
    assert promotion.counted == (SAFE.file,)


def test_doubts_about_a_counted_record_are_listed() -> None:
    plain, safe = evidence_record(), SAFE
    unsure = replace(plain, claimed=True), replace(safe, claimed=True, dirty=True)

    low = {"running": manifest("low"), "candidate": manifest("low")}

    requirements = of_kind(verdict(EVALS, evidence=unsure, **low), "evals")

    assert [requirement.status for requirement in requirements] == [
        RequirementStatus.MET,
        RequirementStatus.MET,
    ]
    assert [requirement.detail for requirement in requirements] == [
        "0.97 on 2026-11-19T12:00:00Z; its file names no release, so this release is only claimed",
        "0.002 on 2026-11-19T12:00:00Z; its file names no release, so this release is only claimed"
        "; ran in a work tree with uncommitted changes",
    ]
    assert (
        of_kind(verdict(EVALS, evidence=(plain, safe)), "evals")[0].detail == "0.97 on 2026-11-19T12:00:00Z"
    )


def test_an_invalidated_log_is_named_and_refused() -> None:
    record = evidence_record(faults=("the log was invalidated", "samples were invalidated: 's2'"))

    [quality, _] = of_kind(verdict(EVALS, evidence=(record, SAFE)), "evals")

    assert quality.status is RequirementStatus.REFUSED
    assert quality.detail == f"{record.file}: the log was invalidated, samples were invalidated: 's2'"


def test_errors_are_counted_and_the_first_are_listed() -> None:
    errors = tuple(error(f"wrong number {n}") for n in range(5))

    [invalid] = of_kind(verdict(OWNER, errors=errors), "validation")

    assert invalid.detail.startswith("5 errors: environments/staging/refund-bot/agent.yaml:9 owner-unknown: ")
    assert invalid.detail.endswith("; 2 more")


def test_an_unknown_author_is_named_with_the_commit() -> None:
    [refusal] = of_kind(verdict(OWNER, contributors=(contributor("x@evil.example"),)), "policy")

    assert "'x@evil.example'" in refusal.detail
    assert "c0ffeec0ffee" in refusal.detail


def test_the_promotion_names_tier_states_and_generation() -> None:
    promotion = verdict(OWNER, running=manifest("high"))

    assert promotion.tier == "high"
    assert (promotion.agent, promotion.from_state, promotion.to_state, promotion.generation) == (
        BINDING.agent,
        BINDING.from_state,
        BINDING.to_state,
        3,
    )


def test_an_approval_that_never_expires_by_policy_still_expires_by_itself() -> None:
    terms = {"approvals": ApprovalTerms(expire=None)}

    assert (
        verdict(OWNER, approvals=(statement("alice", ago=999 * DAY),), terms=terms).verdict is Verdict.ALLOWED
    )
    old = statement("alice", ago=999 * DAY, lasts=DAY)
    assert verdict(OWNER, approvals=(old,), terms=terms).verdict is Verdict.PENDING


def test_a_span_longer_than_the_calendar_is_no_crash() -> None:
    terms = {"approvals": ApprovalTerms(expire=timedelta(days=999_999_999))}
    endless = rule("soak", soak(timedelta(days=999_999_999)))

    promotion = verdict(OWNER, endless, approvals=(statement("alice"),), terms=terms, is_soaking=True)

    assert promotion.verdict is Verdict.PENDING


def test_the_batch_verdict_is_the_worst() -> None:
    unchanged = verdict(OWNER, kind=None)
    allowed = verdict(OWNER, approvals=(statement("alice"),))
    pending, blocked = verdict(OWNER), verdict(OWNER, errors=(error(),))

    assert batch_verdict([unchanged]) is Verdict.UNCHANGED
    assert batch_verdict([unchanged, allowed]) is Verdict.ALLOWED
    assert batch_verdict([pending, allowed, unchanged]) is Verdict.PENDING
    assert batch_verdict([blocked, pending, allowed]) is Verdict.BLOCKED


def test_an_empty_batch_is_blocked() -> None:
    assert batch_verdict([]) is Verdict.BLOCKED


def test_policy_requirements_name_their_rules() -> None:
    rule_set = policy(OWNER, NEW_PRIVILEGE, SAFER)

    def rules(*facets: object) -> list[str]:
        required = policy_requirements(
            rule_set,
            to="production",
            tier="medium",
            comparison=comparison(*facets),  # type: ignore[arg-type]
            kind=PromotionKind.UPDATE,
        )
        return [rule.id for rule, _ in required]

    assert rules(REWORDED) == ["every-change"]
    assert rules(LOOSER) == ["every-change", "new-privilege"]
    assert rules(STRICTER) == ["only-safer"]


def test_an_undefined_tier_requires_as_much_as_the_highest() -> None:
    high = rule("high", approvals(1, "risk"), when={"tiers": frozenset({"critical"})})

    required = policy_requirements(
        policy(high), to="production", tier="ultra", comparison=comparison(), kind=PromotionKind.UPDATE
    )

    assert [r.id for r, _ in required] == ["high"]


def test_an_owner_who_has_left_is_not_eligible() -> None:
    promotion = verdict(OWNER, people=people_with_dates("zoe", departed=date(2026, 11, 20)))

    assert promotion.unblock.people == ("alice", "carla", "dina")


def test_an_approval_of_another_repository_does_not_count() -> None:
    promotion = verdict(OWNER, approvals=(statement("alice", repository="fork/agents"),))

    assert reasons(promotion) == {"alice": "approved in another repository ('fork/agents')"}
