"""A page for people: lines of text with roles; colours and width are decided when it is printed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from fleetward.domain.fast_dataclass import dataclass

Role = Literal["", "error", "warning", "note", "good", "dim", "strong", "place", "code", "added", "removed"]


@dataclass(frozen=True, slots=True)
class Span:
    """Text in one role. Text of a fleet goes in unchanged: control characters are escaped when it is printed."""

    text: str
    role: Role = ""


@dataclass(frozen=True, slots=True)
class Line:
    """
    One line; if a terminal has to wrap it, the continuation is indented by *hang* columns.

    A line with a *focus* is never wrapped: after the first *hang* columns, a terminal shows the part around the two
    columns of the focus, counted from there.
    """

    spans: tuple[Span, ...] = ()
    hang: int = 0
    focus: tuple[int, int] | None = None

    @property
    def text(self) -> str:
        """The text without roles."""
        return "".join(span.text for span in self.spans)


Page = tuple[Line, ...]


def line(*parts: str | Span, hang: int = 0, focus: tuple[int, int] | None = None) -> Line:
    """A line of texts and spans."""
    return Line(tuple(part if isinstance(part, Span) else Span(part) for part in parts), hang, focus)


def span(text: str, role: Role = "") -> Span:
    """A text in one role."""
    return Span(text, role)


def page(lines: Iterable[Line]) -> Page:
    """A page of lines, without blank lines at its end."""
    rows = list(lines)
    while rows and not rows[-1].text:
        rows.pop()
    return tuple(rows)
