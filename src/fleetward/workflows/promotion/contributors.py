"""Whose hands a change went through: those who wrote what an environment would get, and its proposal."""

from __future__ import annotations

from dataclasses import replace

from fleetward.domain import digest
from fleetward.domain.approval import Binding
from fleetward.domain.break_glass import Due
from fleetward.domain.contributor import Contributor
from fleetward.domain.fleet import Environment
from fleetward.domain.ledger import Entry, Ledger, Moved
from fleetward.store.fleet.agents import ENVIRONMENTS
from fleetward.store.git.contents import contents
from fleetward.store.git.history import contributors, promoted_by
from fleetward.store.git.repository import Id
from fleetward.store.records import load as records
from fleetward.store.records.approvals import NOTHING
from fleetward.store.records.ledger import ADOPT, file_name
from fleetward.workflows.promotion.context import Hearing


def hands(asked: Hearing, name: str, head: Id, ledger: Ledger) -> tuple[Contributor, ...]:
    """
    Everybody who wrote what *name* would get at *head*, in release or proposal, by what *ledger* says of it.

    The release since the entry that brought the one that runs: after a rollback an older one, so that whoever wrote
    what was left is an author of it still. What keeps the release that runs has no authors but of its proposal.
    """
    keeps = asked.sources == (asked.target.name,)
    authors = () if keeps else _authors(asked, asked.target, name, head, ledger.brought(name))
    return (*authors, *_proposers(asked, name, head, ledger.settled(name)))


def due(asked: Hearing, name: str) -> tuple[Due, ...]:
    """
    The promotions of *name* that broke the glass, reviewed or not.

    Each took a release from where releases come from, though what is judged now may keep the one that runs.
    """
    found, asked = [], replace(asked, sources=asked.target.sources)
    for entry, moved in asked.ledger.of(name):
        if entry.break_glass is not None:
            found.append(
                Due(
                    seq=entry.seq,
                    at=entry.at,
                    glass=entry.break_glass,
                    binding=bound(asked, moved),
                    actor=entry.actor,
                    approvers=frozenset(str(one["approver"]) for one in entry.approvals),
                    contributors=hands(asked, name, entry.commit, _before(asked.ledger, entry)),
                )
            )
    return tuple(found)


def _before(ledger: Ledger, entry: Entry) -> Ledger:
    return replace(ledger, entries=ledger.entries[: entry.seq - 1])


def bound(asked: Hearing, moved: Moved) -> Binding:
    """What the approvals of an entry that is written were given for."""
    return Binding(
        repository=asked.fleet.config.repository,
        environment=asked.target.name,
        agent=moved.agent,
        from_state=moved.from_state,
        to_state=moved.to_state or NOTHING,
        generation=moved.generation,
    )


def _authors(
    asked: Hearing, target: Environment, name: str, head: Id, since: Entry | None
) -> tuple[Contributor, ...]:
    """
    Everybody who wrote what *target* would get, since its entry *since*.

    A stage in between is written by promotions alone: asked are those who wrote what was promoted into it, and of
    what was rolled back there all who ever did, for it is older than what it replaced. What was adopted there
    nobody promoted: those who wrote it are asked for.
    """
    ground, found = asked.ground, list[Contributor]()
    for source in target.sources:
        before = _begun(asked, source, name, since)
        stage = asked.fleet.config.environment(source)
        ledger = records.ledger(ground.commit(head), source) if stage and stage.gated else None
        reached = ledger.brought(name) if ledger else None
        told = reached and reached.kind != ADOPT and ground.repository.resolved(reached.commit)
        if stage is None or reached is None or not told:
            found += contributors(ground, head, before, [f"environments/{source}/{name}"])
            continue
        then = None
        onward = ledger is not None and ledger.of(name)[-1][0] == reached
        if onward and before and ground.repository.resolved(before) == before:
            then = records.ledger(ground.commit(before), source).brought(name)
        found += _authors(asked, stage, name, reached.commit, then)
    return tuple(found)


def _begun(asked: Hearing, source: str, name: str, since: Entry | None) -> Id | None:
    """After which commit *source* moved on; None, the beginning, where an adoption left something waiting there."""
    ground = asked.ground
    if since is None or since.kind != ADOPT or ground.repository.resolved(since.commit) != since.commit:
        return since.commit if since else None
    folder = f"{ENVIRONMENTS}/{source}/{name}"
    held = {
        path.removeprefix(f"{folder}/"): one
        for path, one in contents(ground.commit(since.commit), folder).items()
    }
    waited = digest.of_files((path, one) for path, one in held.items() if path != digest.OVERRIDES)
    adopted = [moved.release for moved in since.agents if moved.agent == name]
    return since.commit if adopted == [waited] else None


def _proposers(asked: Hearing, name: str, head: Id, since: Entry | None) -> tuple[Contributor, ...]:
    """
    Everybody who wrote the proposal; the last promotion took its own away, which makes nobody an author.

    Where one lies in the commit of that promotion, somebody wrote it there.
    """
    to, begin = asked.target.name, since.commit if since else None
    proposal = f"proposals/{to}/{name}"
    if since is not None:
        file, line = file_name(to), since.line.encode()
        made = promoted_by(asked.ground, head, since.commit, file, line)
        begin = made if made and not asked.ground.commit(made).entries(proposal) else begin
    return contributors(asked.ground, head, begin, [proposal])
