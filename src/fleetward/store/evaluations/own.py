"""The record for tools that nobody wrote an adapter for: ``fleetward.evaluation/1``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fleetward.domain.errors import FleetError
from fleetward.domain.evidence import Measured
from fleetward.store import strict
from fleetward.store.evaluations import tally
from fleetward.store.strict import Fields

NAME = "fleetward"
FORMAT = "fleetward.evaluation/1"
_OPTIONAL: Mapping[str, Any] = {
    "metrics": {},
    "model": None,
    "finished": None,
    "release": None,
    "dirty": False,
}
_KEYS = ("format", "counts", *_OPTIONAL)


def holds(data: Mapping[str, Any]) -> bool:
    """Does this say that it is ours?"""
    return str(data.get("format", "")).startswith("fleetward.evaluation/")


def of(data: Mapping[str, Any], name: str) -> Measured:
    """
    The measurement in a record; only ``format`` and ``counts`` have to be there.

    Errors: FleetError when it is malformed, or says a pass rate that its counts do not.
    """
    top = Fields.of({**_OPTIONAL, **data}, name, _KEYS)
    top.exactly("format", FORMAT)
    counts = tally.counts(top.data["counts"], f"{name}: counts", sparse=True)
    metrics = tally.mapping(top.data["metrics"], f"{name}: metrics")
    found = tally.measured(
        NAME,
        counts,
        metrics={
            _metric(key, name): tally.number(value, f"{name}: metrics") for key, value in metrics.items()
        },
        model=None if top.absent("model") else top.text("model"),
        finished=None if top.absent("finished") else top.instant("finished"),
        release=None if top.absent("release") else top.digest("release"),
        dirty=top.data["dirty"] is not False,
    )
    claimed = metrics.get(tally.RATE, found.metrics[tally.RATE])
    if abs(claimed - found.metrics[tally.RATE]) > 1e-9:
        raise FleetError(
            f"{name}: metrics: {tally.RATE} is {strict.short(claimed)}, "
            f"the counts make it {found.metrics[tally.RATE]!r}",
            hint=f"leave {tally.RATE!r} out, it is computed: passed of total, errors and skips included",
        )
    return found


def _metric(key: str, name: str) -> str:
    if tally.label(key) != key:
        raise FleetError(f"{name}: metrics: {strict.short(key)} is no name of a metric")
    return key
