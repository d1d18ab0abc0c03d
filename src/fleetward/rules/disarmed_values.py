"""Values that switch a safeguard off while it still stands in the manifest."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from fleetward.domain.finding import Severity
from fleetward.domain.fleet import Snapshot
from fleetward.domain.manifest import Manifest
from fleetward.rules.rule import Violation, rule, violation
from fleetward.rules.selectors import keyed_items, list_items, unretired

OBSERVABILITY = "spec.observability"
NO_TRACES = frozenset({"none", "no", "off", "false", "disabled"})
MAX_HALT_RATIO = 100
"""A halt further above its alert than this was not meant."""
Disarmed = tuple[str, str, str]
"""Path, message and hint."""


@rule("value-disarms", Severity.WARNING)
def value_disarms(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    A safeguard is written with a value at which it never acts.

    Why: the manifest looks complete, and nothing is reviewed, traced, measured or stopped.
    Bad:
        evals: [{name: quality, suite: evals/quality.yaml, min: 0}]
        budgets: [{window: day, currency: EUR, alertAt: 1, haltAt: 100000}]
        observability: {traces: none, sampleRate: 0, outputReview: {sample: 0}}
    Good:
        evals: [{name: quality, suite: evals/quality.yaml, min: 0.95}]
        budgets: [{window: day, currency: EUR, alertAt: 40, haltAt: 60}]
        observability: {traces: otel, sampleRate: 0.2, outputReview: {sample: 0.05}}
    Fix: write a value that can be missed. An objective is above 0 and below 1, a halt has an alert, and is at most
    100 times as high.
    """
    for manifest in unretired(fleet):
        for path, message, hint in (*_observation(manifest), *_thresholds(manifest), *_budgets(manifest)):
            yield violation(manifest, path, message, hint)


def _observation(manifest: Manifest) -> Iterator[Disarmed]:
    for field, subject in (("outputReview.sample", "output is reviewed"), ("sampleRate", "run is traced")):
        path = f"{OBSERVABILITY}.{field}"
        if _is_zero(manifest.get(path)):
            yield path, f"with a share of 0, no {subject}", "write a share above 0, such as 0.05"
    traces = manifest.get(f"{OBSERVABILITY}.traces")
    if traces in NO_TRACES:
        message = f"with traces {traces!r}, nobody can see what the agent did"
        yield f"{OBSERVABILITY}.traces", message, "name where traces go, such as otel"


def _thresholds(manifest: Manifest) -> Iterator[Disarmed]:
    for path, objective in keyed_items(manifest, "spec.slos"):
        share = objective.get("objective")
        if share in (0, 1):
            promise = "always kept" if share == 0 else "broken by the first failure"
            message = f"an objective of {share!r} is {promise}"
            yield f"{path}.objective", message, "write a share above 0 and below 1, such as 0.97"
    criteria = [
        *keyed_items(manifest, "spec.evals"),
        *list_items(manifest, "spec.pilot.exit"),
        *((path, manifest.get(path, {})) for path in ("spec.pilot.volume", "spec.pilot.quality")),
    ]
    for path, criterion in criteria:
        # beside a max, a min of 0 is the lower end of a range
        if _is_zero(criterion.get("min")) and criterion.get("max") is None:
            yield f"{path}.min", "every result meets a min of 0", "write the least that is good enough"


def _budgets(manifest: Manifest) -> Iterator[Disarmed]:
    for path, budget in keyed_items(manifest, "spec.budgets"):
        alert, halt = budget.get("alertAt"), budget.get("haltAt")
        if halt is None:
            continue
        if alert is None:
            message = "halts without an alert: nobody hears of it before the agent stops"
            yield path, message, f"write alertAt below {halt}"
        elif halt > MAX_HALT_RATIO * alert:
            message = f"halts at {halt!r}, more than {MAX_HALT_RATIO} times the alert at {alert!r}"
            yield f"{path}.haltAt", message, "write the most that it may spend"


def _is_zero(value: Any) -> bool:
    return value == 0 and not isinstance(value, bool) and value is not None
