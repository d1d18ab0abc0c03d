"""Whose hands a change went through: those who wrote what an environment would get, and its proposal."""

from __future__ import annotations

from fleetward.commands.hearing import Hearing
from fleetward.domain.approval import Binding
from fleetward.domain.contributor import Contributor
from fleetward.domain.digest import of_files
from fleetward.domain.emergency import Due
from fleetward.domain.fleet import Environment
from fleetward.domain.ledger import Entry, Moved
from fleetward.store import records
from fleetward.store.git import Id
from fleetward.store.history import contributors, promoted_by
from fleetward.store.ledger import file_name

NOTHING = of_files([])
"""The state of an agent that is gone: what a retirement is approved for."""


def hands(asked: Hearing, name: str, head: Id, since: Entry | None) -> tuple[Contributor, ...]:
    """Everybody who wrote what *name* would get at *head*, in release or proposal, after its entry *since*."""
    return (*_authors(asked, asked.target, name, head, since), *_proposers(asked, name, head, since))


def due(asked: Hearing, name: str) -> tuple[Due, ...]:
    """The promotions of *name* that broke the glass, reviewed or not."""
    found, before = [], None
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
                    contributors=hands(asked, name, entry.commit, before),
                )
            )
        before = entry
    return tuple(found)


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

    A stage in between is written by promotions alone: asked are those who wrote what was promoted into it.
    """
    ground, found = asked.ground, list[Contributor]()
    before = since.commit if since else None
    for source in target.sources:
        stage = asked.fleet.config.environment(source)
        reached = records.ledger(ground.commit(head), source).last(name) if stage and stage.gated else None
        if stage is None or reached is None or ground.repository.resolved(reached[0].commit) is None:
            found += contributors(ground, head, before, [f"environments/{source}/{name}"])
            continue
        then = None
        if before and ground.repository.resolved(before) == before:
            then = records.ledger(ground.commit(before), source).last(name)
        found += _authors(asked, stage, name, reached[0].commit, then[0] if then else None)
    return tuple(found)


def _proposers(asked: Hearing, name: str, head: Id, since: Entry | None) -> tuple[Contributor, ...]:
    """Everybody who wrote the proposal; the last promotion took its own away, which makes nobody an author."""
    to, begin = asked.target.name, since.commit if since else None
    if since is not None:
        file, line = file_name(to), since.line.encode()
        begin = promoted_by(asked.ground, head, since.commit, file, line) or begin
    return contributors(asked.ground, head, begin, [f"proposals/{to}/{name}"])
