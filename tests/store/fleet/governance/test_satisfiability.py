"""A policy is refused where the seats it asks for together could never be different people."""

from typing import Any

import pytest

from fleetward.domain.finding import Finding, Place
from fleetward.domain.people import People
from fleetward.domain.policy import OWNER, PolicyRule, RequiredApprovals, RuleCondition
from fleetward.store.fleet.governance.satisfiability import check_rules
from fleetward.store.fleet.governance.source import Notes, Source
from tests.build import people

TIERS = ("low", "high")
THREE = people({"risk": ["ada", "ben"], "security": ["ben"], "admins": ["ada", "ben", "cleo"]})


def rule(name: str, *seat_counts: tuple[int, str], **options: Any) -> PolicyRule:
    require = tuple(
        RequiredApprovals(count=count, teams=frozenset(teams.split())) for count, teams in seat_counts
    )
    return PolicyRule(id=name, when=RuleCondition(**options.pop("when", {})), require=require, **options)


def findings(*rules: PolicyRule, known_people: People = THREE) -> tuple[Finding, ...]:
    place = lambda path: Place(file="governance/policy.yaml", path=path)  # noqa: E731
    notes = Notes(Source(file="governance/policy.yaml", sha256="", locate=place), "policy-unsatisfiable")
    check_rules(rules, TIERS, known_people, notes)
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
def test_seats_that_different_people_can_take_are_fine(rules: list[PolicyRule]) -> None:
    assert findings(*rules) == ()


@pytest.mark.parametrize(
    ("rules", "rule_id"),
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
def test_seats_that_would_need_one_person_twice_are_refused(rules: list[PolicyRule], rule_id: str) -> None:
    [finding] = findings(*rules)

    assert finding.rule == "policy-unsatisfiable"
    assert finding.place.path == f"rules[{rule_id}].require"
    assert "different people" in finding.message


def test_the_message_distinguishes_too_few_people_from_unsuitable_ones() -> None:
    [few] = findings(rule("a", (2, "risk"), (1, "security")))
    narrow = people({"risk": ["ada"], "security": ["ada"], "admins": ["ada", "ben", "cleo"]})
    [finding] = findings(rule("a", (1, "risk"), (1, "security"), (1, "admins")), known_people=narrow)

    assert "of whom there are 2" in few.message
    assert "cannot be 3 different people" in finding.message


def test_a_policy_of_thousands_of_rules_is_checked_at_once() -> None:
    many = [rule(f"r{number}", (1, "risk"), when={"to": frozenset({f"e{number}"})}) for number in range(3000)]

    assert findings(*many) == ()
