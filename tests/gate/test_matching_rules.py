"""Which rules of a policy speak about a change."""

from __future__ import annotations

import pytest

from fleetward.domain.change import ChangeClass, Direction, Significance
from fleetward.domain.ledger import PromotionKind
from fleetward.domain.policy import PolicyRule, RequiredApprovals, RuleCondition
from fleetward.gate import policy_requirements
from tests import build
from tests.gate.world import comparison

LOOSER_PRIVILEGE = PolicyRule(
    id="new-privilege",
    when=RuleCondition(classes=frozenset({ChangeClass.PRIVILEGE}), direction=Direction.LOOSER),
    require=(RequiredApprovals(count=1, teams=frozenset({"security"})),),
)


@pytest.mark.parametrize(
    ("cls", "direction", "speaks"),
    [
        (ChangeClass.PRIVILEGE, Direction.LOOSER, True),
        (ChangeClass.PRIVILEGE, Direction.UNKNOWN, True),  # it might be looser: fail closed
        (ChangeClass.PRIVILEGE, Direction.STRICTER, False),
        (ChangeClass.PRIVILEGE, Direction.NEUTRAL, False),
        (ChangeClass.BEHAVIOUR, Direction.LOOSER, False),
    ],
)
def test_a_rule_about_looser_changes_applies_to_unknown_directions(cls, direction, speaks) -> None:
    policy = build.policy(rules=(LOOSER_PRIVILEGE,))

    required = policy_requirements(
        policy,
        to="production",
        tier="low",
        comparison=comparison((cls, direction, Significance.HIGH)),
        kind=PromotionKind.UPDATE,
    )

    assert bool(required) is speaks
