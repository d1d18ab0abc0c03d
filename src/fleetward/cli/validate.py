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
from fleetward.domain import layout
from fleetward.domain.errors import ExitCode, GitError, NotAFleet, UsageError
from fleetward.domain.finding import Finding
from fleetward.domain.fleet import AgentKey
from fleetward.domain.json_text import json_text
from fleetward.domain.names import is_name
from fleetward.domain.validation import Validation
from fleetward.report.page import line
from fleetward.store.git.fleet_root import FleetRoot, find_fleet_root
from fleetward.store.git.tree import Tree
from fleetward.workflows.validation.run import ValidationRun, validate_fleet

if TYPE_CHECKING:
    from fleetward.store.cache.validation_cache import ValidationCache


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
) -> ExitCode:
    """Check every agent: can it be read, does it fit the schema, does every rule hold."""
    if staged and rev:
        raise UsageError("--staged and --rev exclude each other", hint="leave one of them out")
    root = find_fleet_root(session.run.folder, session.run.environment)
    tree = _tree(root, staged, rev)
    cache = None if no_cache else _open_cache(root, session)
    try:
        run = validate_fleet(tree, session.run.now, cache=cache, processes=jobs)
    except NotAFleet as error:
        raise _missing_fleet(error, session, staged, rev) from None
    if not run.governance_valid:
        session.output.tell(
            (line("rules were not asked: they need fleet-config.yaml and governance/ to be right"),)
        )
    selected = _selected_paths(paths or [], session, root, tree)
    run = replace(run, findings=_with_drift(run.findings, root, tree))
    validation = _validation(run, selected, now=session.run.now, prefix=root.prefix)
    if not validation.agents and not run.findings and not allow_empty:
        raise NotAFleet("no agents to check", hint="fleet new AGENT, or --allow-empty")
    session.output.report(
        _reports(
            validation, run.text, session, lambda: _next_command(validation, session, root, staged=staged)
        )
    )
    return ExitCode.DENIED if validation.errors else ExitCode.SUCCESS


def _open_cache(root: FleetRoot, session: Session) -> ValidationCache | None:
    from fleetward.store.cache import validation_cache

    return validation_cache.open_cache(root.repository.common_dir, root.prefix, session.run.environment)


def _with_drift(findings: tuple[Finding, ...], root: FleetRoot, tree: Tree) -> tuple[Finding, ...]:
    """The same findings; what needs history to be told is imported where there is something to tell."""
    if all(finding.rule != "unpromoted-state" for finding in findings):
        return findings
    from fleetward.workflows.validation.drift import with_drift

    return tuple(with_drift(findings, root, tree))


def _missing_fleet(error: NotAFleet, session: Session, staged: bool, rev: str | None) -> NotAFleet:
    """The fleet lies in the work tree, and not where it was asked to be read."""
    if staged:
        return NotAFleet(f"no {layout.CONFIG} is staged", hint=f"git{session.run.chdir} add -A")
    return (
        NotAFleet(f"no {layout.CONFIG} in {rev!r}", hint=f"fleet validate{session.run.chdir}")
        if rev
        else error
    )


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
            validation, import_module("fleetward.rules.documentation").find_explanation, version=__version__
        ),
        "junit": lambda: written("junit")(validation),
        "github": lambda: written("github")(validation),
        "gitlab": lambda: json_text(written("gitlab")(validation)),
        "markdown": lambda: written("markdown")(validation, next_command()),
    }


def _tree(root: FleetRoot, staged: bool, rev: str | None) -> Tree:
    if rev is not None:
        return root.tree_at(rev)
    if staged and root.repository.top is None:
        raise GitError("a bare repository has no index", hint="name a revision with --rev")
    return root.staged_tree() if staged else root.work_tree()


