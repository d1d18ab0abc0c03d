"""Whoever could have filled a seat and does not count is named, with the reason, the commit and the remedy."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from fleetward.domain.approval import GOVERNANCE
from fleetward.domain.ledger import PromotionKind
from fleetward.domain.people import People, SigningKey
from fleetward.domain.policy import Assurance
from fleetward.domain.verdict import ExcludedPerson, Promotion
from fleetward.gate import decide_governance_change
from fleetward.gate.eligibility import Eligibility
from fleetward.gate.excluded_people import listed_people, team_name
from tests.gate.world import (
    BINDING,
    DAY,
    HOUR,
    MINUTE,
    NOW,
    OLD,
    OTHER,
    OWNER,
    RISK,
    SECURITY,
    approvals,
    contributor,
    everybody,
    manifest,
    of_kind,
    people_with_dates,
    people_with_membership,
    policy,
    rejection,
    rule,
    statement,
    verdict,
    withdrawal,
)

GOVERNED, WROTE = "a" * 40, "b" * 40
APPROVE = "fleet approve refund-bot --to production"
SIGNED = rule("signed", approvals(1, "security"), assurance=Assurance.SIGNED)


def excluded(promotion: Promotion, number: int = 0) -> dict[str, ExcludedPerson]:
    return {person.person: person for person in of_kind(promotion, "approvals")[number].excluded}


def with_keys(*keys: SigningKey) -> People:
    people = everybody()
    return replace(people, people={**people.people, "hugo": replace(people.people["hugo"], keys=keys)})


def test_an_author_is_named_with_the_whole_commit_that_others_can_undo() -> None:
    promotion = verdict(OWNER, contributors=(contributor("carla"),))

    assert excluded(promotion) == {
        "carla": ExcludedPerson(
            person="carla",
            reason="author of the change (commit c0ffeec0ffee)",
            commit="c0ffee" * 6,
            remedy="somebody else writes the change, after a revert of that commit",
        )
    }
    assert of_kind(promotion, "approvals")[0].eligible == ("alice", "dina", "zoe")


def test_a_requirement_that_is_met_excludes_nobody() -> None:
    promotion = verdict(OWNER, contributors=(contributor("carla"),), approvals=(statement("alice"),))

    assert excluded(promotion) == {}


@pytest.mark.parametrize(
    ("people", "reason", "remedy"),
    [
        (
            people_with_dates("dina", departed=date(2026, 11, 1)),
            "left on 2026-11-01",
            "if they are back, `left` comes out of governance/people.yaml",
        ),
        (
            people_with_dates("dina", since=date(2026, 12, 1)),
            "not active before 2026-12-01",
            "counts from 2026-12-01 on",
        ),
        (
            people_with_membership("security", "dina", until=date(2026, 11, 1)),
            "is no longer in security: their membership ended on 2026-11-01",
            "governance/people.yaml prolongs their membership, and they approve again",
        ),
        (
            people_with_membership("security", "dina", since=date(2026, 12, 1)),
            "not in security before 2026-12-01",
            "counts from 2026-12-01 on",
        ),
    ],
)
def test_who_is_gone_or_to_come_is_named_with_the_governance_that_says_so(
    people: People, reason: str, remedy: str
) -> None:
    promotion = verdict(SECURITY, people=people, governance_commit=GOVERNED)

    assert excluded(promotion) == {
        "dina": ExcludedPerson(person="dina", reason=reason, commit=GOVERNED, remedy=remedy, from_people=True)
    }


def test_an_approval_that_does_not_count_is_named_with_its_own_commit() -> None:
    statements = (
        statement("bob", ago=15 * DAY),
        statement("farid", ago=-HOUR),
        statement("gita", fault="committed by eve@acme.example"),
    )
    promotion = verdict(RISK, approvals=tuple(replace(s, commit=WROTE) for s in statements))

    assert {name: (who.reason, who.commit, who.remedy) for name, who in excluded(promotion).items()} == {
        "bob": ("expired on 2026-11-19T12:00:00Z", WROTE, f"they approve again: {APPROVE}"),
        "farid": ("dated in the future (2026-11-20T13:00:00Z)", WROTE, f"they approve again: {APPROVE}"),
        "gita": (
            "committed by eve@acme.example",
            WROTE,
            f"they approve again and commit it themselves: {APPROVE}",
        ),
    }


def test_of_several_statements_the_newest_on_the_present_change_gives_the_reason() -> None:
    promotion = verdict(
        RISK,
        approvals=(
            statement("bob", to_state=OTHER, ago=2 * HOUR),
            statement("bob", number=2),
            withdrawal("bob", ago=MINUTE, number=3),
            statement("farid", to_state=OTHER),
            # of the promotion before this one
            statement("gita", to_state=OLD, from_state=None, generation=2, ago=9 * DAY),
        ),
    )

    assert {name: person.reason for name, person in excluded(promotion).items()} == {
        "bob": "withdrawn on 2026-11-20T11:59:00Z",
        "farid": f"approved another state ({OTHER})",
    }


def test_who_approved_and_is_in_no_team_any_more_is_named() -> None:
    promotion = verdict(OWNER, approvals=(statement("bob"), statement("ci")))

    assert {name: (person.reason, person.remedy) for name, person in excluded(promotion).items()} == {
        "bob": (
            "not in owner",
            "governance/people.yaml lists them in payments, and they approve again",
        ),
        "ci": ("a robot, and robots do not approve", "a person approves instead"),
    }


def test_one_who_approved_for_another_seat_is_no_stranger_to_that_one() -> None:
    promotion = verdict(RISK, OWNER, approvals=(statement("alice", ago=20 * DAY),))

    assert set(excluded(promotion, 0)) == set()
    assert set(excluded(promotion, 1)) == {"alice"}


def test_one_who_fills_another_seat_is_named_with_it() -> None:
    promotion = verdict(
        rule("every-change", approvals(4, "owner")),
        SECURITY,
        contributors=(contributor("hugo"),),
        approvals=tuple(replace(statement(name), commit=WROTE) for name in ("alice", "dina")),
    )

    assert excluded(promotion, 0) == {}
    assert excluded(promotion, 1)["dina"] == ExcludedPerson(
        person="dina",
        reason="approved on 2026-11-20T11:00:00Z, and fills the seat of 4 of owner",
        commit=WROTE,
        remedy="one more approval for 4 of owner would free them",
    )


def test_nobody_signs_without_a_valid_key() -> None:
    expired = SigningKey(text="ssh-ed25519 AAAA", until=date(2026, 11, 1))
    promotion = verdict(SIGNED, people=with_keys(expired), governance_commit=GOVERNED)

    people = excluded(promotion)

    assert people["hugo"].reason == "no valid key (valid until 2026-11-01), and the approval has to be signed"
    assert people["dina"].reason == "no key in people.yaml, and the approval has to be signed"
    assert (
        people["dina"].remedy
        == f"governance/people.yaml lists a key of theirs, and they approve: {APPROVE} --sign"
    )
    assert people["dina"].commit == GOVERNED
    # with a key they could; today nobody can
    assert (promotion.unblock.minimal_approvers, len(promotion.unblock.ways)) == (("dina",), 2)


def test_with_a_valid_key_an_unsigned_approval_is_given_again_with_a_signature() -> None:
    valid = SigningKey(text="ssh-ed25519 AAAA")
    promotion = verdict(SIGNED, people=with_keys(valid), approvals=(statement("hugo"),))

    assert excluded(promotion)["hugo"].remedy == f"they approve again: {APPROVE} --sign"
    assert promotion.unblock.ways == ()


def test_a_rollback_is_approved_as_a_rollback_and_governance_as_governance() -> None:
    rollback = verdict(
        terms={"rollback": None},
        kind=PromotionKind.ROLLBACK,
        contributors=(),
        approvals=(statement("alice", ago=20 * DAY),),
    )
    assert of_kind(rollback, "approvals") == []
    statements = (
        statement("bob", ago=20 * DAY, environment="", agent=GOVERNANCE, generation=0),
        rejection("farid", environment="", agent=GOVERNANCE, generation=0),
    )
    binding = replace(BINDING, environment="", agent=GOVERNANCE, generation=0)

    change = decide_governance_change(
        binding,
        statements,
        (contributor("gita"),),
        policy=policy(OWNER, governance=RISK, veto=frozenset()),
        people=everybody(),
        now=NOW,
        commit=GOVERNED,
    )

    assert {name: person.remedy for name, person in excluded(change).items()} == {
        "bob": "they approve again: fleet approve --governance",
        "farid": "they approve again: fleet approve --governance",
        "gita": "somebody else writes the change, after a revert of that commit",
    }


def test_owners_are_the_team_and_the_named_ones_also_of_an_agent_without_a_manifest() -> None:
    wrote = (contributor("zoe"), contributor("dina"))

    assert set(excluded(verdict(OWNER, contributors=wrote))) == {"dina", "zoe"}
    unread = verdict(
        OWNER, running=None, candidate=None, comparison=None, running_unreadable=True, contributors=wrote
    )
    assert excluded(unread) == {}
    teamless = manifest(owner={"team": None, "accountable": "zoe"})
    assert set(excluded(verdict(OWNER, running=teamless, contributors=wrote))) == {"zoe"}


def test_a_handover_names_the_owners_that_each_word_means() -> None:
    people = everybody()
    before, after = manifest(team="risk"), manifest(team="support")
    eligibility = Eligibility(people, after, former=before)

    assert set(listed_people(eligibility, ["owner"])) == {"bob", "carla", "erin", "zoe"}
    assert set(listed_people(eligibility, ["former-owner"])) == {"bob", "carla", "farid", "gita", "zoe"}
    names = [team_name(eligibility, team) for team in ("owner", "former-owner", "security")]
    assert names == ["support", "risk", "security"]
    assert team_name(Eligibility(people, None), "owner") == "owner"
