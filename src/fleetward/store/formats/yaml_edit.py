"""YAML edited in place: the text of values is exchanged, all else stays as people wrote it, comments too."""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from fleetward.domain.errors import FleetError
from fleetward.domain.path import Steps
from fleetward.store.formats.strict_yaml import AGENT_LIMITS, Limits, NodePosition, parse_yaml
from fleetward.store.formats.yaml_scalar import yaml_scalar

Changes = Mapping[Steps, Any]
"""By raw steps: the text, truth or small mapping that comes there; None takes out what is there."""


def edit_yaml(content: bytes, changes: Changes, file: str, limits: Limits = AGENT_LIMITS) -> bytes:
    """
    The file with these changes in it, which is read again to see that nothing else moved.

    Errors: FleetError where the file is written in a way that this cannot follow; nothing is guessed.
    """
    text = EditableText(content, limits)
    expected = deepcopy(text.data)
    for steps, value in changes.items():
        if value is not None:
            _parent(expected, steps)[steps[-1]] = value
            text.set_value(steps, value)
    for steps in sorted((path for path, value in changes.items() if value is None), reverse=True):
        del _parent(expected, steps)[steps[-1]]
        text.remove(steps)
    result = text.edited_bytes()
    if parse_yaml(result, file, limits).data != expected:
        message = f"{file} is written in a way that cannot be edited without risk"
        raise FleetError(message, hint=f"edit {file} by hand")
    return result


def _parent(data: Any, steps: Steps) -> Any:
    for step in steps[:-1]:
        data = data[step]
    return data


def inline_value(value: Any) -> str:
    """A value on one line, as every reader takes it; a date is a string here, and needs no quotes."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {inline_value(item)}" for key, item in value.items()) + "}"
    if isinstance(value, bool):
        return str(value).lower()
    return value if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value) else yaml_scalar(value)


class EditableText:
    """The text of a file that could be read, the places of its values, and the exchanges to be made in it."""

    def __init__(self, content: bytes, limits: Limits = AGENT_LIMITS) -> None:
        self.bom = b"\xef\xbb\xbf" if content.startswith(b"\xef\xbb\xbf") else b""
        self.text = content.decode("utf-8-sig")
        reading = parse_yaml(content, "", limits, spots=True)
        self.data: dict[str, Any] = reading.data or {}
        self.positions: Mapping[Steps, NodePosition] = reading.positions or {}
        self.starts = [0, *(line_break.end() for line_break in re.finditer(r"\r\n|\r|\n", self.text))]
        self.starts.append(len(self.text))  # the parser ends a last line that nothing ends
        self.line_end = "\r\n" if "\r\n" in self.text else "\n"
        self.edits: list[tuple[int, int, str]] = []

    def edited_bytes(self) -> bytes:
        """The text with its exchanges."""
        text = self.text
        for start, end, replacement in sorted(self.edits, reverse=True):
            text = text[:start] + replacement + text[end:]
        return self.bom + text.encode()

    def set_value(self, steps: Steps, value: Any) -> None:
        """A value exchanged, in the quotes that it had; or written first in its mapping, where it is new."""
        if steps in self.positions:
            start, end = self.value_range(self.positions[steps])
            quote = self.text[start] if isinstance(value, str) and self.text[start] in "\"'" else ""
            self.edits.append((start, end, f"{quote}{value}{quote}" if quote else inline_value(value)))
        elif self.is_flow(steps[:-1]):
            start = self.value_range(self.positions[steps[:-1]])[0] + 1
            separator = ", " if self._children(steps[:-1]) else ""
            self.edits.append((start, start, f"{steps[-1]}: {inline_value(value)}{separator}"))
        else:
            self._insert_line(steps[:-1], f"{steps[-1]}: {inline_value(value)}")

    def _insert_line(self, parent: Steps, entry: str) -> None:
        """Under the line of the mapping's own key; under its first entry, where it is an item of a list."""
        first = self.positions[self._children(parent)[0]].key
        above = first[0] if isinstance(parent[-1], int) else self.positions[parent].key[0]
        end = self.end_of_line(above)
        self.edits.append((end, end, f"{self.line_end}{' ' * (first[1] - 1)}{entry}"))

    def remove(self, steps: Steps) -> None:
        """An entry or item taken out, with the lines that are its own."""
        spot = self.positions[steps]
        if self.is_flow(steps[:-1]):
            start, end = self.offset(*spot.key[:2]), self.value_range(spot)[1]
            behind = re.compile(r"\s*,[ \t]*").match(self.text, end)
            before = re.compile(r",\s*$").search(self.text[:start])
            if behind is not None:
                end = behind.end()
            elif before is not None:
                start = before.start()
            self.edits.append((start, end, ""))
        else:
            last = max(self.positions[leaf].value[2] for leaf in (*self._leaves(steps),))
            self.edits.append((self.starts[spot.key[0] - 1], self.starts[last], ""))

    def _children(self, steps: Steps) -> list[Steps]:
        return [path for path in self.positions if len(path) == len(steps) + 1 and path[:-1] == steps]

    def _leaves(self, steps: Steps) -> list[Steps]:
        """What of it has an end of its own: a block ends only where the next thing begins."""
        inside = [path for path in self.positions if path[: len(steps)] == steps]
        return [path for path in inside if self.is_flow(path) or not self.is_collection(path)]

    def is_collection(self, steps: Steps) -> bool:
        """Is this a mapping or a list?"""
        value: Any = self.data
        for step in steps:
            value = value[step]
        return isinstance(value, dict | list)

    def is_flow(self, steps: Steps) -> bool:
        """Is it written in brackets?"""
        return self.text.startswith(("{", "["), self.value_range(self.positions[steps])[0])

    def value_range(self, spot: NodePosition) -> tuple[int, int]:
        """Where a value begins and ends in the text."""
        line, column, end_line, end_column = spot.value
        return self.offset(line, column), self.offset(end_line, end_column)

    def offset(self, line: int, column: int) -> int:
        """A place in the text."""
        return self.starts[line - 1] + column - 1

    def end_of_line(self, line: int) -> int:
        """Where a line ends in the text, before what ends it."""
        line_break = re.compile(r"\r|\n").search(self.text, self.starts[line - 1])
        return line_break.start() if line_break else len(self.text)
