"""Check a policy: rules that nobody can meet, never apply or leave agents uncovered."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from fleetward import gate, rules
from fleetward.domain import layout, limits
from fleetward.domain.errors import FleetError, GovernanceInvalid, NotAFleet
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Finding, Place, Severity
from fleetward.domain.fleet import Snapshot
from fleetward.domain.policy import Policy
from fleetward.domain.practice import Practice
from fleetward.domain.risk import required_minimum_tier
from fleetward.store.fleet.load import LoadedFleet
from fleetward.store.git.fleet_root import FleetRoot, find_fleet_root
from fleetward.store.git.repository import Id
from fleetward.store.git.tree import Tree
from fleetward.survey.policy_practices import policy_practices
from fleetward.workflows.context import RunContext
from fleetward.workflows.governance.in_force import current_history
from fleetward.workflows.governance.policy_loosening import loosened_requirements
from fleetward.workflows.governance.policy_test_run import has_policy_tests
from fleetward.workflows.governance.policy_warnings import PromotableAgent, policy_warnings
from fleetward.workflows.load import load_fleet
from fleetward.workflows.validation.policy_version import reused_version

_POLICY_FILES = frozenset({layout.POLICY, layout.PEOPLE})
_MAX_NAMES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyCheck:
    """The findings of a policy, and how much was checked."""

    findings: tuple[Finding, ...]
    policy: Policy | None
    """None where it cannot be read."""
    agents: int
    base: Id | None
    """The commit whose policy it was compared with."""
    text: Callable[[str], str]
    """The text of a file by its path; reports quote lines of it."""
    next_command: str
    practices: tuple[Practice, ...] | None = None
    """What the policy asks of each practice, where that was asked for."""


def check_policy(run: RunContext, base: str | None, *, practices: bool = False) -> PolicyCheck:
    """
    The findings of the policy in the work tree; with *base* also what it requires less than the policy of *base*.

    *practices* asks for what it says of each practice, too.

    Errors: NotAFleet without a policy; GovernanceInvalid where fleet-config.yaml is invalid; GitError.
    """
    root = find_fleet_root(run.folder, run.environment)
    tree = root.work_tree()
    reading = load_fleet(tree)
    commit = root.repository.resolve(base) if base is not None else None
    fleet = reading.snapshot
    policy = fleet.policy if fleet else None
    findings = [*_input_errors(reading)]
    if policy is None and not findings:
        raise NotAFleet(f"no {layout.POLICY}: there is no policy to check", hint="fleet init")
    if fleet is not None and policy is not None:
        findings += [
            *_dead_rules(fleet, run),
            *_uncovered_agents(fleet, policy, reading),
            *_unreviewable_promotions(fleet, policy, run),
            *policy_warnings(policy, fleet.people, _owned_agents(fleet, policy), reading, run),
        ]
        findings += _reused_version(root, policy, run)
        findings += loosened_requirements(root, commit, reading, policy) if commit is not None else ()
    is_sound = all(finding.severity is not Severity.ERROR for finding in findings)
    verb = "policy test" if is_sound and has_policy_tests(root) else "validate"
    return PolicyCheck(
        findings=tuple(sorted(findings, key=lambda finding: finding.sort_key)),
        policy=policy,
        agents=len(_promotable_agents(fleet)) if fleet else 0,
        base=commit,
        text=lambda file: _text(tree, file),
        next_command=f"fleet {verb}{run.chdir}",
        practices=policy_practices(policy) if practices and policy else None,
    )


def _reused_version(root: FleetRoot, policy: Policy, run: RunContext) -> tuple[Finding, ...]:
    """Where a ledger has begun: does the policy say other things than the one in force, under its version?"""
    head = root.repository.find_commit("HEAD")
    try:
        followed = current_history(root, head, run.now) if head else None
    # no governance can be found: promote and audit say why
    except FleetError:
        return ()
    if followed is None:
        return ()
    return reused_version(followed.in_force.policy, policy, f"at commit {followed.in_force.commit[:12]}")


def _text(tree: Tree, file: str) -> str:
    content = tree.read(tree.entries(file), limits.AGENT_FILE_BYTES).get(file)
    return content.decode("utf-8-sig", "replace") if isinstance(content, bytes) else ""


def _input_errors(reading: LoadedFleet) -> Iterator[Finding]:
    """Errors of loading: schema, undefined teams, counts larger than a team, requirements that nobody can meet."""
    for finding in reading.findings:
        if finding.place.file in _POLICY_FILES and finding.severity is Severity.ERROR:
            yield finding
    if reading.snapshot is None:
        raise GovernanceInvalid(
            "cannot check the policy: fleet-config.yaml is invalid", hint="fleet validate"
        )


def _dead_rules(fleet: Snapshot, run: RunContext) -> Iterator[Finding]:
    """Rules of the policy that never apply; reported even where the fleet switched this check off."""
    rule = next(entry for entry in rules.CATALOGUE if entry.id == "policy-dead-rule")
    for violation in rule.check(fleet, run.now):
        yield _finding(rule.id, violation.message, violation.place, violation.hint)


def _promotable_agents(fleet: Snapshot) -> list[tuple[str, str]]:
    """(gated environment, agent) for every agent in one of its sources or in itself, sorted."""
    gated = [environment for environment in fleet.config.environments if environment.gated]
    pairs = {
        (to.name, name) for to in gated for env in (*to.sources, to.name) for name in fleet.agent_names(env)
    }
    return sorted(pairs)


def _owned_agents(fleet: Snapshot, policy: Policy) -> list[PromotableAgent]:
    """The agents that may be promoted, with the manifest that names their owners: that of the target, if it has one."""
    return [
        PromotableAgent(
            to=to,
            name=name,
            tier=_tier(fleet, policy, to, name),
            manifest=next(
                filter(None, (fleet.manifest(env, name) for env in (to, *_sources(fleet, to)))), None
            ),
        )
        for to, name in _promotable_agents(fleet)
    ]


def _uncovered_agents(fleet: Snapshot, policy: Policy, reading: LoadedFleet) -> Iterator[Finding]:
    place = Place(file=layout.POLICY, line=reading.line(layout.POLICY, "policy", "rules"), path="rules")
    for to, name in _promotable_agents(fleet):
        tier = _tier(fleet, policy, to, name)
        kinds = gate.uncovered_kinds(policy, to=to, tier=tier, agent=name)
        if kinds:
            message = (
                f"no rule covers a promotion of {name!r} to {to!r} (tier {tier!r}): "
                f"blocked for {', '.join(kinds)}"
            )
            yield _finding(
                "policy-uncovered", message, place, f"add a rule without conditions on changes for {tier}"
            )


def _unreviewable_promotions(fleet: Snapshot, policy: Policy, run: RunContext) -> Iterator[Finding]:
    """Break-glass promotions that nobody could review; agents with the same reason are one finding."""
    agents_by_deadlock: dict[tuple[str, gate.ReviewDeadlock], list[str]] = {}
    for to, name in _promotable_agents(fleet):
        tier = _tier(fleet, policy, to, name)
        owned = next(filter(None, (fleet.manifest(env, name) for env in (to, *_sources(fleet, to)))), None)
        deadlock = gate.review_deadlock(
            policy, fleet.people, owned, to=to, tier=tier, agent=name, now=run.now
        )
        if deadlock is not None:
            agents_by_deadlock.setdefault((to, deadlock), []).append(name)
    for (to, deadlock), names in agents_by_deadlock.items():
        agents = ", ".join(map(repr, names[:_MAX_NAMES])) + (
            f" and {len(names) - _MAX_NAMES} more" * (len(names) > _MAX_NAMES)
        )
        reviewers = " and ".join(deadlock.reviewers) or "nobody"
        when = "" if deadlock.always else f" where {' or '.join(deadlock.authors)} is its author"
        message = (
            f"nobody could review a break-glass promotion of {agents} to {to!r}{when}: "
            f"{reviewers} may review, but nobody reviews what they wrote or approved"
        )
        hint = "add a person to the owners or to a team that a rule names, or name another team in breakGlass"
        place = policy.break_glass.rule.place if policy.break_glass else None
        finding = _finding("policy-unreviewable", message, place or Place(file=layout.POLICY), hint)
        yield finding if deadlock.always else finding.with_severity(Severity.WARNING)


def _sources(fleet: Snapshot, to: str) -> tuple[str, ...]:
    target = fleet.config.environment(to)
    return target.sources if target else ()


def _tier(fleet: Snapshot, policy: Policy, to: str, name: str) -> str:
    """The highest tier of the agent in the environment and its sources; the highest of all where none can be read."""
    manifests = [
        manifest for env in (*_sources(fleet, to), to) if (manifest := fleet.manifest(env, name)) is not None
    ]
    tiers = [
        tier for manifest in manifests for tier in (manifest.tier, required_minimum_tier(manifest, policy))
    ]
    highest = policy.highest_tier(*tiers)
    return highest if highest in policy.tiers else policy.tiers[-1]


def _finding(rule: str, message: str, place: Place, hint: str) -> Finding:
    return Finding(rule=rule, severity=Severity.ERROR, message=message, place=place, hint=hint)
