"""Which rules of a policy speak about a change."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from fleetward.domain.change import Change, ChangeClass, ChangeKind, Direction, Significance
from fleetward.domain.ledger import PromotionKind
from fleetward.domain.manifest import Manifest
from fleetward.domain.policy import PolicyRule, RequiredApprovals, RuleCondition
from fleetward.gate import agent_traits, policy_requirements
from tests import build
from tests.gate.world import REWORDED, SECURITY, approvals, comparison, manifest, rule

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


def ids(*rules: PolicyRule, before: Manifest | None, after: Manifest | None, read: bool = True) -> list[str]:
    required = policy_requirements(
        build.policy(rules=rules),
        to="production",
        tier="low",
        comparison=comparison(REWORDED),
        kind=PromotionKind.UPDATE,
        traits=agent_traits(before, after) if read else None,
    )
    return [rule.id for rule, _ in required]


PILOT = manifest(lifecycle="pilot", **{"class": "capability"}, risk={"factors": {"autonomy": "act"}})
LIVE = manifest(lifecycle="production", **{"class": "capability"}, risk={"factors": {"autonomy": "suggest"}})


@pytest.mark.parametrize(
    ("when", "fits"),
    [
        ({"lifecycles": frozenset({"pilot"})}, True),
        ({"lifecycles": frozenset({"draft"})}, False),
        ({"becomes": frozenset({"production"})}, True),
        ({"becomes": frozenset({"pilot"})}, False),
        ({"agent_classes": frozenset({"capability"})}, True),
        ({"agent_classes": frozenset({"orchestration"})}, False),
        ({"autonomies": frozenset({"act"})}, True),
        ({"autonomies": frozenset({"act-with-review"})}, False),
    ],
)
def test_a_rule_about_traits_fits_what_runs_or_the_candidate(when: dict[str, Any], fits: bool) -> None:
    extra = rule("extra", approvals(1, "security"), when=when)

    assert bool(ids(extra, before=PILOT, after=LIVE)) is fits
    assert ids(extra, before=PILOT, after=LIVE, read=False) == ["extra"]


def test_nobody_declares_themselves_into_a_rule_that_relaxes() -> None:
    relaxed = rule(
        "pilots", approvals(1, "owner"), when={"lifecycles": frozenset({"pilot"})}, replaces_all=True
    )

    assert ids(SECURITY, relaxed, before=LIVE, after=PILOT) == ["security"]
    assert ids(SECURITY, relaxed, before=PILOT, after=PILOT) == ["pilots"]
    assert ids(SECURITY, relaxed, before=None, after=None) == ["security"]
    assert ids(SECURITY, relaxed, before=PILOT, after=PILOT, read=False) == ["security"]


@pytest.mark.parametrize(
    ("changes", "only", "fits"),
    [
        ([("spec.owner.team", "risk")], None, True),
        ([("spec.owner.accountable", "dina"), ("spec.knowledge[faq].owner", "support")], None, True),
        ([("spec.owner.contact", {"chat": "#risk"}), ("spec.escalation.responsible", "dina")], None, True),
        ([("spec.owner.backup", None)], None, False),
        ([("spec.escalation.queue", "risk")], None, False),
        ([("spec.owner.team", "risk"), ("prompts/system.md", "Be quick.")], None, False),
        ([("spec.owner.team", "risk"), ("spec.budgets[day].haltAt", 5)], Direction.STRICTER, True),
        ([("spec.owner.team", "risk"), ("prompts/system.md", "Be quick.")], Direction.STRICTER, False),
        ([("spec.budgets[day].haltAt", 5)], Direction.STRICTER, False),
    ],
)
def test_a_handover_touches_nothing_but_people_and_teams(
    changes: list[tuple[str, Any]], only: Direction | None, fits: bool
) -> None:
    handover = rule("handover", approvals(1, "owner"), when={"only_ownership": True, "only": only})
    moved = tuple(
        Change(
            environment="staging",
            agent="refund-bot",
            path=path,
            kind=ChangeKind.CHANGED,
            after=after,
            rule="class/what",
            cls=ChangeClass.GOVERNANCE,
            direction=Direction.STRICTER if path.endswith("haltAt") else Direction.UNKNOWN,
            significance=Significance.HIGH,
            reason="",
        )
        for path, after in changes
    )

    required = policy_requirements(
        build.policy(rules=(handover,)),
        to="production",
        tier="low",
        comparison=replace(comparison(REWORDED), changes=moved),
        kind=PromotionKind.UPDATE,
    )

    assert bool(required) is fits
