"""A ledger commit by commit: the entries that each commit added, and where it rewrote others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field, replace

from fleetward.domain import digest, layout, limits
from fleetward.domain.audit import Break, FirstParentCommit, LedgerHead
from fleetward.domain.errors import FleetError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.ledger import Entry, Ledger
from fleetward.store.git.tree import REGULAR, Tree
from fleetward.store.records.ledger import decode
from fleetward.store.records.ledger_line import decode_line

REWRITES = frozenset({"ledger-edited", "ledger-shortened"})
"""The rules of a ledger that did not only grow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRevision:
    """One environment's ledger up to a commit."""

    environment: str
    content: bytes = b""
    entries: Sequence[Entry] = ()
    """The readable ones; all where the chain is intact."""
    added: Sequence[Entry] = ()
    """The entries of the last commit."""
    reported: frozenset[str] = field(default=frozenset())
    """Messages of breaks that were reported already."""

    @property
    def ledger(self) -> Ledger:
        """The entries as a ledger."""
        return Ledger(environment=self.environment, entries=self.entries)

    def head(self, commit: str) -> LedgerHead | None:
        """The last entry, for a checkpoint; None where there is none."""
        if not self.entries:
            return None
        last = self.entries[-1]
        return LedgerHead(seq=last.seq, line=digest.of_bytes(last.line.encode()), commit=commit)


def first_revision(tree: Tree, environment: str, commit: str) -> tuple[LedgerRevision, tuple[Break, ...]]:
    """The ledger in *commit*, and the breaks of its chain."""
    content = _content(tree, environment)
    if content is None:
        return LedgerRevision(environment=environment), (_unreadable(environment, commit),)
    return _read(LedgerRevision(environment=environment), content, commit)


def next_revision(
    revision: LedgerRevision, tree: Tree, commit: FirstParentCommit
) -> tuple[LedgerRevision, tuple[Break, ...]]:
    """The ledger after *commit*, with the entries that it added, and the breaks that it made."""
    steps = commit.changes_under(layout.ledger_file(revision.environment))
    if not steps:
        return replace(revision, added=()), ()
    content = _content(tree, revision.environment)
    if content is None:
        return replace(revision, added=()), (_unreadable(revision.environment, commit.id),)
    rewrites = tuple(_rewrites(revision, content, commit))
    after, broken = _read(revision, content, commit.id)
    if rewrites:  # a line in the place of another one was not added
        count = len(revision.entries)
        after = replace(after, added=tuple(entry for entry in after.entries if entry.seq > count))
        return after, rewrites  # a broken chain would be a second report of the same rewrite
    return after, broken


def _content(tree: Tree, environment: str) -> bytes | None:
    """The file's bytes, empty where it is absent; None for a link, a folder, or a file over the limit."""
    file = layout.ledger_file(environment)
    entries = tree.entries(file)
    if not entries:
        return b""
    if len(entries) != 1 or entries[0].path != file or entries[0].mode not in REGULAR:
        return None
    content = tree.read(entries, limits.LEDGER_BYTES)[file]
    return content if isinstance(content, bytes) else None


def _read(revision: LedgerRevision, content: bytes, commit: str) -> tuple[LedgerRevision, tuple[Break, ...]]:
    file = layout.ledger_file(revision.environment)
    # only a beginning can be kept; after an edit every line is read again
    start = len(revision.content) if content.startswith(revision.content) else 0
    try:
        entries = decode(content, file).entries
    except FleetError as error:
        earlier = revision.entries if start else ()
        readable = tuple(_readable_lines(content[start:], file, len(earlier)))
        after = replace(revision, content=content, entries=(*earlier, *readable), added=readable)
        # a broken line stays in all later commits, and is one break
        if error.message in revision.reported:
            return after, ()
        broken = _chain_break(error, revision.environment, commit)
        return replace(after, reported=revision.reported | {error.message}), (broken,)
    added = entries[content[:start].count(b"\n") :]
    return replace(revision, content=content, entries=entries, added=added), ()


def _readable_lines(lines: bytes, file: str, before: int) -> Iterator[Entry]:
    """Every line that is readable alone, so that a broken chain hides no promotion."""
    for number, line in enumerate(lines.split(b"\n"), before + 1):
        try:
            yield decode_line(line, f"{file}:{number}")
        except FleetError:
            continue


def _rewrites(revision: LedgerRevision, content: bytes, commit: FirstParentCommit) -> Iterator[Break]:
    file = layout.ledger_file(revision.environment)
    if content.startswith(revision.content):
        return
    old, new = revision.content.split(b"\n"), content.split(b"\n")
    # not strict: the versions differ in length where lines are missing
    line = next((n for n, (a, b) in enumerate(zip(old, new, strict=False), 1) if a != b), len(new))
    shortened = revision.content.startswith(content)
    count = revision.content.count(b"\n") - content.count(b"\n")
    shortened_message = "its last line is gone" if count == 1 else f"its last {count} lines are gone"
    yield Break(
        rule="ledger-shortened" if shortened else "ledger-edited",
        message=shortened_message if shortened else f"line {line} was changed",
        commit=commit.id,
        file=file,
        line=max(1, content.count(b"\n")) if shortened else line,
        hint=f"git diff {(commit.parent or '')[:12]} {commit.id[:12]} -- {file}",
        environment=revision.environment,
    )


def _chain_break(error: FleetError, environment: str, commit: str) -> Break:
    file = layout.ledger_file(environment)
    where, _, message = error.message.removeprefix(f"{file}:").partition(": ")
    # of a line that is no JSON the message names a column, too
    first = where.partition(":")[0]
    number = int(first) if first.isdecimal() else 1
    return Break(
        rule="chain-broken",
        message=message if where.isdecimal() else error.message,
        commit=commit,
        file=file,
        line=number,
        hint=f"git log --oneline -- {file}",
        environment=environment,
    )


def _unreadable(environment: str, commit: str) -> Break:
    return Break(
        rule="ledger-edited",
        message="the ledger is not a regular file, or it is too large",
        commit=commit,
        file=layout.ledger_file(environment),
        hint=f"git log --oneline -- {layout.ledger_file(environment)}",
        environment=environment,
    )
