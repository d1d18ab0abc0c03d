"""What a policy as a whole leaves open, and what it asks no longer."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from fleetward.domain.finding import Place
from fleetward.domain.ledger import PromotionKind
from fleetward.domain.risk import SCALES, required_minimum_tier
from fleetward.gate import dropped_fields, lowered_floors, removed_rules, uncovered_kinds
from tests.gate.world import NEW_PRIVILEGE, OWNER, RISK, SAFER, approvals, manifest, policy, rule

CREATE = rule("create", approvals(1, "risk"), when={"kinds": frozenset({"create"})})
FEW = {name: SCALES[name] for name in ("dataSensitivity", "reversibility")}
lines = st.dictionaries(st.sampled_from(sorted(FEW)), st.integers(0, 3), min_size=1).map(
    lambda line: {name: FEW[name][min(rank, len(FEW[name]) - 1)] for name, rank in line.items()}
)
floors = st.dictionaries(st.sampled_from(["medium", "high"]), st.lists(lines, max_size=3).map(tuple))


def uncovered_by(*rules):
    return uncovered_kinds(policy(*rules), to="production", tier="medium", agent="refund-bot")


def test_a_rule_about_everything_leaves_nothing_open() -> None:
    assert uncovered_by(OWNER) == ()


def test_coverage_depends_on_environment_tier_and_agent() -> None:
    only = rule(
        "only",
        approvals(1, "risk"),
        when={"tiers": frozenset({"medium"}), "agents": frozenset({"refund-bot"})},
    )

    def covered(to="production", tier="medium", agent="refund-bot") -> bool:
        return uncovered_kinds(policy(only), to=to, tier=tier, agent=agent) == ()

    assert covered()
    assert not covered(to="staging")
    assert not covered(tier="low")
    assert not covered(agent="policy-lookup")


def test_a_rule_about_one_kind_leaves_the_others_open() -> None:
    assert uncovered_by(CREATE) == (PromotionKind.UPDATE, PromotionKind.OVERRIDE, PromotionKind.RETIRE)


def test_rules_about_special_changes_cover_no_ordinary_one() -> None:
    assert len(uncovered_by(NEW_PRIVILEGE, SAFER)) == 4


@settings(max_examples=60, deadline=None)
@given(floors, floors)
def test_a_floor_is_lowered_exactly_where_some_agent_needs_a_lower_tier_than_before(before, after) -> None:
    old, new = policy(floors=before), policy(floors=after)
    agents = [
        manifest(risk={"tier": "low", "factors": {**LEAST, **dict(zip(FEW, values, strict=True))}})
        for values in product(*FEW.values())
    ]

    def lower(agent) -> bool:
        required_before, now = required_minimum_tier(agent, old), required_minimum_tier(agent, new)
        return required_before is not None and (
            now is None or new.tier_rank(now) < old.tier_rank(required_before)
        )

    assert bool(list(lowered_floors(old, new))) == any(lower(a) for a in agents)


LEAST = {name: scale[0] for name, scale in SCALES.items() if name != "toolAccess"}


def test_a_lowered_floor_names_both_tiers() -> None:
    line = {"dataSensitivity": "restricted"}

    assert list(lowered_floors(policy(floors={"high": (line,)}), policy(floors={"medium": (line,)}))) == [
        ("high", line, "medium")
    ]


def test_the_higher_of_two_floors_for_one_line_counts() -> None:
    line = {"dataSensitivity": "restricted"}
    two_floors, one_floor = (
        policy(floors={"medium": (line,), "high": (line,)}),
        policy(floors={"medium": (line,)}),
    )

    assert list(lowered_floors(two_floors, one_floor)) == [("high", line, "medium")]
    assert list(lowered_floors(one_floor, two_floors)) == []


def test_a_floor_of_the_second_least_value_is_reached_by_nothing_less() -> None:
    before = policy(floors={"high": ({"dataSensitivity": "public"},)})
    after = policy(floors={"high": ({"dataSensitivity": "public", "reversibility": "partial"},)})

    assert list(lowered_floors(before, after)) == [("high", {"dataSensitivity": "public"}, None)]


def test_a_field_that_moved_to_a_higher_tier_is_dropped_once_at_the_lowest() -> None:
    before = policy(required={"low": ("spec.owner",), "high": ("spec.evals",)})
    after = policy(required={"medium": ("spec.owner", "spec.evals")})

    assert list(dropped_fields(before, after)) == [("low", "spec.owner")]
    assert list(dropped_fields(before, replace(after, tiers=("other",)))) == [
        ("low", "spec.owner"),
        ("high", "spec.evals"),
    ]


def test_a_rule_that_moved_in_the_file_and_got_another_name_is_not_gone() -> None:
    before = replace(RISK, place=Place(file="governance/policy.yaml", line=7))
    after = replace(before, id="second-line", place=Place(file="governance/policy.yaml", line=9))

    assert removed_rules(policy(before), policy(after)) == ()


def test_a_rule_that_was_only_renamed_is_not_gone() -> None:
    assert removed_rules(policy(OWNER, RISK, SAFER), policy(replace(RISK, id="second-line"))) == (
        "every-change",
    )
