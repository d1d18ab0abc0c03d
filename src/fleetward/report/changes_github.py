"""Changes as GitHub workflow commands, which become annotations: worst first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from fleetward.domain.change import Significance
from fleetward.domain.finding import Place
from fleetward.domain.fleet_diff import FleetDiff
from fleetward.report.changes_groups import NAMED_USERS, subject_name, users_text
from fleetward.report.counts import significance_counts
from fleetward.report.github_commands import workflow_command
from fleetward.report.human import visible

_KINDS = {
    Significance.CRITICAL: "error",
    Significance.HIGH: "warning",
    Significance.MEDIUM: "notice",
}
_ANNOTATIONS_PER_KIND = 10
"""GitHub shows so many of a kind in a step."""
_LONGEST = 1_000


def render(fleet_diff: FleetDiff, *, prefix: str = "") -> str:
    """
    One command for each change of medium significance or more, and one line with exact totals.

    *prefix* is the fleet root in the repository: annotations are placed by paths from the repository's top.
    """
    commands = [*_unreadable_commands(fleet_diff, prefix), *_change_commands(fleet_diff, prefix)]
    counts: Counter[str] = Counter()
    annotations = []
    for kind, command in commands:
        counts[kind] += 1
        # by kind: ten errors leave room for ten warnings
        if counts[kind] <= _ANNOTATIONS_PER_KIND:
            annotations.append(command)
    totals = significance_counts(fleet_diff.significances)
    unread = f"; could not be read: {len(fleet_diff.unreadable)}" if fleet_diff.unreadable else ""
    omitted = len(fleet_diff.all_changes) + len(fleet_diff.unreadable) - len(annotations)
    limit = f"{_ANNOTATIONS_PER_KIND} of a kind are shown"
    cut = counts.total() > len(annotations)
    omission = f"; {omitted} not annotated ({limit}), -o json lists them" if cut else ""
    return "".join(f"{row}\n" for row in (*annotations, f"fleet diff: changes: {totals}{unread}{omission}"))


def _unreadable_commands(fleet_diff: FleetDiff, prefix: str) -> Iterator[tuple[str, str]]:
    for entry in sorted(fleet_diff.unreadable, key=lambda entry: entry.sort_key):
        message = f"{subject_name(entry)} could not be read at the {entry.side}: {entry.finding.message}"
        yield "error", _command("error", prefix, entry.finding.place, entry.finding.rule, message)


def _change_commands(fleet_diff: FleetDiff, prefix: str) -> Iterator[tuple[str, str]]:
    for change in sorted(fleet_diff.all_changes, key=lambda change: change.sort_key):
        if kind := _KINDS.get(change.significance):
            title = f"{change.significance}, {change.direction}: {change.rule}"
            users = "" if change.used_by is None else f"; {users_text(change.used_by, NAMED_USERS)}"
            message = f"{subject_name(change)}: {change.path or 'agent'}: {change.reason}{users}"
            yield kind, _command(kind, prefix, change.place, title, message)


def _command(kind: str, prefix: str, place: Place | None, title: str, message: str) -> str:
    where = {"file": prefix + place.file, "line": str(place.line)} if place else {}
    # cut before it is escaped: a cut inside an escape would be decoded wrongly
    return workflow_command(kind, {**where, "title": _clip(title)}, visible(_clip(message)))


def _clip(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
