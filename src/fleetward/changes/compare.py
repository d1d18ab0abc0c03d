"""One agent before and after: every change of meaning, and what policy may ask because of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from fleetward.changes import combinations, direction, files, walker
from fleetward.changes.added_removed import added_comparison, retired_comparison
from fleetward.changes.classify import change_of
from fleetward.changes.masking import printable_name
from fleetward.domain.change import (
    AgentChange,
    AgentStatus,
    Change,
    ChangeClass,
    ChangeKind,
    Comparison,
    Direction,
    Facet,
    Significance,
)
from fleetward.domain.finding import Place
from fleetward.domain.manifest import Agent, Manifest
from fleetward.domain.path import format_path, lookup

PinClass = Callable[[Mapping[str, Any]], str]
"""``pinned``, ``versioned`` or ``floating`` for what ``spec.model`` holds."""


def always_pinned(_model: Mapping[str, Any]) -> str:
    """The class of a pin where nobody judges pins."""
    return "pinned"


def compare(
    before: Agent | None,
    after: Agent | None,
    *,
    schema: Mapping[str, Any],
    tiers: tuple[str, ...] = (),
    dependents: tuple[str, ...] = (),
    pin_class: PinClass = always_pinned,
    other_environment: str | None = None,
) -> Comparison | None:
    """
    How an agent changed; None if all files are byte for byte the same.

    Both sides need a manifest. *tiers* are ordered from low to high, *dependents* are the agents that rely on this
    one at the later side, *other_environment* is the later side's environment if it is not the earlier side's.
    """
    if before is None and after is None:
        return None
    if before is not None and after is not None and _contents(before) == _contents(after):
        return None
    changes = _changes(before, after, schema, tiers, pin_class)
    if before is None and after is not None:
        return added_comparison(after, changes, pin_class)
    if before is not None and after is None:
        return retired_comparison(before, changes, dependents, other_environment)
    ordered = tuple(sorted(combinations.raise_combinations(changes), key=lambda change: change.sort_key))
    return Comparison(
        row=_agent_row(before, after, ordered),
        changes=ordered,
        facets=facets(ordered),
        formatting_only=not ordered,
    )


def facets(changes: tuple[Change, ...]) -> frozenset[Facet]:
    """Class, direction and significance of each."""
    return frozenset((change.cls, change.direction, change.significance) for change in changes)


def _contents(agent: Agent) -> dict[str, tuple[str, bytes]]:
    return {file.path: (file.mode, file.content) for file in agent.files}


def _changes(
    before: Agent | None,
    after: Agent | None,
    schema: Mapping[str, Any],
    tiers: tuple[str, ...],
    pin_class: PinClass,
) -> tuple[Change, ...]:
    earlier = before.manifest if before else None
    later = after.manifest if after else None
    changes = [
        *_manifest_changes(earlier, later, schema, tiers),
        *_pin_changes(earlier, later, pin_class),
        *files.file_changes(before, after),
    ]
    agent = after or before
    if agent is None:
        return ()
    if after is not None and after.proposed:
        changes = [
            replace(change, proposed=True, reason=_proposal_reason(change, before, after))
            for change in changes
        ]
    return tuple(replace(change, environment=agent.environment, agent=agent.name) for change in changes)


def _proposal_reason(change: Change, before: Agent | None, after: Agent) -> str:
    """The reason; of a value that ``overrides.yaml`` sets and a proposal does not name, that this takes it away."""
    was, proposed = (
        lookup(side.overrides or {}, change.path)[0] if side else False for side in (before, after)
    )
    if not was or proposed:
        return change.reason
    return f"{change.reason}; the proposal replaces overrides.yaml whole, and does not say this any more"


def _manifest_changes(
    before: Manifest | None, after: Manifest | None, schema: Mapping[str, Any], tiers: tuple[str, ...]
) -> Iterator[Change]:
    was = before.effective if before else None
    now = after.effective if after else None
    for delta in walker.deltas(was, now, schema):
        if delta.generic == "spec.risk.tier" and tiers:
            delta = replace(delta, direction=direction.tier_direction(tiers, delta.before, delta.after))
        yield replace(change_of(delta), place=_place(delta, before, after))


def _place(delta: walker.Delta, before: Manifest | None, after: Manifest | None) -> Place | None:
    """Where the new value stands; what is gone is shown where it stood."""
    if after is not None and (delta.kind is not ChangeKind.REMOVED or before is None):
        return after.place(format_path(delta.location.after))
    return before.place(format_path(delta.location.before)) if before else None


def _pin_changes(before: Manifest | None, after: Manifest | None, pin_class: PinClass) -> Iterator[Change]:
    """Whether a model can change under the agent's feet: its own, a judge, one that finds its knowledge."""
    if before is None or after is None:
        return
    was, now = _models(before), _models(after)
    for path in sorted(was.keys() & now.keys()):
        first, second = pin_class(was[path]), pin_class(now[path])
        if first == "pinned" and second != "pinned":
            yield _pin_change(
                "pin-lost", Direction.LOOSER, Significance.CRITICAL, (first, second), path, now, after
            )
        elif first != "pinned" and second == "pinned":
            yield _pin_change(
                "pin-gained", Direction.STRICTER, Significance.LOW, (first, second), path, now, after
            )


def _models(manifest: Manifest) -> dict[str, Mapping[str, Any]]:
    """The models that a manifest names, by path; fallbacks are judged by the rules alone, their order moves."""
    main = {"spec.model": manifest.get("spec.model")}
    judges = {
        f"spec.evals[{item.get('name')}].judge": item.get("judge") for item in manifest.items("spec.evals")
    }
    finders = {
        f"spec.knowledge[{item.get('name')}].embedding": item.get("embedding")
        for item in manifest.items("spec.knowledge")
    }
    models = {**main, **judges, **finders}
    return {path: model for path, model in models.items() if isinstance(model, Mapping)}


def _pin_change(
    rule_name: str,
    direction: Direction,
    significance: Significance,
    classes: tuple[str, str],
    path: str,
    models: Mapping[str, Mapping[str, Any]],
    manifest: Manifest,
) -> Change:
    before, after = classes
    return Change(
        environment=None,
        agent=None,
        path=path,
        kind=ChangeKind.CHANGED,
        before=before,
        after=after,
        rule=f"behaviour/{rule_name}",
        cls=ChangeClass.BEHAVIOUR,
        direction=direction,
        significance=significance,
        reason=f"model {printable_name(str(models[path].get('name')))!r} is {after}, before {before}",
        place=manifest.place(f"{path}.name"),
    )


def _agent_row(before: Agent | None, after: Agent | None, changes: tuple[Change, ...]) -> AgentChange:
    agent = after or before
    assert agent is not None  # noqa: S101
    return AgentChange(
        environment=agent.environment,
        agent=agent.name,
        status=AgentStatus.CHANGED,
        tier_before=before.manifest.tier if before and before.manifest else None,
        tier_after=after.manifest.tier if after and after.manifest else None,
        significance=min((c.significance for c in changes), key=lambda s: s.rank, default=Significance.NONE),
    )
