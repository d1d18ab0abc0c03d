"""``fleet policy check`` and ``fleet policy test``: is the policy sound, and does it say what was meant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from fleetward import changes, gate, rules
from fleetward.cli.session import Session
from fleetward.domain.change import Direction
from fleetward.domain.errors import Exit, GovernanceInvalid, NotAFleet
from fleetward.domain.finding import Finding, Place, Severity
from fleetward.domain.fleet import Snapshot
from fleetward.domain.policy import Policy
from fleetward.domain.policy_test import Rehearsal
from fleetward.domain.risk import floor
from fleetward.report import policy_json, policy_text
from fleetward.store.fleet.file_checks import LARGEST_FILE
from fleetward.store.fleet.load import Reading
from fleetward.store.fleet.policy_test_file import cases
from fleetward.store.formats import json_schema
from fleetward.store.formats.document import document
from fleetward.store.formats.strict_yaml import GOVERNANCE_LIMITS
from fleetward.store.git.fleet_root import Ground, find
from fleetward.store.git.tree import Tree
from fleetward.workflows.governance.policy_tests import rehearsed
from fleetward.workflows.load import read

FILE = "governance/policy.yaml"
_SPOKEN_FOR = frozenset({FILE, "governance/people.yaml"})
_FOLDER = "policy-tests"
_SHOWN = 5


def check(
    session: Session,
    base: Annotated[
        str | None,
        typer.Option("--base", metavar="REV", help="Say what the policy of REV asked and this does not."),
    ] = None,
) -> Exit:
    """Look for what nobody could meet, what never applies, what nothing covers, and what is asked no longer."""
    ground = find(session.run.folder, session.run.environment)
    tree = ground.folder()
    reading = read(tree)
    commit = ground.repository.resolve(base) if base is not None else None
    fleet = reading.snapshot
    policy = fleet.policy if fleet else None
    found = [*_wrong(reading)]
    if policy is None and not found:
        raise NotAFleet(f"no {FILE}: there is no policy to check", hint="fleet init")
    if fleet is not None and policy is not None:
        found += [
            *_dead(fleet, session),
            *_uncovered(fleet, policy, reading),
            *_stuck(fleet, policy, session),
        ]
        found += _loosened(ground, commit, reading, policy) if commit is not None else ()
    findings = sorted(found, key=lambda one: one.order)
    agents = len(_promotable(fleet)) if fleet else 0
    session.output.report(
        {
            "text": lambda: policy_text.checked(
                findings,
                lambda file: _text(tree, file),
                rules=len(policy.rules) if policy else 0,
                agents=agents,
                base=commit,
                next_command=f"fleet {_after(ground, findings)}{session.run.chdir}",
            ),
            "json": lambda: policy_json.checked(findings, policy=policy, agents=agents, base=commit),
        }
    )
    return Exit.NO if any(one.severity is Severity.ERROR for one in findings) else Exit.YES


def rehearse(
    session: Session,
    files: Annotated[
        list[str] | None,
        typer.Argument(metavar="[FILE]...", help="Cases; all of policy-tests/ where none is named."),
    ] = None,
) -> Exit:
    """Put cases to the gate with this fleet's policy and people; say where it decides otherwise than expected."""
    ground = find(session.run.folder, session.run.environment)
    fleet = read(ground.folder()).governed()
    if fleet.policy is None:
        raise NotAFleet(f"no {FILE}: there is no policy to test", hint="fleet init")
    policy = fleet.policy
    told = [one for path in _files(session, ground, files or []) for one in _cases(path, ground)]
    results = [rehearsed(fleet, policy, case) for case in told]
    failed = next((one for one in results if one.differences), None)
    again = f"fleet policy test{session.run.chdir} -v"
    session.output.report(
        {
            "text": lambda: policy_text.tested(
                results,
                quiet=session.output.quiet,
                verbose=session.verbose,
                next_command=again if failed else f"fleet policy check{session.run.chdir}",
            ),
            "json": lambda: policy_json.tested(results, policy=policy),
        }
    )
    return Exit.NO if failed else Exit.YES


def _text(tree: Tree, file: str) -> str:
    content = tree.read(tree.entries(file), LARGEST_FILE).get(file)
    return content.decode("utf-8-sig", "replace") if isinstance(content, bytes) else ""


def _after(ground: Ground, findings: Sequence[Finding]) -> str:
    tested = not findings and any((ground.root / _FOLDER).glob("*.yaml"))
    return "policy test" if tested else "validate"


def _files(session: Session, ground: Ground, named: Sequence[str]) -> list[Path]:
    if named:
        return [session.run.path(one) for one in dict.fromkeys(named)]
    found = sorted((ground.root / _FOLDER).glob("*.yaml"))
    if not found:
        raise NotAFleet(f"no cases in {_FOLDER}/", hint="fleet policy test FILE")
    return found


def _cases(path: Path, ground: Ground) -> tuple[Rehearsal, ...]:
    root, there = ground.root.resolve(), path.resolve()
    inside = there.is_relative_to(root)
    found, wrong = cases(path, there.relative_to(root).as_posix() if inside else str(path))
    if wrong:
        first = wrong[0]
        where = f"{first.place.file}:{first.place.line}"
        hint = first.hint or "fleet schema policy-test"
        raise GovernanceInvalid(f"{where}: {first.message}", hint=hint, findings=wrong)
    return found


def _wrong(reading: Reading) -> Iterator[Finding]:
    """What reading says already: schema, undefined teams, counts larger than a team, seats nobody could fill."""
    for one in reading.findings:
        if one.place.file in _SPOKEN_FOR and one.severity is Severity.ERROR:
            yield one
    if reading.snapshot is None:
        raise GovernanceInvalid("cannot check: fleet-config.yaml is not right", hint="fleet validate")


