"""``fleet suspend`` and ``fleet resume``: stop an agent by a proposal that goes through the gate."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fleetward.cli.applying import applying
from fleetward.cli.options import Push, Sign, require_apply
from fleetward.cli.session import Formats, Session
from fleetward.cli.verb import Verb
from fleetward.domain.errors import ExitCode, UsageError
from fleetward.report.page import Page
from fleetward.workflows.promotion.suspend import (
    SuspensionOptions,
    SuspensionResult,
    plan_suspension,
    suspend_agent,
)

_Agent = Annotated[str, typer.Argument(metavar="AGENT", help="The agent.")]
_Env = Annotated[str, typer.Option("--env", metavar="ENV", help="Where it runs.")]
_Reason = Annotated[
    str, typer.Option("--reason", metavar="TEXT", help="Why: one line, kept in the file and in the ledger.")
]
_Write = Annotated[bool, typer.Option("--write", help="Write the file, for you to commit and promote.")]
_Apply = Annotated[
    bool,
    typer.Option(
        "--apply", help="Commit the proposal, and promote it if the gate allows; it approves nothing."
    ),
]


def suspend(
    session: Session,
    agent: _Agent,
    env: _Env,
    reason: _Reason,
    write: _Write = False,
    apply: _Apply = False,
    push: Push = None,
    sign: Sign = None,
) -> ExitCode:
    """
    Stop an agent: propose spec.suspended, and nothing else. The running release stays.

    Without --write or --apply it only shows the file and the requirements. In an environment without a gate the
    file is the overrides of the environment itself. Exit 1 while the gate does not allow it.
    """
    return _propose(
        session,
        SuspensionOptions(
            agent=agent,
            environment=env,
            suspended=True,
            reason=reason,
            write=write,
            apply=apply,
            push=push,
            sign=sign,
        ),
    )


def resume(
    session: Session,
    agent: _Agent,
    env: _Env,
    reason: _Reason,
    write: _Write = False,
    apply: _Apply = False,
    push: Push = None,
    sign: Sign = None,
) -> ExitCode:
    """
    Resume a suspended agent: propose to remove spec.suspended, and nothing else. The running release stays.

    Without --write or --apply it only shows the file and the requirements. To resume usually requires more than to
    suspend. Exit 1 while the gate does not allow it.
    """
    return _propose(
        session,
        SuspensionOptions(
            agent=agent,
            environment=env,
            suspended=False,
            reason=reason,
            write=write,
            apply=apply,
            push=push,
            sign=sign,
        ),
    )


def _propose(session: Session, options: SuspensionOptions) -> ExitCode:
    if options.write and options.apply:
        raise UsageError("--apply writes and commits the file itself", hint="leave --write out")
    # --push and --sign have no effect without it
    require_apply(apply=options.apply, push=options.push, sign=options.sign)
    # before the lock: a bad option should not wait for another run
    suspension = plan_suspension(session.run, options)
    with applying(session, apply=options.apply):
        result = suspend_agent(session.run, suspension, options)
    session.report(_FORMATS, result)
    return ExitCode.SUCCESS if result.succeeded else ExitCode.DENIED


def _text(result: SuspensionResult, session: Session) -> Page:
    from fleetward.report import suspension_text

    return suspension_text.render(
        result.suspension,
        next_step=result.next_step,
        repeat=result.repeat,
        author=result.author,
        verbose=session.verbose,
        now=session.run.now,
    )


def _json(result: SuspensionResult, _session: Session) -> dict[str, Any]:
    from fleetward.report import suspension_json

    return suspension_json.render(result.suspension, next_command=result.next_step.command)


_FORMATS: Formats[SuspensionResult] = {"text": _text, "json": _json}
SUSPEND = Verb(run=suspend, formats=_FORMATS)
RESUME = Verb(run=resume, formats=_FORMATS)
