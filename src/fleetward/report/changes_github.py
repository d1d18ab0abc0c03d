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
_ANNOTATIONS_PER_KIND = 10
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
    changes = [*governance, *(change for comparison in comparisons for change in comparison.changes)]
    commands = [*_unreadable_commands(unreadable, prefix), *_change_commands(changes, prefix)]
    counts: Counter[str] = Counter()
    annotations = []
    for kind, command in commands:
        counts[kind] += 1
        if counts[kind] <= _ANNOTATIONS_PER_KIND:
            annotations.append(command)
    weights = Counter(change.significance for change in changes)
    totals = ", ".join(f"{weights[level]} {level}" for level in Significance if weights[level]) or "0"
    unreadable_text = f"; could not be read: {len(unreadable)}" if unreadable else ""
    omitted = sum(counts.values()) - len(annotations)
    omission = (
        f"; {omitted} without annotation, GitHub shows {_ANNOTATIONS_PER_KIND} of a kind" if omitted else ""
    )
    return "".join(
        f"{level}\n" for level in (*annotations, f"fleet diff: changes: {totals}{unreadable_text}{omission}")
    )


def _unreadable_commands(unreadable: Sequence[Unreadable], prefix: str) -> Iterator[tuple[str, str]]:
    for entry in sorted(unreadable, key=lambda entry: entry.sort_key):
        place = entry.finding.place
        agent = f"{entry.environment}/{entry.agent}" if entry.agent else "governance"
        message = f"{agent} could not be read at the {entry.side}: {entry.finding.message}"
        yield "error", _command("error", prefix + place.file, place.line, entry.finding.rule, message)


def _change_commands(changes: Sequence[Change], prefix: str) -> Iterator[tuple[str, str]]:
    for change in sorted(changes, key=lambda entry: entry.sort_key):
        kind = _KINDS.get(change.significance)
        if kind is None:
            continue
        agent = f"{change.environment}/{change.agent}" if change.agent else "governance"
        title = f"{change.significance}, {change.direction}: {change.rule}"
        place = change.place
        file, line = (prefix + place.file, place.line) if place else ("", 1)
        yield kind, _command(kind, file, line, title, f"{agent}: {change.path or 'agent'}: {change.reason}")


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
