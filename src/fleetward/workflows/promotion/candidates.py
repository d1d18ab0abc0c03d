"""The question about each agent: what runs, what would, and everything that history and records say of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from fleetward import gate
from fleetward.domain import digest
from fleetward.domain.approval import Binding
from fleetward.domain.errors import FleetError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Finding, Severity
from fleetward.domain.fleet import Snapshot
from fleetward.domain.ledger import Moved, PromotionKind
from fleetward.domain.manifest import Agent
from fleetward.domain.verdict import Promotion
from fleetward.store.fleet.agents import candidate
from fleetward.store.git.history import Stay, stay
from fleetward.store.git.repository import Id
from fleetward.store.records import load as records
from fleetward.store.records.approvals import NOTHING
from fleetward.store.records.invalid_entries import UNDO
from fleetward.workflows.comparison.agents import compared, dependents
from fleetward.workflows.promotion.blockers import caused, divided, reborn, unpromoted, unproposed
from fleetward.workflows.promotion.context import Hearing, known
from fleetward.workflows.promotion.contributors import due, hands
from fleetward.workflows.promotion.source import brakes, overridden, retires, unheard
from fleetward.workflows.suggestions import no_agent
from fleetward.workflows.validation.drift import promoted, restoring


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One agent before the gate: what runs, what would, and the question about it."""

    question: gate.Question
    running: Agent | None
    source: Agent | None
    candidate: Agent | None
    origin: Id | None = None
    """The commit whose folder holds the release that a rollback goes back to; nothing else comes from there."""
    overrides_too: bool = False
    """Its overrides come from there, too."""


Staged = Mapping[str, tuple[Case, Sequence[Finding]]]
"""By agent its case, without what others make of it, and the errors that are its own."""


def cases(asked: Hearing, agents: Sequence[str]) -> tuple[Case, ...]:
    """
    One case for each agent, judged as one unit: every candidate stands in the fleet in which each is validated.

    Errors: FleetError where an agent is unknown, or the target's folder is not what the ledger says.
    """
    return unit(asked, {name: _staged(asked, name) for name in dict.fromkeys(agents)})


def unit(asked: Hearing, staged: Staged) -> tuple[Case, ...]:
    """These cases as one unit."""
    after = asked.fleet.having(
        (case.candidate for case, _ in staged.values() if case.candidate),
        without=[(asked.target.name, name) for name, (case, _) in staged.items() if case.candidate is None],
    )
    wrong = caused(asked, after, tuple(staged))
    return tuple(
        replace(
            case,
            question=replace(
                case.question, errors=(*found, *wrong[name], *_unheard(asked, after, case, tuple(staged)))
            ),
        )
        for name, (case, found) in staged.items()
    )


def _unheard(asked: Hearing, after: Snapshot, case: Case, names: Sequence[str]) -> Iterable[Finding]:
    """Those who may still need what goes, and cannot be read; whoever moves with it is judged itself."""
    if case.question.kind is not PromotionKind.RETIRE:
        return ()
    name = case.question.binding.agent
    return unheard(asked.reading, after, asked.target.name, (name, *names))


def decided(asked: Hearing, all_cases: Iterable[Case]) -> tuple[Promotion, ...]:
    """The verdict on every case."""
    now = asked.run.now
    return tuple(
        gate.decide(case.question, policy=asked.policy, people=asked.people, now=now) for case in all_cases
    )


def _staged(asked: Hearing, name: str) -> tuple[Case, tuple[Finding, ...]]:
    """The case without what others make of it, and the errors that are its own."""
    fleet, to = asked.fleet, asked.target.name
    if brakes(asked, name):
        asked = replace(asked, sources=(to,))
    sources = [fleet.agents.get((env, name)) for env in asked.sources]
    source = sources[0]
    running = ledgered(asked, name)
    standing = fleet.agents.get((to, name))
    last = asked.ledger.last(name)
    moved = last[1] if last else None
    if source is None and running is None:
        raise no_agent(name, ", ".join(asked.sources), known(asked))
    findings = [
        *divided(asked, name, sources),
        *reborn(asked, name, running, last is not None),
        *unpromoted(asked, name),
        *unproposed(asked, name),
    ]
    proposed = None
    if source is not None and not source.readable:
        raise FleetError(
            f"the release of {source.environment}/{name} cannot be named",
            hint=f"fleet validate {source.folder}",
        )
    if source is not None and not retires(source):
        over = fleet.proposals.get((to, name)) or (standing.file(digest.OVERRIDES) if standing else None)
        proposed, found = candidate(source, to, over, proposed=(to, name) in fleet.proposals)
        findings += [*(one for one in found if one.severity is Severity.ERROR), *overridden(proposed)]
    kind = _kind(proposed, moved if running else None)
    question = gate.Question(
        binding=Binding(
            repository=fleet.config.repository,
            environment=to,
            agent=name,
            from_state=moved.to_state if running and moved else None,
            to_state=proposed.state if proposed else NOTHING,
            generation=asked.ledger.generation(name),
        ),
        kind=kind,
        release=proposed.release if proposed else None,
        running=running.manifest if running else None,
        running_unread=running is not None and running.manifest is None,
        candidate=proposed.manifest if proposed else None,
    )
    question, unread = shown(asked, question, running, proposed)
    case = Case(question=question, running=running, source=source, candidate=proposed)
    return case, (*findings, *unread)


