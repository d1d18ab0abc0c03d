"""Which agents are due to retire by their criteria."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from fleetward.domain import clock
from fleetward.domain.fleet import Snapshot
from fleetward.domain.manifest import Manifest
from fleetward.domain.retirement_plan import CriterionResult, CriterionStatus, MetricValue

CRITERIA = "spec.retirement.criteria"
_Values = Mapping[date, float]


def criteria_results(
    fleet: Snapshot, figures: Sequence[MetricValue], now: datetime, agent: str | None = None
) -> tuple[CriterionResult, ...]:
    """
    Every criterion of every agent (or of *agent*), in the last environment that has it; retired agents are left out.

    A value is for a whole day. A span is the days before today, because today is not over. With a day without a
    value the result is unknown; with a value on the other side of the threshold the criterion is not met. A value of
    another environment does not count; one without an environment counts where no other says that day.
    """
    today = now.astimezone(UTC).date()
    order = {environment.name: number for number, environment in enumerate(fleet.config.environments)}
    last: dict[str, Manifest] = {}
    for manifest in sorted(fleet.manifests, key=lambda m: order.get(m.environment, -1)):
        if agent in (None, manifest.name):
            last[manifest.name] = manifest
    by_metric: dict[tuple[str, str], dict[date, float]] = {}
    # those that name their environment come last, and win
    for figure in sorted(figures, key=lambda figure: figure.environment is not None):
        measured = last.get(figure.agent)
        if measured is not None and figure.environment in (None, measured.environment):
            by_metric.setdefault((figure.agent, figure.metric), {})[figure.day] = figure.value
    results: list[CriterionResult] = []
    for name in sorted(last):
        results += _results(last[name], by_metric, today) if last[name].lifecycle != "retired" else ()
    return tuple(results)


def unused_values(fleet: Snapshot, figures: Sequence[MetricValue]) -> tuple[tuple[MetricValue, str], ...]:
    """The first value of each metric that no criterion uses, and why."""
    criteria = {(m.name, str(c.get("metric"))) for m in fleet.manifests for c in m.items(CRITERIA)}
    agents = {name for _, name in fleet.agents}
    unmatched: dict[tuple[str, str], tuple[MetricValue, str]] = {}
    for value in figures:
        if value.agent not in agents:
            unmatched.setdefault((value.agent, ""), (value, f"no agent {value.agent!r}"))
        elif (value.agent, value.metric) not in criteria:
            why = f"{value.agent!r} has no criterion for {value.metric!r}"
            unmatched.setdefault((value.agent, value.metric), (value, why))
    return tuple(unmatched.values())


def _results(
    manifest: Manifest, figures: Mapping[tuple[str, str], _Values], today: date
) -> Iterator[CriterionResult]:
    for number, criterion in enumerate(manifest.items(CRITERIA)):
        metric = str(criterion.get("metric"))
        by_date = "date" in criterion
        condition, verdict, detail, gaps = (
            _date_result(str(criterion["date"]), today)
            if by_date
            else _metric_result(criterion, figures.get((manifest.name, metric), {}), today)
        )
        yield CriterionResult(
            agent=manifest.name,
            environment=manifest.environment,
            condition=condition,
            status=verdict,
            detail=detail,
            place=manifest.place(f"{CRITERIA}[{number}]"),
            gaps=gaps,
        )


_Answer = tuple[str, CriterionStatus, str, tuple[tuple[date, date], ...]]


def _date_result(text: str, today: date) -> _Answer:
    try:
        last = clock.parse_date(text)
    except ValueError as error:
        return f"after {text}", CriterionStatus.UNKNOWN, str(error), ()
    verdict = CriterionStatus.DUE if last < today else CriterionStatus.NOT_DUE
    detail = f"its last day was {last}" if last < today else f"{(last - today).days} days to go"
    return f"after {last}", verdict, detail, ()


def _metric_result(criterion: Mapping[str, Any], values: _Values, today: date) -> _Answer:
    side = "below" if "below" in criterion else "above"
    limit, span = float(criterion[side]), criterion.get("for")
    condition = f"{criterion['metric']} {side} {limit:g}" + (f" for {span}" if span else "")
    if span is None:
        days = [max((day for day in values if day < today), default=today - timedelta(days=1))]
    else:
        try:
            length = -(-clock.parse_duration(str(span)) // timedelta(days=1))
            days = [today - timedelta(days=back) for back in range(length, 0, -1)]
        except (ValueError, OverflowError) as error:
            return condition, CriterionStatus.UNKNOWN, str(error), ()
    return condition, *_threshold_result(days, values, side, limit)


def _threshold_result(
    days: Sequence[date], values: _Values, side: str, limit: float
) -> tuple[CriterionStatus, str, tuple[tuple[date, date], ...]]:
    """Was the value on that side of the threshold on all days?"""
    beyond: Callable[[float], bool] = (lambda v: v < limit) if side == "below" else (lambda v: v > limit)
    measured = [(day, values[day]) for day in days if day in values]
    against = [(day, value) for day, value in measured if not beyond(value)]
    gaps = _ranges([day for day in days if day not in values])
    if against:
        day, value = against[-1]
        return CriterionStatus.NOT_DUE, f"{value:g} on {day}", gaps
    if gaps:
        missing = len(days) - len(measured)
        return (
            CriterionStatus.UNKNOWN,
            f"no figure on {missing} of {len(days)} {'day' if len(days) == 1 else 'days'}",
            gaps,
        )
    nearest = max(value for _, value in measured) if side == "below" else min(value for _, value in measured)
    word = "highest" if side == "below" else "lowest"
    span = f"{days[0]} to {days[-1]}" if len(days) > 1 else f"on {days[0]}"
    return CriterionStatus.DUE, f"{word} {nearest:g}, {span}", ()


def _ranges(days: Sequence[date]) -> tuple[tuple[date, date], ...]:
    ranges: list[tuple[date, date]] = []
    for day in days:
        if ranges and day - ranges[-1][1] == timedelta(days=1):
            ranges[-1] = (ranges[-1][0], day)
        else:
            ranges.append((day, day))
    return tuple(ranges)
