"""``fleet init``: a small fleet to start with, its pre-commit hook and its CI workflow."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from fleetward.cli.session import Session
from fleetward.cli.verb import Verb
from fleetward.domain.errors import ExitCode, UsageError
from fleetward.report.page import Line, Page, line, page, span
from fleetward.workflows.setup.init import InitPlan, StarterPolicy, create_fleet, plan_fleet


def init(
    session: Session,
    folder: Annotated[
        str | None, typer.Argument(metavar="[DIR]", help="Folder of the fleet; created if it is missing.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")] = False,
    policy: Annotated[
        StarterPolicy, typer.Option("--policy", help="How much a promotion requires, and of how many people.")
    ] = StarterPolicy.SMALL,
) -> ExitCode:
    """Create a fleet: two agents, people, a policy, a pre-commit hook and a CI workflow."""
    plan = plan_fleet(session.run, session.run.path(folder or "."), policy)
    if not yes and not _is_confirmed(session, plan):
        session.note((line("nothing was written"),))
        return ExitCode.DENIED
    create_fleet(session.run, plan)
    session.report(VERB.formats, plan)
    return ExitCode.SUCCESS


def _is_confirmed(session: Session, plan: InitPlan) -> bool:
    count, folder = len(plan.contents), str(plan.folder)
    if not sys.stdin.isatty():
        message = f"cannot ask before writing {count} files into {folder!r}: standard input is not a terminal"
        raise UsageError(message, hint="add --yes")
    files = [line(f"  {path}") for path in sorted(plan.contents)]
    files += [line(f"  {path} (our lines are added)") for path in sorted(plan.joined)]
    files += [line(f"  {path} (exists, stays as it is)") for path in sorted(plan.unchanged)]
    session.output.print_page((line(f"into {str(plan.top)!r}:"), *files), sys.stderr)
    return typer.confirm(f"write {count} files?", err=True)


def _text(plan: InitPlan, _session: Session) -> Page:
    rows = [line("  ", span(path, "place")) for path in sorted(plan.contents)]
    place = ", in a new git repository" if plan.new_repository else ""
    head = line(span("wrote", "good"), f" {len(rows)} files into {str(plan.top)!r}{place}:")
    added = [line(f"added our lines to {path}") for path in sorted(plan.joined)]
    todo = [
        line(
            f"replace {_placeholders(plan)} in governance/people.yaml: nobody approves their own work", hang=2
        )
    ]
    if plan.guessed_name:
        name = f"repository: {plan.repository}"
        todo.append(
            line(
                f"check '{name}' in fleet-config.yaml: there is no remote, so it is the folder's name", hang=2
            )
        )
    return page([head, *rows, *added, *_unchanged(plan), *todo, line(span(plan.next_command, "code"))])


def _unchanged(plan: InitPlan) -> Iterator[Line]:
    """The files that stay, with the lines that a person has to add."""
    for path, addition in sorted(plan.unchanged.items()):
        yield line(f"left unchanged: {path}")
        if addition:
            yield line(span("to do", "warning"), f": add to {path}, at the end of 'repos':", hang=2)
            yield from (line(text) for text in addition.splitlines())


def _placeholders(plan: InitPlan) -> str:
    return "the second person" if plan.policy is StarterPolicy.SMALL else "the people marked REPLACE"


def _json(plan: InitPlan, _session: Session) -> dict[str, Any]:
    return {
        "format": "fleetward.init/1",
        "folder": str(plan.folder),
        "repository": plan.repository,
        "policy": plan.policy.value,
        "newRepository": plan.new_repository,
        "written": sorted(plan.contents),
        "joined": sorted(plan.joined),
        "kept": sorted(plan.unchanged),
        "toAdd": [{"file": path, "lines": text} for path, text in sorted(plan.unchanged.items()) if text],
        "next": plan.next_command,
    }


VERB = Verb(run=init, formats={"text": _text, "json": _json})
