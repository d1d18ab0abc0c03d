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
from fleetward.domain.clock import day
from fleetward.domain.errors import Exit, FleetError, GitError, GovernanceInvalid, UsageError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Finding, Severity
from fleetward.domain.fleet import Environment, Snapshot
from fleetward.domain.manifest import File
from fleetward.domain.names import LONGEST, is_name
from fleetward.domain.people import Person
from fleetward.domain.risk import floor
from fleetward.report.page import Page, line, page, span
from fleetward.rules import PinClass, verdict
from fleetward.store.fleet import scaffold
from fleetward.store.fleet.agents import ENVIRONMENTS, assembled
from fleetward.store.fleet.scaffold import scalar
from fleetward.store.git.fleet_root import Ground, find
from fleetward.store.git.repository import identity
from fleetward.store.records import load as records
from fleetward.workflows.load import read
from fleetward.workflows.suggestions import no_environment

_DEFAULT = ({"provider": "anthropic", "name": "claude-sonnet-4-6"},)
_SCHEMA = Path("schemas/agent.schema.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
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
) -> Exit:
    """Begin an agent: manifest, prompt and evaluation suite, valid from the start."""
    ground = find(session.run.folder, session.run.environment)
    fleet = _fleet(ground)
    environment = _environment(fleet, env)
    _free(ground, fleet, agent)
    draft = _draft(session, ground, fleet, environment.name, agent)
    with scaffold.placed(
        ground.root, {f"{draft.folder}/{path}": text for path, text in draft.contents.items()}
    ):
        follow = _next(session, ground, draft)
    session.output.report(
        {
            "text": lambda: _page(draft, follow),
            "json": lambda: _data(draft, environment.name, agent, follow),
        }
    )
    return Exit.YES


def _fleet(ground: Ground) -> Snapshot:
    """
    The fleet as the work tree has it, without its agents.

    Errors: GovernanceInvalid where what the agent would be made of is wrong.
    """
    reading = read(ground.folder(), only=())
    if reading.snapshot is None or not reading.judgeable:
        return reading.governed()
    return reading.snapshot


def _environment(fleet: Snapshot, name: str | None) -> Environment:
    first = fleet.config.environments[0]
    found = fleet.config.environment(name) if name is not None else first
    if found is None:
        raise no_environment(str(name), [one.name for one in fleet.config.environments])
    if found.gated:
        message = f"{found.name!r} is gated: its folders are written by 'fleet promote --apply' alone"
        raise UsageError(message, hint=f"--env {first.name}, then fleet promote AGENT --to {found.name}")
    return found


def _free(ground: Ground, fleet: Snapshot, name: str) -> None:
    """
    May an agent be called so?

    Errors: UsageError where the name is none, is in use, or was retired.
    """
    if not is_name(name):
        plain = re.sub(r"[^a-z0-9]+", "-", name.lower())[:LONGEST].strip("-")
        hint = f"fleet new {plain}" if is_name(plain) else "letters a-z, digits and hyphens"
        raise UsageError(f"{name!r} is no name of an agent", hint=hint)
    for environment in fleet.config.environments:
        folder = f"{ENVIRONMENTS}/{environment.name}/{name}"
        if os.path.lexists(ground.root / folder):
            raise UsageError(f"{folder} is already there", hint=f"fleet validate {folder}, or another name")
    for entry in ground.folder().entries("ledger"):
        environment_name = entry.path.removeprefix("ledger/").removesuffix(".jsonl")
        if not entry.path.endswith(".jsonl") or not is_name(environment_name):
            continue
        last = records.ledger(ground.folder(), environment_name).last(name)
        if last is not None:
            gone = last[1].to_state is None
            said = f"{name!r} was retired from {environment_name} on {last[0].at:%Y-%m-%d} (name-retired)"
            runs = f"{name!r} runs in {environment_name}, as its ledger says"
            raise UsageError(said if gone else runs, hint="take another name")


def _draft(session: Session, ground: Ground, fleet: Snapshot, environment: str, name: str) -> Draft:
    folder = f"{ENVIRONMENTS}/{environment}/{name}"
    team, accountable, backup = _owner(session, ground, fleet)
    pins = _pins(fleet, session.run.now)
    people = [
        f"accountable: {scalar(accountable)} # one person",
        *([f"backup: {scalar(backup)}"] if backup else []),
    ]
    values = {
        "agent": name,
        "team": team,
        "people": "".join(f"    {one}\n" for one in people),
        "tier": fleet.policy.tiers[0] if fleet.policy else "low",
        "today": str(session.run.now.astimezone(UTC).date()),
        "pin": _pin_lines(pins),
        "suite_provider": _suite_provider(pins[0]),
        "modeline": _modeline(ground, folder),
    }
    contents = scaffold.rendered("agent", values)
    found, least = _judged(session, fleet, environment, name, contents)
    if least is not None:
        contents = scaffold.rendered("agent", {**values, "tier": least})
        found, _ = _judged(session, fleet, environment, name, contents)
    return Draft(folder=folder, contents=contents, findings=found)


