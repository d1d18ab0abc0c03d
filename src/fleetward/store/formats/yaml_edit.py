"""YAML edited in place: only the text of the changed values is replaced, comments and layout stay."""

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
"""By raw steps: the new text, boolean or flat mapping; None removes the entry."""


def edit_yaml(content: bytes, changes: Changes, file: str, limits: Limits = AGENT_LIMITS) -> bytes:
    """
    The file with these changes; the result is parsed again and compared with what it should say.

    Errors: FleetError where the layout of the file is not one that can be edited.
    """
    text = EditableText(content, limits)
    expected = deepcopy(text.data)
    for steps, value in changes.items():
        if value is not None:
            _parent(expected, steps)[steps[-1]] = value
            text.set_value(steps, value)
    # from the back, because removing an item moves the ones behind it
    for steps in sorted((path for path, value in changes.items() if value is None), reverse=True):
        del _parent(expected, steps)[steps[-1]]
        text.remove(steps)
    result = text.edited_bytes()
    # the last guard: a layout that the edits below do not foresee must not be written
    if parse_yaml(result, file, limits).data != expected:
        message = f"{file} is written in a way that cannot be edited without risk"
        raise FleetError(message, hint=f"edit {file} by hand")
    return result


def insert_item(content: bytes, steps: Steps, item: Mapping[str, Any], file: str) -> bytes:
    """
    The file with *item* as the first of the list at *steps*, which is made where it is missing.

    Errors: FleetError where the layout of the file is not one that can be edited.
    """
    text = EditableText(content)
    expected = deepcopy(text.data)
    parent = _parent(expected, steps)
    parent[steps[-1]] = [dict(item), *(parent.get(steps[-1]) or ())]
    text.insert_first(steps, inline_value(item))
    result = text.edited_bytes()
    if parse_yaml(result, file).data != expected:
        message = f"{file} is written in a way that cannot be edited without risk"
        raise FleetError(message, hint=f"edit {file} by hand")
    return result


def _parent(data: Any, steps: Steps) -> Any:
    for step in steps[:-1]:
        data = data[step]
    return data


def inline_value(value: Any) -> str:
    """A value as YAML on one line; dates are strings in a fleet, and stay without quotes."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {inline_value(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(inline_value(item) for item in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    # YAML 1.2 has no dates; a YAML 1.1 loader would make one of it
    return value if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value) else yaml_scalar(value)


class EditableText:
    """The text of a valid YAML file, the positions of its values, and the edits to make in it."""

    def __init__(self, content: bytes, limits: Limits = AGENT_LIMITS) -> None:
        # offsets count without it, and the file keeps it
        self.bom = b"\xef\xbb\xbf" if content.startswith(b"\xef\xbb\xbf") else b""
        self.text = content.decode("utf-8-sig")
        reading = parse_yaml(content, "", limits, spots=True)
        self.data: dict[str, Any] = reading.data or {}
        self.positions: Mapping[Steps, NodePosition] = reading.positions or {}
        self.starts = [0, *(line_break.end() for line_break in re.finditer(r"\r\n|\r|\n", self.text))]
        self.starts.append(len(self.text))  # the parser adds a line end to the last line
        # the file keeps its line ends, or git would show every line as changed
        self.line_end = "\r\n" if "\r\n" in self.text else "\n"
        self.edits: list[tuple[int, int, str]] = []

    def edited_bytes(self) -> bytes:
        """The text with all edits made."""
        text = self.text
        # from the back, because an edit moves all offsets behind it
        for start, end, replacement in sorted(self.edits, reverse=True):
            text = text[:start] + replacement + text[end:]
        return self.bom + text.encode()

    def set_value(self, steps: Steps, value: Any) -> None:
        """Replace a value and keep its quotes; a new key becomes the first of its mapping."""
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

    def insert_first(self, steps: Steps, item: str) -> None:
        """Insert an item before the first of a list."""
        if steps not in self.positions:
            if self.is_flow(steps[:-1]):
                start = self.value_range(self.positions[steps[:-1]])[0] + 1
                self.edits.append((start, start, f"{steps[-1]}: [{item}], "))
            else:
                self._insert_line(steps[:-1], f"{steps[-1]}: [{item}]")
            return
        start = self.value_range(self.positions[steps])[0]
        first = self.positions.get((*steps, 0))
        if self.is_flow(steps):
            self.edits.append((start + 1, start + 1, f"{item}, " if first else item))
        elif first is not None:
            line, column = first.value[:2]
            before = self.text[self.starts[line - 1] : self.offset(line, column)]
            dash = before if re.fullmatch(" *- +", before) else ""
            self.edits.append((self.starts[line - 1], self.starts[line - 1], f"{dash}{item}{self.line_end}"))

    def _insert_line(self, parent: Steps, entry: str) -> None:
        """Insert after the line of the mapping's key; in an item of a list after the item's first entry."""
        first = self.positions[self._children(parent)[0]].key
        above = first[0] if isinstance(parent[-1], int) else self.positions[parent].key[0]
        end = self.end_of_line(above)
        self.edits.append((end, end, f"{self.line_end}{' ' * (first[1] - 1)}{entry}"))

    def remove(self, steps: Steps) -> None:
        """Remove an entry or item with its lines."""
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
        """The values beneath that have an end of their own: a block ends only where the next value begins."""
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
        """Start and end of a value, as offsets in the text."""
        line, column, end_line, end_column = spot.value
        return self.offset(line, column), self.offset(end_line, end_column)

    def offset(self, line: int, column: int) -> int:
        """The offset of a line and column."""
        return self.starts[line - 1] + column - 1

    def end_of_line(self, line: int) -> int:
        """The offset of the end of a line, before its line break."""
        line_break = re.compile(r"\r|\n").search(self.text, self.starts[line - 1])
        return line_break.start() if line_break else len(self.text)
