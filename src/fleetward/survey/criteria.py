"""Which agents are due to retire, by their own criteria."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from fleetward.domain import clock
from fleetward.domain.fleet import Snapshot
from fleetward.domain.manifest import Manifest
from fleetward.domain.retirement_plan import Due, Figure, Judged

CRITERIA = "spec.retirement.criteria"
_Values = Mapping[date, float]


def due(
    fleet: Snapshot, figures: Sequence[Figure], now: datetime, agent: str | None = None
) -> tuple[Judged, ...]:
    """
    Every criterion of every agent (or of this one), as it stands furthest on its way, retired ones aside.

    A figure counts for a whole day; a span is the days before today, for today is not over. One day without a
    figure, and the criterion is not met; one day on the other side of the line, and it is certainly not.
    """
    today = now.astimezone(UTC).date()
    order = {one.name: number for number, one in enumerate(fleet.config.environments)}
    last: dict[str, Manifest] = {}
    for manifest in sorted(fleet.manifests, key=lambda one: order.get(one.environment, -1)):
        if agent in (None, manifest.name):
            last[manifest.name] = manifest
    by_metric: dict[tuple[str, str], dict[date, float]] = {}
    for one in figures:
        by_metric.setdefault((one.agent, one.metric), {})[one.day] = one.value
    found: list[Judged] = []
    for name in sorted(last):
        found += _of(last[name], by_metric, today) if last[name].lifecycle != "retired" else ()
    return tuple(found)


def unused(fleet: Snapshot, figures: Sequence[Figure]) -> tuple[tuple[Figure, str], ...]:
    """The first figure of each kind that nothing asks for, and why."""
    asked = {(m.name, str(one.get("metric"))) for m in fleet.manifests for one in m.items(CRITERIA)}
    agents = {name for _, name in fleet.agents}
    found: dict[tuple[str, str], tuple[Figure, str]] = {}
    for one in figures:
        if one.agent not in agents:
            found.setdefault((one.agent, ""), (one, f"no agent {one.agent!r}"))
        elif (one.agent, one.metric) not in asked:
            why = f"{one.agent!r} has no criterion for {one.metric!r}"
            found.setdefault((one.agent, one.metric), (one, why))
    return tuple(found.values())


def _of(manifest: Manifest, figures: Mapping[tuple[str, str], _Values], today: date) -> Iterator[Judged]:
    for number, one in enumerate(manifest.items(CRITERIA)):
        metric = str(one.get("metric"))
        by_date = "date" in one
        asked, verdict, detail, gaps = (
            _dated(str(one["date"]), today)
            if by_date
            else _measured(one, figures.get((manifest.name, metric), {}), today)
        )
        yield Judged(
            agent=manifest.name,
            environment=manifest.environment,
            asked=asked,
            due=verdict,
            detail=detail,
            place=manifest.place(f"{CRITERIA}[{number}]"),
            gaps=gaps,
        )


_Answer = tuple[str, Due, str, tuple[tuple[date, date], ...]]


def _dated(text: str, today: date) -> _Answer:
    try:
        last = clock.day(text)
    except ValueError as error:
        return f"after {text}", Due.UNKNOWN, str(error), ()
    verdict = Due.YES if last < today else Due.NO
    detail = f"its last day was {last}" if last < today else f"{(last - today).days} days to go"
    return f"after {last}", verdict, detail, ()


def _measured(criterion: Mapping[str, Any], values: _Values, today: date) -> _Answer:
    side = "below" if "below" in criterion else "above"
    limit, span = float(criterion[side]), criterion.get("for")
    asked = f"{criterion['metric']} {side} {limit:g}" + (f" for {span}" if span else "")
    if span is None:
        days = [max((day for day in values if day < today), default=today - timedelta(days=1))]
    else:
        try:
            length = -(-clock.duration(str(span)) // timedelta(days=1))
            days = [today - timedelta(days=back) for back in range(length, 0, -1)]
        except (ValueError, OverflowError) as error:
            return asked, Due.UNKNOWN, str(error), ()
    return asked, *_held(days, values, side, limit)


def _held(
    days: Sequence[date], values: _Values, side: str, limit: float
) -> tuple[Due, str, tuple[tuple[date, date], ...]]:
    """Was the figure on that side of the line on every one of the days?"""
    beyond: Callable[[float], bool] = (lambda v: v < limit) if side == "below" else (lambda v: v > limit)
    known = [(day, values[day]) for day in days if day in values]
    against = [(day, value) for day, value in known if not beyond(value)]
    gaps = _ranges([day for day in days if day not in values])
    if against:
        day, value = against[-1]
        return Due.NO, f"{value:g} on {day}", gaps
    if gaps:
        missing = len(days) - len(known)
        return (
            Due.UNKNOWN,
            f"no figure on {missing} of {len(days)} {'day' if len(days) == 1 else 'days'}",
            gaps,
        )
    nearest = max(value for _, value in known) if side == "below" else min(value for _, value in known)
    word = "highest" if side == "below" else "lowest"
    span = f"{days[0]} to {days[-1]}" if len(days) > 1 else f"on {days[0]}"
    return Due.YES, f"{word} {nearest:g}, {span}", ()


def _ranges(days: Sequence[date]) -> tuple[tuple[date, date], ...]:
    found: list[tuple[date, date]] = []
    for day in days:
        if found and day - found[-1][1] == timedelta(days=1):
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return tuple(found)
