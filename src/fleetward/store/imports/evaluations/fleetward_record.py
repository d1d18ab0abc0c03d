"""The record for tools that nobody wrote an adapter for: ``fleetward.evaluation/1``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fleetward.domain.errors import FleetError
from fleetward.domain.evidence import Measured
from fleetward.store.formats import strict_json
from fleetward.store.formats.strict_json import Fields
from fleetward.store.imports.evaluations import counting

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
    counts = counting.counts(top.data["counts"], f"{name}: counts", sparse=True)
    metrics = counting.mapping(top.data["metrics"], f"{name}: metrics")
    found = counting.measured(
        NAME,
        counts,
        metrics={
            _metric(key, name): counting.number(value, f"{name}: metrics") for key, value in metrics.items()
        },
        model=None if top.absent("model") else top.text("model"),
        finished=None if top.absent("finished") else top.instant("finished"),
        release=None if top.absent("release") else top.digest("release"),
        dirty=top.data["dirty"] is not False,
    )
    claimed = metrics.get(counting.RATE, found.metrics[counting.RATE])
    if abs(claimed - found.metrics[counting.RATE]) > 1e-9:
        raise FleetError(
            f"{name}: metrics: {counting.RATE} is {strict_json.short(claimed)}, "
            f"the counts make it {found.metrics[counting.RATE]!r}",
            hint=f"leave {counting.RATE!r} out, it is computed: passed of total, errors and skips included",
        )
    return found


def _metric(key: str, name: str) -> str:
    if counting.label(key) != key:
        raise FleetError(f"{name}: metrics: {strict_json.short(key)} is no name of a metric")
    return key
