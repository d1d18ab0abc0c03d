"""Changes that are worse together than each alone (SPEC 5)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from fleetward.domain.change import Change, ChangeClass, Direction, Significance
from fleetward.domain.fast_dataclass import dataclass

Test = Callable[[Change], bool]

_MODEL = frozenset({"behaviour/model-changed", "behaviour/pin-lost"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Combination:
    """Where *first* meets *other* in one agent, every *first* is critical."""

    first: Test
    other: Test
    words: str
    of: str
    """What *first* is, in words."""


def _looser_guardrail(change: Change) -> bool:
    return change.cls is ChangeClass.GUARDRAIL and change.direction is Direction.LOOSER


def _behaviour(change: Change) -> bool:
    return change.cls is ChangeClass.BEHAVIOUR and change.significance.rank <= Significance.MEDIUM.rank


def _threshold(change: Change) -> bool:
    return change.rule == "guardrail/threshold-lowered"


def _model(change: Change) -> bool:
    return change.rule in _MODEL


def _privilege(change: Change) -> bool:
    return change.cls is ChangeClass.PRIVILEGE and change.direction is Direction.LOOSER


def _lower_tier(change: Change) -> bool:
    return change.rule == "governance/tier-lowered"


COMBINATIONS: tuple[Combination, ...] = (
    Combination(
        first=_threshold,
        other=_model,
        words="a lower threshold together with another model",
        of="`guardrail/threshold-lowered`",
    ),
    Combination(
        first=_looser_guardrail,
        other=_behaviour,
        words="a looser guardrail together with changed behaviour",
        of="every looser change of class guardrail",
    ),
    Combination(
        first=_privilege,
        other=_lower_tier,
        words="more privilege together with a lower tier",
        of="every looser change of class privilege",
    ),
)


def raised(changes: tuple[Change, ...]) -> tuple[Change, ...]:
    """The changes of one agent, those that meet their worse half made critical, with the reason said."""
    return tuple(_raised(change, changes) for change in changes)


def _raised(change: Change, changes: tuple[Change, ...]) -> Change:
    for known in COMBINATIONS:
        if known.first(change):
            others = sorted(other.path for other in changes if other is not change and known.other(other))
            if others:
                reason = f"{change.reason}; {known.words} ({', '.join(others)})"
                return replace(change, significance=Significance.CRITICAL, reason=reason)
    return change
