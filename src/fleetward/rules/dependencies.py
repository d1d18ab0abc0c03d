"""Agents that depend on agents: missing ones, cycles, lower tiers, retired ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from fleetward.domain.finding import Severity
from fleetward.domain.fleet import Snapshot
from fleetward.domain.manifest import Manifest
from fleetward.rules.rule import Violation, rule, violation
from fleetward.rules.selectors import agents_by_environment, keyed_items, suggestion, unretired

DEPENDS_ON = "spec.dependsOn"


@rule("dependency-missing", Severity.ERROR, fleet_fields={DEPENDS_ON: ("agent", "optional")})
def dependency_missing(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    An agent depends on an agent that is not in its environment.

    Why: a call to a missing agent fails at run time, usually in production first. An optional dependency may be
    missing.
    Bad:
        dependsOn: [{agent: policy-lokup}]
    Good:
        dependsOn: [{agent: policy-lookup}]
    Fix: correct the name, bring that agent into this environment first, or say `optional: true`.
    """
    agents = agents_by_environment(fleet)
    for manifest in fleet.manifests:
        names = agents[manifest.environment]
        for path, needed in _required_agents(manifest):
            if needed not in names:
                message = f"no agent {needed!r} in {manifest.environment!r}"
                bring = f"bring {needed} into {manifest.environment} first"
                hint = f"{bring}, or say optional: true{suggestion(needed, names - {manifest.name})}"
                yield violation(manifest, f"{path}.agent", message, hint, missing_agent=needed)


@rule("dependency-cycle", Severity.ERROR, fleet_fields={DEPENDS_ON: ("agent", "optional")})
def dependency_cycle(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    Agents depend on each other in a cycle.

    Why: none of them can be promoted, stopped or rolled back before the others, and a call can go round in the
    cycle for ever.
    Bad:
        # a: dependsOn: [{agent: b}]
        # b: dependsOn: [{agent: a}]
    Good:
        # a: dependsOn: [{agent: b}]
        # b: dependsOn: [{agent: a, optional: true}]
    Fix: remove one of the dependencies, or make it optional.
    """
    for environment in fleet.config.environments:
        manifests = {m.name: m for m in fleet.manifests if m.environment == environment.name}
        calls = {name: dict(_calls(m, manifests)) for name, m in manifests.items()}
        for cycle in cycles(calls):
            around = zip(cycle, (*cycle[1:], cycle[0]), strict=True)
            first, *following = [(manifests[name], calls[name][needed]) for name, needed in around]
            yield violation(
                *first,
                f"a circle of dependencies: {' -> '.join((*cycle, cycle[0]))}",
                "take one of them out, or say optional: true",
                related=tuple(manifest.place(path) for manifest, path in following),
            )


@rule("dependency-lower-tier", Severity.WARNING, fleet_fields={DEPENDS_ON: ("agent", "optional")})
def dependency_lower_tier(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    An agent depends on an agent of a lower tier.

    Why: the checks of a high tier are only as good as the checks of the weakest agent that it calls.
    Bad:
        # payout-bot, tier high:
        dependsOn: [{agent: rate-lookup}]   # tier low
    Good:
        dependsOn: [{agent: rate-lookup}]   # tier high
    Fix: raise the tier of the agent that is called, or make the dependency optional.
    """
    policy = fleet.policy
    if policy is None:
        return
    for manifest in unretired(fleet):
        for path, needed in _required_agents(manifest):
            called = fleet.manifest(manifest.environment, needed)
            comparable = called is not None and {called.tier, manifest.tier} <= set(policy.tiers)
            if (
                called is not None
                and comparable
                and policy.tier_rank(called.tier) < policy.tier_rank(manifest.tier)
            ):
                message = f"{needed!r} is {called.tier!r}, while this agent is {manifest.tier!r}"
                hint = f"raise the tier of {needed}, or say optional: true"
                place = called.place("spec.risk.tier")
                yield violation(manifest, f"{path}.agent", message, hint, related=(place,))


@rule(
    "dependency-retired",
    Severity.WARNING,
    fleet_fields={DEPENDS_ON: ("agent",), "spec.retirement": ("replacedBy",)},
)
def dependency_retired(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    An agent depends on an agent that is deprecated or retired.

    Why: its owner has announced the end. Agents that still call it then break.
    Bad:
        dependsOn: [{agent: old-lookup}]   # lifecycle: deprecated
    Good:
        dependsOn: [{agent: policy-lookup}]
    Fix: move to its replacement.
    """
    for manifest in unretired(fleet):
        for path, entry in keyed_items(manifest, DEPENDS_ON):
            called = fleet.manifest(manifest.environment, str(entry.get("agent")))
            if called is not None and called.lifecycle in ("deprecated", "retired"):
                successor = called.get("spec.retirement.replacedBy")
                hint = f"move to {successor!r}" if successor else "take the dependency out"
                message = f"{called.name!r} is {called.lifecycle}"
                place = called.place("spec.lifecycle")
                yield violation(manifest, f"{path}.agent", message, hint, related=(place,))


def cycles(calls: Mapping[str, Mapping[str, str]]) -> Iterator[tuple[str, ...]]:
    """
    Circles in a graph (caller to called), each once, turned so that it begins with its first name.

    One circle for each call that closes one on a walk in the order of names: every agent that is in a circle
    is reached, while the number stays that of the calls.
    """
    done: set[str] = set()
    for start in sorted(calls):
        trail: dict[str, Iterator[str]] = {start: iter(sorted(calls[start]))} if start not in done else {}
        while trail:
            caller = next(reversed(trail))
            callee = next(trail[caller], None)
            if callee is None:
                done.add(caller)
                del trail[caller]
            elif callee in trail:
                yield _rotated([*trail][[*trail].index(callee) :])
            elif callee not in done:
                trail[callee] = iter(sorted(calls[callee]))


def _rotated(circle: list[str]) -> tuple[str, ...]:
    first = circle.index(min(circle))
    return (*circle[first:], *circle[:first])


def _required_agents(manifest: Manifest) -> Iterator[tuple[str, str]]:
    """The dependencies that are not optional, each with its path."""
    for path, entry in keyed_items(manifest, DEPENDS_ON):
        if entry.get("optional") is not True:
            yield path, str(entry.get("agent"))


def _calls(manifest: Manifest, manifests: Mapping[str, Manifest]) -> Iterator[tuple[str, str]]:
    return ((needed, f"{path}.agent") for path, needed in _required_agents(manifest) if needed in manifests)
