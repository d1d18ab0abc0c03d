"""The question about going back: what ran there before, found again in the commit that brought it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import pairwise

from fleetward import gate
from fleetward.domain import digest
from fleetward.domain.errors import FleetError, GovernanceInvalid, UsageError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Finding, Severity
from fleetward.domain.ledger import Entry, Moved, PromotionKind
from fleetward.domain.manifest import Agent
from fleetward.store.fleet.agents import ENVIRONMENTS, agents, candidate
from fleetward.store.fleet.file_checks import LARGEST_FILE
from fleetward.store.git.history import promoted_by
from fleetward.store.git.repository import Id
from fleetward.store.records.ledger import file_name
from fleetward.workflows.promotion.candidates import Case, Staged, ledgered, shown, unit
from fleetward.workflows.promotion.context import Hearing
from fleetward.workflows.promotion.contributors import bound

_PREFIX = re.compile(r"(?:sha256:)?([0-9a-f]{12,64})")
_SHOWN = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A release that ran: the last entry that put it there, and when the next one took it away."""

    entry: Entry
    moved: Moved
    left: datetime

    @property
    def release(self) -> str:
        """Its digest."""
        return str(self.moved.release)


def restored(asked: Hearing, name: str, release: str | None, *, overrides_too: bool = False) -> Case:
    """
    The case of *name* going back to *release*: its digest or the beginning of it; None: the one before the present.

    Errors: GovernanceInvalid where the policy knows no rollback, UsageError where there is nothing to go back to,
    FleetError where history does not hold what the ledger says.
    """
    if asked.policy.rollback is None:
        message = "cannot decide: governance/policy.yaml says nothing of rollbacks"
        block = "rollback: {within: P30D, require: [{approvals: 1, from: owner}]}"
        hint = f"add to governance/policy.yaml: {block}; then fleet approve --governance"
        raise GovernanceInvalid(message, hint=hint)
    wanted = chosen(asked, name, release)
    [case] = unit(asked, _staged(asked, name, wanted, overrides_too=overrides_too))
    return case


def chosen(asked: Hearing, name: str, release: str | None) -> Past:
    """
    The release that is meant; where none is named, the one before the present that no rollback left.

    Errors: UsageError where none of those that ran is.
    """
    told = asked.ledger.of(name)
    running = told[-1][1].release if told else None
    if running is None:
        where = f"{name!r} does not run in {asked.target.name}"
        raise UsageError(f"{where}: there is nothing to go back from", hint=f"fleet log{asked.run.chdir}")
    ran = past(told)
    good = [one for one in ran if asked.ledger.held(name, one.release) is None]
    if release is None and good:
        return good[0]
    match = _PREFIX.fullmatch(release or "")
    start = f"sha256:{match[1]}" if match else ""
    found = [one for one in ran if start and one.release.startswith(start)]
    if len(found) == 1:
        return found[0]
    if start and running.startswith(start):
        raise UsageError(f"{name!r} runs {running} now", hint=_choice(ran))
    what = (
        f"no release {release!r} of" if release is not None else "no other release, none that is not held, of"
    )
    raise UsageError(f"{what} {name!r} ran in {asked.target.name} before", hint=_choice(ran))


def past(told: Sequence[tuple[Entry, Moved]]) -> tuple[Past, ...]:
    """
    Every release that ran before the present one, the one that left last first.

    Shape: *told* is an agent's story, oldest first.
    """
    found: dict[str, Past] = {}
    for (entry, moved), (after, changed) in pairwise(told):
        if moved.release is not None and moved.release != changed.release:
            found[moved.release] = Past(entry=entry, moved=moved, left=after.at)
    running = told[-1][1].release if told else None
    left = [one for release, one in found.items() if release != running]
    return tuple(sorted(left, key=lambda one: one.entry.seq, reverse=True))


def _choice(ran: Sequence[Past]) -> str:
    """Those that could be meant, with the days on which they came and left."""
    some = [
        f"{digest.short(one.release)} ({one.entry.at:%Y-%m-%d} to {one.left:%Y-%m-%d})"
        for one in ran[:_SHOWN]
    ]
    return f"--to one of: {', '.join(some)}" if some else "it stays, or is suspended or retired"


def _staged(asked: Hearing, name: str, wanted: Past, *, overrides_too: bool) -> Staged:
    running = ledgered(asked, name)
    origin, source = _found(asked, name, wanted)
    whose = source if overrides_too else running
    over = whose.file(digest.OVERRIDES) if whose else None
    proposed, found = candidate(source, asked.target.name, over, proposed=False)
    moved = wanted.moved
    if proposed.release != moved.release or (overrides_too and proposed.state != moved.to_state):
        raise _unlike(name, wanted, origin)
    last = asked.ledger.of(name)[-1][1]
    to = Moved(
        agent=name,
        from_state=last.to_state,
        to_state=proposed.state,
        release=moved.release,
        generation=asked.ledger.generation(name),
    )
    question = gate.Question(
        binding=bound(asked, to),
        kind=PromotionKind.ROLLBACK,
        release=moved.release,
        running=running.manifest if running else None,
        running_unread=running is not None and running.manifest is None,
        candidate=proposed.manifest,
        left=wanted.left,
    )
    question, unread = shown(asked, question, running, proposed)
    case = Case(
        question=question,
        running=running,
        source=source,
        candidate=proposed,
        origin=origin,
        overrides_too=overrides_too,
    )
    return {name: (case, (*_errors(found), *unread))}


def _errors(found: Iterable[Finding]) -> list[Finding]:
    return [one for one in found if one.severity is Severity.ERROR]


def _found(asked: Hearing, name: str, wanted: Past) -> tuple[Id, Agent]:
    """The commit that brought the release, and the agent as it stood there."""
    to, entry = asked.target.name, wanted.entry
    line = entry.line.encode()
    origin = promoted_by(asked.ground, asked.head, entry.commit, file_name(to), line)
    if origin is None:
        message = f"the commit that wrote line {entry.seq} of {file_name(to)} is not in this history"
        raise FleetError(message, hint=f"git log --oneline -- {file_name(to)}; was it squashed or rebased?")
    there = standing(asked, name, origin)
    if there is None or not there.readable:
        raise _unlike(name, wanted, origin)
    return origin, there


def standing(asked: Hearing, name: str, commit: Id) -> Agent | None:
    """*name* as it stood in the target environment at *commit*."""
    tree, to = asked.ground.commit(commit), asked.target.name
    entries = tree.entries(f"{ENVIRONMENTS}/{to}/{name}")
    return agents(entries, tree.read(entries, LARGEST_FILE), asked.fleet.config).agents.get((to, name))


def _unlike(name: str, wanted: Past, origin: Id) -> FleetError:
    where = f"commit {origin[:12]} does not hold {name} as entry {wanted.entry.seq} says"
    return FleetError(f"{where} ({wanted.moved.to_state})", hint="fleet audit")
