"""The direction of a change, by the schema's annotation of which end is stricter."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from fleetward.changes.nodes import SchemaNode
from fleetward.domain import clock
from fleetward.domain.change import Direction
from fleetward.domain.period import Period, parse_period

Rank = Any
"""A position, a number, a duration or a date; different kinds cannot be compared."""
_UNCLEAR = timedelta(hours=12)
"""By less than this no duration in months is longer than one in days."""


def leaf_direction(node: SchemaNode, before: Any, after: Any) -> Direction:
    """The direction of one value; None stands for absent."""
    if not node.in_schema:
        return Direction.UNKNOWN
    # absent and present: the rank of a value says nothing about that
    if before is None or after is None:
        return _presence_direction(node, is_added=before is None, value=after if before is None else before)
    if node.better is None:
        return Direction.UNKNOWN if node.order else Direction.NEUTRAL
    first, second = _rank(node, before), _rank(node, after)
    # true is 1 in Python: a bool never ranks against a number
    if first is None or second is None or isinstance(before, bool) is not isinstance(after, bool):
        return _unranked_direction(node, before, after)
    if isinstance(first, Period) and isinstance(second, Period):
        return _length_direction(node.better, first, second)
    try:
        return Direction.NEUTRAL if first == second else _direction_towards(node.better, up=second > first)
    # a date against an instant cannot be compared: unknown, which the gate takes for looser
    except TypeError:
        return Direction.UNKNOWN


def element_direction(node: SchemaNode, *, is_added: bool) -> Direction:
    """The direction of an element that was added to or removed from the list *node*."""
    if not node.in_schema:
        return Direction.UNKNOWN
    stricter_end = node.better or node.presence
    return _direction_towards(stricter_end, up=is_added) if stricter_end else Direction.NEUTRAL


def tier_direction(tiers: tuple[str, ...], before: Any, after: Any) -> Direction:
    """The direction of a tier; unknown if the policy does not order one of the two."""
    # a tier that appears is stricter, one that goes is looser
    if before is None or after is None:
        return _direction_towards("higher", up=before is None)
    if before not in tiers or after not in tiers:
        return Direction.UNKNOWN
    return _direction_towards("higher", up=tiers.index(after) > tiers.index(before))


def _presence_direction(node: SchemaNode, *, is_added: bool, value: Any) -> Direction:
    """
    A number, duration or date is a limit: having one is stricter, whichever end is stricter.

    Removing a graded word (a classification, a risk factor) is unknown, not stricter.
    """
    # losing the word could hide a higher classification: the gate takes unknown for looser
    if node.order and node.better == "lower" and not is_added:
        return Direction.UNKNOWN
    if node.better and not node.order and not isinstance(value, bool) and _measure(node, value) is not None:
        return _direction_towards("higher", up=is_added)
    stricter_end = node.better or node.presence
    return _direction_towards(stricter_end, up=is_added) if stricter_end else Direction.NEUTRAL


def _unranked_direction(node: SchemaNode, before: Any, after: Any) -> Direction:
    """Two texts without an order are neutral; anything else cannot be compared."""
    ordered = bool(node.order) or node.unit in ("duration", "date", "instant")
    # two different names are neutral; a value that should have an order but has none is not
    texts = isinstance(before, str) and isinstance(after, str) and before and after
    return Direction.NEUTRAL if texts and not ordered else Direction.UNKNOWN


def _rank(node: SchemaNode, value: Any) -> Rank | None:
    if node.order:
        return node.order.index(value) if value in node.order else None
    if isinstance(value, bool):
        return int(value)
    return _measure(node, value)


def _measure(node: SchemaNode, value: Any) -> Rank | None:
    # bool is an int in Python
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    if not isinstance(value, str):
        return None
    try:
        if node.unit == "duration":
            return parse_period(value)
        if node.unit == "instant":
            return datetime.fromisoformat(value)
        return clock.parse_date(value) if node.unit == "date" else None
    except ValueError:
        return None


def _length_direction(better: str, before: Period, after: Period) -> Direction:
    """Months have no fixed length: against days they are compared by what they usually are."""
    difference = after.usual - before.usual
    if before.months == after.months:
        # the same months on both sides leave nothing unclear
        return _direction_towards(better, up=difference > timedelta()) if difference else Direction.NEUTRAL
    if abs(difference) < _UNCLEAR:
        return Direction.UNKNOWN
    return _direction_towards(better, up=difference > timedelta())


def _direction_towards(stricter_end: str, *, up: bool) -> Direction:
    return Direction.STRICTER if up == (stricter_end == "higher") else Direction.LOOSER
