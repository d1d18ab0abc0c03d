"""A small world to ask questions in: one agent, its people, and a policy whose rules can be switched."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from fleetward.domain.approval import Approval, Binding, Decision
from fleetward.domain.change import (
    AgentChange,
    AgentStatus,
    ChangeClass,
    Comparison,
    Direction,
    Facet,
    Significance,
)
from fleetward.domain.contributor import Contributor, ContributorRole
from fleetward.domain.digest import of_bytes
from fleetward.domain.evidence import EvidenceRecord, SampleCounts
from fleetward.domain.finding import Finding, Place, Severity
from fleetward.domain.ledger import PromotionKind
from fleetward.domain.manifest import Manifest
from fleetward.domain.people import Membership, People, Person, Robot, Team
from fleetward.domain.policy import (
    Assurance,
    Policy,
    PolicyRule,
    RequiredApprovals,
    RequiredEvals,
    RequiredSoak,
    RuleCondition,
)
from fleetward.domain.verdict import Promotion
from fleetward.gate import PromotionRequest, decide
from tests import build

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
RELEASE, OLD, NEW, OTHER = (of_bytes(text) for text in (b"release", b"old", b"new", b"other"))
BINDING = Binding(
    repository="acme/agents",
    environment="production",
    agent="refund-bot",
    from_state=OLD,
    to_state=NEW,
    generation=3,
)
SUITES = (
    {"name": "quality", "metric": "pass-rate", "min": 0.95, "maxAge": "P30D"},
    {"name": "safety", "metric": "toxicity", "max": 0.01},
)


def everybody(**changes: Any) -> People:
    """payments owns the agent; dina is in payments and security, hugo in security and on-call."""
    usual = build.people(
        {
            "payments": ["alice", "carla", "dina"],
            "risk": ["bob", "farid", "gita"],
            "security": ["dina", "hugo"],
            "on-call": ["carla", "erin", "hugo"],
            "support": ["bob", "erin"],
        },
        Person(id="zoe", name="Zoe", emails=("zoe@acme.example",)),
        robots=[
            Robot(id="ci", emails=("ci@acme.example",), operated_by="carla"),
            Robot(id="forge", emails=("noreply@forge.example",)),
        ],
    )
    return replace(usual, **changes)


def people_with_dates(name: str, *, since: date | None = None, departed: date | None = None) -> People:
    """Everybody, with *name* here only from *since* until *departed*."""
    usual = everybody()
    changed = replace(usual.people[name], since=since, departed=departed)
    return replace(usual, people={**usual.people, name: changed})


def people_with_membership(
    team: str, name: str, *, since: date | None = None, until: date | None = None
) -> People:
    """Everybody, with *name* in *team* only for a time."""
    usual = everybody()
    remaining = [m for m in usual.teams[team].members if m.person != name]
    changed = Team(id=team, members=(*remaining, Membership(person=name, since=since, until=until)))
    return replace(usual, teams={**usual.teams, team: changed})


def manifest(tier: str = "medium", team: str = "payments", **spec: Any) -> Manifest:
    """An agent of *tier* whose accountable person is carla and whose backup, zoe, is in no team."""
    usual = {
        "owner": {"team": team, "accountable": "carla", "backup": "zoe"},
        "risk": {"tier": tier},
        "evals": list(SUITES),
    }
    return build.manifest("refund-bot", {**usual, **spec})


def comparison(*facets: Facet) -> Comparison:
    """A change with these facets."""
    row = AgentChange(
        environment="production",
        agent="refund-bot",
        status=AgentStatus.CHANGED,
        tier_before="medium",
        tier_after="medium",
        significance=Significance.MEDIUM,
    )
    return Comparison(row=row, changes=(), facets=frozenset(facets))


REWORDED: Facet = (ChangeClass.BEHAVIOUR, Direction.NEUTRAL, Significance.MEDIUM)
STRICTER: Facet = (ChangeClass.PRIVILEGE, Direction.STRICTER, Significance.LOW)
LOOSER: Facet = (ChangeClass.PRIVILEGE, Direction.LOOSER, Significance.HIGH)
RELABELLED: Facet = (ChangeClass.COSMETIC, Direction.NEUTRAL, Significance.NONE)
DEARER: Facet = (ChangeClass.COST, Direction.LOOSER, Significance.HIGH)


def promotion_request(**changes: Any) -> PromotionRequest:
    """An update that reworded a prompt, written by erin; nobody said anything yet."""
    usual: dict[str, Any] = {
        "binding": BINDING,
        "kind": PromotionKind.UPDATE,
        "release": RELEASE,
        "running": manifest(),
        "candidate": manifest(),
        "comparison": comparison(REWORDED),
        "contributors": (contributor("erin"),),
    }
    return PromotionRequest(**{**usual, **changes})


def statement(
    who: str,
    decision: Decision = Decision.APPROVE,
    *,
    ago: timedelta = HOUR,
    lasts: timedelta | None = None,
    number: int = 1,
    fault: str | None = None,
    assurance: Assurance = Assurance.RECORDED,
    note: str = "",
    **binding: Any,
) -> Approval:
    """A statement of *who*, made *ago*, expiring *lasts* after that; other words change its binding."""
    bound = replace(BINDING, **binding)
    issued = NOW - ago
    return Approval(
        file=f"approvals/production/refund-bot/{bound.to_state[7:19]}-{who}-{number}.json",
        sha256=of_bytes(f"{who}{number}".encode()),
        decision=decision,
        approver=who,
        binding=bound,
        issued=issued,
        expires=issued + lasts if lasts is not None else None,
        fault=fault,
        assurance=assurance,
        note=note,
    )


def rejection(who: str, **changes: Any) -> Approval:
    """A rejection."""
    return statement(who, Decision.REJECT, **changes)


def withdrawal(who: str, **changes: Any) -> Approval:
    """A withdrawal, half an hour ago."""
    return statement(who, Decision.WITHDRAW, **{"ago": HOUR / 2, "number": 2, **changes})


def contributor(who: str, role: ContributorRole = ContributorRole.AUTHOR) -> Contributor:
    """Somebody of the house had a hand in it."""
    return Contributor(email=who if "@" in who else f"{who}@acme.example", role=role, commit="c0ffee" * 6)


def evidence_record(
    suite: str = "quality",
    value: float = 0.97,
    *,
    ago: timedelta = DAY,
    counts: tuple[int, int, int, int] | None = None,
    metric: str | None = None,
    release: str = RELEASE,
    agent: str = "refund-bot",
    faults: tuple[str, ...] = (),
    number: int = 1,
) -> EvidenceRecord:
    """A record; counts are passed, failed, errored, skipped out of a hundred."""
    passed, failed, errored, skipped = counts or (round(value * 100), 100 - round(value * 100), 0, 0)
    return EvidenceRecord(
        file=f"evidence/refund-bot/{release[7:19]}/{suite}-{number}.json",
        sha256=of_bytes(f"{suite}{number}".encode()),
        agent=agent,
        release=release,
        suite=suite,
        format="promptfoo",
        metric=metric or ("toxicity" if suite == "safety" else "pass-rate"),
        value=value,
        minimum=None,
        maximum=None,
        counts=SampleCounts(
            total=passed + failed + errored + skipped,
            passed=passed,
            failed=failed,
            errored=errored,
            skipped=skipped,
        ),
        model=None,
        finished=NOW - ago,
        recorded=NOW - ago,
        source="results.json",
        source_sha256=of_bytes(b"results"),
        faults=faults,
        recorders=("ci@acme.example",),
        committed=NOW - ago,
    )


SAFE = evidence_record("safety", 0.002, counts=(100, 0, 0, 0))


def error(message: str = "no team named 'nobody'") -> Finding:
    """An error on the candidate."""
    return Finding(
        rule="owner-unknown",
        severity=Severity.ERROR,
        message=message,
        place=Place(file="environments/staging/refund-bot/agent.yaml", line=9),
    )


def approvals(count: int, *teams: str) -> RequiredApprovals:
    """So many of these teams."""
    return RequiredApprovals(count=count, teams=frozenset(teams))


def evals(max_age: timedelta | None = None) -> RequiredEvals:
    """Evaluations passed."""
    return RequiredEvals(max_age=None if max_age is None else build.period(max_age))


def soak(span: timedelta) -> RequiredSoak:
    """Long enough in staging."""
    return RequiredSoak(span=span)


def rule(name: str, *require: Any, when: dict[str, Any] | None = None, **fields: Any) -> PolicyRule:
    """A rule for production."""
    return PolicyRule(
        id=name,
        when=RuleCondition(**{"to": frozenset({"production"}), **(when or {})}),
        require=require,
        **fields,
    )


OWNER = rule("every-change", approvals(1, "owner"))
RISK = rule("risk", approvals(2, "risk"))
SECURITY = rule("security", approvals(1, "security"))
EVALS = rule("evals", evals(7 * DAY))
SOAK = rule("soak", soak(DAY))
SAFER = rule(
    "only-safer",
    approvals(1, "owner", "on-call"),
    when={"only": Direction.STRICTER},
    replaces_all=True,
    exempt=frozenset({"freeze"}),
)
NEW_PRIVILEGE = rule(
    "new-privilege",
    approvals(1, "security"),
    when={"classes": frozenset({ChangeClass.PRIVILEGE, ChangeClass.DATA}), "direction": Direction.LOOSER},
)


def policy(*rules: PolicyRule, **fields: Any) -> Policy:
    """These rules; risk and security may veto."""
    usual = {"rules": rules, "veto": frozenset({"risk", "security"})}
    return build.policy(**{**usual, **fields})


def verdict(
    *rules: PolicyRule,
    people: People | None = None,
    now: datetime = NOW,
    terms: dict[str, Any] | None = None,
    **changes: Any,
) -> Promotion:
    """What the gate says to this question under these rules."""
    rule_set = policy(*rules, **(terms or {}))
    return decide(promotion_request(**changes), policy=rule_set, people=people or everybody(), now=now)


def of_kind(promotion: Promotion, kind: str) -> list[Any]:
    """The requirements of one kind."""
    return [requirement for requirement in promotion.requirements if requirement.kind == kind]


def reasons(promotion: Promotion) -> dict[str, str]:
    """Why each approval does not count."""
    return {excluded.approver: excluded.reason for excluded in promotion.not_counted}


def approvals_of(names: Iterable[str]) -> tuple[Approval, ...]:
    """Each of them approves."""
    return tuple(statement(name) for name in names)
