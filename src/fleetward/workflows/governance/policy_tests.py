"""Run policy tests through the gate, with the fleet's own manifests, people and policy."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from fleetward import gate
from fleetward.domain import digest, layout
from fleetward.domain.approval import Approval, Binding
from fleetward.domain.change import AgentChange, AgentStatus, Comparison, Significance
from fleetward.domain.contributor import Contributor, ContributorRole
from fleetward.domain.errors import FleetError
from fleetward.domain.evidence import EvidenceRecord, SampleCounts
from fleetward.domain.fleet import Environment, Snapshot
from fleetward.domain.ledger import PromotionKind
from fleetward.domain.manifest import Agent, File, Manifest
from fleetward.domain.names import nearest_name
from fleetward.domain.policy import Policy
from fleetward.domain.policy_test import EVERY, AssumedResult, PolicyTest, PolicyTestResult
from fleetward.gate import PromotionRequest
from fleetward.store.fleet.agent_assembly import assemble_agent
from fleetward.workflows.comparison.agents import compare_agent

_RELEASE, _RUNNING, _CANDIDATE = (digest.of_bytes(text) for text in (b"release", b"running", b"candidate"))
_COMMIT = "0" * 40


def run_policy_test(fleet: Snapshot, policy: Policy, case: PolicyTest) -> PolicyTestResult:
    """
    The verdict of the gate on a case.

    Errors: FleetError where the case names something unknown to this fleet, or does not say what changes.
    """
    promotion = gate.decide(_request(fleet, case), policy=policy, people=fleet.people, now=case.at)
    return PolicyTestResult(case=case, promotion=promotion)


def _request(fleet: Snapshot, case: PolicyTest) -> PromotionRequest:
    target = _target(fleet, case)
    before, after = _before_and_after(fleet, target, case)
    creates, retires = case.kind is PromotionKind.CREATE, case.kind is PromotionKind.RETIRE
    manifest = after.manifest
    binding = Binding(
        repository=fleet.config.repository,
        environment=target.name,
        agent=case.agent,
        from_state=None if creates else _RUNNING,
        to_state=_CANDIDATE,
        generation=1 if creates else 2,
    )
    return PromotionRequest(
        binding=binding,
        kind=case.kind,
        release=None if retires else _RELEASE,
        running=None if creates else before.manifest,
        candidate=None if retires else manifest,
        comparison=_comparison(fleet, None if creates else before, None if retires else after, case),
        contributors=tuple(_contributor(fleet, name, case) for name in case.authors),
        approvals=tuple(_approvals(fleet, case, binding)),
        evidence=tuple(_records(manifest, case)) if manifest else (),
        longest_soak=case.soak or timedelta(),
        is_soaking=case.soak is not None,
        soaking_since=case.at - case.soak if case.soak is not None else None,
        mode=case.mode,
        left_at=case.at - case.left_ago if case.kind is PromotionKind.ROLLBACK else None,
    )


def _target(fleet: Snapshot, case: PolicyTest) -> Environment:
    gated = [environment for environment in fleet.config.environments if environment.gated]
    targets = [environment for environment in gated if case.to in (None, environment.name)]
    if len(targets) != 1:
        names = ", ".join(environment.name for environment in gated) or "no environment has 'from'"
        problem = f"no gated environment {case.to!r}" if case.to else "say where it goes"
        raise _invalid_case(case, problem, f"to: one of {names}")
    return targets[0]


def _before_and_after(fleet: Snapshot, target: Environment, case: PolicyTest) -> tuple[Agent, Agent]:
    """The running and the proposed state: the agent of the source environment, with the edits of the case."""
    states = [fleet.agents.get((name, case.agent)) for name in (*target.sources, target.name)]
    agent = next((state for state in states if state is not None), None)
    if agent is None:
        close = nearest_name(case.agent, {name for _, name in fleet.agents})
        raise _invalid_case(
            case, f"no agent {case.agent!r}", f"did you mean {close!r}?" if close else "fleet validate"
        )
    for tier in (case.tier_before, case.tier_after):
        if tier is not None and fleet.policy is not None and tier not in fleet.policy.tiers:
            raise _invalid_case(case, f"no tier {tier!r}", f"one of: {', '.join(fleet.policy.tiers)}")
    before = _patched(agent, target.name, _with_tier({}, case.tier_before), case)
    after = _patched(
        agent, target.name, _with_tier(case.edit or {}, case.tier_after or case.tier_before), case
    )
    return before, after


def _with_tier(edit: Mapping[str, Any], tier: str | None) -> dict[str, Any]:
    if tier is None:
        return dict(edit)
    spec = dict(edit.get("spec") or {})
    return {**edit, "spec": {**spec, "risk": {**(spec.get("risk") or {}), "tier": tier}}}


def _patched(source: Agent, to: str, patch: Mapping[str, Any], case: PolicyTest) -> Agent:
    files = [file for file in source.files if file.path != layout.OVERRIDES]
    if patch:
        files.append(File(path=layout.OVERRIDES, content=json.dumps(patch).encode()))
    agent, findings = assemble_agent(
        to, case.agent, files, overrides_at=case.place.file if patch else None, fixed=source.fixed_tools
    )
    if agent.manifest is None:
        first = findings[0] if findings else None
        where = f"{first.place.path}: {first.message}" if first else "cannot be read"
        raise _invalid_case(
            case, f"the manifest of {case.agent!r} would not be valid: {where}", "fleet validate"
        )
    return agent


def _comparison(
    fleet: Snapshot, before: Agent | None, after: Agent | None, case: PolicyTest
) -> Comparison | None:
    """The changes that the case lists, else those of its edit."""
    if case.facets is None:
        comparison = compare_agent(fleet, before, after)
        if comparison is None:
            raise _invalid_case(case, "does not say what changes", "write changes or edit")
        return comparison
    tiers = [state.manifest.tier if state and state.manifest else None for state in (before, after)]
    worst = min(
        (weight for _, _, weight in case.facets), key=lambda state: state.rank, default=Significance.NONE
    )
    row = AgentChange(
        environment=after.environment if after else "",
        agent=case.agent,
        status=AgentStatus.ADDED
        if before is None
        else AgentStatus.RETIRED
        if after is None
        else AgentStatus.CHANGED,
        tier_before=tiers[0],
        tier_after=tiers[1],
        significance=worst,
    )
    return Comparison(row=row, changes=(), facets=case.facets)


def _contributor(fleet: Snapshot, name: str, case: PolicyTest) -> Contributor:
    if "@" in name:
        return Contributor(email=name, role=ContributorRole.AUTHOR, commit=_COMMIT)
    person = fleet.people.people.get(name) or fleet.people.robots.get(name)
    if person is None or not person.emails:
        raise _invalid_case(
            case, f"nobody is called {name!r}", "a name of governance/people.yaml, or an address"
        )
    return Contributor(email=person.emails[0], role=ContributorRole.AUTHOR, commit=_COMMIT)


def _approvals(fleet: Snapshot, case: PolicyTest, binding: Binding) -> Iterator[Approval]:
    for number, statement in enumerate(case.statements, start=1):
        if statement.person not in fleet.people.people and statement.person not in fleet.people.robots:
            close = nearest_name(statement.person, {*fleet.people.people, *fleet.people.robots})
            hint = f"did you mean {close!r}?" if close else "a name of governance/people.yaml"
            raise _invalid_case(case, f"nobody is called {statement.person!r}", hint)
        yield Approval(
            file=f"approvals/{case.agent}-{statement.person}-{number}.json",
            sha256=digest.of_bytes(b""),
            decision=statement.decision,
            approver=statement.person,
            binding=binding,
            issued=case.at - statement.ago,
            expires=None,
            assurance=statement.assurance,
        )


def _records(candidate: Manifest, case: PolicyTest) -> Iterator[EvidenceRecord]:
    suites = {str(suite_spec.get("name")): suite_spec for suite_spec in candidate.items("spec.evals")}
    for unknown_suite in sorted(case.evals.keys() - suites.keys() - {EVERY}):
        raise _invalid_case(
            case, f"{case.agent!r} has no suite {unknown_suite!r}", f"one of: {', '.join(suites) or 'none'}"
        )
    for name, suite in suites.items():
        ended = case.evals.get(name) or case.evals.get(EVERY)
        if ended is not None and ended.result != "missing":
            yield _record(name, suite, ended, case)


def _record(name: str, suite: Mapping[str, Any], ended: AssumedResult, case: PolicyTest) -> EvidenceRecord:
    """A record whose value just meets the threshold of the suite, or just misses it."""
    passed = ended.result == "passed"
    finished = case.at - ended.ago
    minimum, maximum = suite.get("min"), suite.get("max")
    least = minimum if minimum is not None else maximum if maximum is not None else 1.0
    miss = -1.0 if minimum is not None or maximum is None else 1.0
    return EvidenceRecord(
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
        counts=SampleCounts(total=100, passed=100 if passed else 0, failed=0 if passed else 100),
        model=None,
        finished=finished,
        recorded=finished,
        source=f"{name}.json",
        source_sha256=digest.of_bytes(b""),
        is_assumed=True,
    )


def _invalid_case(case: PolicyTest, message: str, hint: str) -> FleetError:
    return FleetError(f"{case.place.file}:{case.place.line}: {message}", hint=hint)