def _judged(
    session: Session, fleet: Snapshot, environment: str, name: str, contents: Mapping[str, bytes]
) -> tuple[tuple[Finding, ...], str | None]:
    """What validation will say of these files; and the tier that they need, where that is a higher one."""
    files = [File(path=path, mode="100644", content=content) for path, content in contents.items()]
    agent, found = assembled(environment, name, files)
    ruled = rules.findings(fleet.having([agent]), session.run.now)
    least = floor(agent.manifest, fleet.policy) if agent.manifest and fleet.policy else None
    if least is not None and fleet.policy and fleet.policy.rank(least) <= 0:
        least = None
    said = [*found, *(one for one in ruled if one.agent == name and not one.waived)]
    return tuple(one for one in said if one.severity is not Severity.NOTE), least


def _owner(session: Session, ground: Ground, fleet: Snapshot) -> tuple[str, str, str | None]:
    """
    Team, accountable person and backup: the team of who runs this, else the first with people in it.

    A team of two or more goes first, since nobody approves their own work. Errors: GovernanceInvalid.
    """
    me = _me(session, ground, fleet)
    teams = [(name, fleet.people.members(name, session.run.now)) for name in fleet.people.teams]
    peopled = [(name, members) for name, members in teams if members]
    if not peopled:
        hint = "put somebody into a team in governance/people.yaml"
        raise GovernanceInvalid("no team has an active member: the agent would have no owner", hint=hint)
    team, members = min(peopled, key=lambda one: (me not in one[1], len(one[1]) < 2))
    accountable = me if me in members else min(members)
    if len(members) > 1:
        return team, accountable, min(members - {accountable})
    others = [one for one in fleet.people.people if fleet.people.is_active(one, session.run.now)]
    return team, accountable, next((one for one in others if one != accountable), None)


def _me(session: Session, ground: Ground, fleet: Snapshot) -> str:
    """The id of the person at git's address; empty where nobody is known by it."""
    try:
        _, email = identity(ground.root, session.run.environment)
    except GitError:
        return ""
    known = fleet.people.of_email(email)
    return known.id if isinstance(known, Person) else ""


def _pins(fleet: Snapshot, now: datetime) -> tuple[Mapping[str, Any], ...]:
    """
    The first allowed pinned model, and as its fallback one of another provider where there is one.

    Errors: FleetError where governance/models.yaml allows none.
    """
    listed = (fleet.models.data.get("models") if fleet.models else None) or ()
    if not listed:
        return _DEFAULT
    usable = [one for one in listed if one.get("allowed") and _pinned(one) and _stays(one, now)]
    if not usable:
        hint = "list one with allowed: true there, by an id that its provider keeps"
        raise FleetError("governance/models.yaml allows no pinned model that stays", hint=hint)
    others = [one for one in usable[1:] if one["provider"] != usable[0]["provider"]]
    return (usable[0], *others[:1])


def _pinned(entry: Mapping[str, Any]) -> bool:
    return verdict(entry["provider"], entry["name"], entry.get("version")).cls is PinClass.PINNED


def _stays(entry: Mapping[str, Any], now: datetime) -> bool:
    """Is its last day unknown, or more than ninety days away?"""
    try:
        last = day(entry["retiresAt"]) if entry.get("retiresAt") else None
    except ValueError:
        return False
    return last is None or (last - now.astimezone(UTC).date()).days > 90


def _pin_lines(pins: tuple[Mapping[str, Any], ...]) -> str:
    first, *fallbacks = [
        [f"{key}: {scalar(str(one[key]))}" for key in ("provider", "name", "version") if one.get(key)]
        for one in pins
    ]
    lines = [f"    {one}\n" for one in first]
    if fallbacks:
        lines.append("    fallbacks:\n")
        lines.extend(f"      - {{{', '.join(one)}}}\n" for one in fallbacks)
    return "".join(lines)


def _suite_provider(entry: Mapping[str, Any]) -> str:
    """How promptfoo calls it."""
    kind = ":messages" if entry["provider"] == "anthropic" else ""
    return f"{entry['provider']}{kind}:{entry['name']}"


def _modeline(ground: Ground, folder: str) -> str:
    """
    The comment that tells an editor which schema this is: the nearest copy at or above the fleet root.

    None in the repository: no modeline, since a wrong path is worse than none.
    """
    top = ground.repository.top
    for place in (ground.root, *ground.root.parents):
        if (place / _SCHEMA).is_file():
            path = os.path.relpath(place / _SCHEMA, ground.root / folder)
            return f"# yaml-language-server: $schema={Path(path).as_posix()}\n#\n"
        if top is None or place == top.resolve():
            break
    return ""


def _next(session: Session, ground: Ground, draft: Draft) -> str:
    where = ["-C", str(session.run.folder)] if session.run.chdir else []
    folder = os.path.relpath(ground.root.resolve() / draft.folder, session.run.folder.resolve())
    return join(["fleet", *where, "validate", folder])


def _page(draft: Draft, follow: str) -> Page:
    rows = [line("  ", span(f"{draft.folder}/{path}", "place")) for path in sorted(draft.contents)]
    head = line(span("wrote", "good"), f" {len(rows)} files:")
    todo = [line(span("to do", "warning"), f" {one.rule}: {one.message}", hang=6) for one in draft.findings]
    return page([head, *rows, *todo, line(span(follow, "code"))])


def _data(draft: Draft, environment: str, name: str, follow: str) -> dict[str, Any]:
    return {
        "format": "fleetward.new/1",
        "environment": environment,
        "agent": name,
        "written": [f"{draft.folder}/{path}" for path in sorted(draft.contents)],
        "toDo": [
            {"rule": one.rule, "message": one.message, "path": one.place.path} for one in draft.findings
        ],
        "next": follow,
    }
