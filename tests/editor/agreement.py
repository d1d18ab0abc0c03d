"""One text before both readers: the gate's findings of shape, and the editor's marks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from fleetward.store.formats.document import document
from fleetward.store.formats.strict_yaml import read
from tests.editor.server import Mark
from tests.schemas.reading import FOLDER

SHAPE = {"schema", "unknown-key"}
"""The rules that an editor can judge too."""


class Plain(yaml.SafeDumper):
    """Writes what occurs twice twice: an alias is not allowed."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A file of a fleet, with the modeline that leads an editor to its schema."""

    kind: str
    name: str
    body: str

    @property
    def whole(self) -> str:
        schema = (FOLDER / f"{self.kind}.schema.json").as_uri()
        return f"# yaml-language-server: $schema={schema}\n{self.body}"

    def found(self) -> set[int]:
        """The lines at which the gate finds the shape wrong."""
        findings = document(self.whole.encode(), "file.yaml", self.kind).findings
        assert {one.rule for one in findings} <= SHAPE, f"{self.name}: {findings}"
        return {one.place.line for one in findings}

    def starts(self) -> set[tuple[int, int]]:
        """(line of its key, first line of it) of every block: a list or mapping below its key."""
        spots = read(self.whole.encode(), "file.yaml", spots=True).spots or {}
        pairs = {(spot.key[0], spot.value[0]) for steps, spot in spots.items() if steps}
        return {(key, start) for key, start in pairs if key != start} | {(1, spots[()].value[0])}


def written(kind: str, name: str, data: Any) -> Text:
    """*data* in block style, a value a line."""
    return Text(kind=kind, name=name, body=yaml.dump(data, Dumper=Plain, sort_keys=False, allow_unicode=True))


def files(folder: Path, texts: list[Text]) -> dict[Path, str]:
    """Where an editor would see them; nothing has to be there."""
    return {folder / f"{index}.yaml": text.whole for index, text in enumerate(texts)}


def disputed(text: Text, marks: list[Mark]) -> bool:
    """Is one of the two readers alone in calling it wrong?"""
    return bool(text.found()) != bool(marks)


def elsewhere(text: Text, marks: list[Mark]) -> Iterator[int]:
    """
    The lines that only one of the two names.

    Two are the same place: the gate names the key of a block (line 1 for the whole file), an editor its start.
    """
    found, marked, starts = text.found(), {one.line for one in marks}, text.starts()
    for line in found - marked:
        if not any(start in marked for key, start in starts if key == line):
            yield line
    for line in marked - found:
        if not any(key in found for key, start in starts if start == line):
            yield line
