"""A YAML file of the fleet: its data, its findings, and the place of each value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from fleetward.domain import digest
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Finding, Place
from fleetward.domain.path import Steps, item_key, parse_path
from fleetward.store.formats import yaml_positions
from fleetward.store.formats.hidden_characters import value_findings, without_repeats
from fleetward.store.formats.json_schema import load_schema, path_of_steps
from fleetward.store.formats.schema_findings import schema_findings
from fleetward.store.formats.strict_yaml import AGENT_LIMITS, Limits, NodePosition, parse_yaml


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """
    One file, parsed and checked; *data* is None where it cannot be parsed, and *findings* say why.

    A hidden character in prose is a finding that leaves the rest of the file as it is.
    """

    file: str
    content: bytes
    schema: str
    limits: Limits
    data: dict[str, Any] | None
    findings: tuple[Finding, ...] = ()

    @property
    def blocking_findings(self) -> tuple[Finding, ...]:
        """The findings that leave nothing to go on with; a waiver may excuse the others."""
        return tuple(finding for finding in self.findings if not finding.codepoint)

    @property
    def sha256(self) -> str:
        """The digest of the file as stored."""
        return digest.of_bytes(self.content)

    def place(self, steps: Steps, *, at_key: bool = False, at_first_word: bool = False) -> Place:
        """
        The place of raw steps: of a one-line value, or of a block's key; of the nearest above if absent.

        *at_first_word* marks a mapping or list from which something is absent: its key, or the first key in it.
        """
        # a file that could not be parsed may be hostile
        if self.data is None or not (steps or at_first_word):
            return Place(file=self.file, path="")
        # parsed again: places cost as much as the values, and few files need them
        requested, (steps, position) = steps, yaml_positions.find_position(self.content, steps)
        path = path_of_steps(steps, self.data, load_schema(self.schema))
        if at_first_word or len(steps) < len(requested):
            span = yaml_positions.first_word(self.content, steps)
        elif not steps:
            return Place(file=self.file, path=path)
        else:
            span = position.key if at_key or _is_block(position) else position.value
        line, column, end_line, end_column = span
        return Place(
            file=self.file, line=line, column=column, end_line=end_line, end_column=end_column, path=path
        )

    def locate(self, path: str) -> Place:
        """The place of a path such as ``spec.tools[crm].allow``, or of the nearest value above it."""
        steps = raw_steps(self.data, path)
        return self.place(steps, at_first_word=len(steps) < len(parse_path(path)))

    def source_text(self, place: Place) -> str:
        """The source text of a one-line place."""
        lines = self.content.decode("utf-8-sig", "replace").splitlines()
        if place.line != place.end_line or place.line > len(lines):
            return ""
        return lines[place.line - 1][place.column - 1 : place.end_column - 1]

    def schema_findings(self, data: Any = None) -> tuple[Finding, ...]:
        """The schema's errors in the file's data, or in *data* made from it."""
        return schema_findings(data or self.data, self.schema, self.place, self.source_text)


def read_document(
    content: bytes,
    file: str,
    kind: str,
    limits: Limits = AGENT_LIMITS,
    documents: DocumentCache | None = None,
) -> Document:
    """The document in *content*, checked against the schema of its *kind*; never an exception."""
    return (_read_document if documents is None else documents.read)(content, file, kind, limits)


def _read_document(content: bytes, file: str, kind: str, limits: Limits) -> Document:
    parsed = parse_yaml(content, file, limits)
    document = Document(
        file=file, content=content, schema=kind, limits=limits, data=parsed.data, findings=parsed.findings
    )
    if parsed.data is None:
        return document
    findings = document.schema_findings()
    if parsed.has_invisible:
        named = value_findings(parsed.data, document.place)
        return replace(document, findings=without_repeats((*parsed.findings, *findings, *named)))
    return replace(document, findings=(*parsed.findings, *findings)) if findings else document


class DocumentCache:
    """The documents that were read last, for a command that reads the same files in many commits."""

    def __init__(self, max_documents: int) -> None:
        self.read = lru_cache(maxsize=max_documents)(_read_document)


def raw_steps(data: Any, path: str) -> Steps:
    """The raw steps of *path* in *data*, items by position; as far as they exist."""
    result: list[str | int] = []
    value = data
    for step in parse_path(path):
        if isinstance(value, Mapping) and step in value:
            result.append(step)
            value = value[step]
        elif isinstance(value, list) and (index := _index(value, step)) is not None:
            result.append(index)
            value = value[index]
        else:
            break
    return tuple(result)


def _index(items: list[Any], step: str) -> int | None:
    # a key wins over a position, because positions move
    for index, item in enumerate(items):
        if item_key(item) == step:
            return index
    return int(step) if step.isdigit() and int(step) < len(items) else None


def _is_block(position: NodePosition) -> bool:
    return position.value[0] != position.value[2]
