"""Rules of the policy that can never apply."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from fleetward.domain import layout
from fleetward.domain.change import Direction
from fleetward.domain.finding import Place, Severity
from fleetward.domain.fleet import Snapshot
from fleetward.domain.policy import Policy, PolicyRule, RuleCondition
from fleetward.rules.rule import Violation, rule
from fleetward.rules.selectors import suggestion

POLICY_FILE = layout.POLICY
KINDS = frozenset({"create", "update", "override", "retire", "rollback"})
_NEVER_ONLY = frozenset({"create", "retire"})
"""Promotions of these kinds add or remove a whole agent, so they never match ``only``."""


@rule("policy-dead-rule", Severity.WARNING, fleet_fields={})
def policy_dead_rule(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    A rule of the policy can never apply.

    Why: its author relies on its requirements, and it never applies to anybody.
    Bad:
        rules: [{id: money, when: {to: prod, tier: high}, require: [{approvals: 2, from: risk}]}]
    Good:
        rules: [{id: money, when: {to: production, tier: high}, require: [{approvals: 2, from: risk}]}]
    Fix: name an existing gated environment and existing agents, and remove conditions of `when` that exclude
    each other. Or remove the rule.
    """
    if fleet.policy is None:
        return
    for policy_rule in fleet.policy.rules:
        for message, hint in (
            *_environments(fleet, policy_rule),
            *_agents(fleet, policy_rule),
            *_contradictions(fleet.policy, policy_rule),
        ):
            yield Violation(place=policy_rule.place or Place(file=POLICY_FILE), message=message, hint=hint)


def _environments(fleet: Snapshot, policy_rule: PolicyRule) -> Iterator[tuple[str, str]]:
    gated = [environment.name for environment in fleet.config.environments if environment.gated]
    for name in sorted(policy_rule.when.to):
        if fleet.config.environment(name) is None:
            hint = f"name a gated environment{suggestion(name, frozenset(gated))}"
            yield f"rule {policy_rule.id!r} names environment {name!r}, and there is none", hint
        elif name not in gated:
            choices = f"one of: {', '.join(gated)}" if gated else "no environment is gated yet"
            yield f"rule {policy_rule.id!r} names environment {name!r}, which takes no promotions", choices


def _agents(fleet: Snapshot, policy_rule: PolicyRule) -> Iterator[tuple[str, str]]:
    names = frozenset(name for _, name in fleet.agents)
    for name in sorted(policy_rule.when.agents - names):
        hint = f"name an agent of this fleet{suggestion(name, names)}"
        yield f"rule {policy_rule.id!r} names agent {name!r}, and there is none", hint


def _contradictions(policy: Policy, policy_rule: PolicyRule) -> Iterator[tuple[str, str]]:
    when = policy_rule.when
    if when.only is not None and when.kinds and when.kinds <= _NEVER_ONLY:
        kinds = " and ".join(sorted(when.kinds))
        yield (
            f"rule {policy_rule.id!r} is about {kinds}, whose changes never have one direction only",
            "take out 'only'",
        )
    if when.kinds == {"rollback"}:
        message = (
            f"rule {policy_rule.id!r} is about rollbacks, for which only 'rollback' of the policy counts"
        )
        yield message, "move what it asks to 'rollback'"
    if when.only is not None and when.direction is not None and not _compatible(when.only, when.direction):
        message = f"rule {policy_rule.id!r} cannot have only {when.only} changes and a {when.direction} one"
        yield message, "take out 'only' or 'direction'"
    shadow = next((replacing for replacing in policy.rules if _shadows(replacing, policy_rule)), None)
    if shadow is not None:
        message = f"rule {policy_rule.id!r} never applies: {shadow.id!r} replaces it everywhere"
        yield message, f"take out 'replaces' of {shadow.id!r}, or the rule"


def _compatible(only: Direction, direction: Direction) -> bool:
    """Neutral changes match every ``only``; a change of unknown direction counts as looser."""
    return direction in (only, Direction.NEUTRAL) or (only, direction) == (
        Direction.UNKNOWN,
        Direction.LOOSER,
    )


def _shadows(broad: PolicyRule, narrow: PolicyRule) -> bool:
    """True if *broad* replaces *narrow* wherever *narrow* applies; two rules that replace all do not."""
    return (
        broad is not narrow
        and broad.replaces_all
        and not narrow.replaces_all
        and _is_wider(broad.when, narrow.when)
    )


def _is_wider(broad: RuleCondition, narrow: RuleCondition) -> bool:
    """True if *broad* applies to everything that *narrow* applies to."""
    return (
        _covers(broad.to, narrow.to)
        and _covers(broad.tiers, narrow.tiers)
        and _covers(broad.kinds, narrow.kinds or KINDS)
        and _covers(broad.agents, narrow.agents)
        and _covers(frozenset(map(str, broad.classes)), frozenset(map(str, narrow.classes)))
        and _covers(broad.lifecycles, narrow.lifecycles)
        and _covers(broad.becomes, narrow.becomes)
        and _covers(broad.agent_classes, narrow.agent_classes)
        and _covers(broad.autonomies, narrow.autonomies)
        and broad.direction in (None, narrow.direction)
        and _covers_only(broad, narrow)
    )


def _covers_only(broad: RuleCondition, narrow: RuleCondition) -> bool:
    if broad.only_ownership:
        return narrow.only_ownership and narrow.only in (None, broad.only)
    # what replaces all for a tightening leaves the changes of a tier and of the free space to the others
    return broad.only is None or (
        broad.only is not Direction.STRICTER and not narrow.only_ownership and broad.only is narrow.only
    )


def _covers(wider: frozenset[str], narrower: frozenset[str]) -> bool:
    """An empty set means any."""
    return not wider or (bool(narrower) and narrower <= wider)
