"""``fleet validate``: schema, then rules, over the whole fleet."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from fleetward import rules
from fleetward.commands.reading import read
from fleetward.commands.session import Session
from fleetward.domain.errors import Exit, NotAFleet, UsageError
from fleetward.domain.finding import Finding
from fleetward.domain.validation import Validation
from fleetward.report import findings_json, findings_text
from fleetward.report.page import line
from fleetward.store.ground import Ground, find
from fleetward.store.reader import Reading
from fleetward.store.tree import Tree


def validate(
    session: Session,
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PATH]...", help="Report only what these files are, or cause."),
    ] = None,
    staged: Annotated[bool, typer.Option("--staged", help="Read git's index.")] = False,
    rev: Annotated[str | None, typer.Option("--rev", metavar="REV", help="Read a revision.")] = None,
    allow_empty: Annotated[bool, typer.Option("--allow-empty", help="Nothing to check is fine.")] = False,
) -> Exit:
    """Check every agent: can it be read, does it fit the schema, does every rule hold."""
    if staged and rev:
        raise UsageError("--staged and --rev exclude each other", hint="leave one of them out")
    ground = find(session.folder, session.environment)
    reading = read(_tree(ground, staged, rev))
    found = list(reading.findings)
    if reading.snapshot is not None and reading.judgeable:
        found.extend(rules.findings(reading.snapshot, session.now))
    elif not reading.judgeable:
        session.tell((line("rules were not asked: they need fleet-config.yaml and governance/ to be right"),))
    validation = _validation(reading, found, _wanted(paths or [], session, ground))
    if not validation.agents and not found and not allow_empty:
        raise NotAFleet("no agents to check", hint="fleet new AGENT, or --allow-empty")
    session.report(
        {
            "text": lambda: findings_text.render(
                validation,
                reading.text,
                quiet=session.quiet,
                verbose=session.verbose,
                next_command=_next(validation, session, ground),
            ),
            "json": lambda: findings_json.render(validation),
        }
    )
    return Exit.NO if validation.errors else Exit.YES


def _tree(ground: Ground, staged: bool, rev: str | None) -> Tree:
    if rev is not None:
        return ground.revision(rev)
    return ground.index() if staged else ground.folder()


def _wanted(paths: Sequence[str], session: Session, ground: Ground) -> frozenset[str]:
    """The files and folders that were named, relative to the fleet root; those outside it do not count."""
    root = ground.root.resolve()
    wanted = []
    for path in paths:
        absolute = Path(session.path(path)).absolute()
        place = absolute.parent.resolve() / absolute.name  # a link is meant itself, not where it leads
        if place.resolve() == root:
            return frozenset()
        if place.is_relative_to(root):
            wanted.append(place.relative_to(root).as_posix())
    if paths and not wanted:
        raise NotAFleet(f"none of the paths is in the fleet at {str(ground.root)!r}", hint="fleet validate")
    return frozenset(wanted)


def _validation(reading: Reading, found: Sequence[Finding], wanted: frozenset[str]) -> Validation:
    agents = len(reading.snapshot.agents) if reading.snapshot else 0
    kept = [one for one in found if not wanted or _concerns(one, wanted)]
    return Validation(
        findings=tuple(sorted(kept, key=lambda one: one.order)), agents=agents, files=len(reading.contents)
    )


def _concerns(finding: Finding, wanted: frozenset[str]) -> bool:
    """Is the finding in one of these files, or caused by one: its agent's, a related one, a governing one?"""
    folder = f"environments/{finding.environment}/{finding.agent}/"
    proposal = f"proposals/{finding.environment}/{finding.agent}/"
    touched = {finding.place.file, *(place.file for place in finding.related)}
    for path in wanted:
        if path == "fleet-config.yaml" or path == "governance" or path.startswith("governance/"):
            return True
        if any(file == path or file.startswith(f"{path}/") for file in touched):
            return True
        if finding.agent and (path.startswith((folder, proposal)) or f"{path}/" in (folder, proposal)):
            return True
    return False


def _next(validation: Validation, session: Session, ground: Ground) -> str:
    first = next((one for one in validation.findings if not one.waived), None)
    if validation.errors and first is not None:
        return f"fleet validate{session.here} {quote(shown(session, ground, first.place.file))}"
    if ground.repository.resolved("HEAD") is None:
        return f"git{session.here} add -A && git{session.here} commit -m 'the fleet as it is'"
    return f"fleet diff{session.here} --worktree"


def shown(session: Session, ground: Ground, file: str) -> str:
    """A path of the fleet as a command run with the same ``-C`` would take it."""
    return os.path.relpath(ground.root / file, session.folder.resolve())