def ledgered(asked: Hearing, name: str) -> Agent | None:
    """
    What the ledger says runs, where the folder agrees.

    Errors: FleetError where it does not: a promotion builds on nothing that nobody allowed.
    """
    to = asked.target.name
    folder = f"environments/{to}/{name}"
    standing = asked.fleet.agents.get((to, name))
    last = asked.ledger.last(name)
    said = last[1].to_state if last else None
    held = standing.state if standing and standing.readable else None
    if not asked.ledger.entries and (there := asked.fleet.names(to)):
        raise FleetError(
            f"environments/{to}/{min(there)} is there, but {to} has no ledger yet",
            hint=f"fleet adopt --to {to} --apply",
        )
    if standing is None and said is None:
        return None
    if held == said and standing is not None:
        return standing
    where = f"{folder} holds {held or 'nothing that can be named'}, the ledger says {said or 'nothing runs'}"
    if last is None:
        raise FleetError(where, hint=f"remove {folder}")
    brought = promoted(asked.ground, asked.ledger, name)
    unknown = f"git log --oneline {last[0].commit[:12]}.. -- {folder}, then restore it"
    restore = f"{restoring(brought, folder)}, and commit it" if brought else unknown
    raise FleetError(where, hint=f"{f'remove {folder}' if said is None else restore}; {UNDO}")


def _kind(proposed: Agent | None, moved: Moved | None) -> PromotionKind | None:
    if proposed is None:
        return PromotionKind.RETIRE if moved else None
    if moved is None:
        return PromotionKind.CREATE
    if proposed.state == moved.to_state:
        return None
    return PromotionKind.OVERRIDE if proposed.release == moved.release else PromotionKind.UPDATE


def shown(
    asked: Hearing, question: gate.Question, running: Agent | None, proposed: Agent | None
) -> tuple[gate.Question, tuple[Finding, ...]]:
    """
    The question with everything that history and records say about it.

    A rollback has no authors: what it brings back was approved when it came, beside those who wrote it, and what
    was written since stays where it is. For the same reason it has not stayed anywhere for a while.
    """
    back = question.kind is PromotionKind.ROLLBACK
    to, name = asked.target.name, question.binding.agent
    comparison = None
    if (running is None or running.manifest) and (proposed is None or proposed.manifest):
        comparison = compared(asked.fleet, running, proposed, dependents(asked.fleet, to, name))
    folders = [f"environments/{env}/{name}" for env in asked.sources]
    statements, unread = records.approvals(asked.ground, asked.law, to, name, asked.people, now=asked.run.now)
    runs, unread_runs = records.evidence(asked.ground, asked.head, name, question.release)
    stays = [stay(asked.ground, asked.head, folder, asked.run.now) for folder in folders]
    shortest = min(stays, key=lambda one: one.longest) if proposed and not back else Stay()
    asked_for = replace(
        question,
        comparison=comparison,
        contributors=() if back else hands(asked, name, asked.head, asked.ledger),
        approvals=statements,
        evidence=runs,
        longest=shortest.longest,
        soaking=shortest.since is not None,
        soaking_since=shortest.since,
        way=asked.way,
        held=asked.ledger.held(name, question.release) if question.release else None,
        reviews=due(asked, name),
    )
    if asked.supposed:
        asked_for = gate.supposing(asked_for, asked.supposed, people=asked.people, now=asked.run.now)
    return asked_for, (*unread, *unread_runs)
