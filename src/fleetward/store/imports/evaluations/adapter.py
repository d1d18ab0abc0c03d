"""What an adapter of an evaluation tool consists of, and the file that it is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from fleetward.domain import limits
from fleetward.domain.errors import FleetError
from fleetward.domain.evidence import EvaluationResult
from fleetward.domain.fast_dataclass import dataclass
from fleetward.store.formats import strict_json


class EvaluationFile:
    """A file of an evaluation tool; *name* begins every message about it."""

    def __init__(self, content: bytes, name: str) -> None:
        self.content = content
        self.name = name
        self.json_error: FleetError | None = None
        """Why the content is not JSON, once ``json`` was asked for."""

    @cached_property
    def json(self) -> Mapping[str, Any] | None:
        """The content as a JSON object; None where it is none."""
        if not self.starts_with(b"{"):
            return None
        try:
            data = strict_json.parse_json(self.content, self.name, limit=limits.EVALUATION_JSON_BYTES)
        except FleetError as error:
            self.json_error = error
            return None
        return data if isinstance(data, dict) else None

    def json_object(self) -> Mapping[str, Any]:
        """
        The content as a JSON object, for an adapter that has recognised it.

        Errors: FleetError where it is none.
        """
        if self.json is None:
            raise self.json_error or FleetError(f"{self.name}: not a JSON object")
        return self.json

    def starts_with(self, start: bytes) -> bool:
        """Is *start* the first text, after a byte order mark and white space?"""
        return self.content.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(start)


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapter:
    """
    One format of evaluation results.

    The docstrings of *recognises* and *read* are its documentation, printed into ``docs/reference/formats.md``.
    """

    format: str
    """What ``format`` in ``spec.evals`` says."""
    recognises: Callable[[EvaluationFile], bool]
    read: Callable[[EvaluationFile], EvaluationResult]
    """Errors: FleetError where the file is malformed, incomplete or contradicts itself."""
