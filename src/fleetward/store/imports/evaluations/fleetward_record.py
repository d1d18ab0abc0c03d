"""Our own record of a run, for tools without an adapter: ``fleetward.evaluation/1``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fleetward.domain.errors import FleetError
from fleetward.domain.evidence import EvaluationResult
from fleetward.store.formats import strict_json
from fleetward.store.formats.strict_json import Fields
from fleetward.store.imports.evaluations import counting
from fleetward.store.imports.evaluations.adapter import EvaluationFile

FORMAT = "fleetward"
RECORD_FORMAT = "fleetward.evaluation/1"
_OPTIONAL: Mapping[str, Any] = {
    "metrics": {},
    "model": None,
    "finished": None,
    "release": None,
    "dirty": False,
    "partial": False,
}
_KEYS = ("format", "counts", *_OPTIONAL)


def recognises(evaluation: EvaluationFile) -> bool:
    """A JSON object whose ``format`` begins with ``fleetward.evaluation/``."""
    return str((evaluation.json or {}).get("format", "")).startswith("fleetward.evaluation/")


def read(evaluation: EvaluationFile) -> EvaluationResult:
    """
    A record of our own, for tools that have no adapter; ``fleet schema evaluation`` prints its schema.

    Only ``format`` and ``counts`` are required. A pass rate that the counts contradict is refused.
    """
    data, file = evaluation.json_object(), evaluation.name
    top = Fields.from_value({**_OPTIONAL, **data}, file, _KEYS)
    top.constant("format", RECORD_FORMAT)
    counts = counting.parse_counts(top.data["counts"], f"{file}: counts", sparse=True)
    metrics = counting.mapping(top.data["metrics"], f"{file}: metrics")
    measurement = counting.measurement(
        FORMAT,
        counts,
        metrics={
            _metric(key, file): counting.number(value, f"{file}: metrics") for key, value in metrics.items()
        },
        model=None if top.is_null("model") else top.text("model"),
        finished=None if top.is_null("finished") else top.instant("finished"),
        release=None if top.is_null("release") else top.digest("release"),
        dirty=top.data["dirty"] is not False,
        partial=None if top.data["partial"] is False else "the record says so",
    )
    claimed = metrics.get(counting.PASSED_RATE, measurement.metrics[counting.PASSED_RATE])
    if abs(claimed - measurement.metrics[counting.PASSED_RATE]) > 1e-9:
        raise FleetError(
            f"{file}: metrics: {counting.PASSED_RATE} is {strict_json.short(claimed)}, "
            f"the counts make it {measurement.metrics[counting.PASSED_RATE]!r}",
            hint=f"leave {counting.PASSED_RATE!r} out, it is computed: passed of total, errors and skips included",
        )
    return measurement


def _metric(key: str, file: str) -> str:
    if counting.label(key) != key:
        raise FleetError(f"{file}: metrics: {strict_json.short(key)} is not a name of a metric")
    return key
