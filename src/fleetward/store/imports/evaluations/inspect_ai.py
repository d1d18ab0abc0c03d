"""Logs of Inspect, as JSON and as ``.eval`` archives: status, samples, metrics of each scorer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fleetward.domain import limits
from fleetward.domain.errors import FleetError
from fleetward.domain.evidence import EvaluationResult
from fleetward.store.formats import strict_json
from fleetward.store.imports.evaluations import archive, counting
from fleetward.store.imports.evaluations.adapter import EvaluationFile
from fleetward.store.imports.evaluations.counting import Outcome

FORMAT = "inspect"


def recognises(evaluation: EvaluationFile) -> bool:
    """A zip archive (``.eval``), or a JSON object with ``status`` and an object ``eval``."""
    log = evaluation.json or {}
    return evaluation.content.startswith(b"PK") or (isinstance(log.get("eval"), dict) and "status" in log)


def read(evaluation: EvaluationFile) -> EvaluationResult:
    """
    A log of Inspect with its samples.

    A sample passes when every one of its scorers gave full marks; one that is missing, or has no score, is an error.
    Metrics are ``scorer/metric``, and ``metric`` alone where one scorer has it or it is the headline. The release
    is in ``eval.metadata``. A run that failed or was invalidated is never a pass. A run with a limit or with sample
    ids, or with fewer samples than its dataset, is partial.
    """
    content, file = evaluation.content, evaluation.name
    is_archive = content.startswith(b"PK")
    return _read_log(_unpacked(content, file) if is_archive else evaluation.json_object(), file)


def _unpacked(content: bytes, file: str) -> Mapping[str, Any]:
    """The log in an ``.eval`` archive: its header, with the summaries of its samples."""
    members = archive.list_members(content, file)
    if "header.json" not in members:
        raise FleetError(
            f"{file}: not a log of Inspect, or the run did not finish: it has no 'header.json'",
            hint="give the .eval file of a finished run",
        )
    header, summaries = (
        _member(content, members, member, file) for member in ("header.json", "summaries.json")
    )
    return {**counting.mapping(header, f"{file}: header.json"), "samples": summaries}


def _read_log(data: Mapping[str, Any], file: str) -> EvaluationResult:
    run = counting.mapping(data.get("eval"), f"{file}: eval")
    stats = counting.optional_mapping(data.get("stats"), f"{file}: stats")
    results = counting.optional_mapping(data.get("results"), f"{file}: results")
    samples = _samples(data, file)
    metadata = counting.optional_mapping(run.get("metadata"), f"{file}: eval.metadata")
    revision = counting.optional_mapping(run.get("revision"), f"{file}: eval.revision")
    expected = counting.whole(results.get("total_samples", 0), f"{file}: results.total_samples")
    counts = counting.count_outcomes(
        (_outcome(sample, file) for sample in samples), missing=expected - len(samples)
    )
    model = counting.label(run.get("model"))
    finished = counting.run_time(stats.get("completed_at"))
    return counting.measurement(
        FORMAT,
        counts,
        metrics=_metrics(results, file),
        model=None if model in (None, "none", "none/none") else model,
        started=counting.run_time(stats.get("started_at")).earliest,
        finished=finished.earliest,
        finished_latest=finished.latest,
        release=counting.release_tag(metadata, f"{file}: eval.metadata"),
        faults=(*_faults(data, samples, file), *_unscored(counts.errored, counts.total)),
        dirty=revision.get("dirty") not in (None, False),
        partial=_chosen_part(run, samples, file),
        flaky=sum(1 for sample in samples if sample.get("retries") or sample.get("error_retries")),
    )


def _chosen_part(run: Mapping[str, Any], samples: list[Mapping[str, Any]], file: str) -> str | None:
    """How the log shows that samples of the dataset were left out: a limit, sample ids, or fewer than it has."""
    config = counting.optional_mapping(run.get("config"), f"{file}: eval.config")
    size = counting.optional_mapping(run.get("dataset"), f"{file}: eval.dataset").get("samples")
    if config.get("sample_id") is not None:
        return f"sample_id {strict_json.short(config['sample_id'])}"
    limit = config.get("limit")
    # a limit beyond the dataset leaves nothing out
    if limit is not None and not (isinstance(limit, int) and isinstance(size, int) and limit > size):
        return f"limit {strict_json.short(limit)}"
    covered = len({repr(sample.get("id")) for sample in samples})
    return f"{covered} of {size} samples" if isinstance(size, int) and covered < size else None


def _member(content: bytes, members: archive.Members, member: str, file: str) -> Any:
    if member not in members:
        raise FleetError(f"{file}: {member!r} is missing in the archive")
    unpacked = archive.read_member(
        content, members[member], file, limit=limits.EVALUATION_ARCHIVE_MEMBER_BYTES
    )
    return strict_json.parse_json(unpacked, f"{file}: {member}", limit=limits.EVALUATION_ARCHIVE_MEMBER_BYTES)


def _samples(data: Mapping[str, Any], file: str) -> list[Mapping[str, Any]]:
    samples = data.get("samples")
    if samples is None and data.get("status") != "success":
        return []
    if samples is None:
        raise FleetError(
            f"{file}: the log holds no samples, so they cannot be counted",
            hint="run Inspect with its default --log-samples, and give the whole log, not its header",
        )
    return [
        counting.mapping(sample, f"{file}: samples")
        for sample in counting.sequence(samples, f"{file}: samples")
    ]


def _outcome(sample: Mapping[str, Any], file: str) -> Outcome:
    scores = counting.optional_mapping(sample.get("scores"), f"{file}: scores")
    if sample.get("error") is not None or sample.get("completed") is False or not scores:
        return Outcome.ERRORED
    values = [counting.mapping(score, f"{file}: scores").get("value") for score in scores.values()]
    return Outcome.PASSED if all(_full_marks(value) for value in values) else Outcome.FAILED


def _full_marks(value: object) -> bool:
    if isinstance(value, str):
        return value == "C" or value.lower() in ("yes", "true", "1", "1.0")
    return value is True or strict_json.finite_number(value) == 1.0


def _faults(data: Mapping[str, Any], samples: list[Mapping[str, Any]], file: str) -> Iterator[str]:
    status = data.get("status")
    if status != "success":
        error = counting.optional_mapping(data.get("error"), f"{file}: error").get("message")
        detail = f": {strict_json.short(error)}" if counting.label(error) else ""
        yield f"the run ended with status {strict_json.short(status)}{detail}"
    # any other value than a plain false, such as a text, invalidates the log
    if data.get("invalidated", False) is not False:
        yield "the log was invalidated"
    invalid = [
        strict_json.short(sample.get("id")) for sample in samples if sample.get("invalidation") is not None
    ]
    if invalid:
        yield f"samples were invalidated: {', '.join(invalid)}"[:300]


def _unscored(errored: int, total: int) -> Iterator[str]:
    """Inspect's metrics leave out what it could not score, which makes them look better."""
    if errored:
        yield f"{errored} of {total} samples ended without a score"


