"""A page of the documentation as steps: its ``sh`` blocks, who types them, when, and with which exit code.

A comment before a block carries the setting, which holds until the next one says otherwise:
``<!-- fleet: example|none -->``, ``<!-- as: PERSON, at: INSTANT -->``, ``<!-- in: FOLDER -->``.
``<!-- exit: CODE -->`` and ``<!-- before: COMMANDS -->`` hold for the next block alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_COMMENT = re.compile(r"<!-- (.*?) -->")
_SETTING = re.compile(r"(as|at|in|fleet|exit): ([^,]+?)(?:, (?=(?:as|at|in): )|$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One block: shell text and its setting."""

    script: str
    line: int
    person: str = "greta"
    instant: str = "2026-11-18T09:00:00Z"
    folder: str = "."
    exit_code: int = 0
    before: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """All steps of a page, and the fleet that they start from."""

    fleet: str
    steps: tuple[Step, ...]


def page(text: str) -> Page:
    """The page that *text* (Markdown) describes."""
    fleet = (re.search(r"<!-- fleet: (\w+) -->", text) or ["", "example"])[1]
    return Page(fleet=fleet, steps=tuple(_steps(text)))


def _steps(text: str) -> Iterator[Step]:
    lasting = {"as": "greta", "at": "2026-11-18T09:00:00Z", "in": "."}
    once: dict[str, str] = {}
    lines = text.splitlines()
    number = 0
    while number < len(lines):
        line = lines[number]
        if comment := _COMMENT.fullmatch(line):
            if comment[1].startswith("before: "):
                once["before"] = comment[1].removeprefix("before: ")
            for key, value in _SETTING.findall(comment[1]):
                (once if key == "exit" else lasting)[key] = value
        elif line == "```sh":
            end = lines.index("```", number)
            yield Step(
                script="\n".join(lines[number + 1 : end]) + "\n",
                line=number + 2,
                person=lasting["as"],
                instant=lasting["at"],
                folder=lasting["in"],
                exit_code=int(once.get("exit", "0")),
                before=once.get("before", ""),
            )
            once, number = {}, end
        number += 1
