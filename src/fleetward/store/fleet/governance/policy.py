"""``governance/policy.yaml``: what is asked, refused wherever nobody could ever meet it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from fleetward.domain.change import ChangeClass, Direction
from fleetward.domain.finding import Finding
from fleetward.domain.path import Item, Step
from fleetward.domain.people import People
from fleetward.domain.policy import (
    OWNER,
    ApprovalsAsked,
    ApprovalTerms,
    Asked,
    Assurance,
    BreakGlass,
    EvalsAsked,
    Freeze,
    Policy,
    Rollback,
    Rule,
    SoakAsked,
    When,
)
from fleetward.store.fleet.governance.freezes import freeze
from fleetward.store.fleet.governance.satisfiability import exits, seats
from fleetward.store.fleet.governance.source import Notes, Source, listed, meant

_EXPIRE = "P14D"


def policy(
    data: Mapping[str, Any], source: Source, people: People
) -> tuple[Policy | None, tuple[Finding, ...]]:
    """
    The policy; None where anything in it is wrong.

    Rules: policy-unsatisfiable.
    """
    notes = Notes(source, "policy-unsatisfiable")
    tiers = tuple(data["tiers"])
    _version(data["version"], notes)
    _defined_tiers(data, tiers, notes)
    veto = _teams(data.get("veto") or {}, ("veto",), people, notes)
    others = {group: _other(data, group, people, notes) for group in ("rollback", "breakGlass", "governance")}
    rules = _rules(data, tiers, people, notes)
    if not notes.findings:
        seats(rules, tiers, people, notes)
        exits([rule for rule in others.values() if rule], people, notes)
    value = Policy(
        version=data["version"],
        sha256=source.sha256,
        tiers=tiers,
        floors={tier: _lines(lines) for tier, lines in (data.get("floors") or {}).items()},
        required={tier: tuple(paths) for tier, paths in (data.get("required") or {}).items()},
        approvals=_terms(data.get("approvals") or {}, notes),
        rules=rules,
        limits=_spans(data.get("limits") or {}, notes),
        veto=veto,
        freezes=_freezes(data.get("freezes") or (), notes),
        rollback=_rollback(data.get("rollback"), others["rollback"], notes),
        break_glass=_break_glass(data.get("breakGlass"), others["breakGlass"], notes),
        governance=others["governance"],
    )
    return (None if notes.findings else value), notes.findings


def _version(version: Any, notes: Notes) -> None:
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        notes.wrong(f"{version!r} is no version", ("version",), "begin with 1 and only ever go up")


def _defined_tiers(data: Mapping[str, Any], tiers: tuple[str, ...], notes: Notes) -> None:
    if len(set(tiers)) < len(tiers):
        notes.wrong("a tier is listed twice", ("tiers",), "list each tier once, the lowest first")
    for group in ("floors", "required"):
        for tier in data.get(group) or {}:
            _defined(tier, tiers, (group, tier), notes)


def _defined(tier: str, tiers: tuple[str, ...], at: tuple[Step, ...], notes: Notes) -> None:
    if tier not in tiers:
        notes.wrong(f"no tier {tier!r}", at, meant(tier, tiers, f"tiers are {', '.join(tiers)}"))


def _terms(data: Mapping[str, Any], notes: Notes) -> ApprovalTerms:
    given = data.get("exclude")
    return ApprovalTerms(
        expire=notes.span(data.get("expire") or _EXPIRE, ("approvals", "expire")),
        exclude=ApprovalTerms().exclude if given is None else frozenset(given),
        ignore_unknown_authors=data.get("unknownAuthors") == "ignore",
    )


def _spans(data: Mapping[str, str], notes: Notes) -> dict[str, timedelta]:
    spans = {name: notes.span(text, ("limits", name)) for name, text in data.items() if _ours(name)}
    return {name: span for name, span in spans.items() if span is not None}


def _lines(data: Iterable[Mapping[str, str]]) -> tuple[Mapping[str, str], ...]:
    return tuple({factor: value for factor, value in line.items() if _ours(factor)} for line in data)


def _ours(key: str) -> bool:
    """Keys that begin with ``x-`` are free space."""
    return not key.startswith("x-")


def _rules(data: Mapping[str, Any], tiers: tuple[str, ...], people: People, notes: Notes) -> tuple[Rule, ...]:
    seen: set[str] = set()
    found = []
    for index, one in enumerate(data["rules"]):
        if one["id"] in seen:
            notes.wrong(f"a second rule {one['id']!r}", ("rules", index, "id"), "give each rule its own id")
        seen.add(one["id"])
        found.append(_rule(one, ("rules", Item(one["id"])), tiers, people, notes))
    return tuple(found)


def _rule(
    data: Mapping[str, Any], at: tuple[Step, ...], tiers: tuple[str, ...], people: People, notes: Notes
) -> Rule:
    when = _when(data.get("when") or {})
    for tier in sorted(when.tiers):
        _defined(tier, tiers, (*at, "when", "tier"), notes)
    require = _require(data.get("require") or (), (*at, "require"), people, notes)
    if not require and when.tiers != frozenset(tiers[:1]):
        message = f"asks nothing of tiers above {tiers[0]!r}"
        notes.wrong(message, (*at, "require"), f"ask something, or say `tier: {tiers[0]}` in when")
    return Rule(
        id=data["id"],
        when=when,
        require=require,
        assurance=Assurance[str(data.get("assurance") or "recorded").upper()],
        replaces_all=data.get("replaces") == "all",
        exempt=frozenset(data.get("exempt") or ()),
        place=notes.source.locate(f"rules[{data['id']}]"),
    )


def _when(data: Mapping[str, Any]) -> When:
    return When(
        to=frozenset(listed(data.get("to"))),
        tiers=frozenset(listed(data.get("tier"))),
        classes=frozenset(ChangeClass(one) for one in listed(data.get("class"))),
        direction=Direction(data["direction"]) if data.get("direction") else None,
        only=Direction(data["only"]) if data.get("only") else None,
        kinds=frozenset(listed(data.get("kind"))),
        agents=frozenset(listed(data.get("agent"))),
    )


def _require(
    data: Iterable[Mapping[str, Any]], at: tuple[Step, ...], people: People, notes: Notes
) -> tuple[Asked, ...]:
    found = (_asked(one, (*at, index), people, notes) for index, one in enumerate(data))
    return tuple(one for one in found if one is not None)


def _asked(data: Mapping[str, Any], at: tuple[Step, ...], people: People, notes: Notes) -> Asked | None:
    if "approvals" in data:
        return _approvals(data, at, people, notes)
    if "soak" in data:
        span = notes.span(data["soak"], (*at, "soak"))
        return SoakAsked(span=span) if span is not None else None
    return EvalsAsked(max_age=notes.span(data.get("maxAge"), (*at, "maxAge")))


def _approvals(data: Mapping[str, Any], at: tuple[Step, ...], people: People, notes: Notes) -> ApprovalsAsked:
    count, teams = data["approvals"], _teams(data, at, people, notes)
    members = {one.person for team in teams - {OWNER} for one in people.teams[team].members}
    if count < 1:
        notes.wrong(f"{count} approvals ask nothing", (*at, "approvals"), "ask for at least 1")
    elif OWNER not in teams and teams and count > len(members):
        names = " and ".join(sorted(teams))
        has = "1 member" if len(members) == 1 else f"{len(members)} members"
        hint = "ask for fewer, or add members in governance/people.yaml"
        notes.wrong(f"asks for {count} of {names}, which has {has}", (*at, "approvals"), hint)
    return ApprovalsAsked(count=count, teams=teams)


def _teams(data: Mapping[str, Any], at: tuple[Step, ...], people: People, notes: Notes) -> frozenset[str]:
    """The teams under ``from`` that exist; the others are noted."""
    names = listed(data.get("from"))
    known = {OWNER, *people.teams}
    for name in names:
        if name not in known:
            hint = meant(name, known, "define it under teams in governance/people.yaml")
            notes.wrong(f"no team {name!r}", (*at, "from"), hint)
    return frozenset(names) & known


def _other(data: Mapping[str, Any], group: str, people: People, notes: Notes) -> Rule | None:
    """What rollback, break-glass and changes of governance ask, as a rule of that name."""
    part = data.get(group)
    if part is None:
        return None
    asked = _require(part.get("require") or (), (group, "require"), people, notes)
    if not any(isinstance(one, ApprovalsAsked) for one in asked):
        notes.wrong("asks nobody", (group, "require"), "ask for at least one approval")
    if group == "governance" and any(
        not isinstance(one, ApprovalsAsked) or OWNER in one.teams for one in asked
    ):
        message = "governance has no owner, no evaluations and no soak"
        notes.wrong(message, (group, "require"), "ask for approvals from teams of governance/people.yaml")
    _pointless(group, asked, part.get("skips") or (), notes)
    return Rule(
        id=group,
        when=When(),
        require=asked,
        assurance=Assurance[str(part.get("assurance") or "recorded").upper()],
        replaces_all=True,
        exempt=frozenset(part.get("exempt") or ()),
        place=notes.source.locate(group),
    )


def _pointless(group: str, asked: tuple[Asked, ...], skips: Iterable[str], notes: Notes) -> None:
    """What could never be met, or never be asked."""
    for number, one in enumerate(asked):
        kind = "soak" if isinstance(one, SoakAsked) else "evals" if isinstance(one, EvalsAsked) else ""
        if group == "rollback" and kind == "soak":
            message = (
                "a rollback goes back at once: what it brings has not stayed anywhere, so no soak is ever met"
            )
            notes.wrong(message, (group, "require", number), "take soak out")
        elif group == "breakGlass" and kind in skips:
            message = f"asks for {kind}, which it skips"
            notes.wrong(message, (group, "require", number), f"take {kind} out of require, or out of skips")


def _rollback(data: Mapping[str, Any] | None, rule: Rule | None, notes: Notes) -> Rollback | None:
    if data is None or rule is None:
        return None
    within = notes.span(data.get("within"), ("rollback", "within"))
    return Rollback(within=within, rule=rule) if within is not None else None


def _break_glass(data: Mapping[str, Any] | None, rule: Rule | None, notes: Notes) -> BreakGlass | None:
    if data is None or rule is None:
        return None
    lasts, review = (notes.span(data.get(key), ("breakGlass", key)) for key in ("lasts", "reviewWithin"))
    if lasts is None or review is None:
        return None
    return BreakGlass(rule=rule, skips=frozenset(data.get("skips") or ()), lasts=lasts, review_within=review)


def _freezes(data: Iterable[Mapping[str, Any]], notes: Notes) -> tuple[Freeze, ...]:
    seen: set[str] = set()
    found = []
    for index, one in enumerate(data):
        if one["id"] in seen:
            notes.wrong(f"a second freeze {one['id']!r}", ("freezes", index, "id"), "give each its own id")
        seen.add(one["id"])
        found.append(freeze(one, ("freezes", Item(one["id"])), notes))
    return tuple(one for one in found if one is not None)
