"""
The changes of governance since it was last trusted, each held against the governance before it (SPEC 7).

Trusted is what an entry of a ledger was decided by; the first is trusted as it was adopted. From there on the branch
is followed: a commit that changes ``governance/`` carries its approvals, in itself or in a later one before anything
is decided. What is not agreed to leaves the law as it was, so that a change can never judge itself, nor let others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from fleetward import gate
from fleetward.domain.approval import GOVERNANCE, Approval, Binding
from fleetward.domain.errors import FleetError, GovernanceInvalid
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.ledger import Entry, Ledger
from fleetward.domain.people import People
from fleetward.domain.policy import Policy
from fleetward.domain.verdict import Met, Promotion, Verdict
from fleetward.store.git.fleet_root import Ground
from fleetward.store.git.history import contributors, dates, touching
from fleetward.store.git.repository import Id
from fleetward.store.records import load as records
from fleetward.store.records.invalid_entries import UNDO
from fleetward.store.records.ledger import environment_of, file_name
from fleetward.workflows.load import read

APPROVALS = f"approvals/{GOVERNANCE}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Law:
    """The governance that judges: the digest of its folder, where it lies, and since when it is in place."""

    commit: Id
    state: str
    repository: str
    policy: Policy
    people: People
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """
    A commit that changed governance, and the verdict of the law before it.

    ``settled`` is the commit that carried the approvals, None where none did.
    """

    commit: Id
    at: datetime
    judged: Promotion
    settled: Id | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How governance went on: the law at the end, and every change on the way."""

    law: Law
    state: str
    """The digest of the folder as it is at the end; the law's own where all was agreed to."""
    amendments: tuple[Amendment, ...] = ()
    pending: tuple[Amendment, ...] = ()
    """Those of them that made what stands at the end, where that is not agreed to."""


def law_at(ground: Ground, commit: Id, *, since: datetime | None = None) -> Law:
    """
    The governance of *commit*, taken as trusted.

    Errors: GovernanceInvalid where nobody could decide by it.
    """
    tree = ground.commit(commit)
    fleet = read(tree, only=()).governed()
    if fleet.policy is None:
        raise GovernanceInvalid("no governance/policy.yaml", hint="fleet init")
    return Law(
        commit=commit,
        state=records.governance_digest(tree),
        repository=fleet.config.repository,
        policy=fleet.policy,
        people=fleet.people,
        since=since,
    )


def course(ground: Ground, law: Law, head: Id, now: datetime) -> Course:
    """
    What became of *law* on the way from its commit to *head*, by first-parent history.

    Each change is judged as of its commit, and what stands at the end once more as of *now*: a clock that was some
    minutes ahead voids no approval, and a merge whose first parent is older than *law* hides no change.
    """
    touched = touching(ground, head, law.commit, (GOVERNANCE, APPROVALS))
    moments = dates(ground.repository, head, now, touched)
    done: list[Amendment] = []
    pending: list[Amendment] = []
    state = law.state
    for one in (*touched, None):
        commit = one or head
        before, state = state, records.governance_digest(ground.commit(commit))
        if state == law.state:  # taken back: nobody agreed to it, nobody has to any more
            done, pending = [*done, *pending], []
            continue
        moment = min(moments[one], now) if one else now
        judged = verdict(ground, law, commit, state, moment)
        if state != before:
            pending.append(Amendment(commit=commit, at=moment, judged=judged))
        followed = _followed(ground, commit, moment, judged)
        if followed is not None:
            law = followed
            done, pending = [*done, *(replace(change, settled=commit) for change in pending)], []
    return Course(law=law, state=state, amendments=(*done, *pending), pending=tuple(pending))


def verdict(
    ground: Ground, law: Law, commit: Id, state: str, now: datetime, said: Iterable[Approval] = ()
) -> Promotion:
    """What *law* says of the governance *state* that *commit* holds, with its statements and those just *said*."""
    statements, unread = records.approvals(ground, commit, "", GOVERNANCE, law.people, now=now)
    return gate.amendment(
        binding(law, state),
        (*statements, *said),
        contributors(ground, commit, law.commit, [GOVERNANCE]),
        policy=law.policy,
        people=law.people,
        now=now,
        since=law.since,
        unread=unread,
    )


def binding(law: Law, state: str) -> Binding:
    """The one thing that an approval of this change is for."""
    return Binding(
        repository=law.repository,
        environment="",
        agent=GOVERNANCE,
        from_state=law.state,
        to_state=state,
        generation=0,
    )


