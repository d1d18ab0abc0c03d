"""``fleet release``: the digest of an agent's release."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fleetward.cli.session import Session
from fleetward.cli.verb import Verb
from fleetward.domain import digest
from fleetward.domain.errors import ExitCode
from fleetward.report.page import line, page, span
from fleetward.workflows.agent import AgentAtCommit, agent_at_head


def release(
    session: Session,
    agent: Annotated[str, typer.Argument(metavar="AGENT", help="The agent.")],
    env: Annotated[
        str | None, typer.Option("--env", metavar="ENV", help="Environment; the first one by default.")
    ] = None,
) -> ExitCode:
    """Print the release digest at HEAD; evaluation runs are tagged with it."""
    session.report(VERB.formats, agent_at_head(session.run, agent, env), whole_digests=True)
    return ExitCode.SUCCESS


def _text(released: AgentAtCommit, session: Session) -> str:
    """Not a page: ``-q`` must not withhold what a script reads."""
    from fleetward.report.human import plain_text

    lines = [line(span(released.agent.release))]
    if session.verbose:
        lines.append(line(span(f"state   {released.agent.state}", "dim")))
        lines += [
            line(span(f"{digest.of_bytes(file.content)[7:]}  {file.path}", "dim"))
            for file in released.agent.files
        ]
    return plain_text(page(lines))


def _json(released: AgentAtCommit, _session: Session) -> dict[str, Any]:
    agent = released.agent
    return {
        "format": "fleetward.release/1",
        "environment": agent.environment,
        "agent": agent.name,
        "release": agent.release,
        "state": agent.state,
        "commit": released.commit,
        "files": [{"file": file.path, "sha256": digest.of_bytes(file.content)} for file in agent.files],
    }


VERB = Verb(run=release, formats={"text": _text, "json": _json})
