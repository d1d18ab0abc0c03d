"""The commit of ledger entries: who made it, and the line that its message names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from fleetward.domain import digest, layout
from fleetward.domain.audit import Break
from fleetward.domain.ledger import Entry
from fleetward.domain.people import People
from fleetward.gate import entry_checks
from fleetward.store.git.commit import Commit, read_commits
from fleetward.store.git.file_history import commit_of_promotion
from fleetward.workflows.audit.entry_context import EntryContext

# indented where a forge lists the messages of a squashed branch
_TRAILER = re.compile(rb"(?m)^[ \t]*Fleet-Ledger: ([0-9]{1,15}) (sha256:[0-9a-f]{64})[ \t\r]*$")


def check_commit(context: EntryContext, group: Sequence[Entry], people: People) -> Iterator[Break]:
    """Actor and line of entries that one ``--apply`` wrote, compared with its commit."""
    commit = _promotion_commit(context, group[0])
    [landing] = read_commits(context.root.repository, [context.commit.id])
    trailers = [(int(seq), line.decode()) for seq, line in _TRAILER.findall((commit or landing).message)]
    for entry in group:
        if commit is not None:
            yield from entry_checks.actor_mismatch(
                context.commit, entry, commit.author, commit.committer, people
            )
        # a forge that squashes writes a message of its own
        required = commit is not None and commit.committer.casefold() == entry.actor.casefold()
        line = digest.of_bytes(entry.line.encode())
        yield from entry_checks.trailer_mismatch(context.commit, entry, line, trailers, required=required)


def _promotion_commit(context: EntryContext, first: Entry) -> Commit | None:
    """The commit that ``--apply`` made: this one, or one that it merged; None where a squash replaced it."""
    commit = context.commit
    if commit.is_single and first.commit == commit.parent:
        id_: str | None = commit.id
    else:
        file = layout.ledger_file(first.environment)
        id_ = commit_of_promotion(context.root, commit.id, first.commit, file, first.line.encode())
    return read_commits(context.root.repository, [id_])[0] if id_ else None
