"""``fleet new``: the folder of one more agent, made of what the fleet has."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from shlex import join
from typing import Annotated, Any

import typer

from fleetward import rules
from fleetward.cli.session import Session
from fleetward.domain import layout, limits
from fleetward.domain.clock import parse_date
from fleetward.domain.errors import ExitCode, FleetError, GitError, GovernanceInvalid, UsageError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Finding, Severity
from fleetward.domain.fleet import Environment, Snapshot
from fleetward.domain.manifest import File
from fleetward.domain.names import is_name
from fleetward.domain.people import Person
from fleetward.domain.risk import required_minimum_tier
from fleetward.report.page import Page, line, page, span
from fleetward.rules import PinClass, classify_pin
from fleetward.store.fleet import scaffold
from fleetward.store.fleet.agent_assembly import assemble_agent
from fleetward.store.formats.yaml_scalar import yaml_scalar
from fleetward.store.git.fleet_root import FleetRoot, find_fleet_root
from fleetward.store.git.repository import author_identity
from fleetward.store.records import load as records
from fleetward.workflows.load import load_fleet
from fleetward.workflows.suggestions import unknown_environment

_DEFAULT = ({"provider": "anthropic", "name": "claude-sonnet-4-6"},)
_SCHEMA = Path("schemas/agent.schema.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentDraft:
    """A new agent's files by path in its folder, and what is still wrong with them."""

    folder: str
    contents: Mapping[str, bytes]
    findings: tuple[Finding, ...]


def new(
    session: Session,
    agent: Annotated[str, typer.Argument(metavar="AGENT", help="Its name.")],
    env: Annotated[
        str | None, typer.Option("--env", metavar="ENV", help="Where; the first environment by default.")
    ] = None,
) -> ExitCode:
    """Begin an agent: manifest, prompt and evaluation suite, valid from the start."""
    root = find_fleet_root(session.run.folder, session.run.environment)
    fleet = _fleet(root)
    environment = _environment(fleet, env)
    _check_name(root, fleet, agent)
    draft = _draft(session, root, fleet, environment.name, agent)
    with scaffold.new_files(
        root.path, {f"{draft.folder}/{path}": text for path, text in draft.contents.items()}
    ):
        next_command = _next_command(session, root, draft)
    session.output.report(
        {
            "text": lambda: _page(draft, next_command),
            "json": lambda: _data(draft, environment.name, agent, next_command),
        }
    )
    return ExitCode.SUCCESS


def _fleet(root: FleetRoot) -> Snapshot:
    """
    The fleet as the work tree has it, without its agents.

    Errors: GovernanceInvalid where what the agent would be made of is wrong.
    """
    reading = load_fleet(root.work_tree(), only=())
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
    May an agent be called so?

    Errors: UsageError where the name is none, is in use, or was retired.
    """
    if not is_name(name):
        plain = re.sub(r"[^a-z0-9]+", "-", name.lower())[: limits.NAME_CHARACTERS].strip("-")
        hint = f"fleet new {plain}" if is_name(plain) else "letters a-z, digits and hyphens"
        raise UsageError(f"{name!r} is no name of an agent", hint=hint)
    for environment in fleet.config.environments:
        folder = layout.agent_folder(environment.name, name)
        if os.path.lexists(root.path / folder):
            raise UsageError(f"{folder} is already there", hint=f"fleet validate {folder}, or another name")
    for entry in root.work_tree().entries(layout.LEDGERS):
        environment_name = layout.ledger_environment(entry.path)
        if not is_name(environment_name):
            continue
        last = records.ledger(root.work_tree(), environment_name).last_transition(name)
        if last is not None:
            is_retired = last[1].to_state is None
            message = f"{name!r} was retired from {environment_name} on {last[0].at:%Y-%m-%d} (name-retired)"
            runs = f"{name!r} runs in {environment_name}, as its ledger says"
            raise UsageError(message if is_retired else runs, hint="take another name")


def _draft(session: Session, root: FleetRoot, fleet: Snapshot, environment: str, name: str) -> AgentDraft:
    folder = layout.agent_folder(environment, name)
    team, accountable, backup = _owner(session, root, fleet)
    pins = _pins(fleet, session.run.now)
    people = [
        f"accountable: {yaml_scalar(accountable)} # one person",
        *([f"backup: {yaml_scalar(backup)}"] if backup else []),
    ]
    values = {
        "agent": name,
        "team": team,
        "people": "".join(f"    {person}\n" for person in people),
        "tier": fleet.policy.tiers[0] if fleet.policy else "low",
        "today": str(session.run.now.astimezone(UTC).date()),
        "pin": _pin_lines(pins),
        "suite_provider": _suite_provider(pins[0]),
        "modeline": _modeline(root, folder),
    }
    contents = scaffold.render_templates("agent", values)
    findings, required_tier = _validate(session, fleet, environment, name, contents)
    if required_tier is not None:
        contents = scaffold.render_templates("agent", {**values, "tier": required_tier})
        findings, _ = _validate(session, fleet, environment, name, contents)
    return AgentDraft(folder=folder, contents=contents, findings=findings)


def _validate(
    session: Session, fleet: Snapshot, environment: str, name: str, contents: Mapping[str, bytes]
) -> tuple[tuple[Finding, ...], str | None]:
    """What validation will say of these files; and the tier that they need, where that is a higher one."""
    files = [File(path=path, mode="100644", content=content) for path, content in contents.items()]
    agent, findings = assemble_agent(environment, name, files)
    violations = rules.findings(fleet.with_agents([agent]), session.run.now)
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


def _owner(session: Session, root: FleetRoot, fleet: Snapshot) -> tuple[str, str, str | None]:
    """
    Team, accountable person and backup: the team of who runs this, else the first with people in it.

    A team of two or more goes first, since nobody approves their own work. Errors: GovernanceInvalid.
    """
    me = _current_person(session, root, fleet)
    teams = [(name, fleet.people.members(name, session.run.now)) for name in fleet.people.teams]
    peopled = [(name, members) for name, members in teams if members]
    if not peopled:
        hint = "put somebody into a team in governance/people.yaml"
        raise GovernanceInvalid("no team has an active member: the agent would have no owner", hint=hint)
    team, members = min(peopled, key=lambda candidate: (me not in candidate[1], len(candidate[1]) < 2))
    accountable = me if me in members else min(members)
    if len(members) > 1:
        return team, accountable, min(members - {accountable})
    people = [
        candidate for candidate in fleet.people.people if fleet.people.is_active(candidate, session.run.now)
    ]
    return team, accountable, next((candidate for candidate in people if candidate != accountable), None)


def _current_person(session: Session, root: FleetRoot, fleet: Snapshot) -> str:
    """The id of the person at git's address; empty where nobody is known by it."""
    try:
        _, email = author_identity(root.path, session.run.environment)
    except GitError:
        return ""
    person = fleet.people.by_email(email)
    return person.id if isinstance(person, Person) else ""


