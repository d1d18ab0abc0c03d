"""``fleet completion``: the script with which a shell completes commands, options, agents and environments."""

from __future__ import annotations

from typing import Annotated

import typer

from fleetward.cli.output import Color
from fleetward.cli.session import Formats, Session
from fleetward.cli.session import session as open_session
from fleetward.cli.verb import Verb
from fleetward.domain.errors import ExitCode
from fleetward.report.page import Page, line, page, span
from fleetward.workflows.setup.completion import InstalledCompletion, completion_script, install_completion


def completion(
    session: Session,
    shell: Annotated[
        str | None, typer.Argument(metavar="[SHELL]", help="bash, zsh or fish; by default that of $SHELL.")
    ] = None,
    install: Annotated[
        bool, typer.Option("--install", help="Write the script to its place in your home folder.")
    ] = False,
) -> ExitCode:
    """Print the script that completes commands, options and agents in your shell."""
    if install:
        session.report(_INSTALLED, install_completion(shell, session.run.environment))
    else:
        session.report(VERB.formats, completion_script(shell, session.run.environment)[1])
    return ExitCode.SUCCESS


def install_here() -> None:
    """What ``fleet --install-completion`` does: install the script of this shell."""
    shell_session = open_session(
        folder=None,
        outputs=(),
        as_json=False,
        quiet=False,
        verbose=False,
        color=Color.AUTO,
        now=None,
        formats=("text",),
    )
    shell_session.report(_INSTALLED, install_completion(None, shell_session.run.environment))


def _script(text: str, _session: Session) -> str:
    return text


def _installed_text(installed: InstalledCompletion, _session: Session) -> Page:
    """What was written, and the command that starts a shell with it."""
    rows = [line(span("wrote", "good"), f" {installed.script}")]
    if installed.startup_file is not None:
        rows.append(line(f"added a line to {installed.startup_file}"))
    return page(
        [*rows, line("it works in the next shell that you start:"), line(span(installed.shell, "code"))]
    )


_INSTALLED: Formats[InstalledCompletion] = {"text": _installed_text}
VERB = Verb(run=completion, formats={"text": _script})
