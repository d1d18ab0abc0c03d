"""A new agent: manifest, prompt and evaluation suite, from what the fleet has."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from datetime import UTC
from pathlib import Path
from shlex import join
from typing import Any

from fleetward import rules
from fleetward.domain import layout, limits
from fleetward.domain.errors import GitError, GovernanceInvalid, UsageError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Finding, Severity
from fleetward.domain.fleet import Environment, Snapshot
from fleetward.domain.manifest import File
from fleetward.domain.names import NAME_FORM, is_name, nearest_name
from fleetward.domain.people import Person
from fleetward.domain.risk import SCALES, required_minimum_tier
from fleetward.store.fleet import scaffold
from fleetward.store.fleet.agent_assembly import assemble_agent
from fleetward.store.fleet.copied_agent import AgentCopy, copied_manifest, with_connectors
from fleetward.store.formats.yaml_scalar import yaml_scalar
from fleetward.store.git.discovery import author_identity
from fleetward.store.git.fleet_root import FleetRoot, find_fleet_root
from fleetward.store.records import load as records
from fleetward.workflows.context import RunContext
from fleetward.workflows.load import load_fleet
from fleetward.workflows.setup.agent_source import find_source
from fleetward.workflows.setup.starter_models import model_lines, promptfoo_provider, starter_models
from fleetward.workflows.suggestions import unknown_environment

SCALE = ("low", "medium", "high", "critical")
"""The tiers of a fleet without a policy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A value of the manifest that only a person knows."""

    path: str
    choices: tuple[str, ...] = ()
    """Empty where any text may be the answer."""


AskPerson = Callable[[Question], str]
"""The answer, or ``TODO``."""
_SCHEMA = Path("schemas/agent.schema.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAgent:
    """An agent that was written, and the findings that remain in it."""

    name: str
    environment: str
    files: tuple[str, ...]
    """Relative to the fleet root, sorted."""
    findings: tuple[Finding, ...]
    next_command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAgentOptions:
    """Where the new agent goes, and what it begins as."""

    environment: str | None = None
    """The first one where it is None."""
    source: str | None = None
    """An agent of the fleet, or the path of a manifest."""
    tier: str | None = None
    connectors: tuple[str, ...] = ()


def create_agent(run: RunContext, name: str, options: NewAgentOptions, ask: AskPerson) -> NewAgent:
    """
    Write the folder of a new agent; *ask* answers what a copy cannot know.

    Errors: UsageError for a name or an environment that cannot be used; GovernanceInvalid, FleetError where
    governance has no owner or no model for it; WriteFailed.
    """
    root = find_fleet_root(run.folder, run.environment)
    # rules about a copy look at the agents that it calls
    fleet = _fleet(root, with_agents=options.source is not None)
    target = _environment(fleet, options.environment)
    _check_name(root, fleet, name)
    _check_options(fleet, options)
    folder = layout.agent_folder(target.name, name)
    if options.source is None:
        contents, findings = _files_and_findings(run, root, fleet, target.name, name, options)
    else:
        contents = _copied_files(run, fleet, name, options, ask)
        findings, _ = _validate(run, fleet, target.name, name, contents)
    with scaffold.new_files(root.path, {f"{folder}/{path}": text for path, text in contents.items()}):
        next_command = _next_command(run, root, folder)
    return NewAgent(
        name=name,
        environment=target.name,
        files=tuple(f"{folder}/{path}" for path in sorted(contents)),
        findings=findings,
        next_command=next_command,
    )


def _fleet(root: FleetRoot, *, with_agents: bool) -> Snapshot:
    """
    The fleet of the work tree, with or without its agents.

    Errors: GovernanceInvalid where governance is invalid.
    """
    reading = load_fleet(root.work_tree(), only=None if with_agents else ())
    if reading.snapshot is None or not reading.governance_valid:
        return reading.require_governance()
    return reading.snapshot


def _environment(fleet: Snapshot, name: str | None) -> Environment:
    first = fleet.config.environments[0]
    environment = fleet.config.environment(name) if name is not None else first
    if environment is None:
        raise unknown_environment(str(name), [entry.name for entry in fleet.config.environments])
    if environment.gated:
        message = f"{environment.name!r} is gated: its folders are written by 'fleet promote --apply' alone"
        raise UsageError(
            message, hint=f"--env {first.name}, then fleet promote AGENT --to {environment.name}"
        )
    return environment


def _check_name(root: FleetRoot, fleet: Snapshot, name: str) -> None:
    """
    Check that a new agent may have this name.

    Errors: UsageError where it is not a valid name, is in use, or was retired.
    """
    if not is_name(name):
        plain = re.sub(r"[^a-z0-9]+", "-", name.lower())[: limits.NAME_CHARACTERS].strip("-")
        hint = f"fleet new {plain}" if is_name(plain) else "fleet new refund-bot"
        raise UsageError(f"{name!r} is not a valid agent name: {NAME_FORM}", hint=hint)
    for environment in fleet.config.environments:
        folder = layout.agent_folder(environment.name, name)
        if os.path.lexists(root.path / folder):
            raise UsageError(f"{folder} exists already", hint=f"fleet validate {folder}, or another name")
    for entry in root.work_tree().entries(layout.LEDGERS):
        environment_name = layout.ledger_environment(entry.path)
        if not is_name(environment_name):
            continue
        last = records.ledger(root.work_tree(), environment_name).last_transition(name)
        if last is not None:
            is_retired = last[1].to_state is None
            message = f"{name!r} was retired from {environment_name} on {last[0].at:%Y-%m-%d} (name-retired)"
            runs = f"{name!r} runs in {environment_name} according to its ledger"
            raise UsageError(message if is_retired else runs, hint="choose another name")


def _check_options(fleet: Snapshot, options: NewAgentOptions) -> None:
    """
    Check that the tier and the connectors are ones of the fleet.

    Errors: UsageError.
    """
    tiers = fleet.policy.tiers if fleet.policy else tuple(SCALE)
    registered = _connectors(fleet)
    for option, value, known_values in (
        ("--tier", options.tier, tiers),
        *(("--connector", connector, tuple(registered)) for connector in options.connectors),
    ):
        if value is not None and value not in known_values:
            close = nearest_name(value, known_values)
            listed = (
                f"one of: {', '.join(known_values)}" if known_values else f"list it in {layout.CONNECTORS}"
            )
            raise UsageError(
                f"{option}: there is no {value!r}", hint=f"did you mean {close!r}?" if close else listed
            )


def _connectors(fleet: Snapshot) -> Mapping[str, Mapping[str, Any]]:
    return (fleet.connectors.data.get("connectors") if fleet.connectors else None) or {}


def _fixed(fleet: Snapshot) -> dict[str, frozenset[str]]:
    """By connector the keys of a tool that it fixes."""
    return {name: frozenset(entry.get("fixed") or ()) for name, entry in _connectors(fleet).items()}


def _copied_files(
    run: RunContext, fleet: Snapshot, name: str, options: NewAgentOptions, ask: AskPerson
) -> dict[str, bytes]:
    """The files of the source; the manifest with what is the new agent's own."""
    source = find_source(run, fleet, str(options.source))
    teams, people = sorted(fleet.people.teams), sorted(fleet.people.people)
    tiers = fleet.policy.tiers if fleet.policy else tuple(SCALE)

    def answer(path: str) -> str:
        if path == "spec.risk.tier" and options.tier is not None:
            return options.tier
        field = path.rpartition(".")[2]
        choices = {"team": teams, "accountable": people, "backup": people, "tier": tiers}.get(field)
        if path.startswith("spec.owner.roles.") or field == "onCall":
            choices = [*teams, *people]
        return ask(Question(path=path, choices=tuple(choices or SCALES.get(field, ()))))

    copy = AgentCopy(
        source=source.name,
        name=name,
        people=frozenset(people),
        connectors=options.connectors,
        fixed=_fixed(fleet),
    )
    manifest = copied_manifest(source.contents[layout.MANIFEST], copy, answer, layout.MANIFEST)
    return {**source.contents, layout.MANIFEST: manifest}


