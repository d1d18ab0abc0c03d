"""Models that a provider may change: a pin that was lost or gained."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from fleetward.changes.masking import printable_name
from fleetward.domain.change import Change, ChangeClass, ChangeKind, Direction, Significance
from fleetward.domain.manifest import Manifest

PinClass = Callable[[Mapping[str, Any]], str]
"""``pinned``, ``versioned`` or ``floating`` for the value of ``spec.model``."""

_LOST = ("behaviour/pin-lost", Direction.LOOSER, Significance.CRITICAL)
_GAINED = ("behaviour/pin-gained", Direction.STRICTER, Significance.LOW)


def always_pinned(_model: Mapping[str, Any]) -> str:
    """Every model is pinned: for callers that do not classify models."""
    return "pinned"


def pin_changes(before: Manifest | None, after: Manifest | None, pin_class: PinClass) -> Iterator[Change]:
    """The pins that were lost or gained: of the agent's model, of judges, of embeddings."""
    if before is None or after is None:
        return
    earlier, later = _models(before), _models(after)
    # models that are new or gone are changes of their own
    for path in sorted(earlier.keys() & later.keys()):
        classes = pin_class(earlier[path]), pin_class(later[path])
        # a versioned model has no promise either: only `pinned` counts
        was_pinned, is_pinned = (name == "pinned" for name in classes)
        if was_pinned is not is_pinned:
            yield _pin_change(path, later[path], classes, after)


def _models(manifest: Manifest) -> dict[str, Mapping[str, Any]]:
    """The models of a manifest by path; fallbacks are left to the rules, because their positions change."""
    models = {
        "spec.model": manifest.get("spec.model"),
        **{
            f"spec.evals[{item.get('name')}].judge": item.get("judge")
            for item in manifest.items("spec.evals")
        },
        **{
            f"spec.knowledge[{item.get('name')}].embedding": item.get("embedding")
            for item in manifest.items("spec.knowledge")
        },
    }
    return {path: model for path, model in models.items() if isinstance(model, Mapping)}


def _pin_change(path: str, model: Mapping[str, Any], classes: tuple[str, str], manifest: Manifest) -> Change:
    before, after = classes
    rule, direction, significance = _GAINED if after == "pinned" else _LOST
    return Change(
        environment=None,
        agent=None,
        path=path,
        kind=ChangeKind.CHANGED,
        before=before,
        after=after,
        rule=rule,
        cls=ChangeClass.BEHAVIOUR,
        direction=direction,
        significance=significance,
        reason=f"model {printable_name(str(model.get('name')))!r} is {after}, before {before}",
        place=manifest.place(f"{path}.name"),
    )
