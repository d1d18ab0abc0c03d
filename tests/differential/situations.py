"""Random situations as plain values, and the same as values of the gate."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from fleetward.domain.approval import GOVERNANCE, Approval, Binding, Decision
from fleetward.domain.change import AgentChange, AgentStatus, ChangeClass, Comparison, Direction, Significance
from fleetward.domain.contributor import Contributor, ContributorRole
from fleetward.domain.digest import of_bytes
from fleetward.domain.evidence import EvidenceRecord, SampleCounts
from fleetward.domain.finding import Finding, Place, Severity
from fleetward.domain.ledger import PromotionKind
from fleetward.domain.manifest import Manifest
from fleetward.domain.people import Membership, People, Person, Robot, Team
from fleetward.domain.period import Period
from fleetward.domain.policy import (
    ApprovalTerms,
    Assurance,
    Freeze,
    Policy,
    PolicyRule,
    RequiredApprovals,
    RequiredEvals,
    RequiredSoak,
    RuleCondition,
    RuleRequirement,
)
from fleetward.gate import PromotionRequest, decide, decide_governance_change
from tests import build
from tests.differential.reading import Plain

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
TIERS = ["low", "medium", "high"]
NAMES = ["ann", "ben", "cyd", "dan", "eve", "fay"]
TEAMS = ["shop", "risk", "admins"]
HERE, OLD, OTHER, RELEASE = (of_bytes(text) for text in (b"here", b"old", b"other", b"release"))
CLASSES = ["behaviour", "privilege", "data", "cost", "cosmetic"]


def situation(seed: int) -> Plain:
    """A situation: most is ordinary, and something is always odd."""
    dice = random.Random(seed)
    is_governance = dice.random() < 0.15
    kind = dice.choice(["update"] * 4 + ["override", "create", "retire"])
    agents = {side: _agent(dice) for side in ("running", "candidate")}
    if dice.random() < 0.6:
        agents["candidate"] = agents["running"] | {"suites": agents["candidate"]["suites"]}
    absent = {"create": "running", "retire": "candidate"}.get(kind)
    sides = {side: None if side == absent else agent for side, agent in agents.items()}
    return {
        "subject": "governance" if is_governance else "agent",
        "kind": kind,
        "people": {name: _stay(dice) for name in NAMES},
        "robots": {"ci": dice.choice(["dan", None]), "webflow": None},
        "teams": {team: _team(dice) for team in TEAMS},
        **(dict.fromkeys(sides) if is_governance else sides),
        "facets": None if dice.random() < 0.05 else _facets(dice),
        "hands": [_hand(dice) for _ in range(dice.choice([0, 1, 1, 2, 3]))],
        "statements": [_statement(dice) for _ in range(dice.randint(2, 12))],
        "runs": [_run(dice) for _ in range(dice.randint(0, 4))],
        "soaked": dice.choice([0, 1439, 1440, 5000]),
        "errors": dice.random() < 0.03,
        "since": dice.choice([None, 60, 120, 3000]),
        "policy": _policy(dice),
    }


def _agent(dice: random.Random) -> Plain:
    return {
        "tier": dice.choice(TIERS),
        "access": dice.choice(["read", "read", "write", "admin"]),
        "deletes": dice.random() < 0.2,
        "team": dice.choice(TEAMS),
        "people": dice.sample(NAMES, dice.randint(0, 2)),
        "suites": {
            name: dice.choice([50, 90]) for name in dice.sample(["quality", "safety"], dice.randint(0, 2))
        },
    }


def _stay(dice: random.Random) -> tuple[int | None, int | None]:
    return dice.choice([(None, None)] * 6 + [(1, None), (0, None), (None, 0), (None, 1), (9, 2), (None, -1)])


def _team(dice: random.Random) -> list[tuple[str, int | None, int | None]]:
    return [
        (name, *dice.choice([(None, None)] * 6 + [(0, None), (None, 0), (1, 0), (None, 1), (2, -3)]))
        for name in dice.sample(NAMES, dice.randint(1, 4))
    ]


def _facets(dice: random.Random) -> list[list[str]]:
    usual = [dice.choice(["stricter", "stricter", "looser", "neutral", "unknown"])]
    return [
        ["cosmetic", "neutral", "none"]
        if dice.random() < 0.2
        else [dice.choice(CLASSES), dice.choice([*usual * 5, "looser"]), dice.choice(["low", "medium"])]
        for _ in range(dice.randint(1, 3))
    ]


def _hand(dice: random.Random) -> Plain:
    # a squash names co-authors and a forge, a rebase somebody who committed again
    return {
        "name": dice.choice([*NAMES, *NAMES, *NAMES, "ci", "webflow", "stranger"]),
        "role": dice.choice(["author", "author", "committer", "co-author", "re-committer"]),
        "ago": dice.choice([30, 200, 1440, 2000, 15000]),
    }


def _statement(dice: random.Random) -> Plain:
    foreign = dice.random() < 0.05
    return {
        "person": dice.choice([*NAMES, *NAMES, "ci", "stranger"]),
        "decision": dice.choice(["approve"] * 16 + ["reject", "withdraw", "withdraw"]),
        "ago": dice.choice([-2000, -16, -15, -1, 0, 1, 59, 60, 61, 200, 720, 1441, 3000, 20160, 30000]),
        "lasts": dice.choice([None] * 5 + [60, 61, 3000]),
        "number": dice.randint(1, 4),
        "fault": foreign or dice.random() < 0.05,
        "foreign": foreign,
        "assurance": dice.choice([0, 0, 1, 2, 2]),
        "bound": dice.choice(["here"] * 6 + ["other state", "other generation", "elsewhere"]),
    }


def _run(dice: random.Random) -> Plain:
    return {
        "suite": dice.choice(["quality", "safety"]),
        "ago": dice.choice([-16, -15, 10, 60, 1440, 9000]),
        "passed": dice.choice([49, 50, 90, 95]),
        "same_release": dice.random() < 0.9,
        "by": dice.choice([*NAMES, "ci", "ci", "ci", "stranger"]),
    }


def _policy(dice: random.Random) -> Plain:
    return {
        "tiers": TIERS,
        "floors": dice.choice([{}, {}, {"medium": "write", "high": "admin"}]),
        "rules": [_every_change(dice), *(_rule(dice, number) for number in range(dice.randint(0, 3)))],
        "governance": {"require": [_approvals(dice)], "assurance": dice.choice([0, 0, 2])},
        "expire": dice.choice([None, 20160, 1441]),
        "exclude": dice.choice([["author", "committer", "co-author", "robot"]] * 3 + [["author"], []]),
        "ignore_unknown": dice.random() < 0.5,
        "veto": dice.sample(TEAMS, dice.randint(0, 1)),
        "freezes": dice.choice([[]] * 9 + [[(0, -1)], [(60, 0)], [(100, -100)]]),
    }


def _rule(dice: random.Random, number: int) -> Plain:
    replaces = dice.random() < 0.25
    return {
        "id": f"rule-{number}",
        "tiers": dice.choice([[], [], ["high"], ["medium", "high"]]),
        "kinds": dice.choice([[]] * 5 + [["create"], ["update", "override"]]),
        "classes": dice.choice([[]] * 3 + [["privilege"], ["privilege", "data"]]),
        "direction": dice.choice([None] * 3 + ["looser", "stricter"]),
        "only": "stricter" if replaces or dice.random() < 0.1 else None,
        "replaces": replaces,
        "exempt": dice.random() < 0.3,
        "assurance": dice.choice([0] * 8 + [1, 2]),
        "require": [_requirement(dice) for _ in range(dice.choice([0, 1, 1, 1, 2, 2]))],
    }


def _every_change(dice: random.Random) -> Plain:
    any_change = {"tiers": [], "kinds": [], "classes": [], "direction": None, "only": None, "replaces": False}
    rule = _rule(dice, 9)
    return rule | any_change if dice.random() < 0.8 else rule


def _approvals(dice: random.Random) -> Plain:
    teams = dice.sample([*TEAMS, "owner"], dice.choice([1, 1, 2]))
    return {"kind": "approvals", "count": dice.choice([1, 1, 1, 2]), "from": teams}


def _requirement(dice: random.Random) -> Plain:
    return dice.choice(
        [_approvals(dice)] * 5
        + [{"kind": "evals", "age": dice.choice([None, 60, 9000])}, {"kind": "soak", "minutes": 1440}]
    )


# the same as values of the gate


def gate_verdict(plain: Plain) -> str:
    """What the product says."""
    people, policy = _people_value(plain), _policy_value(plain)
    if plain["subject"] == "governance":
        promotion = decide_governance_change(
            _binding(plain, "here"),
            _approval_values(plain),
            _contributor_values(plain),
            policy=policy,
            people=people,
            now=NOW,
            since=None if plain["since"] is None else _at(plain["since"]),
        )
        return str(promotion.verdict)
    return str(decide(_request(plain), policy=policy, people=people, now=NOW).verdict)


def _at(ago: int) -> datetime:
    return NOW - timedelta(minutes=ago)


def _period(minutes: int | None) -> Period | None:
    return None if minutes is None else build.period(timedelta(minutes=minutes))


def _span(minutes: int | None) -> timedelta | None:
    return None if minutes is None else timedelta(minutes=minutes)


def _day(days_ago: int | None) -> Any:
    return None if days_ago is None else (NOW - timedelta(days=days_ago)).date()


def _people_value(plain: Plain) -> People:
    return People(
        people={
            name: Person(
                id=name, name=name, emails=(f"{name}@x.example",), since=_day(since), departed=_day(gone)
            )
            for name, (since, gone) in plain["people"].items()
        },
        robots={
            name: Robot(id=name, emails=(f"{name}@x.example",), operated_by=operator)
            for name, operator in plain["robots"].items()
        },
        teams={
            team: Team(
                id=team,
                members=tuple(
                    Membership(person=person, since=_day(since), until=_day(until))
                    for person, since, until in members
                ),
            )
            for team, members in plain["teams"].items()
        },
    )


def _require_values(rule: Plain) -> tuple[RuleRequirement, ...]:
    return tuple(
        RequiredApprovals(count=item["count"], teams=frozenset(item["from"]))
        if item["kind"] == "approvals"
        else RequiredEvals(max_age=_period(item["age"]))
        if item["kind"] == "evals"
        else RequiredSoak(span=timedelta(minutes=item["minutes"]))
        for item in rule["require"]
    )


def _policy_value(plain: Plain) -> Policy:
    policy = plain["policy"]
    return Policy(
        version=1,
        sha256=of_bytes(b"policy"),
        tiers=tuple(policy["tiers"]),
        floors={tier: ({"toolAccess": least},) for tier, least in policy["floors"].items()},
        approvals=ApprovalTerms(
            expire=_span(policy["expire"]),
            exclude=frozenset(policy["exclude"]),
            ignore_unknown_authors=policy["ignore_unknown"],
        ),
        rules=tuple(
            PolicyRule(
                id=rule["id"],
                when=RuleCondition(
                    tiers=frozenset(rule["tiers"]),
                    kinds=frozenset(rule["kinds"]),
                    classes=frozenset(map(ChangeClass, rule["classes"])),
                    direction=Direction(rule["direction"]) if rule["direction"] else None,
                    only=Direction(rule["only"]) if rule["only"] else None,
                ),
                require=_require_values(rule),
                assurance=Assurance(rule["assurance"]),
                replaces_all=rule["replaces"],
                exempt=frozenset({"freeze"}) if rule["exempt"] else frozenset(),
            )
            for rule in policy["rules"]
        ),
        veto=frozenset(policy["veto"]),
        freezes=tuple(
            Freeze(id=f"freeze-{number}", start=_at(start), end=_at(end))
            for number, (start, end) in enumerate(policy["freezes"])
        ),
        governance=PolicyRule(
            id="governance",
            when=RuleCondition(),
            require=_require_values(policy["governance"]),
            assurance=Assurance(policy["governance"]["assurance"]),
        ),
    )


def _manifest(agent: Plain | None) -> Manifest | None:
    if agent is None:
        return None
    people = dict(zip(("accountable", "backup"), agent["people"], strict=False))
    factors = {
        "dataSensitivity": "public",
        "externalVisibility": "none",
        "financialImpact": "none",
        "reversibility": "reversible",
        "autonomy": "suggest",
    }
    operations = ["search", "delete-all"] if agent["deletes"] else ["search"]
    return build.manifest(
        "bot",
        {
            "owner": {"team": agent["team"], **people},
            "risk": {"tier": agent["tier"], "factors": factors},
            "tools": [{"name": "kb", "allow": operations, "access": agent["access"]}],
            "evals": [
                {"name": name, "metric": "pass-rate", "min": least / 100}
                for name, least in sorted(agent["suites"].items())
            ],
        },
    )


def _binding(plain: Plain, bound: str) -> Binding:
    is_governance = plain["subject"] == "governance"
    return Binding(
        repository="x/agents",
        environment="" if is_governance else "production",
        agent="other" if bound == "elsewhere" else GOVERNANCE if is_governance else "bot",
        from_state=OLD,
        to_state=OTHER if bound == "other state" else HERE,
        generation=7 if bound == "other generation" else 2,
    )


def _approval_values(plain: Plain) -> tuple[Approval, ...]:
    values = []
    for position, item in enumerate(plain["statements"]):
        binding = _binding(plain, item["bound"])
        prefix = binding.to_state[7:19]
        values.append(
            Approval(
                file=f"approvals/{binding.subject}/{prefix}-{item['person']}-{item['number']}.json",
                sha256=of_bytes(str(position).encode()),
                decision=Decision(item["decision"]),
                approver=item["person"],
                binding=binding,
                issued=_at(item["ago"]),
                expires=None if item["lasts"] is None else _at(item["ago"] - item["lasts"]),
                assurance=Assurance(item["assurance"]),
                fault="not theirs" if item["fault"] else None,
                is_foreign=item["foreign"],
            )
        )
    return tuple(values)


def _contributor_values(plain: Plain) -> tuple[Contributor, ...]:
    return tuple(
        Contributor(
            email=f"{hand['name']}@x.example",
            role=ContributorRole(hand["role"]),
            commit="c0ffee" * 6,
            committed=_at(hand["ago"]),
        )
        for hand in plain["hands"]
    )


def _errors(plain: Plain) -> tuple[Finding, ...]:
    finding = Finding(
        rule="owner-unknown",
        severity=Severity.ERROR,
        message="no team",
        place=Place(file="agent.yaml", line=1),
    )
    return (finding,) if plain["errors"] else ()


def _record(run: Plain, number: int) -> EvidenceRecord:
    release = RELEASE if run["same_release"] else OTHER
    return EvidenceRecord(
        file=f"evidence/bot/{release[7:19]}/{run['suite']}-{number}.json",
        sha256=of_bytes(str(number).encode()),
        agent="bot",
        release=release,
        suite=run["suite"],
        format="junit",
        metric="pass-rate",
        value=run["passed"] / 100,
        minimum=None,
        maximum=None,
        counts=SampleCounts(total=100, passed=run["passed"], failed=100 - run["passed"]),
        model=None,
        finished=_at(run["ago"]),
        recorded=_at(run["ago"]),
        source="results.xml",
        source_sha256=of_bytes(b"results"),
        recorders=(f"{run['by']}@x.example",),
        committed=_at(run["ago"]),
    )


def _request(plain: Plain) -> PromotionRequest:
    running, candidate = _manifest(plain["running"]), _manifest(plain["candidate"])
    row = AgentChange(
        environment="production",
        agent="bot",
        status=AgentStatus.CHANGED,
        tier_before=running.tier if running else None,
        tier_after=candidate.tier if candidate else None,
        significance=Significance.MEDIUM,
    )
    facets = plain["facets"]
    return PromotionRequest(
        binding=_binding(plain, "here"),
        kind=PromotionKind(plain["kind"]),
        release=RELEASE,
        running=running,
        candidate=candidate,
        comparison=None
        if facets is None
        else Comparison(
            row=row,
            changes=(),
            facets=frozenset(
                (ChangeClass(cls), Direction(direction), Significance(significance))
                for cls, direction, significance in facets
            ),
        ),
        contributors=_contributor_values(plain),
        approvals=_approval_values(plain),
        evidence=tuple(_record(run, number) for number, run in enumerate(plain["runs"])),
        longest_soak=timedelta(minutes=plain["soaked"]),
        errors=_errors(plain),
    )