def _metrics(results: Mapping[str, Any], file: str) -> dict[str, float]:
    """
    ``scorer/metric`` for all; ``metric`` alone where one scorer has it, or it is Inspect's headline.

    Where two scores have the same full name (several reducers), only ``scorer/metric/reducer`` is kept.
    """
    full: dict[str, list[float]] = {}
    bare: dict[str, list[float]] = {}
    for score in counting.sequence(results.get("scores", []), f"{file}: results.scores"):
        entry = counting.mapping(score, f"{file}: results.scores")
        for metric, value in _values(entry, file):
            full_name = f"{_score_name(entry)}/{metric}"
            bare.setdefault(metric, []).append(value)
            full.setdefault(full_name, []).append(value)
            if entry.get("reducer") is not None:
                full.setdefault(f"{full_name}/{entry['reducer']}", []).append(value)
    single = {key: values[0] for key, values in (*bare.items(), *full.items()) if len(values) == 1}
    return {**single, **_headline(results, single, file)}


def _values(entry: Mapping[str, Any], file: str) -> Iterator[tuple[str, float]]:
    for metric, data in counting.optional_mapping(entry.get("metrics"), f"{file}: metrics").items():
        value = strict_json.finite_number(counting.mapping(data, f"{file}: metrics").get("value"))
        if value is not None and counting.label(metric) == metric:
            yield metric, value


def _score_name(entry: Mapping[str, Any]) -> str:
    return counting.label(entry.get("name")) or counting.label(entry.get("scorer")) or "score"


def _headline(results: Mapping[str, Any], metrics: Mapping[str, float], file: str) -> dict[str, float]:
    headline = counting.optional_mapping(results.get("headline"), f"{file}: results.headline")
    metric = counting.label(headline.get("metric"))
    full = f"{headline.get('score')}/{metric}"
    return {metric: metrics[full]} if metric is not None and full in metrics else {}
