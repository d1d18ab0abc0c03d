"""Which exit criteria of a pilot are met, by the newest value of each metric."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from fleetward.domain.manifest import Manifest
from fleetward.domain.retirement_plan import CriterionResult, CriterionStatus, MetricValue

EXIT = "spec.pilot.exit"


def exit_criteria_results(
    manifests: Iterable[Manifest],
    figures: Sequence[MetricValue],
    *,
    names: Collection[str],
    environments: Collection[str],
    today: date,
    source: str,
) -> tuple[CriterionResult, ...]:
    """
    Every exit criterion of *manifests*, each once, by the values of the agent's *names* in *environments*.

    Of the newest day counts what names its environment, else what names none; all of it has to be on the right side.
    *source* says where values were looked for.
    """
    results: dict[tuple[Any, ...], CriterionResult] = {}
    for manifest in manifests:
        for number, criterion in enumerate(manifest.items(EXIT)):
            metric = str(criterion.get("metric"))
            key = (metric, criterion.get("min"), criterion.get("max"))
            if key in results:
                continue
            newest = _newest_values(
                [
                    figure
                    for figure in figures
                    if figure.agent in names
                    and figure.metric == metric
                    and figure.environment in (None, *environments)
                    and figure.day <= today
                ]
            )
            status, detail = _result(criterion, newest, source)
            results[key] = CriterionResult(
                agent=manifest.name,
                environment=manifest.environment,
                condition=_condition(criterion),
                status=status,
                detail=detail,
                place=manifest.place(f"{EXIT}[{number}]"),
            )
    return tuple(results.values())


def _newest_values(figures: Sequence[MetricValue]) -> Sequence[MetricValue]:
    day = max((figure.day for figure in figures), default=None)
    of_day = [figure for figure in figures if figure.day == day]
    return [figure for figure in of_day if figure.environment is not None] or of_day


def _result(
    criterion: Mapping[str, Any], newest: Sequence[MetricValue], source: str
) -> tuple[CriterionStatus, str]:
    bounds = _bounds(criterion)
    if not newest or not bounds:
        return CriterionStatus.UNKNOWN, f"no value in {source}" if bounds else "it names no number"
    outside = [figure for figure in newest if not _is_within(bounds, figure.value)]
    shown = (outside or newest)[0]
    status = CriterionStatus.NOT_DUE if outside else CriterionStatus.DUE
    return status, f"{shown.value:.12g} on {shown.day} ({shown.file}:{shown.line})"


def _bounds(criterion: Mapping[str, Any]) -> dict[str, float]:
    """Its ``min`` and ``max``; empty where there is none, because everything would be within then."""
    return {key: criterion[key] for key in ("min", "max") if isinstance(criterion.get(key), int | float)}


def _is_within(bounds: Mapping[str, float], value: float) -> bool:
    return bounds.get("min", -math.inf) <= value <= bounds.get("max", math.inf)


def _condition(criterion: Mapping[str, Any]) -> str:
    words = {"min": "at least", "max": "at most"}
    limits = " and ".join(f"{words[key]} {limit:.12g}" for key, limit in _bounds(criterion).items())
    return f"{criterion.get('metric')} {limits}".rstrip()