def _files_and_findings(
    run: RunContext,
    root: FleetRoot,
    fleet: Snapshot,
    environment: str,
    name: str,
    options: NewAgentOptions,
) -> tuple[dict[str, bytes], tuple[Finding, ...]]:
    folder = layout.agent_folder(environment, name)
    team, accountable, backup = _owner(run, root, fleet)
    models = starter_models(fleet, run.now)
    people = [
        f"accountable: {yaml_scalar(accountable)} # one person",
        *([f"backup: {yaml_scalar(backup)}"] if backup else []),
    ]
    values = {
        "agent": name,
        "team": team,
        "people": "".join(f"    {person}\n" for person in people),
        "tier": options.tier or (fleet.policy.tiers[0] if fleet.policy else SCALE[0]),
        "today": str(run.now.astimezone(UTC).date()),
        "pin": model_lines(models),
        "suite_provider": promptfoo_provider(models[0]),
        "modeline": _modeline(root, folder),
    }
    contents = _rendered(fleet, values, options)
    findings, required_tier = _validate(run, fleet, environment, name, contents)
    if required_tier is not None and options.tier is None:
        contents = _rendered(fleet, {**values, "tier": required_tier}, options)
        findings, _ = _validate(run, fleet, environment, name, contents)
    return contents, findings