def _dead(fleet: Snapshot, session: Session) -> Iterator[Finding]:
    """The rule says it whatever the fleet made of its severity: here it was asked for."""
    known = next(one for one in rules.CATALOGUE if one.id == "policy-dead-rule")
    for wrong in known.check(fleet, session.run.now):
        yield _finding(known.id, wrong.message, wrong.place, wrong.hint)


def _promotable(fleet: Snapshot) -> list[tuple[str, str]]:
    """(gated environment, agent) for all that stands in one of its sources, or in itself."""
    gated = [one for one in fleet.config.environments if one.gated]
    pairs = {(to.name, name) for to in gated for env in (*to.sources, to.name) for name in fleet.names(env)}
    return sorted(pairs)


def _uncovered(fleet: Snapshot, policy: Policy, reading: Reading) -> Iterator[Finding]:
    place = Place(file=FILE, line=reading.line(FILE, "policy", "rules"), path="rules")
    for to, name in _promotable(fleet):
        tier = _tier(fleet, policy, to, name)
        kinds = gate.uncovered(policy, to=to, tier=tier, agent=name)
        if kinds:
            message = f"no rule covers {name!r} on its way to {to!r} (tier {tier!r}): blocked for {', '.join(kinds)}"
            yield _finding(
                "policy-uncovered", message, place, f"add a rule without conditions on changes for {tier}"
            )


def _stuck(fleet: Snapshot, policy: Policy, session: Session) -> Iterator[Finding]:
    """Emergencies whose review would be left to nobody; agents of whom the same is to be said, together."""
    found: dict[tuple[str, gate.Stuck], list[str]] = {}
    for to, name in _promotable(fleet):
        tier = _tier(fleet, policy, to, name)
        owned = next(filter(None, (fleet.manifest(env, name) for env in (to, *_sources(fleet, to)))), None)
        one = gate.stuck(policy, fleet.people, owned, to=to, tier=tier, agent=name, now=session.run.now)
        if one is not None:
            found.setdefault((to, one), []).append(name)
    for (to, one), names in found.items():
        agents = ", ".join(map(repr, names[:_SHOWN])) + (
            f" and {len(names) - _SHOWN} more" * (len(names) > _SHOWN)
        )
        bench = " and ".join(one.bench) or "nobody"
        when = "" if one.never else f" where {' or '.join(one.authors)} wrote it"
        message = (
            f"an emergency of {agents} in {to!r} could be reviewed by nobody{when}: "
            f"{bench} may, and nobody reviews what they wrote or approved"
        )
        hint = "add a person to the owners, or to a team that a rule asks; or let breakGlass ask another team"
        place = policy.break_glass.rule.place if policy.break_glass else None
        told = _finding("policy-unreviewable", message, place or Place(file=FILE), hint)
        yield told if one.never else told.at(Severity.WARNING)


def _sources(fleet: Snapshot, to: str) -> tuple[str, ...]:
    target = fleet.config.environment(to)
    return target.sources if target else ()


def _tier(fleet: Snapshot, policy: Policy, to: str, name: str) -> str:
    """The highest that the agent has anywhere on its way; the highest there is where nothing can be read."""
    manifests = [one for env in (*_sources(fleet, to), to) if (one := fleet.manifest(env, name)) is not None]
    tiers = [tier for one in manifests for tier in (one.tier, floor(one, policy))]
    highest = policy.higher(*tiers)
    return highest if highest in policy.tiers else policy.tiers[-1]


def _loosened(ground: Ground, commit: str, reading: Reading, policy: Policy) -> Iterator[Finding]:
    """
    What the policy asked at *commit* and does not ask now.

    Errors: GovernanceInvalid where the policy of then cannot be read.
    """
    before = read(ground.revision(commit), only=())
    old = before.governed().policy
    was, now = (document(one.contents[FILE], FILE, "policy", GOVERNANCE_LIMITS) for one in (before, reading))
    for change in changes.compare_document(
        was.data,
        now.data,
        schema=json_schema.schema("policy"),
        file=FILE,
        locate_before=was.locate,
        locate_after=now.locate,
    ):
        if change.direction is Direction.LOOSER and not _told_by_the_gate(change.path):
            yield _loose(change.reason.removeprefix(f"{FILE}: "), now.locate(change.path))
    if old is None:
        return
    for tier, line, reached in gate.lowered_floors(old, policy):
        told = ", ".join(f"{factor}: {value}" for factor, value in line.items())
        message = (
            f"{{{told}}} asked for tier {tier!r} at least, and now for {repr(reached) if reached else 'none'}"
        )
        yield _loose(message, now.locate(f"floors.{tier}"))
    for rule in gate.gone_rules(old, policy):
        yield _loose(f"rule {rule!r} is gone", now.locate("rules"))
    for team in sorted(old.veto - policy.veto):
        yield _loose(f"{team!r} had a veto, and has none now", now.locate("veto"))
    for tier, path in gate.dropped_fields(old, policy):
        yield _loose(
            f"tier {tier!r} had to fill in {path!r}, and need not now", now.locate(f"required.{tier}")
        )


def _told_by_the_gate(path: str) -> bool:
    """Floors, fields and vetoes are told by what they come to, and a rule that is gone by its name."""
    return path.startswith(("floors", "required", "veto")) or (
        path.startswith("rules[") and path.endswith("]")
    )


def _loose(message: str, place: Place) -> Finding:
    hint = "take it back, or have it approved as what it is: git log -p governance/policy.yaml"
    return _finding("policy-loosened", message, place, hint)


def _finding(rule: str, message: str, place: Place, hint: str) -> Finding:
    return Finding(rule=rule, severity=Severity.ERROR, message=message, place=place, hint=hint)
