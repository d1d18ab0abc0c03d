"""What if these people approved: as good as a real statement, and no better."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from fleetward.domain.people import Key
from fleetward.domain.policy import Assurance
from fleetward.domain.verdict import Verdict
from fleetward.gate import decide, what_if
from tests.gate.world import (
    DAY,
    NOW,
    OWNER,
    approvals,
    folk,
    policy,
    question,
    rejected,
    rule,
    said,
    withdrew,
)

SIGNED = rule("signed", approvals(1, "owner"), assurance=Assurance.SIGNED)


def verdict(*names, rules=(OWNER,), people=None, **changes):
    known = people or folk()
    asked = what_if(question(**changes), names, people=known, now=NOW)
    return decide(asked, policy=policy(*rules), people=known, now=NOW)


def test_a_supposed_approval_is_as_good_as_a_real_one() -> None:
    assert verdict("alice").verdict is Verdict.ALLOWED
    assert verdict().verdict is Verdict.PENDING


def test_naming_somebody_twice_is_still_one_person() -> None:
    two = rule("two", approvals(2, "payments"))

    assert verdict("alice", "alice", rules=(two,)).verdict is Verdict.PENDING
    assert verdict("alice", "carla", rules=(two,)).verdict is Verdict.ALLOWED


def test_only_who_has_a_key_of_that_day_could_sign() -> None:
    def holder(**days: date):
        usual = folk()
        keyed = replace(usual.people["alice"], keys=(Key(text="ssh-ed25519 AAAA", **days),))
        return replace(usual, people={**usual.people, "alice": keyed})

    assert verdict("alice", rules=(SIGNED,), people=holder()).verdict is Verdict.ALLOWED
    assert (
        verdict("alice", rules=(SIGNED,), people=holder(until=date(2026, 11, 19))).verdict is Verdict.PENDING
    )
    assert verdict("alice", rules=(SIGNED,)).verdict is Verdict.PENDING
    assert verdict("nobody", rules=(SIGNED,)).verdict is Verdict.PENDING


def test_it_is_the_last_word_of_its_author_but_of_nobody_else() -> None:
    taken_back = (said("alice", ago=DAY), withdrew("alice", ago=0 * DAY))

    assert verdict("alice", approvals=taken_back).verdict is Verdict.ALLOWED
    assert verdict("bob", "alice", approvals=(rejected("bob", ago=0 * DAY),)).verdict is Verdict.ALLOWED
    assert verdict("alice", approvals=(rejected("bob"),)).verdict is Verdict.BLOCKED
