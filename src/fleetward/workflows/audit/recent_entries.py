"""Check the entries of some commits one by one, without reading all of history."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial

from fleetward.domain import digest, layout
from fleetward.domain.audit import Break, FirstParentCommit
from fleetward.domain.errors import FleetError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Severity
from fleetward.domain.ledger import Entry, PromotionKind
from fleetward.gate.entry_checks import entry_break
from fleetward.store.formats.document import DocumentCache
from fleetward.store.git.file_history import commit_of_promotion
from fleetward.store.git.fleet_root import FleetRoot
from fleetward.store.git.line_commits import first_parent_commit, latest_date, line_positions
from fleetward.store.git.repository import Id
from fleetward.store.records.ledger_revisions import (
    REWRITES,
    LedgerRevision,
    first_revision,
    next_revision,
)
from fleetward.workflows.approval.review_status import LedgerEntryAt
from fleetward.workflows.audit.entries import check_entries
from fleetward.workflows.audit.entry_context import EntryContext
from fleetward.workflows.context import RunContext
from fleetward.workflows.governance.history import GovernanceHistory
from fleetward.workflows.governance.in_force import beginning_at, current_history

_MAX_DOCUMENTS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """The errors that stand, oldest first, and the digests of refused lines that were taken out again."""

    breaks: tuple[Break, ...] = ()
    refused: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Checked:
    """A ledger after a commit: its errors that stand, and the lines that were checked, wherever they stood."""

    revision: LedgerRevision
    errors: tuple[Break, ...] = ()
    lines: frozenset[bytes] = frozenset()
    refused: frozenset[str] = frozenset()


def check_recent_entries(
    run: RunContext, root: FleetRoot, head: Id, since: Mapping[str, tuple[Id | None, Sequence[Id]]]
) -> Verification | None:
    """
    The errors of ledgers and entries up to *head*; None where an entry of an earlier version is among them.

    Shape: *since* holds by environment the commit after which its ledger is checked, and the commits that changed it.
    """
    run = replace(run, documents=DocumentCache(_MAX_DOCUMENTS))
    ledgers = {name: _first(root, name, begin) for name, (begin, _) in since.items()}
    positions = line_positions(root, head)
    landings = {(positions[id_], name, id_) for name, (_, commits) in since.items() for id_ in commits}
    for _, name, id_ in sorted(landings):
        commit = first_parent_commit(root, id_)
        after, breaks = next_revision(ledgers[name].revision, root.commit_tree(id_), commit)
        # those entries took the configuration of their commit: only a whole replay knows until when
        if any(entry.governance_version == 1 for entry in after.added):
            return None
        ledgers[name] = _next(run, root, commit, ledgers[name], after, breaks)
    errors = [error for checked in ledgers.values() for error in checked.errors]
    return Verification(
        breaks=tuple(sorted(errors, key=lambda error: positions.get(error.commit, 0))),
        refused=frozenset[str]().union(*(checked.refused for checked in ledgers.values())),
    )


def _first(root: FleetRoot, name: str, begin: Id | None) -> _Checked:
    if begin is None:
        return _Checked(revision=LedgerRevision(environment=name))
    revision, breaks = first_revision(root.commit_tree(begin), name, begin)
    return _Checked(revision=revision, errors=breaks, lines=frozenset(_lines(revision)))


def _next(
    run: RunContext,
    root: FleetRoot,
    commit: FirstParentCommit,
    checked: _Checked,
    after: LedgerRevision,
    breaks: Sequence[Break],
) -> _Checked:
    before = checked.revision
    standing = [error for error in checked.errors if error.seq or error.rule not in REWRITES]
    refused = checked.refused
    # no regular file, or too large: the ledger before is what the next commit is compared with
    if breaks and after.content == before.content:
        return replace(checked, errors=(*standing, *breaks))
    if not after.content.startswith(before.content):
        kept = _common_count(before, after)
        gone = [error for error in standing if _number(error) > kept]
        standing = [error for error in standing if _number(error) <= kept]
        # on a refused line nothing was decided; whether another may be gone is asked of every earlier version
        if any(_number(error) == kept + 1 for error in gone):
            refused |= {digest.of_bytes(_lines(before)[kept])}
        # a line that was checked, and is back in its place, is no new one
        added = [entry for entry in after.entries if entry.seq > kept]
        after = replace(
            after, added=tuple(entry for entry in added if entry.line.encode() not in checked.lines)
        )
    found = [item for item in breaks if item.rule not in REWRITES]
    if after.added:
        try:
            found += check_entries(_context(run, root, commit, before, after))
        # a line that came on top of a broken ledger was decided by nothing
        except FleetError as error:
            message = f"it cannot be decided again: {error.message}"
            found.append(entry_break(commit, after.added[0], "verdict-not-allowed", message))
    errors = [item for item in found if item.severity is Severity.ERROR]
    lines = checked.lines | {entry.line.encode() for entry in after.added}
    return _Checked(
        revision=replace(after, reported=frozenset()),
        errors=(*standing, *errors),
        lines=lines,
        refused=refused,
    )


def _lines(revision: LedgerRevision) -> list[bytes]:
    # a line that was cut off is one, too
    return revision.content.removesuffix(b"\n").split(b"\n") if revision.content else []


def _common_count(before: LedgerRevision, after: LedgerRevision) -> int:
    """How many lines both begin with."""
    pairs = zip(_lines(before), _lines(after), strict=False)
    return next(
        (number for number, (old, new) in enumerate(pairs) if old != new), min(_counts(before, after))
    )


def _counts(*revisions: LedgerRevision) -> Iterable[int]:
    return [len(_lines(revision)) for revision in revisions]


def _number(error: Break) -> int:
    return error.line if error.seq is None else error.seq


def _context(
    run: RunContext,
    root: FleetRoot,
    commit: FirstParentCommit,
    before: LedgerRevision,
    after: LedgerRevision,
) -> EntryContext:
    first = after.added[0]
    earlier = _governance(root, commit, first)
    governance = earlier
    if governance is None:
        # the first entries make the governance of their commit trusted; check_entries says where it cannot be
        with suppress(FleetError):
            governance = beginning_at(root, commit.id, commit.id)
    return EntryContext(
        run=run,
        root=root,
        commit=commit,
        before=before,
        after=after,
        policy_commit=commit.parent,
        governance=governance,
        config=governance.in_force.config if governance else None,
        latest_date=partial(latest_date, root, commit.id),
        earlier_entries=tuple(_rolled_back_to(root, commit, before, after.added)),
        is_beginning=earlier is None,
    )


def _governance(root: FleetRoot, commit: FirstParentCommit, first: Entry) -> GovernanceHistory | None:
    """The governance in force before *commit*, as of the entry; None where no ledger had begun."""
    return current_history(root, commit.parent, first.at) if commit.parent else None


def _rolled_back_to(
    root: FleetRoot, commit: FirstParentCommit, before: LedgerRevision, added: Sequence[Entry]
) -> Iterator[LedgerEntryAt]:
    """The earlier entries whose releases *added* goes back to, each with its commit."""
    releases = {
        (change.agent, change.release)
        for entry in added
        if entry.kind == PromotionKind.ROLLBACK
        for change in entry.agents
    }
    for agent, release in sorted((agent, release or "") for agent, release in releases):
        for entry, transition in before.ledger.transitions(agent):
            file = layout.ledger_file(before.environment)
            if transition.release == release:
                id_ = commit_of_promotion(root, commit.id, entry.commit, file, entry.line.encode())
                if id_ is not None:
                    yield first_parent_commit(root, id_), entry
