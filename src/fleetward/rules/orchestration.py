"""Triggers that start agents: whose completion, in which circles, and within which limits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime

from fleetward.domain.finding import Severity
from fleetward.domain.fleet import Snapshot
from fleetward.domain.manifest import Manifest
from fleetward.rules.dependencies import DEPENDS_ON, cycles
from fleetward.rules.rule import Violation, rule, violation
from fleetward.rules.selectors import (
    agents_by_environment,
    is_above_lowest,
    keyed_items,
    list_items,
    suggestion,
    unretired,
)

GROUP = "spec.orchestration"
TRIGGERS = f"{GROUP}.triggers"
LIMITS = f"{GROUP}.limits"
ANTI_LOOP = f"{GROUP}.antiLoop"
DEEPEST = 10
"""The greatest maxDepth that still ends a circle before somebody notices the bill."""
COMPLETION_NEEDS = (
    f"{LIMITS}.maxRetries",
    f"{LIMITS}.maxDepth",
    f"{LIMITS}.maxTurns",
    ANTI_LOOP,
    "spec.budgets",
)
CIRCLE_FIELDS: Mapping[str, tuple[str, ...]] = {
    GROUP: ("triggers", "limits", "antiLoop"),
    DEPENDS_ON: ("agent",),
    "spec": ("class", "budgets"),
}


@rule("trigger-unknown", Severity.ERROR, fleet_fields={GROUP: ("triggers",)})
def trigger_unknown(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    A trigger waits for an agent that is not in the environment.

    Why: the agent is never started, and no message says so. Its work is simply not done.
    Bad:
        orchestration: {triggers: [{on: completion, of: ticket-traige}]}
    Good:
        orchestration: {triggers: [{on: completion, of: ticket-triage}]}
    Fix: correct the name, bring that agent into this environment first, or remove the trigger.
    """
    agents = agents_by_environment(fleet)
    for manifest in unretired(fleet):
        names = agents[manifest.environment]
        for path, trigger in list_items(manifest, TRIGGERS):
            starter = trigger.get("of")
            if starter is None and trigger.get("on") == "completion":
                message = "the trigger does not say whose completion it waits for"
                yield violation(manifest, f"{path}.of", message, "add of: and an agent of this environment")
            elif starter is not None and starter not in names:
                message = f"no agent {starter!r} in {manifest.environment!r}"
                hint = f"bring {starter} into {manifest.environment} first, or remove the trigger"
                near = suggestion(starter, names - {manifest.name})
                yield violation(manifest, f"{path}.of", message, hint + near, missing_agent=starter)


