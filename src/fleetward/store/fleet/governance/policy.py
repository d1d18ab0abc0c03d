"""``governance/policy.yaml``: what promotions require; requirements that nobody could meet are errors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fleetward.domain.change import ChangeClass, Direction
from fleetward.domain.finding import Finding
from fleetward.domain.path import ItemKey, Step
from fleetward.domain.people import People
from fleetward.domain.period import Period
from fleetward.domain.policy import (
    OWNERS,
    OWNERSHIP,
    ApprovalTerms,
    Assurance,
    BreakGlassPolicy,
    Freeze,
    Policy,
    PolicyRule,
    RequiredApprovals,
    RequiredCriteria,
    RequiredEvals,
    RequiredSoak,
    RollbackPolicy,
    RuleCondition,
    RuleRequirement,
)
from fleetward.store.fleet.governance.freezes import parse_freeze
from fleetward.store.fleet.governance.policy_apply import parse_apply
from fleetward.store.fleet.governance.policy_life import (
    check_attested_kinds,
    parse_attestation_kinds,
    parse_required_attestation,
    parse_stop,
)
from fleetward.store.fleet.governance.required_evidence import required_evals, required_soak
from fleetward.store.fleet.governance.required_fields import check_required
from fleetward.store.fleet.governance.satisfiability import check_rules, check_special_rules
from fleetward.store.fleet.governance.source import Notes, Source, as_tuple, spelling_hint

_DEFAULT_EXPIRY = "P14D"


def parse_policy(
    data: Mapping[str, Any], source: Source, people: People
) -> tuple[Policy | None, tuple[Finding, ...]]:
    """
    The policy; None with an error in it.

    Rules: policy-unsatisfiable.
    """
    notes = Notes(source, "policy-unsatisfiable")
    tiers = tuple(data["tiers"])
    _check_version(data["version"], notes)
    _check_tiers(data, tiers, notes)
    check_required(data.get("required") or {}, notes)
    veto = _teams(data.get("veto") or {}, ("veto",), people, notes)
    special_rules = {
        group: _special_rule(data, group, people, notes) for group in ("rollback", "breakGlass", "governance")
    }
    rules = _rules(data, tiers, people, notes)
    stop = parse_stop(data.get("stop"), people, notes)
    attestations = parse_attestation_kinds(data.get("attestations") or {}, tiers, people, notes)
    check_attested_kinds((*rules, *filter(None, special_rules.values())), attestations, notes)
    if not notes.findings:
        check_rules(rules, tiers, people, notes)
        check_special_rules([rule for rule in special_rules.values() if rule], people, notes)
    value = Policy(
        version=data["version"],
        sha256=source.sha256,
        tiers=tiers,
        floors={tier: _floor_lines(lines) for tier, lines in (data.get("floors") or {}).items()},
        required={tier: tuple(paths) for tier, paths in (data.get("required") or {}).items()},
        approvals=_terms(data.get("approvals") or {}, notes),
        contributor_trailers=tuple((data.get("contributors") or {}).get("trailers") or ()),
        rules=rules,
        limits=_limits(data.get("limits") or {}, notes),
        veto=veto,
        freezes=_freezes(data.get("freezes") or (), notes),
        rollback=_rollback(data.get("rollback"), special_rules["rollback"], notes),
        break_glass=_break_glass(data.get("breakGlass"), special_rules["breakGlass"], notes),
        stop=stop,
        attestations=attestations,
        governance=special_rules["governance"],
        apply=parse_apply(data.get("apply"), people, notes),
        place=source.locate("version"),
    )
    return (None if notes.findings else value), notes.findings


def _check_version(version: Any, notes: Notes) -> None:
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        notes.error(
            f"{version!r} is not a version", ("version",), "begin with 1, and raise it with each change"
        )


def _check_tiers(data: Mapping[str, Any], tiers: tuple[str, ...], notes: Notes) -> None:
    if len(set(tiers)) < len(tiers):
        notes.error("a tier is listed twice", ("tiers",), "list each tier once, the lowest first")
    for group in ("floors", "required"):
        for tier in data.get(group) or {}:
            _check_tier(tier, tiers, (group, tier), notes)


def _check_tier(tier: str, tiers: tuple[str, ...], at: tuple[Step, ...], notes: Notes) -> None:
    if tier not in tiers:
        notes.error(f"no tier {tier!r}", at, spelling_hint(tier, tiers, f"tiers are {', '.join(tiers)}"))


def _terms(data: Mapping[str, Any], notes: Notes) -> ApprovalTerms:
    excluded = data.get("exclude")
    return ApprovalTerms(
        expire=notes.span(data.get("expire") or _DEFAULT_EXPIRY, ("approvals", "expire")),
        exclude=ApprovalTerms().exclude if excluded is None else frozenset(excluded),
        ignore_unknown_authors=data.get("unknownAuthors") == "ignore",
    )


def _limits(data: Mapping[str, str], notes: Notes) -> dict[str, Period]:
    periods = {
        name: notes.period(text, ("limits", name)) for name, text in data.items() if _is_known_key(name)
    }
    return {name: length for name, length in periods.items() if length is not None}


def _floor_lines(data: Iterable[Mapping[str, str]]) -> tuple[Mapping[str, str], ...]:
    return tuple({factor: value for factor, value in line.items() if _is_known_key(factor)} for line in data)


def _is_known_key(key: str) -> bool:
    """Is it not free space, as keys that begin with ``x-`` are?"""
    return not key.startswith("x-")


def _rules(
    data: Mapping[str, Any], tiers: tuple[str, ...], people: People, notes: Notes
) -> tuple[PolicyRule, ...]:
    ids: set[str] = set()
    rules = []
    for index, entry in enumerate(data["rules"]):
        if entry["id"] in ids:
            notes.error(f"a second rule {entry['id']!r}", ("rules", index, "id"), "give each rule its own id")
        ids.add(entry["id"])
        rules.append(_rule(entry, ("rules", ItemKey(entry["id"])), tiers, people, notes))
    return tuple(rules)


def _rule(
    data: Mapping[str, Any], at: tuple[Step, ...], tiers: tuple[str, ...], people: People, notes: Notes
) -> PolicyRule:
    when = _when(data.get("when") or {}, (*at, "when"), notes)
    for tier in sorted(when.tiers):
        _check_tier(tier, tiers, (*at, "when", "tier"), notes)
    require = _requirements(data.get("require") or (), (*at, "require"), people, notes)
    if not require and when.tiers != frozenset(tiers[:1]):
        message = f"asks nothing of tiers above {tiers[0]!r}"
        notes.error(message, (*at, "require"), f"ask something, or say `tier: {tiers[0]}` in when")
    return PolicyRule(
        id=data["id"],
        when=when,
        require=require,
        assurance=Assurance[str(data.get("assurance") or "recorded").upper()],
        replaces_all=data.get("replaces") == "all",
        exempt=frozenset(data.get("exempt") or ()),
        signed_authors=data.get("authors") == "signed",
        place=notes.source.locate(f"rules[{data['id']}]"),
    )


def _when(data: Mapping[str, Any], at: tuple[Step, ...], notes: Notes) -> RuleCondition:
    only = [word for word in as_tuple(data.get("only")) if word != OWNERSHIP]
    if len(only) > 1:
        notes.error("only takes one direction", (*at, "only"), f"name one, alone or beside {OWNERSHIP}")
    return RuleCondition(
        to=frozenset(as_tuple(data.get("to"))),
        tiers=frozenset(as_tuple(data.get("tier"))),
        classes=frozenset(ChangeClass(word) for word in as_tuple(data.get("class"))),
        direction=Direction(data["direction"]) if data.get("direction") else None,
        only=Direction(only[0]) if only else None,
        only_ownership=OWNERSHIP in as_tuple(data.get("only")),
        kinds=frozenset(as_tuple(data.get("kind"))),
        agents=frozenset(as_tuple(data.get("agent"))),
        lifecycles=frozenset(as_tuple(data.get("lifecycle"))),
        becomes=frozenset(as_tuple(data.get("becomes"))),
        agent_classes=frozenset(as_tuple(data.get("agentClass"))),
        autonomies=frozenset(as_tuple(data.get("autonomy"))),
    )


def _requirements(
    data: Iterable[Mapping[str, Any]], at: tuple[Step, ...], people: People, notes: Notes
) -> tuple[RuleRequirement, ...]:
    requirements = (_requirement(item, (*at, index), people, notes) for index, item in enumerate(data))
    return tuple(item for item in requirements if item is not None)


def _requirement(
    data: Mapping[str, Any], at: tuple[Step, ...], people: People, notes: Notes
) -> RuleRequirement | None:
    if "maxAge" in data and not data.keys() & {"evals", "attested"}:
        notes.error("nothing here has an age", (*at, "maxAge"), "maxAge goes with evals or attested")
    if "approvals" in data:
        return _approvals(data, at, people, notes)
    if "attested" in data:
        return parse_required_attestation(data, at, notes)
    if "criteria" in data:
        return RequiredCriteria()
    if "soak" in data:
        return required_soak(data, at, notes)
    return required_evals(data, at, people, notes)


def _approvals(
    data: Mapping[str, Any], at: tuple[Step, ...], people: People, notes: Notes
) -> RequiredApprovals:
    count, teams = data["approvals"], _teams(data, at, people, notes)
    members = {member.person for team in teams - OWNERS for member in people.teams[team].members}
    if count < 1:
        notes.error(f"{count} approvals ask nothing", (*at, "approvals"), "ask for at least 1")
    elif not teams & OWNERS and teams and count > len(members):
        names = " and ".join(sorted(teams))
        size = "1 member" if len(members) == 1 else f"{len(members)} members"
        hint = "ask for fewer, or add members in governance/people.yaml"
        notes.error(f"asks for {count} of {names}, which has {size}", (*at, "approvals"), hint)
    return RequiredApprovals(count=count, teams=teams)


def _teams(data: Mapping[str, Any], at: tuple[Step, ...], people: People, notes: Notes) -> frozenset[str]:
    """The teams under ``from`` that exist; each other name is an error."""
    names = as_tuple(data.get("from"))
    team_ids = {*OWNERS, *people.teams}
    for name in names:
        if name not in team_ids:
            hint = spelling_hint(name, team_ids, "define it under teams in governance/people.yaml")
            notes.error(f"no team {name!r}", (*at, "from"), hint)
    return frozenset(names) & team_ids


def _special_rule(data: Mapping[str, Any], group: str, people: People, notes: Notes) -> PolicyRule | None:
    """The requirements of rollback, break-glass and governance changes, as a rule of that name."""
    part = data.get(group)
    if part is None:
        return None
    requirements = _requirements(part.get("require") or (), (group, "require"), people, notes)
    if not any(isinstance(requirement, RequiredApprovals) for requirement in requirements):
        notes.error("requires no approval", (group, "require"), "ask for at least one approval")
    if group == "governance" and any(
        not isinstance(requirement, RequiredApprovals) or requirement.teams & OWNERS
        for requirement in requirements
    ):
        message = "governance has no owner, no evaluations and no soak"
        notes.error(message, (group, "require"), "ask for approvals from teams of governance/people.yaml")
    _check_requirements(group, requirements, part.get("skips") or (), notes)
    return PolicyRule(
        id=group,
        when=RuleCondition(),
        require=requirements,
        assurance=Assurance[str(part.get("assurance") or "recorded").upper()],
        replaces_all=True,
        exempt=frozenset(part.get("exempt") or ()),
        place=notes.source.locate(group),
    )


def _check_requirements(
    group: str, requirements: tuple[RuleRequirement, ...], skips: Iterable[str], notes: Notes
) -> None:
    """Requirements that can never be met, or that the same part skips."""
    for number, requirement in enumerate(requirements):
        kind = (
            "soak"
            if isinstance(requirement, RequiredSoak)
            else "evals"
            if isinstance(requirement, RequiredEvals)
            else ""
        )
        if group == "rollback" and kind == "soak":
            message = "a rollback cannot wait: its release has no soak time in any environment"
            notes.error(message, (group, "require", number), "take soak out")
        elif group == "breakGlass" and kind in skips:
            message = f"asks for {kind}, which it skips"
            notes.error(message, (group, "require", number), f"take {kind} out of require, or out of skips")


def _rollback(data: Mapping[str, Any] | None, rule: PolicyRule | None, notes: Notes) -> RollbackPolicy | None:
    if data is None or rule is None:
        return None
    within = notes.span(data.get("within"), ("rollback", "within"))
    return RollbackPolicy(within=within, rule=rule) if within is not None else None


def _break_glass(
    data: Mapping[str, Any] | None, rule: PolicyRule | None, notes: Notes
) -> BreakGlassPolicy | None:
    if data is None or rule is None:
        return None
    lasts, review = (notes.span(data.get(key), ("breakGlass", key)) for key in ("lasts", "reviewWithin"))
    if lasts is None or review is None:
        return None
    return BreakGlassPolicy(
        rule=rule, skips=frozenset(data.get("skips") or ()), lasts=lasts, review_within=review
    )


def _freezes(data: Iterable[Mapping[str, Any]], notes: Notes) -> tuple[Freeze, ...]:
    ids: set[str] = set()
    freezes = []
    for index, item in enumerate(data):
        if item["id"] in ids:
            notes.error(f"a second freeze {item['id']!r}", ("freezes", index, "id"), "give each its own id")
        ids.add(item["id"])
        freezes.append(parse_freeze(item, ("freezes", ItemKey(item["id"])), notes))
    return tuple(item for item in freezes if item is not None)
