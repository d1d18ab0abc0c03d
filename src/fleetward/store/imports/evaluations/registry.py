"""
The formats of evaluation results: which adapter recognises and reads a file.

A new format is a module with ``recognises`` and ``read``, a row in ``ADAPTERS`` and a word in the ``enum`` of
``format`` in ``schemas/agent.schema.json``.
"""

from __future__ import annotations

from fleetward.domain.errors import FleetError
from fleetward.domain.evidence import EvaluationResult
from fleetward.store.imports.evaluations import deepeval, fleetward_record, inspect_ai, junit, promptfoo
from fleetward.store.imports.evaluations.adapter import Adapter, EvaluationFile

ADAPTERS = (
    Adapter(
        format=fleetward_record.FORMAT, recognises=fleetward_record.recognises, read=fleetward_record.read
    ),
    Adapter(format=inspect_ai.FORMAT, recognises=inspect_ai.recognises, read=inspect_ai.read),
    Adapter(format=deepeval.FORMAT, recognises=deepeval.recognises, read=deepeval.read),
    Adapter(format=promptfoo.FORMAT, recognises=promptfoo.recognises, read=promptfoo.read),
    Adapter(format=junit.FORMAT, recognises=junit.recognises, read=junit.read),
)
"""In the order of recognition: the first that recognises a file reads it. Names come before shapes."""
FORMATS = (*sorted(adapter.format for adapter in ADAPTERS),)
"""What ``format`` in ``spec.evals`` may say."""


def read_evaluation(content: bytes, *, format: str | None, file: str) -> EvaluationResult:  # noqa: A002
    """
    The result in an evaluation file; *file* is its name in messages.

    ``format`` is one of FORMATS, or None to accept whichever the content is.
    Errors: FleetError when no adapter recognises the content, it is of another format, malformed or incomplete.
    """
    if format is not None and format not in FORMATS:
        raise FleetError(f"no evaluation format {format!r}", hint=f"one of: {', '.join(FORMATS)}")
    evaluation = EvaluationFile(content, file)
    adapter = recognise(evaluation)
    if adapter is None:
        raise evaluation.json_error or FleetError(
            f"{file}: not recognised as a file of evaluation results",
            hint=f"formats: {', '.join(FORMATS)}; any other tool can write {fleetward_record.RECORD_FORMAT!r}",
        )
    if format not in (None, adapter.format):
        raise FleetError(
            f"{file}: the content is that of {adapter.format}, not of {format!r}",
            hint=f"give a file that {format} wrote, or correct 'format' in spec.evals",
        )
    return adapter.read(evaluation)


def recognise(evaluation: EvaluationFile) -> Adapter | None:
    """The adapter that reads this file; None where no adapter recognises it."""
    return next((adapter for adapter in ADAPTERS if adapter.recognises(evaluation)), None)
