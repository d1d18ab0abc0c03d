"""``fleet policy check`` and ``fleet policy test``: is the policy sound, and does it say what was meant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from fleetward import changes, gate, rules
from fleetward.cli.session import Session
from fleetward.cli.verb import Verb, in_formats
from fleetward.domain import layout, limits
from fleetward.domain.change import Direction
from fleetward.domain.errors import ExitCode, GovernanceInvalid, NotAFleet
from fleetward.domain.finding import Finding, Place, Severity
from fleetward.domain.fleet import Snapshot
from fleetward.domain.policy import Policy
from fleetward.domain.policy_test import PolicyTest
from fleetward.domain.risk import required_minimum_tier
from fleetward.report import policy_json, policy_text
from fleetward.store.fleet.load import LoadedFleet
from fleetward.store.fleet.policy_test_file import load_policy_tests
from fleetward.store.formats import json_schema
from fleetward.store.formats.document import read_document
from fleetward.store.formats.strict_yaml import GOVERNANCE_LIMITS
from fleetward.store.git.fleet_root import FleetRoot, find_fleet_root
from fleetward.store.git.tree import Tree
from fleetward.workflows.governance.policy_tests import run_policy_test
from fleetward.workflows.load import load_fleet

FILE = layout.POLICY
_POLICY_FILES = frozenset({FILE, layout.PEOPLE})
_FOLDER = "policy-tests"
_MAX_NAMES = 5


def check(
    session: Session,
    base: Annotated[
        str | None,
        typer.Option("--base", metavar="REV", help="Say what the policy of REV asked and this does not."),
    ] = None,
) -> ExitCode:
    """Look for what nobody could meet, what never applies, what nothing covers, and what is asked no longer."""
    root = find_fleet_root(session.run.folder, session.run.environment)
    tree = root.work_tree()
    reading = load_fleet(tree)
    commit = root.repository.resolve(base) if base is not None else None
    fleet = reading.snapshot
    policy = fleet.policy if fleet else None
    unsorted = [*_input_errors(reading)]
    if policy is None and not unsorted:
        raise NotAFleet(f"no {FILE}: there is no policy to check", hint="fleet init")
    if fleet is not None and policy is not None:
        unsorted += [
            *_dead_rules(fleet, session),
            *_uncovered_agents(fleet, policy, reading),
            *_unreviewable_emergencies(fleet, policy, session),
        ]
        unsorted += _loosened_requirements(root, commit, reading, policy) if commit is not None else ()
    findings = sorted(unsorted, key=lambda finding: finding.sort_key)
    agents = len(_promotable_agents(fleet)) if fleet else 0
    session.output.report(
        {
            "text": lambda: policy_text.render_check(
                findings,
                lambda file: _text(tree, file),
                rules=len(policy.rules) if policy else 0,
                agents=agents,
                base=commit,
                next_command=f"fleet {_next_verb(root, findings)}{session.run.chdir}",
            ),
            "json": lambda: policy_json.render_check(findings, policy=policy, agents=agents, base=commit),
        }
    )
    return (
        ExitCode.DENIED
        if any(finding.severity is Severity.ERROR for finding in findings)
        else ExitCode.SUCCESS
    )


def rehearse(
    session: Session,
    files: Annotated[
        list[str] | None,
        typer.Argument(metavar="[FILE]...", help="Cases; all of policy-tests/ where none is named."),
    ] = None,
) -> ExitCode:
    """Put cases to the gate with this fleet's policy and people; say where it decides otherwise than expected."""
    root = find_fleet_root(session.run.folder, session.run.environment)
    fleet = load_fleet(root.work_tree()).require_governance()
    if fleet.policy is None:
        raise NotAFleet(f"no {FILE}: there is no policy to test", hint="fleet init")
    policy = fleet.policy
    tests = [test for path in _files(session, root, files or []) for test in _policy_tests(path, root)]
    results = [run_policy_test(fleet, policy, case) for case in tests]
    failed = next((test for test in results if test.differences), None)
    next_command = f"fleet policy test{session.run.chdir} -v"
    session.output.report(
        {
            "text": lambda: policy_text.render_tests(
                results,
                quiet=session.output.quiet,
                verbose=session.verbose,
                next_command=next_command if failed else f"fleet policy check{session.run.chdir}",
            ),
            "json": lambda: policy_json.render_tests(results, policy=policy),
        }
    )
    return ExitCode.DENIED if failed else ExitCode.SUCCESS


