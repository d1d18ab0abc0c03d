"""``fleet transfer``: give every role of a person who leaves to another."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fleetward.cli.session import Session
from fleetward.cli.verb import Verb
from fleetward.domain.errors import ExitCode
from fleetward.domain.transfer import TransferOutcome
from fleetward.report.page import Page
from fleetward.workflows.governance.transfer import RoleTransfer, transfer_roles


def transfer(
    session: Session,
    giver: Annotated[str, typer.Option("--from", metavar="PERSON", help="The person who leaves.")],
    taker: Annotated[str, typer.Option("--to", metavar="PERSON", help="The person who gets the roles.")],
    left: Annotated[
        str | None,
        typer.Option("--left", metavar="DATE", help="Write the day from which the person is gone as well."),
    ] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Edit the files; without it the roles are only listed.")
    ] = False,
) -> ExitCode:
    """
    List every role of a person and give it to another; comments in the files stay.

    Folders of gated environments are not edited: their releases change with the next promotion, their overrides by a
    proposal. Waivers are listed and stay as they are, because a decision belongs to whoever made it. Keys and addresses
    are not transferred. Exit 1 while a role cannot be edited or the edit would cause a finding. Nothing is written
    where it would cause an error.
    """
    result = transfer_roles(session.run, giver, taker, left=left, write=write)
    session.report(VERB.formats, result)
    is_open = result.transfer.problems or result.transfer.roles_with(TransferOutcome.OPEN)
    return ExitCode.DENIED if is_open else ExitCode.SUCCESS


def _text(result: RoleTransfer, _session: Session) -> Page:
    from fleetward.report.transfer_text import render

    return render(result.transfer, next_command=result.next_command)


def _json(result: RoleTransfer, _session: Session) -> dict[str, Any]:
    from fleetward.report.transfer_json import render

    return render(result.transfer, next_command=result.next_command)


VERB = Verb(run=transfer, formats={"text": _text, "json": _json})
