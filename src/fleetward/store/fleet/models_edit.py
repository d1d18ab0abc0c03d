"""Dates brought into governance/models.yaml, with all else in it kept as people wrote it."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from copy import deepcopy
from pathlib import Path
from typing import Any

from fleetward.domain.errors import FleetError, Unwritten
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.path import Steps
from fleetward.store.formats.strict_yaml import GOVERNANCE_LIMITS, read
from fleetward.store.formats.yaml_edit import Text, inline

EMPTY = b"""\
# The language models that agents may use, and the last day on which their providers serve them.
apiVersion: fleetward/v1
kind: Models
models: []
"""
_STAMP = re.compile(
    r"(?:; )?retirement by LiteLLM's model catalogue \(sha256:[0-9a-f]{12}\), read [0-9-]{10}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One line of the register that gets a date: its place in the list, or None for one to be added."""

    provider: str
    name: str
    day: str
    before: str | None = None
    position: int | None = None


def stamp(sha256: str, today: str) -> str:
    """The words that tell where a date came from, and when."""
    return f"retirement by LiteLLM's model catalogue ({sha256[:19]}), read {today}"


def edited(content: bytes, listings: Sequence[Listing], *, source: str, today: str) -> bytes:
    """
    models.yaml with these dates, ``checkedAt`` today, and all else as it was written, comments too.

    Only the text of values is exchanged, and new text put beside them; what comes out is read again.
    Errors: FleetError where the file is written in a way that this cannot follow; nothing is guessed.
    """
    text = _Text(content, GOVERNANCE_LIMITS)
    wanted = deepcopy(text.data)
    wanted["checkedAt"] = today
    text.check(today)
    for one in listings:
        if one.position is None:
            continue
        at: Steps = ("models", one.position)
        item = wanted["models"][one.position]
        note = _noted(item.get("note"), source) if text.one_line((*at, "note")) else None
        values = {"retiresAt": one.day, **({"note": note} if note else {})}
        item.update(values)
        text.set(at, values)
    fresh = [one for one in listings if one.position is None]
    items = [
        {"provider": one.provider, "name": one.name, "retiresAt": one.day, "note": source} for one in fresh
    ]
    wanted["models"].extend(items)
    text.append(items)
    made = text.made()
    if read(made, "", GOVERNANCE_LIMITS).data != wanted:
        message = "governance/models.yaml is written in a way that cannot be edited without risk"
        raise FleetError(
            message, hint="write its list as one item a line, such as - {provider: ..., name: ...}"
        )
    return made


def put(path: Path, content: bytes) -> None:
    """
    Exchange a file's content in one step; its mode stays.

    Errors: Unwritten, with the file as it was.
    """
    part = None
    try:
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
        handle, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(part).chmod(mode)
        Path(part).replace(path)
    except OSError as error:
        if part is not None:
            with suppress(OSError):
                Path(part).unlink()
        raise Unwritten(f"cannot write {path.name!r}: {error.strerror}") from error


def _noted(note: Any, source: str) -> str | None:
    """What a person wrote, and behind it where the date comes from; None where that does not fit."""
    kept = _STAMP.sub("", note) if isinstance(note, str) else ""
    joined = f"{kept}; {source}" if kept else source
    return joined if len(joined) <= 1000 else None


class _Text(Text):
    """The text of a models.yaml, the places of its values, and the exchanges to be made in it."""

    def check(self, today: str) -> None:
        """``checkedAt`` exchanged, or put in front of the list."""
        spot = self.spots.get(("checkedAt",))
        if spot is not None:
            self.edits.append((*self.value(spot), today))
        elif self.flow(()):
            start = self.at(*self.spots[("models",)].key[:2])
            self.edits.append((start, start, f"checkedAt: {today}, "))
        else:
            start = self.starts[self.spots[("models",)].key[0] - 1]
            self.edits.append((start, start, f"checkedAt: {today}{self.line_end}"))

    def one_line(self, steps: Steps) -> bool:
        """Is there no such value yet, or one that begins and ends on a line?"""
        spot = self.spots.get(steps)
        return spot is None or spot.value[0] == spot.value[2]

    def set(self, item: Steps, values: Mapping[str, str]) -> None:
        """Exchange values of a mapping; those that it lacks come right behind what is surely there."""
        missing = ""
        behind = next(key for key in ("retiresAt", "allowed", "name") if (*item, key) in self.spots)
        spot = self.spots[(*item, behind)]
        for key, value in values.items():
            there = self.spots.get((*item, key))
            if there is not None:
                self.edits.append((*self.value(there), inline(value)))
            elif self.flow(item):
                missing += f", {key}: {inline(value)}"
            else:
                missing += f"{self.line_end}{' ' * (spot.key[1] - 1)}{key}: {inline(value)}"
        end = self.value(spot)[1] if self.flow(item) else self.end_of_line(spot.value[2])
        if missing:
            self.edits.append((end, end, missing))

    def append(self, items: Sequence[Mapping[str, str]]) -> None:
        """New items behind the last one."""
        if not items:
            return
        shown = [f"{{{', '.join(f'{key}: {inline(value)}' for key, value in one.items())}}}" for one in items]
        listed = self.spots[("models",)]
        last = len(self.data["models"]) - 1
        if self.flow(("models",)) and last >= 0:
            end = self.value(self.spots["models", last])[1]
            self.edits.append((end, end, "".join(f", {one}" for one in shown)))
        elif self.flow(("models",)) and self.flow(()):
            self.edits.append((*self.value(listed), f"[{', '.join(shown)}]"))
        elif last < 0:
            self.edits.append((*self.value(listed), "".join(f"{self.line_end}  - {one}" for one in shown)))
        else:
            self._append_lines(last, shown)

    def _append_lines(self, last: int, shown: Sequence[str]) -> None:
        """Behind the last line of a block list, and what is written at the end of that line."""
        line, column = self.spots["models", last].value[:2]
        before = self.text[self.starts[line - 1] : self.at(line, column)]
        dash = before if re.fullmatch(" *- +", before) else "  - "
        ends = [
            spot.value
            for steps, spot in self.spots.items()
            if steps[:2] == ("models", last) and (self.flow(steps) or not self.holds(steps))
        ]
        first, _, end_line, end_column = max(ends, key=lambda span: span[2:])
        if end_column == 1 and end_line > first:  # a block scalar: it ends where the next line begins
            at = self.at(end_line, 1)
            self.edits.append((at, at, "".join(f"{dash}{one}{self.line_end}" for one in shown)))
        else:
            at = self.end_of_line(end_line)
            self.edits.append((at, at, "".join(f"{self.line_end}{dash}{one}" for one in shown)))
