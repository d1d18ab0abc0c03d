"""A policy is refused where the seats it asks for together could never be different people."""

from typing import Any

import pytest

from fleetward.domain.finding import Finding, Place
from fleetward.domain.people import People
from fleetward.domain.policy import OWNER, ApprovalsAsked, Rule, When
from fleetward.store.fleet.governance.satisfiability import seats
from fleetward.store.fleet.governance.source import Notes, Source
from tests.build import people

TIERS = ("low", "high")
THREE = people({"risk": ["ada", "ben"], "security": ["ben"], "admins": ["ada", "ben", "cleo"]})


def rule(name: str, *asked: tuple[int, str], **options: Any) -> Rule:
    require = tuple(ApprovalsAsked(count=count, teams=frozenset(teams.split())) for count, teams in asked)
    return Rule(id=name, when=When(**options.pop("when", {})), require=require, **options)


def wrongs(*rules: Rule, known: People = THREE) -> tuple[Finding, ...]:
    place = lambda path: Place(file="governance/policy.yaml", path=path)  # noqa: E731
    notes = Notes(Source(file="governance/policy.yaml", sha256="", locate=place), "policy-unsatisfiable")
    seats(rules, TIERS, known, notes)
    return notes.findings


@pytest.mark.parametrize(
    "rules",
    [
        [rule("a", (2, "risk"))],
        [rule("a", (1, "risk")), rule("b", (1, "security"))],
        [rule("a", (2, "risk")), rule("b", (1, "admins"))],
        [rule("a", (3, OWNER))],
        [rule("a", (1, OWNER), (2, "risk"))],
        [
            rule("a", (2, "risk"), when={"tiers": frozenset({"low"})}),
            rule("b", (1, "security"), when={"tiers": {"high"}}),
        ],
        [
            rule("a", (2, "risk"), when={"to": frozenset({"east"})}),
            rule("b", (1, "security"), when={"to": {"west"}}),
        ],
        [rule("a", (2, "risk")), rule("b", (1, "security"), replaces_all=True)],
        [rule("a", (2, "risk")), rule("b", (1, "risk"))],
    ],
)
def test_seats_that_different_people_can_take_are_fine(rules: list[Rule]) -> None:
    assert wrongs(*rules) == ()


@pytest.mark.parametrize(
    ("rules", "named"),
    [
        ([rule("a", (2, "risk"), (1, "security"))], "a"),
        ([rule("a", (2, "risk")), rule("b", (1, "security"))], "b"),
        ([rule("a", (2, "risk")), rule("b", (1, "security"), when={"kinds": frozenset({"create"})})], "b"),
        ([rule("a", (2, "risk"), (2, "admins"))], "a"),
        ([rule("a", (3, OWNER), (1, "security"))], "a"),
        ([rule("a", (2, "risk")), rule("b", (1, "security"), when={"tiers": frozenset({"high"})})], "b"),
        ([rule("a", (1, "risk"), (1, "security"), (2, "admins"))], "a"),
    ],
)
def test_seats_that_would_need_one_person_twice_are_refused(rules: list[Rule], named: str) -> None:
    [one] = wrongs(*rules)

    assert one.rule == "policy-unsatisfiable"
    assert one.place.path == f"rules[{named}].require"
    assert "different people" in one.message


def test_the_message_tells_too_few_people_from_the_wrong_ones() -> None:
    [few] = wrongs(rule("a", (2, "risk"), (1, "security")))
    narrow = people({"risk": ["ada"], "security": ["ada"], "admins": ["ada", "ben", "cleo"]})
    [wrong] = wrongs(rule("a", (1, "risk"), (1, "security"), (1, "admins")), known=narrow)

    assert "of whom there are 2" in few.message
    assert "cannot be 3 different people" in wrong.message


def test_a_policy_of_thousands_of_rules_is_answered_at_once() -> None:
    many = [rule(f"r{number}", (1, "risk"), when={"to": frozenset({f"e{number}"})}) for number in range(3000)]

    assert wrongs(*many) == ()
