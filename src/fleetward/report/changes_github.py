"""What moved, as annotations of a GitHub workflow run: workflow commands, worst first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from fleetward.domain.change import Change, Comparison, Significance, Unreadable
from fleetward.report.human import visible

_KINDS = {
    Significance.CRITICAL: "error",
    Significance.HIGH: "warning",
    Significance.MEDIUM: "notice",
}
_SHOWN = 10
"""GitHub shows so many of a kind in a step."""
_LONGEST = 1_000


def render(
    comparisons: Sequence[Comparison],
    governance: Sequence[Change],
    *,
    unreadable: Sequence[Unreadable],
    prefix: str = "",
) -> str:
    """
    The commands, and one line with exact totals; what is low or none is only counted.

    *prefix* is the fleet root in the repository, since annotations are placed by paths from its top.
    """
    changes = [*governance, *(change for one in comparisons for change in one.changes)]
    commands = [*_unread(unreadable, prefix), *_changes(changes, prefix)]
    seen: Counter[str] = Counter()
    shown = []
    for kind, command in commands:
        seen[kind] += 1
        if seen[kind] <= _SHOWN:
            shown.append(command)
    weights = Counter(change.significance for change in changes)
    totals = ", ".join(f"{weights[each]} {each}" for each in Significance if weights[each]) or "0"
    unseen = f"; could not be read: {len(unreadable)}" if unreadable else ""
    rest = sum(seen.values()) - len(shown)
    more = f"; {rest} without annotation, GitHub shows {_SHOWN} of a kind" if rest else ""
    return "".join(f"{each}\n" for each in (*shown, f"fleet diff: changes: {totals}{unseen}{more}"))


def _unread(unreadable: Sequence[Unreadable], prefix: str) -> Iterator[tuple[str, str]]:
    for one in sorted(unreadable, key=lambda each: each.order):
        place = one.finding.place
        named = f"{one.environment}/{one.agent}" if one.agent else "governance"
        message = f"{named} could not be read at the {one.side}: {one.finding.message}"
        yield "error", _command("error", prefix + place.file, place.line, one.finding.rule, message)


def _changes(changes: Sequence[Change], prefix: str) -> Iterator[tuple[str, str]]:
    for change in sorted(changes, key=lambda each: each.order):
        kind = _KINDS.get(change.significance)
        if kind is None:
            continue
        named = f"{change.environment}/{change.agent}" if change.agent else "governance"
        title = f"{change.significance}, {change.direction}: {change.rule}"
        place = change.place
        file, line = (prefix + place.file, place.line) if place else ("", 1)
        yield kind, _command(kind, file, line, title, f"{named}: {change.path or 'agent'}: {change.reason}")


def _command(kind: str, file: str, line: int, title: str, message: str) -> str:
    where = f"file={_property(file)},line={line}," if file else ""
    return f"::{kind} {where}title={_property(title)}::{_data(message)}"


def _data(text: str) -> str:
    """
    Text that stays text inside a command.

    Source: the runner unescapes these three.
    """
    clipped = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
    return visible(clipped).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
