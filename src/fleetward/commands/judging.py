"""What promote, approve and their kin share: one commit, its law, and the question about each agent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from fleetward import changes, gate, rules
from fleetward.commands.reading import read
from fleetward.commands.session import Session
from fleetward.domain import digest
from fleetward.domain.approval import Binding
from fleetward.domain.change import Comparison
from fleetward.domain.contributor import Contributor
from fleetward.domain.errors import FleetError, NotAFleet, UsageError
from fleetward.domain.finding import Finding, Place, Severity
from fleetward.domain.fleet import Environment, Snapshot
from fleetward.domain.ledger import Entry, Ledger, Moved
from fleetward.domain.manifest import Agent
from fleetward.domain.names import nearest
from fleetward.domain.people import People
from fleetward.domain.policy import Policy
from fleetward.domain.verdict import Promotion, PromotionKind
from fleetward.store import records, schema
from fleetward.store.agents import candidate
from fleetward.store.git import Id
from fleetward.store.ground import Ground, find
from fleetward.store.history import Stay, contributors, promoted_by, stay, whole
from fleetward.store.ledger import file_name
from fleetward.store.reader import Reading

NOTHING = digest.of_files([])
"""The state of an agent that is gone: what a retirement is approved for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """One commit of a fleet, before the law of the same or an earlier one."""

    session: Session
    ground: Ground
    head: Id
    law: Id
    reading: Reading
    fleet: Snapshot
    policy: Policy
    people: People
    target: Environment
    sources: tuple[str, ...]
    ledger: Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One agent before the gate: what runs, what would, and the question about it."""

    question: gate.Question
    running: Agent | None
    source: Agent | None
    candidate: Agent | None


def hearing(session: Session, *, to: str, source: str | None = None, base: str | None = None) -> Hearing:
    """
    The fleet at HEAD, and what promotions into *to* are decided by.

    Errors: UsageError for an environment that is none, or takes no promotions; GovernanceInvalid, GitError.
    """
    ground = find(session.folder, session.environment)
    whole(ground.repository)
    head = ground.head()
    reading = read(ground.commit(head))
    fleet = reading.governed()
    law, judge, ruling = head, fleet, reading
    if base is not None:
        law = ground.repository.resolve(base)
        ruling = read(ground.commit(law), only=())
        judge = ruling.governed()
        # nothing of the law may come from what is judged: no waiver, no severity, no wider overridable
        fleet = replace(judge, agents=fleet.agents, proposals=fleet.proposals, proposed=fleet.proposed)
    if judge.policy is None:
        raise NotAFleet(
            "no governance/policy.yaml: nothing can be promoted without a policy", hint="fleet init"
        )
    target, sources = _route(fleet, to, source)
    ledger = _ledger(ground, head, law, to)
    last = ledger.entries[-1].policy_version if ledger.entries else None
    if last is not None and judge.policy.version < last:
        file = "governance/policy.yaml"
        where = f"{file}:{ruling.line(file, 'policy', 'version')}"
        message = f"{where}: version is {judge.policy.version}, the ledger's last entry used {last}"
        raise FleetError(message, hint="raise version in governance/policy.yaml: it only ever increases")
    return Hearing(
        session=session,
        ground=ground,
        head=head,
        law=law,
        reading=reading,
        fleet=fleet,
        policy=judge.policy,
        people=judge.people,
        target=target,
        sources=sources,
        ledger=ledger,
    )


def cases(asked: Hearing, agents: Sequence[str]) -> tuple[Case, ...]:
    """
    One case for each agent, judged as one unit: every candidate stands in the fleet in which each is validated.

    Errors: FleetError where an agent is unknown, or the target's folder is not what the ledger says.
    """
    names = tuple(dict.fromkeys(agents))
    staged = {name: _staged(asked, name) for name in names}
    after = asked.fleet.having(
        (case.candidate for case, _ in staged.values() if case.candidate),
        without=[(asked.target.name, name) for name, (case, _) in staged.items() if case.candidate is None],
    )
    wrong = _caused(asked, after, names)
    return tuple(
        replace(case, question=replace(case.question, errors=(*found, *wrong[name])))
        for name, (case, found) in staged.items()
    )


def decided(asked: Hearing, all_cases: Iterable[Case]) -> tuple[Promotion, ...]:
    """The verdict on every case."""
    now = asked.session.now
    return tuple(
        gate.decide(case.question, policy=asked.policy, people=asked.people, now=now) for case in all_cases
    )


def compared(
    fleet: Snapshot, before: Agent | None, after: Agent | None, dependents: tuple[str, ...] = ()
) -> Comparison | None:
    """What moved between two states of an agent, by the schema that is shipped."""
    return changes.compare(
        before,
        after,
        schema=schema.schema("agent"),
        tiers=fleet.policy.tiers if fleet.policy else (),
        dependents=dependents,
        pin_class=_pin_class,
    )


def _pin_class(named: Mapping[str, Any]) -> str:
    fields = ("deployment", "upgradePolicy", "digest")
    deployment, upgrade_policy, content = (named.get(field) for field in fields)
    pin = rules.verdict(
        str(named.get("provider", "")),
        str(named.get("name", "")),
        named.get("version"),
        deployment=deployment,
        upgrade_policy=upgrade_policy,
        digest=content,
    )
    return pin.cls.value


def dependents(fleet: Snapshot, environment: str, name: str) -> tuple[str, ...]:
    """The agents of *environment* that say they rely on *name*."""
    return tuple(
        manifest.name
        for manifest in fleet.manifests
        if manifest.environment == environment
        and any(one.get("agent") == name for one in manifest.items("spec.dependsOn"))
    )


def _ledger(ground: Ground, head: Id, law: Id, to: str) -> Ledger:
    """
    The ledger at *head*.

    Errors: FleetError where it is broken, lost lines, or holds lines that *law* does not know: what is to be
    judged cannot bring its own.
    """
    ledger = records.ledger(ground.commit(head), to)
    records.only_grew(ground, head, to)
    own, known = (records.ledger_bytes(ground.commit(one), to) for one in (head, law))
    if not known.startswith(own):
        raise FleetError(
            f"ledger/{to}.jsonl has lines that the base does not have: only --apply writes them",
            hint="take them out, or name the newest state of the branch as --base",
        )
    return ledger


def _route(fleet: Snapshot, to: str, source: str | None) -> tuple[Environment, tuple[str, ...]]:
    names = [one.name for one in fleet.config.environments]
    target = fleet.config.environment(to)
    if target is None:
        raise UsageError(f"no environment {to!r}", hint=f"one of: {', '.join(names)}")
    if not target.gated:
        raise UsageError(f"{to!r} takes no promotions: it has no 'from' in fleet-config.yaml")
    if source is not None and source not in target.sources:
        raise UsageError(f"{to!r} is not promoted from {source!r}", hint=f"--from {target.sources[0]}")
    return target, target.sources


def _staged(asked: Hearing, name: str) -> tuple[Case, tuple[Finding, ...]]:
    """The case without what others make of it, and the errors that are its own."""
    fleet, to = asked.fleet, asked.target.name
    sources = [fleet.agents.get((env, name)) for env in asked.sources]
    source = sources[0]
    running = _running(asked, name)
    standing = fleet.agents.get((to, name))
    last = asked.ledger.last(name)
    moved = last[1] if last else None
    if source is None and running is None:
        known = {agent for env, agent in fleet.agents if env in asked.sources}
        close = nearest(name, known)
        raise UsageError(
            f"no agent {name!r} in {', '.join(asked.sources)}",
            hint=f"did you mean {close!r}?" if close else f"one of: {', '.join(sorted(known)[:12])}",
        )
    findings = [
        *_divided(asked, name, sources),
        *_reborn(asked, name, running, last is not None),
        *_unpromoted(asked, name),
        *_unproposed(asked, name),
    ]
    proposed = None
    if source is not None:
        if not source.readable:
            raise FleetError(
                f"the release of {asked.sources[0]}/{name} cannot be named",
                hint=f"fleet validate {source.folder}",
            )
        over = fleet.proposals.get((to, name)) or (standing.file(digest.OVERRIDES) if standing else None)
        proposed, found = candidate(source, to, over, proposed=(to, name) in fleet.proposals)
        findings += [one for one in found if one.severity is Severity.ERROR]
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
    question, unread = _shown(asked, question, running, proposed)
    case = Case(question=question, running=running, source=source, candidate=proposed)
    return case, (*findings, *unread)


def _running(asked: Hearing, name: str) -> Agent | None:
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
    commit = last[0].commit if last else None
    hint = f"git log --oneline {commit[:12]}.. -- {folder}, then restore it" if commit else f"remove {folder}"
    raise FleetError(where, hint=hint)


def _kind(proposed: Agent | None, moved: Moved | None) -> PromotionKind | None:
    if proposed is None:
        return PromotionKind.RETIRE
    if moved is None:
        return PromotionKind.CREATE
    if proposed.state == moved.to_state:
        return None
    return PromotionKind.OVERRIDE if proposed.release == moved.release else PromotionKind.UPDATE


def _shown(
    asked: Hearing, question: gate.Question, running: Agent | None, proposed: Agent | None
) -> tuple[gate.Question, tuple[Finding, ...]]:
    """The question with everything that history and records say about it."""
    to, name = asked.target.name, question.binding.agent
    last = asked.ledger.last(name)
    comparison = None
    if (running is None or running.manifest) and (proposed is None or proposed.manifest):
        comparison = compared(asked.fleet, running, proposed, dependents(asked.fleet, to, name))
    folders = [f"environments/{env}/{name}" for env in asked.sources]
    statements, unread = records.approvals(
        asked.ground, asked.law, to, name, asked.people, now=asked.session.now
    )
    runs, unread_runs = records.evidence(asked.ground, asked.head, name, question.release)
    stays = [stay(asked.ground, asked.head, folder, asked.session.now) for folder in folders]
    shortest = min(stays, key=lambda one: one.longest) if proposed else Stay()
    asked_for = replace(
        question,
        comparison=comparison,
        contributors=(
            *_authors(asked, asked.target, name, asked.head, last[0] if last else None),
            *_proposers(asked, name, last[0] if last else None),
        ),
        approvals=statements,
        evidence=runs,
        longest=shortest.longest,
        soaking=shortest.since is not None,
        soaking_since=shortest.since,
    )
    return asked_for, (*unread, *unread_runs)


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


def _proposers(asked: Hearing, name: str, since: Entry | None) -> tuple[Contributor, ...]:
    """Everybody who wrote the proposal; the last promotion took its own away, which makes nobody an author."""
    to, begin = asked.target.name, since.commit if since else None
    if since is not None:
        file, line = file_name(to), since.line.encode()
        begin = promoted_by(asked.ground, asked.head, since.commit, file, line) or begin
    return contributors(asked.ground, asked.head, begin, [f"proposals/{to}/{name}"])


def _caused(asked: Hearing, after: Snapshot, names: Sequence[str]) -> dict[str, tuple[Finding, ...]]:
    """By agent: the errors on it in the target environment, and those that the unit causes for others there."""
    to, now = asked.target.name, asked.session.now
    then = [one for one in rules.findings(after, now) if _stops(one) and one.environment == to]
    before = {one.fingerprint for one in rules.findings(asked.fleet, now) if _stops(one)}
    others = [one for one in then if one.agent not in names and one.fingerprint not in before]
    return {name: (*(one for one in then if one.agent == name), *others) for name in names}


def _stops(finding: Finding) -> bool:
    return finding.severity is Severity.ERROR and not finding.waived


def _divided(asked: Hearing, name: str, sources: Sequence[Agent | None]) -> Iterable[Finding]:
    """Every source has to hold the release."""
    first = sources[0]
    for environment, agent in zip(asked.sources[1:], sources[1:], strict=True):
        if (agent and agent.release) != (first and first.release):
            yield _error(
                "environment-skipped",
                f"{environment} does not hold the release of {asked.sources[0]}",
                f"environments/{environment}/{name}/agent.yaml",
                f"fleet promote {name} --to {environment}",
            )


def _unpromoted(asked: Hearing, name: str) -> Iterable[Finding]:
    """A gated source passes on what was promoted into it, nothing that somebody wrote there."""
    for source in asked.sources:
        stage = asked.fleet.config.environment(source)
        ledger = records.ledger(asked.ground.commit(asked.head), source) if stage and stage.gated else None
        if ledger is None or not ledger.entries:
            continue
        last, agent = ledger.last(name), asked.fleet.agents.get((source, name))
        said, held = last[1].to_state if last else None, agent.state if agent else None
        if said != held:
            yield _error(
                "unpromoted-state",
                f"{source} holds {held or 'nothing'}, its ledger says {said or 'nothing runs'}",
                f"environments/{source}/{name}/agent.yaml",
                f"restore environments/{source}/{name}",
            )


def _unproposed(asked: Hearing, name: str) -> Iterable[Finding]:
    """What lies under ``proposals/`` and is none must not be passed over."""
    to = asked.target.name
    if (to, name) not in asked.fleet.proposals:
        place = f"proposals/{to}/{name}/"
        for one in asked.reading.findings:
            if one.severity is Severity.ERROR and one.place.file.startswith(place):
                yield one


def _reborn(asked: Hearing, name: str, running: Agent | None, known: bool) -> Iterable[Finding]:
    """A name that was retired stays taken."""
    if running is None and known:
        place = f"environments/{asked.sources[0]}/{name}/agent.yaml"
        yield _error(
            "name-retired", f"{name!r} was retired from {asked.target.name}", place, "take another name"
        )


def _error(rule: str, message: str, file: str, hint: str) -> Finding:
    return Finding(rule=rule, severity=Severity.ERROR, message=message, place=Place(file=file), hint=hint)