def _selected_paths(
    paths: Sequence[str], session: Session, fleet_root: FleetRoot, tree: Tree
) -> frozenset[str]:
    """The files and folders that were named, relative to the fleet root; those outside it do not count."""
    root = fleet_root.path.resolve()
    selected = []
    for path in paths:
        absolute = Path(session.run.path(path)).absolute()
        place = absolute.parent.resolve() / absolute.name  # a link is meant itself, not where it leads
        if place.resolve() == root:
            return frozenset()
        if place.is_relative_to(root):
            selected.append(place.relative_to(root).as_posix())
            if not os.path.lexists(place) and not _is_in_git(fleet_root, tree, selected[-1]):
                folders = " ".join(
                    quote(display_path(session, fleet_root, folder)) for folder in _agent_folders(root, path)
                )
                hint = f"fleet validate{session.run.chdir} {folders}".rstrip()
                raise NotAFleet(f"no file or folder {path!r} in this fleet", hint=hint)
    if paths and not selected:
        raise NotAFleet(
            f"none of the paths is in the fleet at {str(fleet_root.path)!r}", hint="fleet validate"
        )
    return frozenset(selected)


def _agent_folders(root: Path, name: str) -> tuple[str, ...]:
    """The folders of the agent of this name: every other command takes the name alone."""
    manifests = root.glob(f"{layout.ENVIRONMENTS}/*/{name}/{layout.MANIFEST}") if is_name(name) else ()
    return tuple(sorted(manifest.parent.relative_to(root).as_posix() for manifest in manifests))


def _is_in_git(root: FleetRoot, tree: Tree, path: str) -> bool:
    """Does git know the path here, though nothing lies there: a file that is being deleted?"""
    head = root.repository.find_commit("HEAD")
    return bool(tree.entries(path) or (head and root.commit_tree(head).entries(path)))


def _validation(run: ValidationRun, selected: frozenset[str], *, now: datetime, prefix: str) -> Validation:
    findings = [item for item in run.findings if not selected or _is_concerned(item, selected)]
    return Validation(
        findings=tuple(sorted(findings, key=lambda item: item.sort_key)),
        agents=len(run.agents),
        files=run.files,
        checked=tuple(key for key in run.agents if _is_selected(key, selected)),
        skipped=tuple(key for key in run.skipped if _is_selected(key, selected)),
        waivers=tuple(item for item in run.waivers if rules.in_force(item, now)),
        prefix=prefix,
    )


def _is_selected(agent: AgentKey, selected: frozenset[str]) -> bool:
    """Is every finding of the agent reported?"""
    return not selected or any(_is_governance(path) or _belongs_to(path, agent) for path in selected)


def _is_concerned(finding: Finding, selected: frozenset[str]) -> bool:
    """Is the finding in one of these files, or caused by one: its agent's, a related, governing or absent one?"""
    touched = {finding.place.file, *(place.file for place in finding.related)}
    key = (finding.environment or "", finding.agent or "")
    return any(
        _is_governance(path)
        or any(file == path or file.startswith(f"{path}/") for file in touched)
        or any(f"{path}/".startswith(f"{folder}/") for folder in finding.missing_folders)
        or (finding.agent is not None and _belongs_to(path, key))
        for path in selected
    )


def _is_governance(path: str) -> bool:
    return path in (layout.CONFIG, layout.GOVERNANCE) or path.startswith(f"{layout.GOVERNANCE}/")


def _belongs_to(path: str, agent: AgentKey) -> bool:
    """Is *path* in the agent's folder or its proposal, or a folder around one of them?"""
    inside = f"{path}/"
    folders = [f"{top}/{'/'.join(agent)}/" for top in (layout.ENVIRONMENTS, layout.PROPOSALS)]
    return any(inside.startswith(folder) or folder.startswith(inside) for folder in folders)


def _next_command(validation: Validation, session: Session, root: FleetRoot, *, staged: bool) -> str:
    first = next((finding for finding in validation.findings if not finding.waived), None)
    if validation.errors and first is not None:
        return f"fleet validate{session.run.chdir} {quote(display_path(session, root, first.place.file))}"
    if root.repository.find_commit("HEAD") is None:
        return f"git{session.run.chdir} add -A && git{session.run.chdir} commit -m 'the fleet as it is'"
    return f"fleet diff{session.run.chdir} {'--staged' if staged else '--worktree'}"


def display_path(session: Session, root: FleetRoot, file: str) -> str:
    """A path of the fleet as a command run with the same ``-C`` would take it."""
    return os.path.relpath(root.path / file, session.run.folder.resolve())