def _rendered(fleet: Snapshot, values: Mapping[str, str], options: NewAgentOptions) -> dict[str, bytes]:
    contents = scaffold.render_templates("agent", values)
    manifest = with_connectors(contents[layout.MANIFEST], options.connectors, _fixed(fleet), layout.MANIFEST)
    return {**contents, layout.MANIFEST: manifest}


def _validate(
    run: RunContext, fleet: Snapshot, environment: str, name: str, contents: Mapping[str, bytes]
) -> tuple[tuple[Finding, ...], str | None]:
    """The findings of these files, and the tier that they require where it is not the lowest."""
    files = [File(path=path, mode="100644", content=content) for path, content in contents.items()]
    agent, findings = assemble_agent(environment, name, files, fixed=fleet.config.fixed_tools)
    violations = rules.findings(fleet.with_agents([agent]), run.now)
    required_tier = (
        required_minimum_tier(agent.manifest, fleet.policy) if agent.manifest and fleet.policy else None
    )
    if required_tier is not None and fleet.policy and fleet.policy.tier_rank(required_tier) <= 0:
        required_tier = None
    reported = [
        *findings,
        *(violation for violation in violations if violation.agent == name and not violation.waived),
    ]
    return tuple(
        violation for violation in reported if violation.severity is not Severity.NOTE
    ), required_tier


def _owner(run: RunContext, root: FleetRoot, fleet: Snapshot) -> tuple[str, str, str | None]:
    """
    Team, accountable person and backup: the team of the current person, else the first with active members.

    Teams of two or more come first: nobody approves their own work. Errors: GovernanceInvalid.
    """
    me = _current_person(run, root, fleet)
    teams = [(name, fleet.people.members(name, run.now)) for name in fleet.people.teams]
    peopled = [(name, members) for name, members in teams if members]
    if not peopled:
        hint = "add a person to a team in governance/people.yaml"
        raise GovernanceInvalid("no team has an active member, so the agent would have no owner", hint=hint)
    team, members = min(peopled, key=lambda candidate: (me not in candidate[1], len(candidate[1]) < 2))
    accountable = me if me in members else min(members)
    if len(members) > 1:
        return team, accountable, min(members - {accountable})
    people = [candidate for candidate in fleet.people.people if fleet.people.is_active(candidate, run.now)]
    return team, accountable, next((candidate for candidate in people if candidate != accountable), None)


def _current_person(run: RunContext, root: FleetRoot, fleet: Snapshot) -> str:
    """The id of the person whom git's e-mail address names, or nothing."""
    try:
        _, email = author_identity(root.path, run.environment)
    except GitError:
        return ""
    person = fleet.people.by_email(email)
    return person.id if isinstance(person, Person) else ""


def _modeline(root: FleetRoot, folder: str) -> str:
    """
    The comment that names the schema for editors: the nearest copy at or above the fleet root.

    Nothing where the repository has no copy.
    """
    top = root.repository.top
    for place in (root.path, *root.path.parents):
        if (place / _SCHEMA).is_file():
            path = os.path.relpath(place / _SCHEMA, root.path / folder)
            return f"# yaml-language-server: $schema={Path(path).as_posix()}\n#\n"
        if top is None or place == top.resolve():
            break
    return ""


def _next_command(run: RunContext, root: FleetRoot, folder: str) -> str:
    chdir = ["-C", str(run.folder)] if run.chdir else []
    return join(["fleet", *chdir, "validate", run.path_argument(root.path.resolve() / folder)])
