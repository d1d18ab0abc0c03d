"""Before the day comes: seats that stay empty once one person writes the change, and seats without keys."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fleetward.domain.change import Direction
from fleetward.domain.manifest import Manifest
from fleetward.domain.people import SigningKey
from fleetward.domain.policy import ApprovalTerms, Assurance, PolicyRule
from fleetward.gate import key_shortages, rule_combinations, seat_shortages
from tests.gate.world import (
    NEW_PRIVILEGE,
    NOW,
    OWNER,
    RISK,
    SAFER,
    SECURITY,
    SOAK,
    approvals,
    everybody,
    manifest,
    policy,
    rule,
)


def shortages(
    *rules: PolicyRule, owned: Manifest | None = None, **terms: Any
) -> list[tuple[str, str, tuple[str, ...]]]:
    items = seat_shortages([rules], policy(*rules, **terms), everybody(), owned, NOW)
    return [(item.rule.id, item.requirement.wording, item.authors) for item in items]


def test_rules_for_some_changes_are_combined_with_those_for_every_change_and_replacing_ones_stand_alone() -> (
    None
):
    create = rule("create", approvals(1, "risk"), when={"kinds": frozenset({"create"})})
    looser = rule("looser", approvals(1, "risk"), when={"direction": Direction.LOOSER})
    elsewhere = rule("elsewhere", approvals(1, "risk"), when={"to": frozenset({"eu"})})
    rules = (OWNER, create, looser, NEW_PRIVILEGE, SAFER, elsewhere)

    combinations = rule_combinations(policy(*rules), to="production", tier="medium", agent="refund-bot")

    assert [[item.id for item in combination] for combination in combinations] == [
        ["every-change"],
        ["every-change", "create"],
        ["every-change", "looser"],
        ["every-change", "new-privilege"],
        ["only-safer"],
    ]


def test_a_seat_that_one_author_leaves_empty_names_every_such_author() -> None:
    assert shortages(SECURITY) == []
    two = rule("two", approvals(2, "security"))
    assert shortages(two) == [("two", "2 of security", ("dina", "hugo"))]
    # each seat alone could be filled, and both together not: one person fills one seat
    narrow = manifest(owner={"team": "security"})
    assert shortages(OWNER, owned=narrow) == []
    assert shortages(OWNER, SECURITY, SOAK, owned=narrow) == [("security", "1 of security", ("dina", "hugo"))]


def test_a_seat_that_nobody_fills_whoever_writes_the_change_has_no_authors() -> None:
    assert shortages(rule("three", approvals(3, "security"))) == [("three", "3 of security", ())]


def test_a_policy_that_lets_authors_approve_is_not_short_of_them() -> None:
    two = rule("two", approvals(2, "security"))

    assert shortages(two, approvals=ApprovalTerms(exclude=frozenset({"robot"}))) == []


def test_seats_of_owners_are_judged_by_the_manifest_alone() -> None:
    lone = manifest(owner={"team": "nobody", "accountable": "zoe"})

    assert shortages(OWNER) == []
    assert shortages(OWNER, owned=lone) == [("every-change", "1 of owner", ("zoe",))]


def test_authors_of_several_combinations_are_told_once() -> None:
    two = rule("two", approvals(2, "security"))

    [item] = seat_shortages([(two,), (two, RISK)], policy(two), everybody(), None, NOW)

    assert item.authors == ("dina", "hugo")


def test_signed_seats_name_the_people_without_a_valid_key() -> None:
    signed = rule("signed", approvals(1, "security"), assurance=Assurance.SIGNED)
    people = everybody()
    key = SigningKey(text="ssh-ed25519 AAAA")
    keyed = replace(people, people={**people.people, "hugo": replace(people.people["hugo"], keys=(key,))})
    combinations = [(), (SECURITY,), (OWNER, signed), (signed, RISK)]

    shortages_by_seat = {
        item.requirement.wording: (item.rule.id, item.people, item.fillable)
        for item in key_shortages(combinations, keyed, None, NOW)
    }

    # the strictest rule sets the assurance of all; owners are unknown without a manifest
    assert shortages_by_seat == {
        "1 of security": ("signed", ("dina",), True),
        "2 of risk": ("signed", ("bob", "farid", "gita"), False),
    }
    assert key_shortages([(signed,)], replace(keyed, teams={}), manifest(), NOW) == ()
