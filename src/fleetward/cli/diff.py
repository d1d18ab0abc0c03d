"""``fleet diff``: what a change means, between any two states of a fleet."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from fleetward.cli.session import Session
from fleetward.cli.verb import Verb, in_formats
from fleetward.domain.change import Significance
from fleetward.domain.errors import ExitCode, UsageError
from fleetward.domain.fleet_diff import FleetDiff
from fleetward.report import (
    changes_github,
    changes_json,
    changes_markdown,
    changes_rules,
    changes_text,
)
from fleetward.report.page import line
from fleetward.store.git.fleet_root import FleetRoot, find_fleet_root
from fleetward.workflows.comparison import changed_files
from fleetward.workflows.comparison import revisions as sides
from fleetward.workflows.comparison import run as moved
from fleetward.workflows.comparison.next_step import next_command
from fleetward.workflows.comparison.revisions import Side


def diff(
    session: Session,
    revisions: Annotated[
        list[str] | None, typer.Argument(metavar="[BASE [HEAD]] | A..B | A...B", help="What to compare.")
    ] = None,
    staged: Annotated[bool, typer.Option("--staged", help="HEAD against the index.")] = False,
    worktree: Annotated[bool, typer.Option("--worktree", help="HEAD against the work tree.")] = False,
    env: Annotated[
        str | None, typer.Option("--env", metavar="A..B", help="Two environments of one commit.")
    ] = None,
    root: Annotated[
        str | None, typer.Option("--root", metavar="PATH", help="The fleet's folder, in a bare repository.")
    ] = None,
    fail_on: Annotated[
        Significance | None, typer.Option("--fail-on", help="Exit 1 on a change of this weight or worse.")
    ] = None,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit 1 on any change.")] = False,
    rules: Annotated[bool, typer.Option("--rules", help="List what changes can mean, and stop.")] = False,
) -> ExitCode:
    """Say what changed in meaning: which agents, which way, how much it matters, what it will require."""
    if rules:
        return _list_meanings(session)
    fleet_root = find_fleet_root(session.run.folder, session.run.environment, root=root)
    if env is not None:
        if staged or worktree:
            raise UsageError("--env stands alone", hint="leave --staged and --worktree out")
        base, head = sides.resolve_environments(fleet_root, env, revisions or [])
        first, _, second = env.partition("..")
        fleet_diff = moved.compare_environments(base, head, first, second)
    else:
        if staged or worktree:
            base, head = sides.resolve_head(fleet_root, revisions or [], staged=staged, worktree=worktree)
        else:
            base, head = sides.resolve_revisions(fleet_root, revisions or [], session.run.environment)
        fleet_diff = moved.compare_fleets(fleet_root, base, head)
        if not revisions:
            _warn_same_commit(session, base, head)
    _warn_uncommitted(session, fleet_root, head)
    _report(session, fleet_root, head, fleet_diff, across=env is not None)
    if fail_on:
        _explain_fail_on(session, fleet_diff, fail_on)
    return _exit_code(fleet_diff, fail_on, exit_code=exit_code)


def _warn_same_commit(session: Session, base: Side, head: Side) -> None:
    """Nothing moved between a commit and itself: a job whose base is wrong must not look like one that is clean."""
    if head.commit is not None and base.commit == head.commit and not session.output.quiet:
        session.output.note((line(f"{base.name} and {head.name} are one commit: nothing could differ"),))


def _warn_uncommitted(session: Session, root: FleetRoot, head: Side) -> None:
    """Who edits and then compares commits would read that nothing moved."""
    uncommitted = 0 if session.output.quiet else changed_files.count_uncommitted(root, head)
    if uncommitted:
        files = "1 file is" if uncommitted == 1 else f"{uncommitted} files are"
        session.output.note(
            (
                line(
                    f"{files} not as committed, and not looked at here: fleet diff{session.run.chdir} --worktree"
                ),
            )
        )


def _explain_fail_on(session: Session, fleet_diff: FleetDiff, fail_on: Significance) -> None:
    heavy = sum(change.significance.rank <= fail_on.rank for change in fleet_diff.all_changes)
    if heavy:
        session.output.note(
            (
                line(
                    f"--fail-on {fail_on}: {heavy} of {len(fleet_diff.all_changes)} changes weigh that much or more"
                ),
            )
        )


def _exit_code(fleet_diff: FleetDiff, fail_on: Significance | None, *, exit_code: bool) -> ExitCode:
    weights = [change.significance for change in fleet_diff.all_changes]
    if fleet_diff.unreadable or (exit_code and (weights or fleet_diff.agents)):
        return ExitCode.DENIED
    return (
        ExitCode.DENIED
        if fail_on and any(weight.rank <= fail_on.rank for weight in weights)
        else ExitCode.SUCCESS
    )


def _list_meanings(session: Session) -> ExitCode:
    unsupported = next(
        (output.format for output in session.output.targets if output.format not in ("text", "json")), None
    )
    if unsupported:
        raise UsageError(f"--rules is not written as {unsupported!r}", hint="fleet diff --rules -o json")
    from fleetward.changes.catalogue import catalogue

    rows = [
        (row.rule, row.significance.value, row.direction, row.subject, row.condition, row.message)
        for row in catalogue()
    ]
    session.output.report(
        {
            "text": lambda: changes_rules.render_page(rows),
            "json": lambda: changes_rules.render_data(rows),
        }
    )
    return ExitCode.SUCCESS


def _report(session: Session, root: FleetRoot, head: Side, fleet_diff: FleetDiff, *, across: bool) -> None:
    session.output.report(
        {
            "text": lambda: changes_text.render(
                fleet_diff,
                verbose=session.verbose,
                next_command=(
                    "fleet diff --rules"
                    if root.repository.top is None
                    else next_command(session.run, head, fleet_diff, across=across)
                ),
                cut=_is_terminal_only(session),
            ),
            "json": lambda: changes_json.render(fleet_diff),
            "markdown": lambda: changes_markdown.render(fleet_diff),
            "github": lambda: changes_github.render(fleet_diff, prefix=root.prefix),
        }
    )


def _is_terminal_only(session: Session) -> bool:
    """Is the text for a terminal alone? What goes to a file is whole."""
    return sys.stdout.isatty() and not any(
        output.format == "text" and output.path for output in session.output.targets
    )


VERB = Verb(run=diff, formats=in_formats("text", "json", "markdown", "github"))