def _pins(fleet: Snapshot, now: datetime) -> tuple[Mapping[str, Any], ...]:
    """
    The first allowed pinned model, and as its fallback one of another provider where there is one.

    Errors: FleetError where governance/models.yaml allows none.
    """
    listed = (fleet.models.data.get("models") if fleet.models else None) or ()
    if not listed:
        return _DEFAULT
    usable = [
        entry for entry in listed if entry.get("allowed") and _is_pinned(entry) and _is_lasting(entry, now)
    ]
    if not usable:
        hint = "list one with allowed: true there, by an id that its provider keeps"
        raise FleetError("governance/models.yaml allows no pinned model that stays", hint=hint)
    fallbacks = [entry for entry in usable[1:] if entry["provider"] != usable[0]["provider"]]
    return (usable[0], *fallbacks[:1])


def _is_pinned(entry: Mapping[str, Any]) -> bool:
    return classify_pin(entry["provider"], entry["name"], entry.get("version")).pin_class is PinClass.PINNED


def _is_lasting(entry: Mapping[str, Any], now: datetime) -> bool:
    """Is its last day unknown, or more than ninety days away?"""
    try:
        last = parse_date(entry["retiresAt"]) if entry.get("retiresAt") else None
    except ValueError:
        return False
    return last is None or (last - now.astimezone(UTC).date()).days > 90


def _pin_lines(pins: tuple[Mapping[str, Any], ...]) -> str:
    first, *fallbacks = [
        [
            f"{key}: {yaml_scalar(str(entry[key]))}"
            for key in ("provider", "name", "version")
            if entry.get(key)
        ]
        for entry in pins
    ]
    lines = [f"    {entry}\n" for entry in first]
    if fallbacks:
        lines.append("    fallbacks:\n")
        lines.extend(f"      - {{{', '.join(entry)}}}\n" for entry in fallbacks)
    return "".join(lines)


def _suite_provider(entry: Mapping[str, Any]) -> str:
    """How promptfoo calls it."""
    kind = ":messages" if entry["provider"] == "anthropic" else ""
    return f"{entry['provider']}{kind}:{entry['name']}"


def _modeline(root: FleetRoot, folder: str) -> str:
    """
    The comment that tells an editor which schema this is: the nearest copy at or above the fleet root.

    None in the repository: no modeline, since a wrong path is worse than none.
    """
    top = root.repository.top
    for place in (root.path, *root.path.parents):
        if (place / _SCHEMA).is_file():
            path = os.path.relpath(place / _SCHEMA, root.path / folder)
            return f"# yaml-language-server: $schema={Path(path).as_posix()}\n#\n"
        if top is None or place == top.resolve():
            break
    return ""


def _next_command(session: Session, root: FleetRoot, draft: AgentDraft) -> str:
    where = ["-C", str(session.run.folder)] if session.run.chdir else []
    folder = os.path.relpath(root.path.resolve() / draft.folder, session.run.folder.resolve())
    return join(["fleet", *where, "validate", folder])


def _page(draft: AgentDraft, next_command: str) -> Page:
    rows = [line("  ", span(f"{draft.folder}/{path}", "place")) for path in sorted(draft.contents)]
    head = line(span("wrote", "good"), f" {len(rows)} files:")
    todo = [
        line(span("to do", "warning"), f" {finding.rule}: {finding.message}", hang=6)
        for finding in draft.findings
    ]
    return page([head, *rows, *todo, line(span(next_command, "code"))])


def _data(draft: AgentDraft, environment: str, name: str, next_command: str) -> dict[str, Any]:
    return {
        "format": "fleetward.new/1",
        "environment": environment,
        "agent": name,
        "written": [f"{draft.folder}/{path}" for path in sorted(draft.contents)],
        "toDo": [
            {"rule": finding.rule, "message": finding.message, "path": finding.place.path}
            for finding in draft.findings
        ],
        "next": next_command,
    }
