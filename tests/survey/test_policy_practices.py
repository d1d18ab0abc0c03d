"""What a policy asks of each practice."""

from fleetward import rules
from fleetward.store.formats.json_schema import unknown_path
from fleetward.survey.policy_practices import PRACTICES, policy_practices
from tests.build import policy


def tiers_of(**required: tuple[str, ...]) -> dict[str, str | None]:
    return {practice.path: practice.tier for practice in policy_practices(policy(required=required))}


def test_every_practice_is_a_field_and_every_rule_exists() -> None:
    assert [path for path, _ in PRACTICES if unknown_path(path, "agent")] == []
    assert {rule for _, rule in PRACTICES if rule} <= {rule.id for rule in rules.CATALOGUE}
    assert len({path for path, _ in PRACTICES}) == len(PRACTICES)


def test_a_field_inside_asks_for_the_field_around_it_and_not_the_other_way_round() -> None:
    tiers = tiers_of(
        high=("spec.guardrails.humanReview.approvers",),
        low=("spec.retirement",),
        medium=("spec.evals[].maxAge",),
    )

    assert tiers["spec.guardrails.humanReview"] == "high"
    assert tiers["spec.retirement.credentials"] is None
    assert tiers["spec.evals"] is None
    assert tiers["spec.evals[].maxAge"] == "medium"


def test_the_lowest_tier_counts_and_other_fields_of_the_policy_are_listed() -> None:
    tiers = tiers_of(
        medium=("spec.class", "metadata.labels.area"), high=("spec.class", "metadata.labels.area")
    )

    assert tiers["spec.class"] == tiers["metadata.labels.area"] == "medium"
    assert list(tiers)[:2] == ["spec.class", "metadata.labels.area"]
