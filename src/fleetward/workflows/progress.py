"""How far the long work of this process is; a terminal shows it after a second."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")


class Progress:
    """Counts of the loop that runs now; *shares* is the number of processes that do as much as this one."""

    # by hand: the decorator of dataclasses costs every start a millisecond
    __slots__ = ("done", "noun", "shares", "total")

    def __init__(self, *, noun: str = "", done: int = 0, total: int = 0, shares: int = 1) -> None:
        self.noun = noun
        self.done = done
        self.total = total
        self.shares = shares

    def text(self) -> str:
        """``1,200 of 10,000 agents``; empty before the first loop."""
        if not self.noun:
            return ""
        return f"{self.done * self.shares:,} of {self.total * self.shares:,} {self.noun}"


PROGRESS = Progress()
"""The one of this process: threading it through every workflow would cost more than a line is worth."""


def counted(items: Sequence[T], noun: str) -> Iterator[T]:
    """The items, each counted when it is done."""
    PROGRESS.noun, PROGRESS.done, PROGRESS.total = noun, 0, len(items)
    for item in items:
        yield item
        PROGRESS.done += 1


def add(number: int, total: int, noun: str) -> None:
    """Count *number* items of *total* that were done together."""
    if PROGRESS.noun != noun or PROGRESS.total != total:
        PROGRESS.noun, PROGRESS.done, PROGRESS.total = noun, 0, total
    PROGRESS.done += number
