"""``fleet textconv``: a file in canonical form, for git to compare."""

from __future__ import annotations

from typing import Annotated

import typer

from fleetward.cli.session import Session
from fleetward.cli.verb import Verb
from fleetward.domain.errors import ExitCode
from fleetward.workflows.setup.textconv import canonical_text


def textconv(
    session: Session,
    file: Annotated[str, typer.Argument(metavar="FILE", help="The file to print.")],
) -> ExitCode:
    """
    Print a file of the fleet in canonical form: sorted, without comments, secrets masked.

    With these two lines plain git diff, git log -p and git blame compare values instead of text:

        echo '*.yaml diff=fleet' >> .gitattributes

        git config diff.fleet.textconv 'fleet textconv'
    """
    session.report(VERB.formats, canonical_text(session.run.path(file)))
    return ExitCode.SUCCESS


def _text(text: str, _session: Session) -> str:
    return text


VERB = Verb(run=textconv, formats={"text": _text})
