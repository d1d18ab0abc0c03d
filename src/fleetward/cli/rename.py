"""``fleet rename``: give an agent another name, and keep what was learnt of it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fleetward.cli.session import Session
from fleetward.cli.verb import Verb
from fleetward.domain.errors import ExitCode
from fleetward.report.page import Page
from fleetward.workflows.governance.rename import AgentRename, rename_agent


def rename(
    session: Session,
    old: Annotated[str, typer.Argument(metavar="OLD", help="The agent.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="Its new name.")],
    write: Annotated[
        bool, typer.Option("--write", help="Move and edit the files; without it the plan is printed.")
    ] = False,
) -> ExitCode:
    """
    Rename an agent where it is edited, and every manifest that names it.

    Its folders and proposals move, and nothing but the name changes. So its evidence, its soak time and its history
    count on: the promotion of NEW writes renamedFrom into the ledger. Commit the renaming alone; whatever else changes
    in the agent is other content, which has to be evaluated and to soak again. Approvals do not pass over, a rejection
    does. Gated environments follow with the promotion of NEW and OLD. Governance that names OLD is listed, not edited.
    Exit 1 where the renaming would cause an error; nothing is written then.
    """
    result = rename_agent(session.run, old, new, write=write)
    session.report(VERB.formats, result)
    return ExitCode.DENIED if write and not result.rename.written else ExitCode.SUCCESS


def _text(result: AgentRename, _session: Session) -> Page:
    from fleetward.report.rename_text import render

    return render(result.rename, next_command=result.next_command)


def _json(result: AgentRename, _session: Session) -> dict[str, Any]:
    from fleetward.report.rename_json import render

    return render(result.rename, next_command=result.next_command)


VERB = Verb(run=rename, formats={"text": _text, "json": _json})
