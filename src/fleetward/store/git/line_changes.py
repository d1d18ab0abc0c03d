"""What a change of a file did to its lines: which were added, which were taken away, and where."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from fleetward.domain import limits
from fleetward.domain.audit import FileStep, FileVersion
from fleetward.domain.fast_dataclass import dataclass
from fleetward.store.git.repository import Id, Repository

Hunk = tuple[tuple[bytes, ...], tuple[bytes, ...]]
"""Lines that stood together and were taken away, and what came in their place."""
_SIGNIFICANT = re.compile(rb"[0-9A-Za-z\x80-\xff]")
_TELLING_WORDS = 4
_COMPARED_LINES = 4000
"""Beyond it no hunks are sought: the time for it grows with the square."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineChange:
    """The lines that one change of one file added and took away; a line without a letter or a digit is none."""

    added: frozenset[bytes]
    removed: frozenset[bytes]


class FileTexts:
    """The texts of file versions, read in batches; a version over the limit has none."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._contents: dict[Id, bytes | int] = {}

    def load(self, versions: Iterable[FileVersion | None]) -> None:
        """Read these versions at once."""
        ids = {version.id for version in versions if version is not None} - self._contents.keys()
        if ids:
            self._contents.update(self._repository.blobs(sorted(ids), limits.AGENT_FILE_BYTES))

    def load_steps(self, steps: Iterable[FileStep]) -> None:
        """Read both sides of these changes at once."""
        self.load(version for step in steps for version in (step.old, step.new))

    def content(self, version: FileVersion | None) -> bytes | None:
        """The bytes of a version; None where it is too large."""
        if version is None:
            return b""
        content = self._contents[version.id]
        return content if isinstance(content, bytes) else None

    def lines(self, version: FileVersion | None) -> Counter[bytes]:
        """The lines of a version with their numbers, without white space at their ends and between words."""
        content = self.content(version)
        return Counter() if content is None else line_counts(content)

    def change(self, step: FileStep) -> LineChange | None:
        """The lines that a change added and took away; None where a side is too large."""
        if self.content(step.old) is None or self.content(step.new) is None:
            return None
        old, new = self.lines(step.old), self.lines(step.new)
        return LineChange(added=frozenset(new - old), removed=frozenset(old - new))


@lru_cache(maxsize=2048)
def line_counts(content: bytes) -> Counter[bytes]:
    """The significant lines of a text, each with the number of times that it stands there."""
    lines = (b" ".join(line.split()) for line in content.split(b"\n"))
    return Counter(line for line in lines if _SIGNIFICANT.search(line))


def is_telling(line: bytes) -> bool:
    """Is it a sentence that somebody wrote, and no setting that anybody may choose again?"""
    return len(line.split()) >= _TELLING_WORDS


def replacements(old: bytes, new: bytes) -> Iterator[Hunk]:
    """The hunks between two texts; the whole rest as one where the texts are too long to compare."""
    for before, after, _, _ in _hunks(old, new):
        yield before, after


def has_same_hunks(change: tuple[bytes, bytes], other_change: tuple[bytes, bytes]) -> bool:
    """
    Do two changes of a text take away and add the same lines, in the same order and beside the same neighbours?

    A neighbour on one side is enough: what stands around a change may have moved.
    """
    hunks, other_hunks = list(_hunks(*change)), list(_hunks(*other_change))
    return len(hunks) == len(other_hunks) and all(
        hunk[:2] == other[:2] and (hunk[2] == other[2] or hunk[3] == other[3])
        for hunk, other in zip(hunks, other_hunks, strict=True)
    )


def _hunks(
    old: bytes, new: bytes
) -> Iterator[tuple[tuple[bytes, ...], tuple[bytes, ...], bytes | None, bytes | None]]:
    before, after = old.split(b"\n"), new.split(b"\n")
    start = 0
    while start < min(len(before), len(after)) and before[start] == after[start]:
        start += 1
    end = 0
    while end < min(len(before), len(after)) - start and before[-1 - end] == after[-1 - end]:
        end += 1
    old_middle, new_middle = before[start : len(before) - end], after[start : len(after) - end]
    for first, last, new_first, new_last in _changed_spans(old_middle, new_middle):
        yield (
            tuple(old_middle[first:last]),
            tuple(new_middle[new_first:new_last]),
            _neighbour(before, start + first - 1),
            _neighbour(before, start + last),
        )


def _changed_spans(old: Sequence[bytes], new: Sequence[bytes]) -> Iterator[tuple[int, int, int, int]]:
    if not old and not new:
        return
    if not old or not new or len(old) + len(new) > _COMPARED_LINES:
        yield 0, len(old), 0, len(new)
        return
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for tag, first, last, new_first, new_last in matcher.get_opcodes():
        if tag != "equal":
            yield first, last, new_first, new_last


def _neighbour(lines: Sequence[bytes], position: int) -> bytes | None:
    return lines[position] if 0 <= position < len(lines) else None
