"""JSON output of promptfoo: one row a test with its verdict, and averages of the named metrics."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from fleetward.domain import limits
from fleetward.domain.errors import FleetError
from fleetward.domain.evidence import EvaluationResult, SampleCounts
from fleetward.store.formats import strict_json
from fleetward.store.imports.evaluations import counting
from fleetward.store.imports.evaluations.adapter import EvaluationFile
from fleetward.store.imports.evaluations.counting import Averages, Outcome

FORMAT = "promptfoo"
_ERROR = 2
"""promptfoo's ``failureReason``: 0 none, 1 an assertion, 2 an error."""
_NO_MODELS = frozenset(
    {
        *("echo", "exec", "file", "package", "golang", "python", "ruby"),
        *("http", "https", "webhook", "ws", "wss", "browser", "mcp", "sequence"),
    }
)
"""Prefixes of provider ids that name a channel, not a model."""


_CHOICE_OF_MODEL = frozenset({"filterProviders", "filterTargets"})
"""Options that choose a provider, and leave no test out."""
_EXPORT = "write JSON: 'promptfoo eval -o results.json', or 'promptfoo export eval EVAL-ID -o results.json'"


def recognises(evaluation: EvaluationFile) -> bool:
    """
    A JSON object with ``results`` in an object ``results``, or with ``stats`` and a list ``results``.

    CSV, JSON lines, YAML, XML and HTML of promptfoo are recognised too, and refused.
    """
    data = evaluation.json or {}
    inner = data.get("results")
    has_results = isinstance(inner, dict) and "results" in inner
    return has_results or (isinstance(inner, list) and "stats" in data) or _is_lossy(evaluation)


def read(evaluation: EvaluationFile) -> EvaluationResult:
    """
    The output file of ``promptfoo eval``, or the summary that its API returns.

    A test passes when its row says so and an assertion was made; without assertions it is skipped. Metrics are means
    of the named scores. The release is in ``config.tags``. Rows that do not agree with ``stats`` are refused. A run
    with a filter, or with rows for fewer tests than ``config.tests`` lists, is partial.
    """
    file = evaluation.name
    if _is_lossy(evaluation):
        message = (
            f"{file}: promptfoo's CSV and JSONL leave out what evidence needs, the run's tags and totals, "
            "and its YAML, XML and HTML are not read"
        )
        raise FleetError(message, hint=_EXPORT)
    data = evaluation.json_object()
    summary = data if isinstance(data.get("results"), list) else counting.mapping(data.get("results"), file)
    rows = [
        counting.mapping(row, file) for row in counting.sequence(summary.get("results"), f"{file}: results")
    ]
    counts = counting.count_outcomes(_outcome(row, file) for row in rows)
    _check_stats(counts, counting.optional_mapping(summary.get("stats"), f"{file}: stats"), file)
    tags = counting.optional_mapping(
        counting.optional_mapping(data.get("config"), f"{file}: config").get("tags"), f"{file}: tags"
    )
    models = sorted({model for row in rows if (model := _model(row.get("provider")))})
    started = counting.run_time(summary.get("timestamp"))
    finished = started.after(_duration(summary))
    return counting.measurement(
        FORMAT,
        counts,
        metrics=_metrics(rows, file),
        model=models[0] if len(models) == 1 else None if models else counting.label(tags.get("model")),
        started=started.earliest,
        finished=finished.earliest,
        finished_latest=finished.latest,
        release=counting.release_tag(tags, f"{file}: config.tags"),
        faults=_model_faults(models),
        partial=_chosen_part(data, rows),
    )


def _is_lossy(evaluation: EvaluationFile) -> bool:
    """Is it another output of promptfoo: CSV, JSON lines, YAML, XML or HTML? Only its beginning is looked at."""
    first = evaluation.content[: limits.EVALUATION_JSON_BYTES].partition(b"\n")[0]
    if evaluation.json is None and not first.startswith(b"{"):
        head = evaluation.content[:4096].removeprefix(b"\xef\xbb\xbf").lstrip()
        return (
            any(title in first[:4096] for title in (b"Named Scores", b"Grader Reason", b"Status,Score"))
            or _YAML.match(head) is not None
            or _MARKUP.match(head) is not None
        )
    row = evaluation.json or EvaluationFile(first, evaluation.name).json or {}
    return "testIdx" in row and "promptIdx" in row


_YAML = re.compile(rb"(?:#[^\n]*\n|---[^\n]*\n)*evalId:")
_MARKUP = re.compile(
    rb"(?:<\?xml[^>]*>\s*)?(?:<promptfoo[\s>]|<!doctype html>[\s\S]*promptfoo|<html[\s\S]*promptfoo)",
    re.IGNORECASE,
)


