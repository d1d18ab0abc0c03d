"""Retirement dates written into governance/models.yaml; all other text stays as it is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

from fleetward.domain.errors import FleetError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.path import Steps
from fleetward.store.formats.strict_yaml import GOVERNANCE_LIMITS, parse_yaml
from fleetward.store.formats.yaml_edit import EditableText, inline_value

EMPTY_MODELS = b"""\
# The language models that agents may use, and the last day on which their providers serve them.
apiVersion: fleetward/v1
kind: Models
models: []
"""
_STAMP = re.compile(
    r"(?:; )?retirement by LiteLLM's model catalogue \(sha256:[0-9a-f]{12}\), read [0-9-]{10}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedModel:
    """A language model that gets a date; *position* is its index in the list, None for a new entry."""

    provider: str
    name: str
    day: str
    previous_day: str | None = None
    position: int | None = None


def source_note(sha256: str, today: str) -> str:
    """The note beside a date: its source, and when that was read."""
    return f"retirement by LiteLLM's model catalogue ({sha256[:19]}), read {today}"


def with_dates(content: bytes, listings: Sequence[DatedModel], *, source: str, today: str) -> bytes:
    """
    models.yaml with these dates and ``checkedAt`` today; comments and layout stay.

    The result is parsed again and compared with what it should say.
    Errors: FleetError where the layout of the file is not one that can be edited.
    """
    text = _ModelsText(content, GOVERNANCE_LIMITS)
    expected = deepcopy(text.data)
    expected["checkedAt"] = today
    text.set_checked_at(today)
    for listing in listings:
        if listing.position is None:
            continue
        at: Steps = ("models", listing.position)
        item = expected["models"][listing.position]
        note = _note_text(item.get("note"), source) if text.is_one_line((*at, "note")) else None
        values = {"retiresAt": listing.day, **({"note": note} if note else {})}
        item.update(values)
        text.set_values(at, values)
    fresh = [listing for listing in listings if listing.position is None]
    items = [
        {"provider": listing.provider, "name": listing.name, "retiresAt": listing.day, "note": source}
        for listing in fresh
    ]
    expected["models"].extend(items)
    text.append(items)
    result = text.edited_bytes()
    if parse_yaml(result, "", GOVERNANCE_LIMITS).data != expected:
        message = "governance/models.yaml is written in a way that cannot be edited without risk"
        raise FleetError(
            message, hint="write its list as one item a line, such as - {provider: ..., name: ...}"
        )
    return result


def _note_text(note: Any, source: str) -> str | None:
    """A person's note followed by *source*; None where both together are too long."""
    own_note = _STAMP.sub("", note) if isinstance(note, str) else ""
    joined = f"{own_note}; {source}" if own_note else source
    return joined if len(joined) <= 1000 else None


class _ModelsText(EditableText):
    """The text of a models.yaml with the edits to make in it."""

    def set_checked_at(self, today: str) -> None:
        """Replace ``checkedAt``, or insert it before the list."""
        spot = self.positions.get(("checkedAt",))
        if spot is not None:
            self.edits.append((*self.value_range(spot), today))
        elif self.is_flow(()):
            start = self.offset(*self.positions[("models",)].key[:2])
            self.edits.append((start, start, f"checkedAt: {today}, "))
        else:
            start = self.starts[self.positions[("models",)].key[0] - 1]
            self.edits.append((start, start, f"checkedAt: {today}{self.line_end}"))

    def is_one_line(self, steps: Steps) -> bool:
        """Is the value absent, or written on one line?"""
        spot = self.positions.get(steps)
        return spot is None or spot.value[0] == spot.value[2]

    def set_values(self, item: Steps, values: Mapping[str, str]) -> None:
        """Replace values of a list item; new keys come after a key that the item has."""
        missing = ""
        after_key = next(key for key in ("retiresAt", "allowed", "name") if (*item, key) in self.positions)
        spot = self.positions[(*item, after_key)]
        for key, value in values.items():
            existing = self.positions.get((*item, key))
            if existing is not None:
                self.edits.append((*self.value_range(existing), inline_value(value)))
            elif self.is_flow(item):
                missing += f", {key}: {inline_value(value)}"
            else:
                missing += f"{self.line_end}{' ' * (spot.key[1] - 1)}{key}: {inline_value(value)}"
        end = self.value_range(spot)[1] if self.is_flow(item) else self.end_of_line(spot.value[2])
        if missing:
            self.edits.append((end, end, missing))

    def append(self, items: Sequence[Mapping[str, str]]) -> None:
        """Add items at the end of the list."""
        if not items:
            return
        lines = [
            f"{{{', '.join(f'{key}: {inline_value(value)}' for key, value in item.items())}}}"
            for item in items
        ]
        listed = self.positions[("models",)]
        last = len(self.data["models"]) - 1
        if self.is_flow(("models",)) and last >= 0:
            end = self.value_range(self.positions["models", last])[1]
            self.edits.append((end, end, "".join(f", {item}" for item in lines)))
        elif self.is_flow(("models",)) and self.is_flow(()):
            self.edits.append((*self.value_range(listed), f"[{', '.join(lines)}]"))
        elif last < 0:
            self.edits.append(
                (*self.value_range(listed), "".join(f"{self.line_end}  - {item}" for item in lines))
            )
        else:
            self._append_lines(last, lines)

    def _append_lines(self, last: int, items: Sequence[str]) -> None:
        """Add them after the last line of a block list, behind a comment on that line."""
        line, column = self.positions["models", last].value[:2]
        before = self.text[self.starts[line - 1] : self.offset(line, column)]
        dash = before if re.fullmatch(" *- +", before) else "  - "
        ends = [
            spot.value
            for steps, spot in self.positions.items()
            if steps[:2] == ("models", last) and (self.is_flow(steps) or not self.is_collection(steps))
        ]
        first, _, end_line, end_column = max(ends, key=lambda span: span[2:])
        if end_column == 1 and end_line > first:  # a block scalar ends at the start of the next line
            at = self.offset(end_line, 1)
            self.edits.append((at, at, "".join(f"{dash}{item}{self.line_end}" for item in items)))
        else:
            at = self.end_of_line(end_line)
            self.edits.append((at, at, "".join(f"{self.line_end}{dash}{item}" for item in items)))
