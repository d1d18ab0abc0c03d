"""Digests and commits in pages for people: twelve digits, as in file names; ``-v`` shows all of them."""

from __future__ import annotations

import re

from fleetward.report.page import Line, Page, Span

# behind an @ it is a part of a name, such as that of an image or of a model
_DIGEST = re.compile(
    r"(?<![@\w:/.-])(?:sha256:([0-9a-f]{12})[0-9a-f]{52}|([0-9a-f]{12})[0-9a-f]{28}(?:[0-9a-f]{24})?)(?!\w)"
)
_COMMAND = re.compile(r"\s*(?:try: |would help: )?(?:fleet|git|sha256sum) ")


def with_short_digests(page: Page) -> Page:
    """The same page; commands to type keep what they name."""
    return tuple(_short_line(line) if _DIGEST.search(line.text) else line for line in page)


def short_states(text: str) -> str:
    """The same text; objects of git keep their names, which a repair needs whole."""
    return _DIGEST.sub(lambda match: match[1] or match[0], text)


def _short_line(line: Line) -> Line:
    return Line(tuple(map(_short_span, line.spans)), line.hang, line.focus)


def _short_span(span: Span) -> Span:
    if span.role == "code" or _COMMAND.match(span.text):
        return span
    return Span(_DIGEST.sub(lambda match: match[1] or match[2], span.text), span.role)
