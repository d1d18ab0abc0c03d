"""Compares the gate's schema findings in a text with an editor's marks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from fleetward.store.formats.document import read_document
from fleetward.store.formats.strict_yaml import parse_yaml
from tests.editor.server import Mark
from tests.schemas.reading import FOLDER

SHAPE = {"schema", "unknown-key"}
"""The rules that an editor can judge too."""


class Plain(yaml.SafeDumper):
    """Writes repeated values in full: aliases are not allowed."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A file of a fleet, with the modeline that leads an editor to its schema."""

    kind: str
    name: str
    body: str

    @property
    def with_modeline(self) -> str:
        schema = (FOLDER / f"{self.kind}.schema.json").as_uri()
        return f"# yaml-language-server: $schema={schema}\n{self.body}"

    def gate_lines(self) -> set[int]:
        """The lines at which the gate finds the shape wrong."""
        findings = read_document(self.with_modeline.encode(), "file.yaml", self.kind).findings
        assert {finding.rule for finding in findings} <= SHAPE, f"{self.name}: {findings}"
        return {finding.place.line for finding in findings}

    def block_starts(self) -> set[tuple[int, int]]:
        """(line of its key, first line of it) of every block: a list or mapping below its key."""
        spots = parse_yaml(self.with_modeline.encode(), "file.yaml", spots=True).positions or {}
        pairs = {(spot.key[0], spot.value[0]) for steps, spot in spots.items() if steps}
        return {(key, start) for key, start in pairs if key != start} | {(1, spots[()].value[0])}


def as_text(kind: str, name: str, data: Any) -> Text:
    """*data* in block style, a value a line."""
    return Text(kind=kind, name=name, body=yaml.dump(data, Dumper=Plain, sort_keys=False, allow_unicode=True))


def files(folder: Path, texts: list[Text]) -> dict[Path, str]:
    """The texts by paths for an editor; the files need not exist."""
    return {folder / f"{index}.yaml": text.with_modeline for index, text in enumerate(texts)}


def is_disputed(text: Text, marks: list[Mark]) -> bool:
    """Does only one of the two find errors in it?"""
    return bool(text.gate_lines()) != bool(marks)


def lines_marked_once(text: Text, marks: list[Mark]) -> Iterator[int]:
    """
    The lines that only one of the two names.

    Two are the same place: the gate names the key of a block (line 1 for the whole file), an editor its start.
    """
    gate_lines, marked, starts = text.gate_lines(), {mark.line for mark in marks}, text.block_starts()
    for line in gate_lines - marked:
        if not any(start in marked for key, start in starts if key == line):
            yield line
    for line in marked - gate_lines:
        if not any(key in gate_lines for key, start in starts if start == line):
            yield line