def _text(tree: Tree, file: str) -> str:
    content = tree.read(tree.entries(file), limits.AGENT_FILE_BYTES).get(file)
    return content.decode("utf-8-sig", "replace") if isinstance(content, bytes) else ""


def _next_verb(root: FleetRoot, findings: Sequence[Finding]) -> str:
    tested = not findings and any((root.path / _FOLDER).glob("*.yaml"))
    return "policy test" if tested else "validate"


def _files(session: Session, root: FleetRoot, names: Sequence[str]) -> list[Path]:
    if names:
        return [session.run.path(name) for name in dict.fromkeys(names)]
    paths = sorted((root.path / _FOLDER).glob("*.yaml"))
    if not paths:
        raise NotAFleet(f"no cases in {_FOLDER}/", hint="fleet policy test FILE")
    return paths


def _policy_tests(path: Path, fleet_root: FleetRoot) -> tuple[PolicyTest, ...]:
    root, resolved = fleet_root.path.resolve(), path.resolve()
    inside = resolved.is_relative_to(root)
    tests, errors = load_policy_tests(path, resolved.relative_to(root).as_posix() if inside else str(path))
    if errors:
        first = errors[0]
        where = f"{first.place.file}:{first.place.line}"
        hint = first.hint or "fleet schema policy-test"
        raise GovernanceInvalid(f"{where}: {first.message}", hint=hint, findings=errors)
    return tests


def _input_errors(reading: LoadedFleet) -> Iterator[Finding]:
    """What reading says already: schema, undefined teams, counts larger than a team, seats nobody could fill."""
    for finding in reading.findings:
        if finding.place.file in _POLICY_FILES and finding.severity is Severity.ERROR:
            yield finding
    if reading.snapshot is None:
        raise GovernanceInvalid("cannot check: fleet-config.yaml is not right", hint="fleet validate")


def _dead_rules(fleet: Snapshot, session: Session) -> Iterator[Finding]:
    """The rule says it whatever the fleet made of its severity: here it was asked for."""
    rule = next(entry for entry in rules.CATALOGUE if entry.id == "policy-dead-rule")
    for violation in rule.check(fleet, session.run.now):
        yield _finding(rule.id, violation.message, violation.place, violation.hint)


def _promotable_agents(fleet: Snapshot) -> list[tuple[str, str]]:
    """(gated environment, agent) for all that stands in one of its sources, or in itself."""
    gated = [environment for environment in fleet.config.environments if environment.gated]
    pairs = {
        (to.name, name) for to in gated for env in (*to.sources, to.name) for name in fleet.agent_names(env)
    }
    return sorted(pairs)


def _uncovered_agents(fleet: Snapshot, policy: Policy, reading: LoadedFleet) -> Iterator[Finding]:
    place = Place(file=FILE, line=reading.line(FILE, "policy", "rules"), path="rules")
    for to, name in _promotable_agents(fleet):
        tier = _tier(fleet, policy, to, name)
        kinds = gate.uncovered_kinds(policy, to=to, tier=tier, agent=name)
        if kinds:
            message = f"no rule covers {name!r} on its way to {to!r} (tier {tier!r}): blocked for {', '.join(kinds)}"
            yield _finding(
                "policy-uncovered", message, place, f"add a rule without conditions on changes for {tier}"
            )


