"""``fleet attest``: record what was done about an agent, without touching what runs."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fleetward.cli.options import Commit, PushCommit
from fleetward.cli.session import Session
from fleetward.cli.verb import Verb
from fleetward.domain.attestation import EVERYWHERE
from fleetward.domain.digest import of_bytes
from fleetward.domain.errors import ExitCode, UsageError
from fleetward.report import committed_lines
from fleetward.report.page import Page, line, page, span
from fleetward.workflows.approval.attest import AttestOptions, RecordedAttestation
from fleetward.workflows.approval.attest import attest as record_attestation
from fleetward.workflows.record_commit import CommitOptions

_Kind = Annotated[
    str,
    typer.Option(
        "--kind",
        metavar="KIND",
        help="review, risk-assessment, escalation-test, kill-switch-test, output-review, knowledge-check, "
        "heartbeat, incident, seen, or a kind of the policy.",
    ),
]
_Sign = Annotated[
    str | None,
    typer.Option(
        "--sign",
        metavar="[KEY]",
        help="Sign the statement with this key file, or with the SSH key of git or the ssh-agent.",
    ),
]


def attest(
    session: Session,
    kind: _Kind,
    agent: Annotated[str | None, typer.Argument(metavar="AGENT", help="The agent.")] = None,
    of: Annotated[
        str | None, typer.Option("--of", metavar="NAME", help="The source of a knowledge-check.")
    ] = None,
    env: Annotated[
        str | None,
        typer.Option("--env", metavar="ENV", help="Where it was done; without it, it counts everywhere."),
    ] = None,
    on: Annotated[
        str | None, typer.Option("--on", metavar="DATE", help="When it was done; today by default.")
    ] = None,
    result: Annotated[
        str, typer.Option("--result", metavar="RESULT", help="passed or failed; a failed one renews nothing.")
    ] = "passed",
    outcome: Annotated[
        str | None,
        typer.Option("--outcome", metavar="OUTCOME", help="What was decided: keep, expand, merge or retire."),
    ] = None,
    incident: Annotated[
        str | None, typer.Option("--incident", metavar="ID", help="The incident that it is about.")
    ] = None,
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="What happened, or was found.")] = "",
    fleet: Annotated[
        bool, typer.Option("--fleet", help="It is about the whole fleet, for kinds with scope: fleet.")
    ] = False,
    sign: _Sign = None,
    commit: Commit = False,
    push: PushCommit = None,
) -> ExitCode:
    """
    Record what was done about an agent: a review, a test, a sample of outputs, an incident.

    It writes a file under attestations/, and commits it with --commit. The release stays as it is, with its evidence
    and its approvals. Exit 1, and nothing written, for somebody who may not attest this kind.
    """
    if fleet == (agent is not None):
        raise UsageError("which agent?", hint="fleet attest AGENT --kind KIND, or --fleet instead of AGENT")
    options = AttestOptions(
        agent=agent,
        kind=kind,
        of=of,
        environment=env,
        on=on,
        result=result,
        outcome=outcome,
        incident=incident,
        note=note,
        key=sign,
        commit=CommitOptions(commit=commit, push=push),
    )
    recorded = record_attestation(session.run, options)
    session.report(VERB.formats, recorded)
    return ExitCode.DENIED if recorded.refusal else ExitCode.SUCCESS


def _text(recorded: RecordedAttestation, _session: Session) -> Page:
    attestation = recorded.attestation
    of = f" of {attestation.of}" if attestation.of else ""
    outcome = f", outcome {attestation.outcome}" if attestation.outcome else ""
    # '*' is the file's word for all environments
    subject = attestation.subject.removeprefix(f"{EVERYWHERE}/")
    head = f"{subject}: {attestation.kind}{of} on {attestation.on} by {attestation.person}: "
    lines = [line(head, f"{attestation.result}{outcome}", hang=2)]
    if recorded.refusal:
        lines.append(line(span("not written", "error"), f": {recorded.refusal}", hang=2))
    lines += committed_lines.written_lines(recorded.files, recorded.committed)
    return page([*lines, line(span(recorded.next_command, "code"))])


def _json(recorded: RecordedAttestation, _session: Session) -> dict[str, Any]:
    attestation = recorded.attestation
    return {
        "format": "fleetward.attest/1",
        "subject": attestation.subject,
        "agent": attestation.agent or None,
        "environment": attestation.environment or None,
        "release": attestation.state if attestation.agent else None,
        "kind": attestation.kind,
        "of": attestation.of,
        "person": attestation.person,
        "on": attestation.on.isoformat(),
        "result": str(attestation.result),
        "outcome": str(attestation.outcome) if attestation.outcome else None,
        "incident": attestation.incident,
        "note": attestation.note,
        "refused": recorded.refusal,
        "files": [{"file": file, "sha256": of_bytes(content)} for file, content in recorded.files.items()],
        **committed_lines.encode_commit(recorded.committed),
    }


VERB = Verb(run=attest, formats={"text": _text, "json": _json}, writes_dated=True)