def _outcome(row: Mapping[str, Any], file: str) -> Outcome:
    success, reason = row.get("success"), row.get("failureReason")
    if not isinstance(success, bool):
        raise FleetError(f"{file}: a row says success {strict_json.short(success)}, expected true or false")
    grading = counting.optional_mapping(row.get("gradingResult"), f"{file}: gradingResult")
    if reason == _ERROR or (success and row.get("error")) or (not success and reason is None and not grading):
        return Outcome.ERRORED
    if not success or reason not in (0, None) or grading.get("pass", True) is not True:
        return Outcome.FAILED
    # promptfoo passes a test without assertions
    return Outcome.SKIPPED if grading.get("reason") == "No assertions" else Outcome.PASSED


def _check_stats(counts: SampleCounts, stats: Mapping[str, Any], file: str) -> None:
    """Refuse rows that do not add up to the stats: rows were removed, or verdicts were edited."""
    if not stats:
        return
    parts = {key: counting.whole(stats.get(key, 0), f"{file}: stats.{key}") for key in _STATS}
    if sum(parts.values()) != counts.total or parts["successes"] != counts.passed + counts.skipped:
        stats_text = ", ".join(f"{key} {value}" for key, value in parts.items())
        raise FleetError(
            f"{file}: the stats say {stats_text}, of {counts.total} rows {counts.passed + counts.skipped} passed",
            hint="give the file as promptfoo wrote it; run the evaluation again with '-o FILE.json'",
        )


_STATS = ("successes", "failures", "errors")


def _metrics(rows: list[Mapping[str, Any]], file: str) -> dict[str, float]:
    averages = Averages()
    for row in rows:
        scores = counting.optional_mapping(row.get("namedScores"), f"{file}: namedScores")
        for metric, score in scores.items():
            average = counting.number(score, f"{file}: namedScores") / _parts(row, metric)
            averages.add(metric, average)
        for metric in (
            _asserted_metrics(counting.optional_mapping(row.get("testCase"), f"{file}: testCase"))
            - scores.keys()
        ):
            # without this, an error before the assertions ran would raise the average
            averages.add(metric, 0.0)
    return {metric: mean for metric, mean in averages.means().items() if counting.label(metric) == metric}


def _parts(row: Mapping[str, Any], metric: str) -> int:
    """How many scores a row's named score is the sum of; 1 where promptfoo has averaged."""
    grading = row.get("gradingResult")
    if not isinstance(grading, dict) or "namedScoreWeights" in grading:
        return 1
    components = grading.get("componentResults")
    parts = (
        [part for part in components if _metric_of(part) == metric] if isinstance(components, list) else []
    )
    return max(1, len(parts))


def _metric_of(component: object) -> object:
    assertion = component.get("assertion") if isinstance(component, dict) else None
    return assertion.get("metric") if isinstance(assertion, dict) else None


def _asserted_metrics(test: Mapping[str, Any]) -> set[str]:
    return {
        metric
        for assertion in _assertions(test.get("assert"))
        if (metric := counting.label(assertion.get("metric")))
    }


def _assertions(value: object) -> Iterator[Mapping[str, Any]]:
    """Assertions, and those of assertion sets, which have one level."""
    for assertion in value if isinstance(value, list) else ():
        if isinstance(assertion, dict):
            inner = assertion.get("assert")
            yield from (part for part in inner if isinstance(part, dict)) if isinstance(inner, list) else ()
            yield assertion


def _model(provider: object) -> str | None:
    model_id = counting.label(provider.get("id") if isinstance(provider, dict) else provider)
    if model_id is None or ":" not in model_id or model_id.partition(":")[0] in _NO_MODELS:
        return None
    return model_id


def _duration(summary: Mapping[str, Any]) -> timedelta:
    stats = summary.get("stats")
    spent = strict_json.finite_number(stats.get("durationMs")) if isinstance(stats, dict) else None
    return timedelta(milliseconds=spent) if spent is not None and 0 <= spent < 1e10 else timedelta()


def _chosen_part(data: Mapping[str, Any], rows: list[Mapping[str, Any]]) -> str | None:
    """How the file shows that some of the suite's tests were left out: a filter, or fewer rows than tests."""
    config = data.get("config")
    config = config if isinstance(config, dict) else {}
    options = (
        config.get("commandLineOptions"),
        config.get("evaluateOptions"),
        data.get("runtimeOptions"),
        config,
    )
    for settings in options:
        for key, value in settings.items() if isinstance(settings, dict) else ():
            if key.startswith("filter") and key not in _CHOICE_OF_MODEL and value not in (None, False, ""):
                return f"{key} {strict_json.short(value)}"
    tests = config.get("tests")
    # tests of a file or a generator cannot be counted here
    expected = (
        sum(1 for test in tests if isinstance(test, dict) and "path" not in test)
        if isinstance(tests, list)
        else 0
    )
    indexes = {row.get("testIdx") for row in rows if isinstance(row.get("testIdx"), int)}
    covered = len(indexes) if indexes else len(rows)
    return f"{covered} of {expected} tests" if covered < expected else None


def _model_faults(models: list[str]) -> tuple[str, ...]:
    if len(models) < 2:
        return ()
    return (f"results of several models in one file: {', '.join(models)}"[:500],)