def _unreviewable_emergencies(fleet: Snapshot, policy: Policy, session: Session) -> Iterator[Finding]:
    """Emergencies whose review would be left to nobody; agents of whom the same is to be said, together."""
    agents_by_case: dict[tuple[str, gate.ReviewDeadlock], list[str]] = {}
    for to, name in _promotable_agents(fleet):
        tier = _tier(fleet, policy, to, name)
        owned = next(filter(None, (fleet.manifest(env, name) for env in (to, *_sources(fleet, to)))), None)
        unreviewable = gate.review_deadlock(
            policy, fleet.people, owned, to=to, tier=tier, agent=name, now=session.run.now
        )
        if unreviewable is not None:
            agents_by_case.setdefault((to, unreviewable), []).append(name)
    for (to, unreviewable), names in agents_by_case.items():
        agents = ", ".join(map(repr, names[:_MAX_NAMES])) + (
            f" and {len(names) - _MAX_NAMES} more" * (len(names) > _MAX_NAMES)
        )
        reviewers = " and ".join(unreviewable.reviewers) or "nobody"
        when = "" if unreviewable.always else f" where {' or '.join(unreviewable.authors)} wrote it"
        message = (
            f"an emergency of {agents} in {to!r} could be reviewed by nobody{when}: "
            f"{reviewers} may, and nobody reviews what they wrote or approved"
        )
        hint = "add a person to the owners, or to a team that a rule asks; or let breakGlass ask another team"
        place = policy.break_glass.rule.place if policy.break_glass else None
        finding = _finding("policy-unreviewable", message, place or Place(file=FILE), hint)
        yield finding if unreviewable.always else finding.with_severity(Severity.WARNING)


def _sources(fleet: Snapshot, to: str) -> tuple[str, ...]:
    target = fleet.config.environment(to)
    return target.sources if target else ()


def _tier(fleet: Snapshot, policy: Policy, to: str, name: str) -> str:
    """The highest that the agent has anywhere on its way; the highest there is where nothing can be read."""
    manifests = [
        manifest for env in (*_sources(fleet, to), to) if (manifest := fleet.manifest(env, name)) is not None
    ]
    tiers = [
        tier for manifest in manifests for tier in (manifest.tier, required_minimum_tier(manifest, policy))
    ]
    highest = policy.highest_tier(*tiers)
    return highest if highest in policy.tiers else policy.tiers[-1]


def _loosened_requirements(
    root: FleetRoot, commit: str, reading: LoadedFleet, policy: Policy
) -> Iterator[Finding]:
    """
    What the policy asked at *commit* and does not ask now.

    Errors: GovernanceInvalid where the policy of then cannot be read.
    """
    before = load_fleet(root.tree_at(commit), only=())
    old = before.require_governance().policy
    old_document, new_document = (
        read_document(state.contents[FILE], FILE, "policy", GOVERNANCE_LIMITS) for state in (before, reading)
    )
    for change in changes.compare_document(
        old_document.data,
        new_document.data,
        schema=json_schema.load_schema("policy"),
        file=FILE,
        locate_before=old_document.locate,
        locate_after=new_document.locate,
    ):
        if change.direction is Direction.LOOSER and not _is_reported_by_gate(change.path):
            yield _loosening(change.reason.removeprefix(f"{FILE}: "), new_document.locate(change.path))
    if old is None:
        return
    for tier, line, reached in gate.lowered_floors(old, policy):
        floor_text = ", ".join(f"{factor}: {value}" for factor, value in line.items())
        message = f"{{{floor_text}}} asked for tier {tier!r} at least, and now for {repr(reached) if reached else 'none'}"
        yield _loosening(message, new_document.locate(f"floors.{tier}"))
    for rule in gate.removed_rules(old, policy):
        yield _loosening(f"rule {rule!r} is gone", new_document.locate("rules"))
    for team in sorted(old.veto - policy.veto):
        yield _loosening(f"{team!r} had a veto, and has none now", new_document.locate("veto"))
    for tier, path in gate.dropped_fields(old, policy):
        yield _loosening(
            f"tier {tier!r} had to fill in {path!r}, and need not now",
            new_document.locate(f"required.{tier}"),
        )


def _is_reported_by_gate(path: str) -> bool:
    """Floors, fields and vetoes are told by what they come to, and a rule that is gone by its name."""
    return path.startswith(("floors", "required", "veto")) or (
        path.startswith("rules[") and path.endswith("]")
    )


def _loosening(message: str, place: Place) -> Finding:
    hint = "take it back, or have it approved as what it is: git log -p governance/policy.yaml"
    return _finding("policy-loosened", message, place, hint)


def _finding(rule: str, message: str, place: Place, hint: str) -> Finding:
    return Finding(rule=rule, severity=Severity.ERROR, message=message, place=place, hint=hint)


CHECK = Verb(run=check, formats=in_formats("text", "json"))
TEST = Verb(run=rehearse, formats=in_formats("text", "json"))
