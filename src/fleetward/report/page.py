"""A page for people: lines of words with a role, before anybody decides on colours or width."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from fleetward.domain.fast_dataclass import dataclass

Role = Literal["", "error", "warning", "note", "good", "dim", "strong", "place", "code", "added", "removed"]


@dataclass(frozen=True, slots=True)
class Span:
    """Words in one role. User text goes in as it is: control characters are made visible when printed."""

    text: str
    role: Role = ""


@dataclass(frozen=True, slots=True)
class Line:
    """
    One line; where a terminal has to wrap it, what follows stands *hang* columns in.

    With a *focus* it is never wrapped: of what stands behind the first *hang* columns a terminal shows the part around
    these two columns, counted from there.
    """

    spans: tuple[Span, ...] = ()
    hang: int = 0
    focus: tuple[int, int] | None = None

    @property
    def text(self) -> str:
        """The words alone."""
        return "".join(span.text for span in self.spans)


Page = tuple[Line, ...]


def line(*parts: str | Span, hang: int = 0, focus: tuple[int, int] | None = None) -> Line:
    """A line out of words and spans."""
    return Line(tuple(part if isinstance(part, Span) else Span(part) for part in parts), hang, focus)


def span(text: str, role: Role = "") -> Span:
    """Words in one role."""
    return Span(text, role)


def page(lines: Iterable[Line]) -> Page:
    """A page out of lines, without blank ones at its end."""
    rows = list(lines)
    while rows and not rows[-1].text:
        rows.pop()
    return tuple(rows)
