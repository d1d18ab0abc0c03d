"""What if these people approved: as good as a real statement, and no better."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from fleetward.domain.people import SigningKey
from fleetward.domain.policy import Assurance
from fleetward.domain.verdict import Verdict
from fleetward.gate import decide, with_hypothetical_approvals
from tests.gate.world import (
    DAY,
    NOW,
    OWNER,
    approvals,
    everybody,
    policy,
    promotion_request,
    rejection,
    rule,
    statement,
    withdrawal,
)

SIGNED = rule("signed", approvals(1, "owner"), assurance=Assurance.SIGNED)


def verdict(*names, rules=(OWNER,), people=None, **changes):
    everyone = people or everybody()
    request = with_hypothetical_approvals(promotion_request(**changes), names, people=everyone, now=NOW)
    return decide(request, policy=policy(*rules), people=everyone, now=NOW)


def test_a_hypothetical_approval_counts_like_a_real_one() -> None:
    assert verdict("alice").verdict is Verdict.ALLOWED
    assert verdict().verdict is Verdict.PENDING


def test_naming_somebody_twice_is_still_one_person() -> None:
    two = rule("two", approvals(2, "payments"))

    assert verdict("alice", "alice", rules=(two,)).verdict is Verdict.PENDING
    assert verdict("alice", "carla", rules=(two,)).verdict is Verdict.ALLOWED


def test_only_a_person_with_a_valid_key_could_sign() -> None:
    def holder(**days: date):
        usual = everybody()
        keyed = replace(usual.people["alice"], keys=(SigningKey(text="ssh-ed25519 AAAA", **days),))
        return replace(usual, people={**usual.people, "alice": keyed})

    assert verdict("alice", rules=(SIGNED,), people=holder()).verdict is Verdict.ALLOWED
    assert (
        verdict("alice", rules=(SIGNED,), people=holder(until=date(2026, 11, 19))).verdict is Verdict.PENDING
    )
    assert verdict("alice", rules=(SIGNED,)).verdict is Verdict.PENDING
    assert verdict("nobody", rules=(SIGNED,)).verdict is Verdict.PENDING


def test_a_hypothetical_approval_is_the_latest_of_its_author_only() -> None:
    taken_back = (statement("alice", ago=DAY), withdrawal("alice", ago=0 * DAY))

    assert verdict("alice", approvals=taken_back).verdict is Verdict.ALLOWED
    assert verdict("bob", "alice", approvals=(rejection("bob", ago=0 * DAY),)).verdict is Verdict.ALLOWED
    assert verdict("alice", approvals=(rejection("bob"),)).verdict is Verdict.BLOCKED
