"""One agent before and after: every change of meaning, and what policy may ask because of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from fleetward.changes import combinations, direction, files, walker
from fleetward.changes.added_removed import added, retired
from fleetward.changes.classify import change_of
from fleetward.changes.masking import named
from fleetward.domain.change import (
    AgentChange,
    Change,
    ChangeClass,
    Comparison,
    Direction,
    Facet,
    Kind,
    Significance,
    Status,
)
from fleetward.domain.finding import Place
from fleetward.domain.manifest import Agent, Manifest
from fleetward.domain.path import lookup, shown

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
    other: str | None = None,
) -> Comparison | None:
    """
    What became of an agent; None where nothing differs, not even a byte.

    Both sides have a manifest. *tiers* is the policy's order, *dependents* those that rely on the agent at
    the later side, *pin_class* what a model's name promises, *other* the environment of the later side where the
    two are not of one.
    """
    if before is None and after is None:
        return None
    if before is not None and after is not None and _contents(before) == _contents(after):
        return None
    found = _changes(before, after, schema, tiers, pin_class)
    if before is None and after is not None:
        return added(after, found, pin_class)
    if before is not None and after is None:
        return retired(before, found, dependents, other)
    ordered = tuple(sorted(combinations.raised(found), key=lambda change: change.order))
    return Comparison(
        row=_row(before, after, ordered),
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
    was = before.manifest if before else None
    now = after.manifest if after else None
    found = [
        *_of_manifests(was, now, schema, tiers),
        *_of_pins(was, now, pin_class),
        *files.changes(before, after),
    ]
    there = after or before
    if there is None:
        return ()
    if after is not None and after.proposed:
        found = [replace(change, proposed=True, reason=_given_up(change, before, after)) for change in found]
    return tuple(replace(change, environment=there.environment, agent=there.name) for change in found)


def _given_up(change: Change, before: Agent | None, after: Agent) -> str:
    """The reason; of a value that ``overrides.yaml`` sets and a proposal does not name, that this takes it away."""
    was, wanted = (
        lookup(side.overrides or {}, change.path)[0] if side else False for side in (before, after)
    )
    if not was or wanted:
        return change.reason
    return f"{change.reason}; the proposal replaces overrides.yaml whole, and does not say this any more"


def _of_manifests(
    before: Manifest | None, after: Manifest | None, schema: Mapping[str, Any], tiers: tuple[str, ...]
) -> Iterator[Change]:
    was = before.effective if before else None
    now = after.effective if after else None
    for move in walker.moves(was, now, schema):
        if move.generic == "spec.risk.tier" and tiers:
            move = replace(move, direction=direction.of_tier(tiers, move.before, move.after))
        yield replace(change_of(move), place=_place(move, before, after))


def _place(move: walker.Move, before: Manifest | None, after: Manifest | None) -> Place | None:
    """Where the new value stands; what is gone is shown where it stood."""
    if after is not None and (move.kind is not Kind.REMOVED or before is None):
        return after.place(shown(move.spot.now))
    return before.place(shown(move.spot.was)) if before else None


def _of_pins(before: Manifest | None, after: Manifest | None, pin_class: PinClass) -> Iterator[Change]:
    """Whether a model can change under the agent's feet: its own, a judge, one that finds its knowledge."""
    if before is None or after is None:
        return
    was, now = _models(before), _models(after)
    for path in sorted(was.keys() & now.keys()):
        first, second = pin_class(was[path]), pin_class(now[path])
        if first == "pinned" and second != "pinned":
            yield _pin("pin-lost", Direction.LOOSER, Significance.CRITICAL, (first, second), path, now, after)
        elif first != "pinned" and second == "pinned":
            yield _pin("pin-gained", Direction.STRICTER, Significance.LOW, (first, second), path, now, after)


def _models(manifest: Manifest) -> dict[str, Mapping[str, Any]]:
    """The models that a manifest names, by path; fallbacks are judged by the rules alone, their order moves."""
    own = {"spec.model": manifest.get("spec.model")}
    judges = {
        f"spec.evals[{one.get('name')}].judge": one.get("judge") for one in manifest.items("spec.evals")
    }
    finders = {
        f"spec.knowledge[{one.get('name')}].embedding": one.get("embedding")
        for one in manifest.items("spec.knowledge")
    }
    named = {**own, **judges, **finders}
    return {path: model for path, model in named.items() if isinstance(model, Mapping)}


def _pin(
    what: str,
    way: Direction,
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
        kind=Kind.CHANGED,
        before=before,
        after=after,
        rule=f"behaviour/{what}",
        cls=ChangeClass.BEHAVIOUR,
        direction=way,
        significance=significance,
        reason=f"model {named(str(models[path].get('name')))!r} is {after}, before {before}",
        place=manifest.place(f"{path}.name"),
    )


def _row(before: Agent | None, after: Agent | None, changes: tuple[Change, ...]) -> AgentChange:
    there = after or before
    assert there is not None  # noqa: S101
    return AgentChange(
        environment=there.environment,
        agent=there.name,
        status=Status.CHANGED,
        tier_before=before.manifest.tier if before and before.manifest else None,
        tier_after=after.manifest.tier if after and after.manifest else None,
        significance=min((c.significance for c in changes), key=lambda s: s.rank, default=Significance.NONE),
    )