def _followed(ground: Ground, commit: Id, moment: datetime, judged: Promotion) -> Law | None:
    """The law after this verdict; what nobody could decide by does not become law."""
    if judged.verdict is not Verdict.ALLOWED:
        return None
    try:
        return law_at(ground, commit, since=moment)
    except FleetError:
        return None


def present(ground: Ground, head: Id, now: datetime) -> Course | None:
    """
    How governance went on since the newest entry of all ledgers at *head*; None where nothing is adopted yet.

    Errors: FleetError where that entry was decided by another governance than its commit holds.
    """
    entries = _entries(ground, head, ())
    return _since(ground, entries, head, now) if entries else None


def _since(ground: Ground, entries: Sequence[Entry], head: Id, now: datetime) -> Course:
    entry = _kept(ground, entries, head)
    start = _begun(ground, head, entry)
    if records.governance_digest(ground.commit(start)) != entry.governance:
        where = f"{file_name(entry.environment)}:{entry.seq}"
        raise FleetError(
            f"{where}: governance at commit {start[:12]} is not what it names",
            hint=UNDO if start == entry.commit else _squashed(ground, entry.commit),
        )
    return course(ground, law_at(ground, start), head, now)


def _kept(ground: Ground, entries: Sequence[Entry], head: Id) -> Entry:
    """
    The newest entry whose commit, at which it was decided, is still behind *head*; the newest where none is.

    What was squashed names a law that history cannot show: an older one is followed to the end instead.
    """
    newest = entries[0]
    if ground.repository.ask("merge-base", "--is-ancestor", newest.commit, head).code == 0:
        return newest
    behind = frozenset(ground.repository.need("rev-list", head).decode().split())
    return next((one for one in entries if one.commit in behind), newest)


def lawful(ground: Ground, head: Id, now: datetime, known: Iterable[Ledger] = ()) -> None:
    """
    Refuse to decide by a governance that nobody agreed to; *known* are ledgers at *head* that were read before.

    Errors: GovernanceInvalid, naming the commit and what it lacks.
    """
    entries = _entries(ground, head, known)
    if not entries or _untouched(ground, entries[0], head):
        return
    found = _since(ground, entries, head, now)
    if not found.pending:
        return
    first = found.pending[0]
    judged = verdict(ground, found.law, head, found.state, now)
    raise GovernanceInvalid(
        f"governance/ was changed in commit {first.commit[:12]}, and nobody may decide by it yet: {lacking(judged)}",
        hint="fleet approve --governance, then commit it",
    )


def lacking(judged: Promotion) -> str:
    """What a change of governance has yet to show, in words."""
    still = (one for one in judged.requirements if one.status is not Met.MET)
    return "; ".join(f"{one.kind} {one.asked} ({one.detail})" for one in still) or "it cannot be read"


def _entries(ground: Ground, head: Id, known: Iterable[Ledger]) -> tuple[Entry, ...]:
    """All entries of all ledgers, newest first, whatever the configuration of the day says of their environments."""
    tree, read_before = ground.commit(head), {ledger.environment: ledger for ledger in known}
    names = (environment_of(one.path) for one in tree.entries("ledger"))
    ledgers = (read_before.get(name) or records.ledger(tree, name) for name in names if name)
    found = (entry for one in ledgers for entry in one.entries)
    return tuple(sorted(found, key=lambda one: (one.at, one.seq), reverse=True))


def _untouched(ground: Ground, newest: Entry, head: Id) -> bool:
    """Is governance what it was, without a look at how it came here?"""
    if ground.repository.resolved(newest.commit) != newest.commit:
        return False
    return (
        not touching(ground, head, newest.commit, (GOVERNANCE,))
        and records.governance_digest(ground.commit(head)) == newest.governance
    )


def _squashed(ground: Ground, commit: Id) -> str:
    """The way back to the commit that an entry was decided at: once it is merged, it tells which law that was."""
    merge = f"git merge {commit[:12]}, which was squashed away"
    if ground.repository.resolved(commit) == commit:
        return f"{merge}; {UNDO}"
    return f"git fetch the branch on which {commit[:12]} is, then {merge}; {UNDO}"


def _begun(ground: Ground, head: Id, entry: Entry) -> Id:
    """
    From where to follow: the commit that the entry was decided at, or the one that brought the entry here.

    Errors: FleetError where history knows neither.
    """
    repository = ground.repository
    known = repository.resolved(entry.commit)
    if known == entry.commit and repository.ask("merge-base", "--is-ancestor", known, head).code == 0:
        return known
    line = entry.line.encode() + b"\n"
    for commit in touching(ground, head, None, (file_name(entry.environment),)):
        if line in records.ledger_bytes(ground.commit(commit), entry.environment):
            return commit
    return head
