"""A ledger as history wrote it: what each commit added to its file, and where it did not only grow."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRevision:
    """One environment's ledger up to a commit."""

    environment: str
    content: bytes = b""
    entries: Sequence[Entry] = ()
    """Those that can be read; all of them where the chain holds."""
    added: Sequence[Entry] = ()
    """Those that the last commit brought."""
    reported: frozenset[str] = field(default=frozenset())
    """Broken chains that were named already."""

    @property
    def ledger(self) -> Ledger:
        """As values, for questions about agents."""
        return Ledger(environment=self.environment, entries=self.entries)

    def head(self, commit: str) -> LedgerHead | None:
        """Its end, to be remembered; None where nothing was written yet."""
        if not self.entries:
            return None
        last = self.entries[-1]
        return LedgerHead(seq=last.seq, line=digest.of_bytes(last.line.encode()), commit=commit)


def first_revision(tree: Tree, environment: str, commit: str) -> tuple[LedgerRevision, tuple[Break, ...]]:
    """The ledger as a commit holds it, and what is wrong with its chain."""
    content = _content(tree, environment)
    if content is None:
        return LedgerRevision(environment=environment), (_unreadable(environment, commit),)
    return _read(LedgerRevision(environment=environment), content, commit)


def next_revision(
    chapter: LedgerRevision, tree: Tree, landing: FirstParentCommit
) -> tuple[LedgerRevision, tuple[Break, ...]]:
    """The ledger after *landing*, with the lines that it added, and whatever else it did to the file."""
    steps = landing.changes_under(layout.ledger_file(chapter.environment))
    if not steps:
        return replace(chapter, added=()), ()
    content = _content(tree, chapter.environment)
    if content is None:
        return replace(chapter, added=()), (_unreadable(chapter.environment, landing.id),)
    shorter = tuple(_rewrites(chapter, content, landing))
    after, broken = _read(chapter, content, landing.id)
    if shorter:  # what stands in the place of another line was not added
        count = len(chapter.entries)
        after = replace(after, added=tuple(entry for entry in after.entries if entry.seq > count))
        return after, shorter  # a chain that does not hold any more is the same wrong
    return after, broken


def _content(tree: Tree, environment: str) -> bytes | None:
    """The file's bytes, empty where it is absent; None where something else lies in its place."""
    file = layout.ledger_file(environment)
    entries = tree.entries(file)
    if not entries:
        return b""
    if len(entries) != 1 or entries[0].path != file or entries[0].mode not in REGULAR:
        return None
    content = tree.read(entries, limits.LEDGER_BYTES)[file]
    return content if isinstance(content, bytes) else None


def _read(chapter: LedgerRevision, content: bytes, commit: str) -> tuple[LedgerRevision, tuple[Break, ...]]:
    file = layout.ledger_file(chapter.environment)
    start = len(chapter.content) if content.startswith(chapter.content) else 0
    try:
        entries = decode(content, file).entries
    except FleetError as error:
        earlier = chapter.entries if start else ()
        readable = tuple(_readable_lines(content[start:], file, len(earlier)))
        after = replace(chapter, content=content, entries=(*earlier, *readable), added=readable)
        if error.message in chapter.reported:
            return after, ()
        broken = _chain_break(error, chapter.environment, commit)
        return replace(after, reported=chapter.reported | {error.message}), (broken,)
    added = entries[content[:start].count(b"\n") :]
    return replace(chapter, content=content, entries=entries, added=added), ()


def _readable_lines(lines: bytes, file: str, before: int) -> Iterator[Entry]:
    """Every line that can be read on its own: a broken chain hides no promotion."""
    for number, line in enumerate(lines.split(b"\n"), before + 1):
        try:
            yield decode_line(line, f"{file}:{number}")
        except FleetError:
            continue


def _rewrites(chapter: LedgerRevision, content: bytes, landing: FirstParentCommit) -> Iterator[Break]:
    file = layout.ledger_file(chapter.environment)
    if content.startswith(chapter.content):
        return
    old, new = chapter.content.split(b"\n"), content.split(b"\n")
    line = next((n for n, (a, b) in enumerate(zip(old, new, strict=False), 1) if a != b), len(new))
    shortened = chapter.content.startswith(content)
    count = chapter.content.count(b"\n") - content.count(b"\n")
    shortened_message = "its last line is gone" if count == 1 else f"its last {count} lines are gone"
    yield Break(
        rule="ledger-shortened" if shortened else "ledger-edited",
        message=shortened_message if shortened else f"line {line} is another one",
        commit=landing.id,
        file=file,
        line=max(1, content.count(b"\n")) if shortened else line,
        hint=f"git diff {(landing.parent or '')[:12]} {landing.id[:12]} -- {file}",
        environment=chapter.environment,
    )


def _chain_break(error: FleetError, environment: str, commit: str) -> Break:
    file = layout.ledger_file(environment)
    where, _, message = error.message.removeprefix(f"{file}:").partition(": ")
    number = int(where) if where.isdecimal() else 1
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
        message="no regular file that can be read lies there",
        commit=commit,
        file=layout.ledger_file(environment),
        hint=f"git log --oneline -- {layout.ledger_file(environment)}",
        environment=environment,
    )
