"""Cases of policy tests, put to the gate as promotions are: the fleet's own manifests, people and policy."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from fleetward import gate
from fleetward.domain import digest
from fleetward.domain.approval import Approval, Binding
from fleetward.domain.change import AgentChange, Comparison, Significance, Status
from fleetward.domain.errors import FleetError
from fleetward.domain.evidence import Counts, Record
from fleetward.domain.fleet import Environment, Snapshot
from fleetward.domain.ledger import PromotionKind
from fleetward.domain.manifest import Agent, File, Manifest
from fleetward.domain.names import nearest
from fleetward.domain.policy import Policy
from fleetward.domain.policy_test import EVERY, Ended, Rehearsal, Rehearsed
from fleetward.gate import Contributor, Question, Role
from fleetward.store.fleet.agents import assembled
from fleetward.workflows.comparison.agents import compared

_RELEASE, _RUNNING, _CANDIDATE = (digest.of_bytes(text) for text in (b"release", b"running", b"candidate"))
_COMMIT = "0" * 40


def rehearsed(fleet: Snapshot, policy: Policy, case: Rehearsal) -> Rehearsed:
    """
    What the gate says to a case.

    Errors: FleetError where the case names what this fleet does not have, or leaves out what changed.
    """
    promotion = gate.decide(_question(fleet, case), policy=policy, people=fleet.people, now=case.at)
    return Rehearsed(case=case, promotion=promotion)


def _question(fleet: Snapshot, case: Rehearsal) -> Question:
    target = _target(fleet, case)
    before, after = _sides(fleet, target, case)
    creates, retires = case.kind is PromotionKind.CREATE, case.kind is PromotionKind.RETIRE
    candidate = after.manifest
    binding = Binding(
        repository=fleet.config.repository,
        environment=target.name,
        agent=case.agent,
        from_state=None if creates else _RUNNING,
        to_state=_CANDIDATE,
        generation=1 if creates else 2,
    )
    return Question(
        binding=binding,
        kind=case.kind,
        release=None if retires else _RELEASE,
        running=None if creates else before.manifest,
        candidate=None if retires else candidate,
        comparison=_comparison(fleet, None if creates else before, None if retires else after, case),
        contributors=tuple(_contributor(fleet, name, case) for name in case.by),
        approvals=tuple(_approvals(fleet, case, binding)),
        evidence=tuple(_records(candidate, case)) if candidate else (),
        longest=case.soak or timedelta(),
        soaking=case.soak is not None,
        soaking_since=case.at - case.soak if case.soak is not None else None,
        way=case.way,
        left=case.at - case.left if case.kind is PromotionKind.ROLLBACK else None,
    )


def _target(fleet: Snapshot, case: Rehearsal) -> Environment:
    gated = [one for one in fleet.config.environments if one.gated]
    wanted = [one for one in gated if case.to in (None, one.name)]
    if len(wanted) != 1:
        names = ", ".join(one.name for one in gated) or "no environment has 'from'"
        what = f"no gated environment {case.to!r}" if case.to else "say where it goes"
        raise _unfit(case, what, f"to: one of {names}")
    return wanted[0]


def _sides(fleet: Snapshot, target: Environment, case: Rehearsal) -> tuple[Agent, Agent]:
    """What is taken to run and to take its place: the agent as it stands in the source, with what the case says."""
    standing = [fleet.agents.get((name, case.agent)) for name in (*target.sources, target.name)]
    known = next((one for one in standing if one is not None), None)
    if known is None:
        close = nearest(case.agent, {name for _, name in fleet.agents})
        raise _unfit(
            case, f"no agent {case.agent!r}", f"did you mean {close!r}?" if close else "fleet validate"
        )
    for tier in (case.tier_before, case.tier_after):
        if tier is not None and fleet.policy is not None and tier not in fleet.policy.tiers:
            raise _unfit(case, f"no tier {tier!r}", f"one of: {', '.join(fleet.policy.tiers)}")
    before = _patched(known, target.name, _tiered({}, case.tier_before), case)
    after = _patched(known, target.name, _tiered(case.edit or {}, case.tier_after or case.tier_before), case)
    return before, after


def _tiered(edit: Mapping[str, Any], tier: str | None) -> dict[str, Any]:
    if tier is None:
        return dict(edit)
    spec = dict(edit.get("spec") or {})
    return {**edit, "spec": {**spec, "risk": {**(spec.get("risk") or {}), "tier": tier}}}


def _patched(known: Agent, to: str, patch: Mapping[str, Any], case: Rehearsal) -> Agent:
    files = [one for one in known.files if one.path != digest.OVERRIDES]
    if patch:
        files.append(File(path=digest.OVERRIDES, content=json.dumps(patch).encode()))
    agent, wrong = assembled(to, case.agent, files, overrides_at=case.place.file if patch else None)
    if agent.manifest is None:
        told = wrong[0] if wrong else None
        where = f"{told.place.path}: {told.message}" if told else "cannot be read"
        raise _unfit(case, f"the manifest of {case.agent!r} would not be valid: {where}", "fleet validate")
    return agent


def _comparison(
    fleet: Snapshot, before: Agent | None, after: Agent | None, case: Rehearsal
) -> Comparison | None:
    """The changes that the case names, else those that its edit makes."""
    if case.facets is None:
        found = compared(fleet, before, after)
        if found is None:
            raise _unfit(case, "says nothing of what changed", "write changes or edit")
        return found
    tiers = [one.manifest.tier if one and one.manifest else None for one in (before, after)]
    worst = min((weight for _, _, weight in case.facets), key=lambda one: one.rank, default=Significance.NONE)
    row = AgentChange(
        environment=after.environment if after else "",
        agent=case.agent,
        status=Status.ADDED if before is None else Status.RETIRED if after is None else Status.CHANGED,
        tier_before=tiers[0],
        tier_after=tiers[1],
        significance=worst,
    )
    return Comparison(row=row, changes=(), facets=case.facets)


def _contributor(fleet: Snapshot, name: str, case: Rehearsal) -> Contributor:
    if "@" in name:
        return Contributor(email=name, role=Role.AUTHOR, commit=_COMMIT)
    known = fleet.people.people.get(name) or fleet.people.robots.get(name)
    if known is None or not known.emails:
        raise _unfit(case, f"nobody is called {name!r}", "a name of governance/people.yaml, or an address")
    return Contributor(email=known.emails[0], role=Role.AUTHOR, commit=_COMMIT)


def _approvals(fleet: Snapshot, case: Rehearsal, binding: Binding) -> Iterator[Approval]:
    for number, one in enumerate(case.said, start=1):
        if one.person not in fleet.people.people and one.person not in fleet.people.robots:
            close = nearest(one.person, {*fleet.people.people, *fleet.people.robots})
            hint = f"did you mean {close!r}?" if close else "a name of governance/people.yaml"
            raise _unfit(case, f"nobody is called {one.person!r}", hint)
        yield Approval(
            file=f"approvals/{case.agent}-{one.person}-{number}.json",
            sha256=digest.of_bytes(b""),
            decision=one.decision,
            approver=one.person,
            binding=binding,
            issued=case.at - one.ago,
            expires=None,
            assurance=one.assurance,
        )


def _records(candidate: Manifest, case: Rehearsal) -> Iterator[Record]:
    suites = {str(one.get("name")): one for one in candidate.items("spec.evals")}
    for unknown in sorted(case.evals.keys() - suites.keys() - {EVERY}):
        raise _unfit(
            case, f"{case.agent!r} has no suite {unknown!r}", f"one of: {', '.join(suites) or 'none'}"
        )
    for name, suite in suites.items():
        ended = case.evals.get(name) or case.evals.get(EVERY)
        if ended is not None and ended.result != "missing":
            yield _record(name, suite, ended, case)


def _record(name: str, suite: Mapping[str, Any], ended: Ended, case: Rehearsal) -> Record:
    """A run that just meets the suite's threshold, or just does not."""
    passed = ended.result == "passed"
    finished = case.at - ended.ago
    minimum, maximum = suite.get("min"), suite.get("max")
    least = minimum if minimum is not None else maximum if maximum is not None else 1.0
    miss = -1.0 if minimum is not None or maximum is None else 1.0
    return Record(
        file=f"evidence/{case.agent}/{name}.json",
        sha256=digest.of_bytes(b""),
        agent=case.agent,
        release=_RELEASE,
        suite=name,
        format="fleetward",
        metric=str(suite.get("metric") or "pass-rate"),
        value=float(least) if passed else float(least) + miss,
        minimum=minimum,
        maximum=maximum,
        counts=Counts(total=100, passed=100 if passed else 0, failed=0 if passed else 100),
        model=None,
        finished=finished,
        recorded=finished,
        source=f"{name}.json",
        source_sha256=digest.of_bytes(b""),
    )


def _unfit(case: Rehearsal, message: str, hint: str) -> FleetError:
    return FleetError(f"{case.place.file}:{case.place.line}: {message}", hint=hint)
