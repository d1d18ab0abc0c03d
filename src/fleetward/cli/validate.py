"""``fleet validate``: schema, then rules, over the whole fleet."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from importlib import import_module
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fleetward import __version__, rules
from fleetward.cli.output import Report
from fleetward.cli.session import Session
from fleetward.domain.errors import Exit, GitError, NotAFleet, UsageError
from fleetward.domain.finding import Finding
from fleetward.domain.fleet import CONFIG, Key
from fleetward.domain.json_text import json_text
from fleetward.domain.manifest import MANIFEST
from fleetward.domain.names import is_name
from fleetward.domain.validation import Validation
from fleetward.report.page import line
from fleetward.store.fleet.agents import ENVIRONMENTS
from fleetward.store.git.fleet_root import Ground, find
from fleetward.store.git.tree import Tree
from fleetward.workflows.validation.run import Look, look

if TYPE_CHECKING:
    from fleetward.store.cache.validation_cache import Cache


def validate(
    session: Session,
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PATH]...", help="Report only what these files are, or cause."),
    ] = None,
    staged: Annotated[bool, typer.Option("--staged", help="Read git's index.")] = False,
    rev: Annotated[str | None, typer.Option("--rev", metavar="REV", help="Read a revision.")] = None,
    allow_empty: Annotated[bool, typer.Option("--allow-empty", help="Nothing to check is fine.")] = False,
    jobs: Annotated[
        int | None, typer.Option("--jobs", metavar="N", min=1, help="Processes; by itself as many as pay.")
    ] = None,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Keep nothing, and use nothing kept.")] = False,
) -> Exit:
    """Check every agent: can it be read, does it fit the schema, does every rule hold."""
    if staged and rev:
        raise UsageError("--staged and --rev exclude each other", hint="leave one of them out")
    ground = find(session.run.folder, session.run.environment)
    tree = _tree(ground, staged, rev)
    kept = None if no_cache else _kept(ground, session)
    try:
        seen = look(tree, session.run.now, cache=kept, processes=jobs)
    except NotAFleet as error:
        raise _elsewhere(error, session, staged, rev) from None
    if not seen.judgeable:
        session.output.tell(
            (line("rules were not asked: they need fleet-config.yaml and governance/ to be right"),)
        )
    wanted = _wanted(paths or [], session, ground, tree)
    seen = replace(seen, findings=_traced(seen.findings, ground, tree))
    validation = _validation(seen, wanted, now=session.run.now, prefix=ground.prefix)
    if not validation.agents and not seen.findings and not allow_empty:
        raise NotAFleet("no agents to check", hint="fleet new AGENT, or --allow-empty")
    session.output.report(
        _reports(validation, seen.text, session, lambda: _next(validation, session, ground, staged=staged))
    )
    return Exit.NO if validation.errors else Exit.YES


def _kept(ground: Ground, session: Session) -> Cache | None:
    from fleetward.store.cache import validation_cache

    return validation_cache.opened(ground.repository.common, ground.prefix, session.run.environment)


def _traced(findings: tuple[Finding, ...], ground: Ground, tree: Tree) -> tuple[Finding, ...]:
    """The same findings; what needs history to be told is imported where there is something to tell."""
    if all(one.rule != "unpromoted-state" for one in findings):
        return findings
    from fleetward.workflows.validation.drift import strayed

    return tuple(strayed(findings, ground, tree))


def _elsewhere(error: NotAFleet, session: Session, staged: bool, rev: str | None) -> NotAFleet:
    """The fleet lies in the work tree, and not where it was asked to be read."""
    if staged:
        return NotAFleet(f"no {CONFIG} is staged", hint=f"git{session.run.chdir} add -A")
    return NotAFleet(f"no {CONFIG} in {rev!r}", hint=f"fleet validate{session.run.chdir}") if rev else error


def _reports(
    validation: Validation, text: Callable[[str], str], session: Session, next_command: Callable[[], str]
) -> dict[str, Report]:
    """One row a format; what nobody asked for is not even imported."""

    def written(format_: str) -> Any:
        return import_module(f"fleetward.report.findings_{format_}").render

    return {
        "text": lambda: (
            written("text")(
                validation,
                text,
                quiet=session.output.quiet,
                verbose=session.verbose,
                next_command="" if session.output.quiet else next_command(),
            )
            if validation.errors or not session.output.quiet
            else ()
        ),
        "json": lambda: written("json")(validation),
        "sarif": lambda: written("sarif")(
            validation, import_module("fleetward.rules.documentation").explained, version=__version__
        ),
        "junit": lambda: written("junit")(validation),
        "github": lambda: written("github")(validation),
        "gitlab": lambda: json_text(written("gitlab")(validation)),
        "markdown": lambda: written("markdown")(validation, next_command()),
    }


def _tree(ground: Ground, staged: bool, rev: str | None) -> Tree:
    if rev is not None:
        return ground.revision(rev)
    if staged and ground.repository.top is None:
        raise GitError("a bare repository has no index", hint="name a revision with --rev")
    return ground.index() if staged else ground.folder()


def _wanted(paths: Sequence[str], session: Session, ground: Ground, tree: Tree) -> frozenset[str]:
    """The files and folders that were named, relative to the fleet root; those outside it do not count."""
    root = ground.root.resolve()
    wanted = []
    for path in paths:
        absolute = Path(session.run.path(path)).absolute()
        place = absolute.parent.resolve() / absolute.name  # a link is meant itself, not where it leads
        if place.resolve() == root:
            return frozenset()
        if place.is_relative_to(root):
            wanted.append(place.relative_to(root).as_posix())
            if not os.path.lexists(place) and not _stored(ground, tree, wanted[-1]):
                folders = " ".join(quote(shown(session, ground, one)) for one in _of_agent(root, path))
                hint = f"fleet validate{session.run.chdir} {folders}".rstrip()
                raise NotAFleet(f"no file or folder {path!r} in this fleet", hint=hint)
    if paths and not wanted:
        raise NotAFleet(f"none of the paths is in the fleet at {str(ground.root)!r}", hint="fleet validate")
    return frozenset(wanted)


def _of_agent(root: Path, name: str) -> tuple[str, ...]:
    """The folders of the agent of this name: every other command takes the name alone."""
    found = root.glob(f"{ENVIRONMENTS}/*/{name}/{MANIFEST}") if is_name(name) else ()
    return tuple(sorted(one.parent.relative_to(root).as_posix() for one in found))


def _stored(ground: Ground, tree: Tree, path: str) -> bool:
    """Does git know the path here, though nothing lies there: a file that is being deleted?"""
    head = ground.repository.resolved("HEAD")
    return bool(tree.entries(path) or (head and ground.commit(head).entries(path)))


def _validation(seen: Look, wanted: frozenset[str], *, now: datetime, prefix: str) -> Validation:
    kept = [one for one in seen.findings if not wanted or _concerns(one, wanted)]
    return Validation(
        findings=tuple(sorted(kept, key=lambda one: one.order)),
        agents=len(seen.agents),
        files=seen.files,
        checked=tuple(key for key in seen.agents if _asked(key, wanted)),
        unasked=tuple(key for key in seen.unasked if _asked(key, wanted)),
        waivers=tuple(one for one in seen.waivers if rules.in_force(one, now)),
        prefix=prefix,
    )


def _asked(agent: Key, wanted: frozenset[str]) -> bool:
    """Is every finding of the agent reported?"""
    return not wanted or any(_governs(path) or _belongs(path, agent) for path in wanted)


def _concerns(finding: Finding, wanted: frozenset[str]) -> bool:
    """Is the finding in one of these files, or caused by one: its agent's, a related, governing or absent one?"""
    touched = {finding.place.file, *(place.file for place in finding.related)}
    key = (finding.environment or "", finding.agent or "")
    return any(
        _governs(path)
        or any(file == path or file.startswith(f"{path}/") for file in touched)
        or any(f"{path}/".startswith(f"{folder}/") for folder in finding.absent)
        or (finding.agent is not None and _belongs(path, key))
        for path in wanted
    )


def _governs(path: str) -> bool:
    return path in (CONFIG, "governance") or path.startswith("governance/")


def _belongs(path: str, agent: Key) -> bool:
    """Is *path* in the agent's folder or its proposal, or a folder around one of them?"""
    inside = f"{path}/"
    folders = [f"{top}/{'/'.join(agent)}/" for top in ("environments", "proposals")]
    return any(inside.startswith(folder) or folder.startswith(inside) for folder in folders)


def _next(validation: Validation, session: Session, ground: Ground, *, staged: bool) -> str:
    first = next((one for one in validation.findings if not one.waived), None)
    if validation.errors and first is not None:
        return f"fleet validate{session.run.chdir} {quote(shown(session, ground, first.place.file))}"
    if ground.repository.resolved("HEAD") is None:
        return f"git{session.run.chdir} add -A && git{session.run.chdir} commit -m 'the fleet as it is'"
    return f"fleet diff{session.run.chdir} {'--staged' if staged else '--worktree'}"


def shown(session: Session, ground: Ground, file: str) -> str:
    """A path of the fleet as a command run with the same ``-C`` would take it."""
    return os.path.relpath(ground.root / file, session.run.folder.resolve())