@rule("trigger-cycle", Severity.ERROR, fleet_fields=CIRCLE_FIELDS)
def trigger_cycle(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    Agents start each other in a circle, and nothing ends it soon.

    Why: one event goes round for ever, each time with the cost of every agent in the circle.
    Bad:
        # a: orchestration: {triggers: [{on: completion, of: b}]}
        # b: orchestration: {triggers: [{on: completion, of: a}]}
    Good:
        # a and b, besides:
        orchestration: {limits: {maxDepth: 2}, antiLoop: {key: customer.id, cooldown: PT5M}}
    Fix: remove a trigger of the circle. Or give each agent that a trigger starts `antiLoop`, and a `maxDepth` of at
    most 10. Calls (`dependsOn`) close a circle, too.
    """
    for circle in _circles(fleet):
        for manifest, path in circle.triggered:
            problem = _endless(manifest)
            if problem is not None:
                message, hint = problem
                others = tuple(
                    other.place(where) for other, where in circle.triggered if other is not manifest
                )
                yield violation(
                    manifest, path, f"{circle}: {message}", f"{hint}, or remove the trigger", related=others
                )


@rule(
    "triggers-without-limits",
    Severity.ERROR,
    severity_exceptions="warning for the lowest tier",
    fleet_fields=CIRCLE_FIELDS,
)
def triggers_without_limits(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    A trigger starts the agent, or it runs other agents, and nothing limits how often.

    Why: an agent that starts after another one repeats its mistakes, and a chain of agents multiplies them.
    Bad:
        orchestration: {triggers: [{on: completion, of: ticket-triage}]}
    Good:
        orchestration:
          triggers: [{on: completion, of: ticket-triage}]
          limits: {maxTurns: 12, maxRetries: 2, maxDepth: 2, maxConcurrency: 4}
          antiLoop: {key: customer.id, cooldown: PT5M}
    Fix: write orchestration.limits. For triggers on completion, write maxRetries, maxDepth, maxTurns, antiLoop and a
    budget.
    """
    without_anti_loop = {
        (manifest.environment, manifest.name)
        for circle in _circles(fleet)
        for manifest, _ in circle.triggered
        if not manifest.has(ANTI_LOOP)
    }
    for manifest in unretired(fleet):
        severity = None if is_above_lowest(fleet, manifest) else Severity.WARNING
        on_completion = [
            path for path, trigger in list_items(manifest, TRIGGERS) if trigger.get("on") == "completion"
        ]
        if on_completion:
            missing = [path for path in COMPLETION_NEEDS if not manifest.has(path)]
            if (manifest.environment, manifest.name) in without_anti_loop:
                missing = [path for path in missing if path != ANTI_LOOP]  # trigger-cycle says it
            if missing:
                message = f"another agent starts it, and there is no {_listed(missing)}"
                yield violation(
                    manifest, on_completion[0], message, f"write {', '.join(missing)}", severity=severity
                )
        elif not manifest.has(LIMITS) and (manifest.items(TRIGGERS) or _is_orchestrator(manifest)):
            subject = "triggers" if manifest.items(TRIGGERS) else "an orchestration agent"
            where = TRIGGERS if manifest.items(TRIGGERS) else "spec.class"
            yield violation(
                manifest, where, f"{subject} without limits", f"write {LIMITS}", severity=severity
            )


class _Circle:
    """Agents that start each other; *triggered* are those of them that a trigger starts, each with the path."""

    def __init__(self, names: tuple[str, ...], triggered: tuple[tuple[Manifest, str], ...]) -> None:
        self.names, self.triggered = names, triggered

    def __str__(self) -> str:
        return f"a circle of agents that start each other: {' -> '.join((*self.names, self.names[0]))}"


def _circles(fleet: Snapshot) -> Iterator[_Circle]:
    """The circles in which at least one agent is started by a trigger; circles of calls are dependency-cycle's."""
    by_environment: dict[str, dict[str, Manifest]] = defaultdict(dict)
    for manifest in unretired(fleet):
        by_environment[manifest.environment][manifest.name] = manifest
    for manifests in by_environment.values():
        triggers = _completion_triggers(manifests)
        if not triggers:
            continue
        starts: dict[str, dict[str, str]] = {
            name: {
                called: path
                for path, entry in keyed_items(manifest, DEPENDS_ON)
                if (called := str(entry.get("agent"))) in manifests
            }
            for name, manifest in manifests.items()
        }
        for (starter, started), path in triggers.items():
            starts[starter][started] = path
        for names in cycles(starts):
            steps = zip(names, (*names[1:], names[0]), strict=True)
            triggered = tuple((manifests[step[1]], triggers[step]) for step in steps if step in triggers)
            if triggered:
                yield _Circle(names, triggered)


def _completion_triggers(manifests: Mapping[str, Manifest]) -> dict[tuple[str, str], str]:
    """By the agent that completes and the agent that it starts the path of the trigger."""
    return {
        (starter, name): f"{path}.of"
        for name, manifest in manifests.items()
        for path, trigger in list_items(manifest, TRIGGERS)
        if (starter := str(trigger.get("of"))) in manifests
    }


def _endless(manifest: Manifest) -> tuple[str, str] | None:
    """Why nothing ends a circle at this agent, and what would."""
    if not manifest.has(ANTI_LOOP):
        return "no antiLoop ends it", f"write {ANTI_LOOP}"
    depth = manifest.get(f"{LIMITS}.maxDepth")
    if isinstance(depth, int) and depth > DEEPEST:
        return f"maxDepth {depth} ends it late", f"write a maxDepth of at most {DEEPEST}"
    return None


def _is_orchestrator(manifest: Manifest) -> bool:
    return bool(manifest.get("spec.class") == "orchestration")


def _listed(paths: list[str]) -> str:
    names = [path.rpartition(".")[2] for path in paths]
    return f"{', '.join(names[:-1])} and no {names[-1]}" if len(names) > 1 else names[0]
