"""``fleet diff``: what changed between two revisions, and what each change means."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from fleetward.cli.session import Formats, Session
from fleetward.cli.verb import Verb
from fleetward.domain.change import Significance
from fleetward.domain.errors import ExitCode
from fleetward.domain.fleet_diff import FleetDiff
from fleetward.report.page import Page, line
from fleetward.workflows.comparison.diff import DiffOptions, DiffResult, next_command
from fleetward.workflows.comparison.diff import diff as run_diff


def diff(
    session: Session,
    revisions: Annotated[
        list[str] | None,
        typer.Argument(metavar="[BASE [HEAD]] | A..B | A...B", help="The revisions to compare."),
    ] = None,
    staged: Annotated[bool, typer.Option("--staged", help="Compare HEAD with what is staged.")] = False,
    worktree: Annotated[bool, typer.Option("--worktree", help="Compare HEAD with the work tree.")] = False,
    env: Annotated[
        str | None, typer.Option("--env", metavar="A..B", help="Compare two environments of one commit.")
    ] = None,
    root: Annotated[
        str | None, typer.Option("--root", metavar="PATH", help="The fleet's folder in a bare repository.")
    ] = None,
    fail_on: Annotated[
        Significance | None,
        typer.Option("--fail-on", help="Exit 1 on a change of this significance or higher."),
    ] = None,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit 1 on any change; formatting alone is none.")
    ] = False,
    rules: Annotated[
        bool, typer.Option("--rules", help="List the meanings that a change can have, and stop.")
    ] = False,
) -> ExitCode:
    """Compare two revisions and classify each change."""
    if rules:
        return _list_meanings(session)
    options = DiffOptions(
        revisions=tuple(revisions or ()), staged=staged, worktree=worktree, environments=env, root=root
    )
    result = run_diff(session.run, options)
    _print_notes(session, result)
    session.report(VERB.formats, result, whole_digests=True)
    if fail_on:
        _print_fail_on(session, result.fleet_diff, fail_on)
    return _exit_code(result.fleet_diff, fail_on, exit_code=exit_code)


def _print_notes(session: Session, result: DiffResult) -> None:
    """Say where an empty comparison would mislead: a wrong base in CI, or changes that are not committed."""
    # counting costs a look at every file, for a line that -q does not print
    if session.output.quiet:
        return
    if result.same_commit:
        base, head = result.base.name, result.head.name
        session.note((line(f"{base} and {head} are the same commit: there is nothing to compare"),))
    count = result.uncommitted()
    if count:
        files = "1 file" if count == 1 else f"{count} files"
        command = f"fleet diff{session.run.chdir} --worktree"
        session.note((line(f"uncommitted changes are not compared ({files}): {command}"),))


def _print_fail_on(session: Session, fleet_diff: FleetDiff, fail_on: Significance) -> None:
    changes = fleet_diff.all_changes
    heavy = sum(change.significance.rank <= fail_on.rank for change in changes)
    if heavy:
        message = f"--fail-on {fail_on}: {heavy} of {len(changes)} changes are {fail_on} or higher"
        session.note((line(message),))


def _exit_code(fleet_diff: FleetDiff, fail_on: Significance | None, *, exit_code: bool) -> ExitCode:
    changes = fleet_diff.all_changes
    # an unreadable agent is never a pass (SPEC 5)
    if fleet_diff.unreadable or (exit_code and changes):
        return ExitCode.DENIED
    fails = fail_on and any(change.significance.rank <= fail_on.rank for change in changes)
    return ExitCode.DENIED if fails else ExitCode.SUCCESS


def _text(result: DiffResult, session: Session) -> Page:
    from fleetward.report.changes_text import render

    return render(
        result.fleet_diff,
        verbose=session.verbose,
        next_command=next_command(session.run, result),
        cut=_is_terminal_only(session),
    )


def _is_terminal_only(session: Session) -> bool:
    """Whether the text goes to a terminal alone; values in a file are never shortened."""
    targets = session.output.targets
    # a copy in a file has to be complete: it is read later, by others
    return sys.stdout.isatty() and not any(target.format == "text" and target.path for target in targets)


def _json(result: DiffResult, _session: Session) -> dict[str, Any]:
    from fleetward.report.changes_json import render

    return render(result.fleet_diff)


def _markdown(result: DiffResult, _session: Session) -> str:
    from fleetward.report.changes_markdown import render

    return render(result.fleet_diff)


def _github(result: DiffResult, _session: Session) -> str:
    from fleetward.report.changes_github import render

    return render(result.fleet_diff, prefix=result.fleet_root.prefix)


def _list_meanings(session: Session) -> ExitCode:
    from fleetward.changes.catalogue import catalogue

    rows = tuple(
        (row.rule, row.significance.value, row.direction, row.subject, row.condition, row.message)
        for row in catalogue()
    )
    session.report(_MEANINGS, rows)
    return ExitCode.SUCCESS


_MeaningRows = tuple[tuple[str, str, str, str, str, str], ...]


def _meanings_text(rows: _MeaningRows, _session: Session) -> Page:
    from fleetward.report.changes_rules import render_page

    return render_page(rows)


def _meanings_json(rows: _MeaningRows, _session: Session) -> dict[str, Any]:
    from fleetward.report.changes_rules import render_data

    return render_data(rows)


_MEANINGS: Formats[_MeaningRows] = {"text": _meanings_text, "json": _meanings_json}
VERB = Verb(
    run=diff, formats={"text": _text, "json": _json, "markdown": _markdown, "github": _github}, long=True
)
