"""Where records lie: written, committed and pushed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fleetward.domain.committed_records import RecordCommit
from fleetward.report.page import Page, line, span


def written_lines(files: Iterable[str], committed: RecordCommit | None) -> Page:
    """A line for each file, then the commit and where it was pushed to."""
    return (*(line("wrote ", span(file, "place")) for file in files), *commit_lines(committed))


def commit_lines(committed: RecordCommit | None) -> Page:
    """The commit, and where it was pushed to; nothing without ``--commit``."""
    if committed is None:
        return ()
    lines = []
    if committed.commit is not None:
        lines.append(line(span("committed", "good"), f" as {committed.commit[:12]}"))
    if committed.pushed is not None:
        lines.append(line(span("pushed", "good"), f" to {' '.join(committed.pushed)}"))
    return tuple(lines)


def encode_commit(committed: RecordCommit | None) -> dict[str, Any]:
    """The keys of every report that can commit: null where it did not."""
    pushed = committed.pushed if committed else None
    return {
        "committed": committed.commit if committed else None,
        "pushed": {"remote": pushed[0], "branch": pushed[1]} if pushed else None,
    }
