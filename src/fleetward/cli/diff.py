"""``fleet diff``: what a change means, between any two states of a fleet."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from fleetward.cli.session import Session
from fleetward.domain.change import Significance
from fleetward.domain.errors import Exit, UsageError
from fleetward.report import (
    changes_github,
    changes_json,
    changes_markdown,
    changes_rules,
    changes_text,
)
from fleetward.report.page import line
from fleetward.store.git.fleet_root import Ground, find
from fleetward.workflows.comparison import changed_files
from fleetward.workflows.comparison import revisions as sides
from fleetward.workflows.comparison import run as moved
from fleetward.workflows.comparison.next_step import leading
from fleetward.workflows.comparison.revisions import Side
from fleetward.workflows.comparison.run import Found


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
) -> Exit:
    """Say what changed in meaning: which agents, which way, how much it matters, what it will require."""
    if rules:
        return _rules(session)
    ground = find(session.run.folder, session.run.environment, root=root)
    if env is not None:
        if staged or worktree:
            raise UsageError("--env stands alone", hint="leave --staged and --worktree out")
        base, head = sides.of_environments(ground, env, revisions or [])
        first, _, second = env.partition("..")
        found = moved.across(base, head, first, second)
    else:
        if staged or worktree:
            base, head = sides.of_head(ground, revisions or [], staged=staged, worktree=worktree)
        else:
            base, head = sides.of_revisions(ground, revisions or [], session.run.environment)
        found = moved.between(ground, base, head)
        if not revisions:
            _tell_of_one(session, base, head)
    _tell_of_unshown(session, ground, head)
    _report(session, ground, base, head, found, across=env is not None)
    if fail_on:
        _tell_of_weight(session, found, fail_on)
    return _answer(found, fail_on, exit_code=exit_code)


def _tell_of_one(session: Session, base: Side, head: Side) -> None:
    """Nothing moved between a commit and itself: a job whose base is wrong must not look like one that is clean."""
    if head.commit is not None and base.commit == head.commit and not session.output.quiet:
        session.output.tell((line(f"{base.name} and {head.name} are one commit: nothing could differ"),))


def _tell_of_unshown(session: Session, ground: Ground, head: Side) -> None:
    """Who edits and then compares commits would read that nothing moved."""
    unshown = 0 if session.output.quiet else changed_files.unshown(ground, head)
    if unshown:
        files = "1 file is" if unshown == 1 else f"{unshown} files are"
        session.output.tell(
            (
                line(
                    f"{files} not as committed, and not looked at here: fleet diff{session.run.chdir} --worktree"
                ),
            )
        )


def _tell_of_weight(session: Session, found: Found, fail_on: Significance) -> None:
    heavy = sum(one.significance.rank <= fail_on.rank for one in found.all)
    if heavy:
        session.output.tell(
            (line(f"--fail-on {fail_on}: {heavy} of {len(found.all)} changes weigh that much or more"),)
        )


def _answer(found: Found, fail_on: Significance | None, *, exit_code: bool) -> Exit:
    weights = [change.significance for change in found.all]
    if found.unreadable or (exit_code and (weights or found.agents)):
        return Exit.NO
    return Exit.NO if fail_on and any(one.rank <= fail_on.rank for one in weights) else Exit.YES


def _rules(session: Session) -> Exit:
    wrong = next((one.format for one in session.output.targets if one.format not in ("text", "json")), None)
    if wrong:
        raise UsageError(f"--rules is not written as {wrong!r}", hint="fleet diff --rules -o json")
    from fleetward.changes.catalogue import catalogue

    rows = [
        (row.rule, row.significance.value, row.direction, row.of, row.when, row.says) for row in catalogue()
    ]
    session.output.report(
        {
            "text": lambda: changes_rules.page_of(rows),
            "json": lambda: changes_rules.data_of(rows),
        }
    )
    return Exit.YES


def _report(session: Session, ground: Ground, base: Side, head: Side, found: Found, *, across: bool) -> None:
    ends = (base.shown, head.shown)
    given = (found.agents, found.governance)
    session.output.report(
        {
            "text": lambda: changes_text.render(
                *given,
                base=ends[0],
                head=ends[1],
                unreadable=found.unreadable,
                verbose=session.verbose,
                next_command=(
                    "fleet diff --rules"
                    if ground.repository.top is None
                    else leading(session.run, head, found, across=across)
                ),
                cut=_looked_at(session),
            ),
            "json": lambda: changes_json.render(
                *given, base=ends[0], head=ends[1], unreadable=found.unreadable
            ),
            "markdown": lambda: changes_markdown.render(
                *given, base=ends[0], head=ends[1], unreadable=found.unreadable
            ),
            "github": lambda: changes_github.render(
                *given, unreadable=found.unreadable, prefix=ground.prefix
            ),
        }
    )


def _looked_at(session: Session) -> bool:
    """Is the text for a terminal alone? What goes to a file is whole."""
    return sys.stdout.isatty() and not any(
        one.format == "text" and one.path for one in session.output.targets
    )
