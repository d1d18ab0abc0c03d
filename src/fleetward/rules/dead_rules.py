"""A policy says what is asked; a rule of it that never speaks asks nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from fleetward.domain.change import Direction
from fleetward.domain.finding import Place, Severity
from fleetward.domain.fleet import Snapshot
from fleetward.domain.policy import Policy, Rule, When
from fleetward.rules.rule import Wrong, rule
from fleetward.rules.selectors import meant

FILE = "governance/policy.yaml"
KINDS = frozenset({"create", "update", "override", "retire", "rollback"})
_NEVER_ONLY = frozenset({"create", "retire"})
"""A promotion that brings a whole agent, or takes one away, is never changes of one direction alone."""


@rule("policy-dead-rule", Severity.WARNING, among={})
def policy_dead_rule(fleet: Snapshot, now: datetime) -> Iterator[Wrong]:
    """
    A rule of the policy can never apply.

    Why: whoever wrote it relies on what it asks, and it asks that of nobody.
    Bad:
        rules: [{id: money, when: {to: prod, tier: high}, require: [{approvals: 2, from: risk}]}]
    Good:
        rules: [{id: money, when: {to: production, tier: high}, require: [{approvals: 2, from: risk}]}]
    Fix: name a gated environment and agents that are there, and take out of `when` what excludes the rest of it; or
    take the rule out.
    """
    if fleet.policy is None:
        return
    for one in fleet.policy.rules:
        for message, hint in (*_environments(fleet, one), *_agents(fleet, one), *_itself(fleet.policy, one)):
            yield Wrong(place=one.place or Place(file=FILE), message=message, hint=hint)


def _environments(fleet: Snapshot, one: Rule) -> Iterator[tuple[str, str]]:
    gated = [known.name for known in fleet.config.environments if known.gated]
    for name in sorted(one.when.to):
        if fleet.config.environment(name) is None:
            hint = f"name a gated environment{meant(name, frozenset(gated))}"
            yield f"rule {one.id!r} names environment {name!r}, and there is none", hint
        elif name not in gated:
            choices = f"one of: {', '.join(gated)}" if gated else "no environment is gated yet"
            yield f"rule {one.id!r} names environment {name!r}, which takes no promotions", choices


def _agents(fleet: Snapshot, one: Rule) -> Iterator[tuple[str, str]]:
    known = frozenset(name for _, name in fleet.agents)
    for name in sorted(one.when.agents - known):
        hint = f"name an agent of this fleet{meant(name, known)}"
        yield f"rule {one.id!r} names agent {name!r}, and there is none", hint


def _itself(policy: Policy, one: Rule) -> Iterator[tuple[str, str]]:
    when = one.when
    if when.only is not None and when.kinds and when.kinds <= _NEVER_ONLY:
        kinds = " and ".join(sorted(when.kinds))
        yield f"rule {one.id!r} is about {kinds}, of which no change goes one way only", "take out 'only'"
    if when.kinds == {"rollback"}:
        message = f"rule {one.id!r} is about rollbacks, which 'rollback' of the policy decides alone"
        yield message, "move what it asks to 'rollback'"
    if when.only is not None and when.direction is not None and not _together(when.only, when.direction):
        message = f"rule {one.id!r} wants only {when.only} changes, and a {when.direction} one"
        yield message, "take out 'only' or 'direction'"
    shadow = next((other for other in policy.rules if _shadows(other, one)), None)
    if shadow is not None:
        message = f"rule {one.id!r} never speaks: wherever it applies, {shadow.id!r} replaces it"
        yield message, f"take out 'replaces' of {shadow.id!r}, or the rule"


def _together(only: Direction, direction: Direction) -> bool:
    """Harmless neutral changes go along with any; a change of unknown way counts as a looser one."""
    return direction in (only, Direction.NEUTRAL) or (only, direction) == (
        Direction.UNKNOWN,
        Direction.LOOSER,
    )


def _shadows(other: Rule, one: Rule) -> bool:
    """Does *other* replace *one* wherever that applies? Those that replace all stand side by side."""
    return other is not one and other.replaces_all and not one.replaces_all and _wider(other.when, one.when)


def _wider(other: When, one: When) -> bool:
    """Does *other* apply to everything that *one* applies to?"""
    return (
        _covers(other.to, one.to)
        and _covers(other.tiers, one.tiers)
        and _covers(other.kinds, one.kinds or KINDS)
        and _covers(other.agents, one.agents)
        and _covers(frozenset(map(str, other.classes)), frozenset(map(str, one.classes)))
        and other.direction in (None, one.direction)
        and other.only in (None, one.only)
    )


def _covers(wider: frozenset[str], narrower: frozenset[str]) -> bool:
    """An empty set means any."""
    return not wider or (bool(narrower) and narrower <= wider)
