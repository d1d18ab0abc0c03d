"""``fleet init``: a small fleet to start with, its pre-commit hook and its CI workflow."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from fleetward.cli.session import Session
from fleetward.cli.verb import Verb
from fleetward.domain.errors import ExitCode, UsageError
from fleetward.report.page import Page, line, page, span
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
        session.output.note((line("nothing was written"),))
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
    session.output.print_page((line(f"into {str(plan.top)!r}:"), *files), sys.stderr)
    return typer.confirm(f"write these {count} files?", err=True)


def _text(plan: InitPlan, _session: Session) -> Page:
    rows = [line("  ", span(path, "place")) for path in sorted(plan.contents)]
    place = ", in a new git repository" if plan.new_repository else ""
    head = line(span("wrote", "good"), f" {len(rows)} files into {str(plan.top)!r}{place}:")
    unchanged = [line(f"left unchanged: {path}; see {plan.prefix}README.md") for path in plan.unchanged]
    todo = line(
        f"replace {_placeholders(plan)} in governance/people.yaml: nobody approves their own work", hang=2
    )
    return page([head, *rows, *unchanged, todo, line(span(plan.next_command, "code"))])


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
        "kept": list(plan.unchanged),
        "next": plan.next_command,
    }


VERB = Verb(run=init, formats={"text": _text, "json": _json})
