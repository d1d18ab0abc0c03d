"""Samples of evaluation tools, and edited copies of them."""

from __future__ import annotations

import json
from typing import Any

from fleetward.domain.evidence import EvaluationResult
from fleetward.store.imports.evaluations.registry import read_evaluation
from tests import paths

SAMPLES = paths.SAMPLES / "evals"
RELEASE = "sha256:" + "ab" * 32


def read_sample(path: str, kind: str | None = None) -> EvaluationResult:
    return read_evaluation((SAMPLES / path).read_bytes(), format=kind, file=path)


def changed(path: str, *edits: tuple[str, Any]) -> bytes:
    """The JSON sample with values set at slash-separated paths."""
    data = json.loads((SAMPLES / path).read_bytes())
    for place, value in edits:
        *way, last = place.split("/")
        inner = data
        for step in way:
            inner = inner[int(step)] if isinstance(inner, list) else inner[step]
        inner[int(last) if isinstance(inner, list) else last] = value
    return json.dumps(data).encode()


def read_content(content: bytes, kind: str | None = None) -> EvaluationResult:
    return read_evaluation(content, format=kind, file="file")


def record(**fields: Any) -> bytes:
    usual = {"format": "fleetward.evaluation/1", "counts": {"total": 4, "passed": 3, "errored": 1}}
    return json.dumps({**usual, **fields}).encode()
