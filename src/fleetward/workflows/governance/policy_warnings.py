"""What a policy will do on the day that it is needed: seats that stay empty, keys, signatures and authors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from fleetward import gate
from fleetward.domain import layout
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Finding, Place, Severity
from fleetward.domain.manifest import Manifest
from fleetward.domain.people import People
from fleetward.domain.policy import OWNERS, Assurance, Policy, PolicyRule, RequiredCriteria
from fleetward.store.fleet.load import LoadedFleet
from fleetward.workflows.context import RunContext

_MAX_NAMES = 5
_SPECIAL = ("rollback", "breakGlass", "governance")
_ROLES = ("author", "committer", "co-author")


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotableAgent:
    """An agent that may be promoted to *to*, with the manifest that names its owners."""

    to: str
    name: str
    tier: str
    manifest: Manifest | None


def policy_warnings(
    policy: Policy, people: People, agents: Sequence[PromotableAgent], reading: LoadedFleet, run: RunContext
) -> Iterator[Finding]:
    """Warnings about *policy*."""
    gated = (
        [env.name for env in reading.snapshot.config.environments if env.gated] if reading.snapshot else []
    )
    # without an agent the seats of owners are unknown, and those of teams are not
    bare = [
        PromotableAgent(to=to, name="", tier=tier, manifest=None) for to in gated for tier in policy.tiers
    ]
    yield from _seat_findings(policy, people, [*agents, *bare], run)
    yield from _key_findings(policy, people, [*agents, *bare], run)
    yield from _forge_rules(policy)
    yield from _unsigned(policy, gated, reading)
    yield from _approving_authors(policy, reading)
    yield from _unmeasured_criteria(policy, reading)


def _special_rules(policy: Policy) -> tuple[PolicyRule, ...]:
    """The rules of rollback, break-glass and governance."""
    rollback = (policy.rollback.rule,) if policy.rollback else ()
    break_glass = (policy.break_glass.rule,) if policy.break_glass else ()
    return (*rollback, *break_glass, *((policy.governance,) if policy.governance else ()))


def _combinations(policy: Policy, agent: PromotableAgent) -> tuple[tuple[PolicyRule, ...], ...]:
    """The sets of rules whose seats are filled together; a rollback has no authors and stands apart."""
    usual = gate.rule_combinations(policy, to=agent.to, tier=agent.tier, agent=agent.name)
    break_glass = ((policy.break_glass.rule,),) if policy.break_glass else ()
    governance = ((policy.governance,),) if policy.governance else ()
    return (*usual, *break_glass, *governance)


def _seat_findings(
    policy: Policy, people: People, agents: Iterable[PromotableAgent], run: RunContext
) -> Iterator[Finding]:
    agents_by_shortage: dict[gate.SeatShortage, list[str]] = {}
    for agent in agents:
        combinations = _combinations(policy, agent)
        for shortage in gate.seat_shortages(combinations, policy, people, agent.manifest, run.now):
            agents_by_shortage.setdefault(shortage, []).append(agent.name)
    # rules that ask for the same seats of the same agents are one finding
    rules_by_seat: dict[tuple[str, tuple[str, ...], tuple[str, ...]], list[gate.SeatShortage]] = {}
    for shortage, names in agents_by_shortage.items():
        owned = tuple(sorted(set(names))) if OWNERS & shortage.requirement.teams else ()
        rules_by_seat.setdefault((shortage.requirement.wording, shortage.authors, owned), []).append(shortage)
    for (wording, authors, owned), shortages in rules_by_seat.items():
        verb = "asks" if len(shortages) == 1 else "ask"
        asking = " and ".join(dict.fromkeys(_rule(shortage.rule) for shortage in shortages))
        seats = f"{asking} {verb} for {wording}{_agents(owned)}"
        message = f"{seats}, and there are too few people"
        if authors:
            message = f"{seats}: once {_either(authors)} writes the change, nobody is left for it"
        teams = sorted(shortages[0].requirement.teams - OWNERS) or ["the owning team"]
        hint = f"add a member to {' or '.join(teams)} in {layout.PEOPLE}, or name another team as well"
        yield _warning("policy-seat-shortage", message, shortages[0].rule.place, hint)


def _key_findings(
    policy: Policy, people: People, agents: Iterable[PromotableAgent], run: RunContext
) -> Iterator[Finding]:
    agents_by_shortage: dict[gate.KeyShortage, list[str]] = {}
    rollback = ((policy.rollback.rule,),) if policy.rollback else ()
    for agent in agents:
        combinations = (*_combinations(policy, agent), *rollback)
        for shortage in gate.key_shortages(combinations, people, agent.manifest, run.now):
            agents_by_shortage.setdefault(shortage, []).append(agent.name)
    by_rule: dict[str, list[gate.KeyShortage]] = {}
    for shortage in agents_by_shortage:
        by_rule.setdefault(shortage.rule.id, []).append(shortage)
    for shortages in by_rule.values():
        keyless = sorted({person for shortage in shortages for person in shortage.people})
        seats = sorted(
            shortage.requirement.wording
            + (_agents(agents_by_shortage[shortage]) if OWNERS & shortage.requirement.teams else "")
            for shortage in shortages
            if not shortage.fillable
        )
        verb = "has" if len(keyless) == 1 else "have"
        message = (
            f"{_rule(shortages[0].rule)} wants approvals signed, and {_listed(keyless)} {verb} no valid key"
            + (f"; nobody can fill {', '.join(seats)}" if seats else "")
        )
        hint = f"list their keys in {layout.PEOPLE}"
        yield _warning("policy-key-missing", message, shortages[0].rule.place, hint)


def _forge_rules(policy: Policy) -> Iterator[Finding]:
    for rule in (*policy.rules, *_special_rules(policy)):
        if rule.assurance is Assurance.FORGE:
            message = f"{_rule(rule)} asks for assurance 'forge', which no approval can get: only a signature meets it"
            yield _warning("policy-forge-unavailable", message, rule.place, "write assurance: signed")


def _unsigned(policy: Policy, gated: Sequence[str], reading: LoadedFleet) -> Iterator[Finding]:
    """Where an approval above the lowest tier is only recorded, and what drops a signature that a tier asks for."""
    recorded: dict[str, None] = {}
    tiers_by_rule: dict[str, tuple[PolicyRule, dict[str, None]]] = {}
    for to in gated:
        for tier in policy.tiers[1:]:
            usual, *others = gate.rule_combinations(policy, to=to, tier=tier, agent="")
            if usual and _assurance(usual) is Assurance.RECORDED:
                recorded[tier] = None
            elif usual:
                rollback = [(policy.rollback.rule,)] if policy.rollback else []
                break_glass = [(policy.break_glass.rule,)] if policy.break_glass else []
                for rules in (*others, *rollback, *break_glass):
                    if _assurance(rules) is Assurance.RECORDED:
                        tiers_by_rule.setdefault(rules[-1].id, (rules[-1], {}))[1][tier] = None
    if recorded:
        message = (
            f"approvals of {_tiers(recorded)} are only recorded: they are worth what a commit's name is worth, "
            "and whoever may push can write any name"
        )
        yield _warning(
            "policy-recorded", message, _place(reading, "rules"), "write assurance: signed in a rule for them"
        )
    for rule, tiers in tiers_by_rule.values():
        check = "policy-break-glass-unsigned" if rule.id == "breakGlass" else "policy-recorded"
        message = (
            f"{_rule(rule)} takes recorded approvals of {_tiers(tiers)}, whose usual changes ask for more"
        )
        yield _warning(check, message, rule.place, f"write assurance: signed in {rule.id}")


def _approving_authors(policy: Policy, reading: LoadedFleet) -> Iterator[Finding]:
    missing = [role for role in _ROLES if role not in policy.approvals.exclude]
    if missing:
        message = f"the {_either(missing)} of a change may approve it: approvals.exclude leaves them out"
        hint = f"add {', '.join(missing)} to approvals.exclude"
        yield _warning("policy-authors-approve", message, _place(reading, "approvals"), hint)


def _unmeasured_criteria(policy: Policy, reading: LoadedFleet) -> Iterator[Finding]:
    if reading.snapshot is None or reading.snapshot.config.metrics_files:
        return
    for rule in (*policy.rules, *_special_rules(policy)):
        if any(isinstance(required, RequiredCriteria) for required in rule.require):
            message = f"{_rule(rule)} asks for exit criteria to be met, and no file of metrics is named: they never are"
            hint = f"name them under reporting.metrics in {layout.CONFIG}"
            yield _warning("policy-criteria-unmeasured", message, rule.place, hint)


def _assurance(rules: Iterable[PolicyRule]) -> Assurance:
    return max((rule.assurance for rule in rules), default=Assurance.RECORDED)


def _rule(rule: PolicyRule) -> str:
    return rule.id if rule.id in _SPECIAL else f"rule {rule.id!r}"


def _agents(names: Iterable[str]) -> str:
    """The agents whose owners are meant, a few by name."""
    listed = sorted(set(names))
    if not listed:
        return ""
    more = f" and {len(listed) - _MAX_NAMES} more" if len(listed) > _MAX_NAMES else ""
    return f" for {', '.join(map(repr, listed[:_MAX_NAMES]))}{more}"


def _either(names: Sequence[str]) -> str:
    return " or ".join(_few(names))


def _listed(names: Sequence[str]) -> str:
    return ", ".join(_few(names))


def _few(names: Sequence[str]) -> list[str]:
    more = [f"{len(names) - _MAX_NAMES} more"] if len(names) > _MAX_NAMES else []
    return [*names[:_MAX_NAMES], *more]


def _tiers(tiers: Iterable[str]) -> str:
    return f"tier {', '.join(map(repr, tiers))}"


def _place(reading: LoadedFleet, path: str) -> Place:
    return Place(file=layout.POLICY, line=reading.line(layout.POLICY, "policy", path), path=path)


def _warning(check: str, message: str, place: Place | None, hint: str) -> Finding:
    return Finding(
        rule=check,
        severity=Severity.WARNING,
        message=message,
        place=place or Place(file=layout.POLICY),
        hint=hint,
    )
