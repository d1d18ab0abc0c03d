"""Logs of Inspect, as JSON and as ``.eval`` archives: status, samples, metrics of each scorer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fleetward.domain.errors import FleetError
from fleetward.domain.evidence import Measured
from fleetward.store.formats import strict_json
from fleetward.store.imports.evaluations import archive, counting
from fleetward.store.imports.evaluations.counting import Outcome

NAME = "inspect"
LARGEST_MEMBER = 8 * 1024 * 1024


def holds(data: Mapping[str, Any]) -> bool:
    """Does this look like Inspect's?"""
    return isinstance(data.get("eval"), dict) and "status" in data


def of_archive(content: bytes, name: str) -> Measured:
    """
    The measurement in an ``.eval`` archive: its header, and the summaries of its samples.

    Errors: FleetError when the archive is damaged, unfinished, or unpacks to more than is allowed.
    """
    members = archive.members(content, name)
    if "header.json" not in members:
        raise FleetError(
            f"{name}: no log of Inspect, or one of a run that did not finish: it holds no 'header.json'",
            hint="give the .eval file of a finished run",
        )
    header, summaries = (
        _member(content, members, member, name) for member in ("header.json", "summaries.json")
    )
    return of({**counting.mapping(header, f"{name}: header.json"), "samples": summaries}, name)


def of(data: Mapping[str, Any], name: str) -> Measured:
    """
    The measurement in a log. A sample passes when every one of its scorers gave full marks.

    Errors: FleetError when the log is malformed or holds no samples, so that nothing can be counted.
    """
    run = counting.mapping(data.get("eval"), f"{name}: eval")
    stats = counting.optional(data.get("stats"), f"{name}: stats")
    results = counting.optional(data.get("results"), f"{name}: results")
    samples = _samples(data, name)
    metadata = counting.optional(run.get("metadata"), f"{name}: eval.metadata")
    revision = counting.optional(run.get("revision"), f"{name}: eval.revision")
    expected = counting.whole(results.get("total_samples", 0), f"{name}: results.total_samples")
    counts = counting.counted((_outcome(one, name) for one in samples), missing=expected - len(samples))
    model = counting.label(run.get("model"))
    return counting.measured(
        NAME,
        counts,
        metrics=_metrics(results, name),
        model=None if model in (None, "none", "none/none") else model,
        started=counting.moment(stats.get("started_at")),
        finished=counting.moment(stats.get("completed_at")),
        release=counting.tag(metadata, f"{name}: eval.metadata"),
        faults=(*_faults(data, samples, name), *_unscored(counts.errored, counts.total)),
        dirty=revision.get("dirty") not in (None, False),
    )


def _member(content: bytes, members: archive.Members, member: str, name: str) -> Any:
    if member not in members:
        raise FleetError(f"{name}: {member!r} is missing in the archive")
    unpacked = archive.read(content, members[member], name, limit=LARGEST_MEMBER)
    return strict_json.decoded(unpacked, f"{name}: {member}", limit=LARGEST_MEMBER)


def _samples(data: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    found = data.get("samples")
    if found is None and data.get("status") != "success":
        return []
    if found is None:
        raise FleetError(
            f"{name}: the log holds no samples, so that nobody can count them",
            hint="run Inspect with its default --log-samples, and give the whole log, not its header",
        )
    return [counting.mapping(one, f"{name}: samples") for one in counting.sequence(found, f"{name}: samples")]


def _outcome(sample: Mapping[str, Any], name: str) -> Outcome:
    scores = counting.optional(sample.get("scores"), f"{name}: scores")
    if sample.get("error") is not None or sample.get("completed") is False or not scores:
        return Outcome.ERRORED
    values = [counting.mapping(score, f"{name}: scores").get("value") for score in scores.values()]
    return Outcome.PASSED if all(_full_marks(value) for value in values) else Outcome.FAILED


def _full_marks(value: object) -> bool:
    if isinstance(value, str):
        return value == "C" or value.lower() in ("yes", "true", "1", "1.0")
    return value is True or strict_json.real(value) == 1.0


def _faults(data: Mapping[str, Any], samples: list[Mapping[str, Any]], name: str) -> Iterator[str]:
    status = data.get("status")
    if status != "success":
        error = counting.optional(data.get("error"), f"{name}: error").get("message")
        said = f": {strict_json.short(error)}" if counting.label(error) else ""
        yield f"the run ended with status {strict_json.short(status)}{said}"
    # only a clear false, or a version that did not know the word, is not invalidated
    if data.get("invalidated", False) is not False:
        yield "the log was invalidated"
    invalid = [strict_json.short(one.get("id")) for one in samples if one.get("invalidation") is not None]
    if invalid:
        yield f"samples were invalidated: {', '.join(invalid)}"[:300]


def _unscored(errored: int, total: int) -> Iterator[str]:
    """Inspect's metrics leave out what it could not score, which makes them look better."""
    if errored:
        yield f"{errored} of {total} samples ended without a score"


def _metrics(results: Mapping[str, Any], name: str) -> dict[str, float]:
    """
    ``scorer/metric`` for all, and ``metric`` alone where only one scorer has it, or Inspect's headline is it.

    What two scores call by the same full name (several reducers) is only held as ``scorer/metric/reducer``.
    """
    full: dict[str, list[float]] = {}
    bare: dict[str, list[float]] = {}
    for score in counting.sequence(results.get("scores", []), f"{name}: results.scores"):
        entry = counting.mapping(score, f"{name}: results.scores")
        for metric, value in _values(entry, name):
            known = f"{_score_name(entry)}/{metric}"
            bare.setdefault(metric, []).append(value)
            full.setdefault(known, []).append(value)
            if entry.get("reducer") is not None:
                full.setdefault(f"{known}/{entry['reducer']}", []).append(value)
    single = {key: values[0] for key, values in (*bare.items(), *full.items()) if len(values) == 1}
    return {**single, **_headline(results, single, name)}


def _values(entry: Mapping[str, Any], name: str) -> Iterator[tuple[str, float]]:
    for metric, held in counting.optional(entry.get("metrics"), f"{name}: metrics").items():
        value = strict_json.real(counting.mapping(held, f"{name}: metrics").get("value"))
        if value is not None and counting.label(metric) == metric:
            yield metric, value


def _score_name(entry: Mapping[str, Any]) -> str:
    return counting.label(entry.get("name")) or counting.label(entry.get("scorer")) or "score"


def _headline(results: Mapping[str, Any], known: Mapping[str, float], name: str) -> dict[str, float]:
    headline = counting.optional(results.get("headline"), f"{name}: results.headline")
    metric = counting.label(headline.get("metric"))
    full = f"{headline.get('score')}/{metric}"
    return {metric: known[full]} if metric is not None and full in known else {}
