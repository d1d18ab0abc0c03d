"""``fleet audit``: was everything that ran allowed to, by the law of its time, and is that still to be seen."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fleetward import __version__
from fleetward.cli.session import Session
from fleetward.cli.verb import Verb, in_formats
from fleetward.domain.audit import Audit
from fleetward.domain.errors import ExitCode, UsageError
from fleetward.domain.finding import Severity
from fleetward.domain.validation import Validation
from fleetward.report import audit_json, audit_markdown, audit_text, findings_sarif
from fleetward.report.page import Page, line, span
from fleetward.rules import documentation
from fleetward.store.git.fleet_root import FleetRoot, find_fleet_root
from fleetward.workflows.audit import checkpoint
from fleetward.workflows.audit.replay import ReplayResult
from fleetward.workflows.audit.run import run_audit


def audit(
    session: Session,
    span: Annotated[
        str | None,
        typer.Argument(metavar="[A..B | REV]", help="What to replay; else everything up to HEAD."),
    ] = None,
    base: Annotated[
        str | None,
        typer.Option("--base", metavar="REF", help="Judge what HEAD adds to REF, by the law of REF."),
    ] = None,
    head_file: Annotated[
        str | None,
        typer.Option("--head-file", metavar="FILE", help="Remember the ledgers' ends there, and compare."),
    ] = None,
    evidence: Annotated[
        str | None,
        typer.Option("--bundle", metavar="DIR", help="Write an evidence pack for an auditor there."),
    ] = None,
) -> ExitCode:
    """Replay history: every change of a gated environment had its approvals, and nothing was undone since."""
    if base is not None and (span is not None or head_file is not None):
        raise UsageError("--base judges HEAD alone", hint="leave RANGE and --head-file out")
    root = find_fleet_root(session.run.folder, session.run.environment)
    checkpoint_file = checkpoint.checkpoint_path(root, session.run.path(head_file)) if head_file else None
    folder = _pack_folder(session, evidence) if evidence else None
    previous = checkpoint.read_checkpoint(checkpoint_file) if checkpoint_file else None
    result = run_audit(session.run, root, revisions=span, base=base, checkpoint=previous)
    if folder is not None:
        session.output.note(_write_pack(folder, root, result))
    _report(session, root, result.audit, base)
    if checkpoint_file:
        session.output.note(_write_checkpoint(checkpoint_file, result.audit, previous is not None))
    return ExitCode.SUCCESS if result.audit.clean else ExitCode.DENIED


def _pack_folder(session: Session, evidence: str) -> Path:
    # the reports of diff and all behind them: a plain audit goes without
    from fleetward.workflows.audit import evidence_pack

    return evidence_pack.empty_folder(session.run.path(evidence))


def _write_pack(folder: Path, root: FleetRoot, result: ReplayResult) -> Page:
    from fleetward.workflows.audit import evidence_pack

    files = evidence_pack.build(root, result.audit, result.entries)
    evidence_pack.write(folder, files)
    return (
        line(span("written", "good"), f" an evidence pack of {len(files)} files, {folder}/README.md first"),
    )


def _write_checkpoint(checkpoint_file: Path, result: Audit, had_checkpoint: bool) -> Page:
    """What became of the file that remembers: a broken audit leaves it as it was."""
    if not result.clean:
        outcome = "is left as it was" if had_checkpoint else "is not written"
        return (line(f"{checkpoint_file} {outcome}: only a clean audit is remembered"),)
    checkpoint.write_checkpoint(checkpoint_file, result)
    ends = ", ".join(f"{name} at {head.seq}" for name, head in result.heads.items()) or "no ledger yet"
    compared = "" if had_checkpoint else "; nothing was remembered there to compare with"
    return (line(span("written", "good"), f" the ledgers' ends ({ends}) to {checkpoint_file}{compared}"),)


def _report(session: Session, root: FleetRoot, result: Audit, base: str | None) -> None:
    command = _next_command(session, root, result, base)

    def sarif() -> dict[str, object]:
        findings = tuple(finding.finding for finding in result.breaks)
        validation = Validation(findings=findings, agents=0, files=0, prefix=root.prefix)
        return findings_sarif.render(
            validation, documentation.find_explanation, version=__version__, verb="audit"
        )

    session.output.report(
        {
            "text": lambda: audit_text.render(result, next_command=command, quiet=session.output.quiet),
            "json": lambda: audit_json.render(result),
            "sarif": sarif,
            "markdown": lambda: audit_markdown.render(result, command),
        }
    )


def _next_command(session: Session, root: FleetRoot, result: Audit, base: str | None) -> str:
    """What explains the worst; where all is well, the rest of history, or what the ledgers tell of it."""
    worst = next((finding for finding in result.breaks if finding.severity is not Severity.NOTE), None)
    if worst is not None:
        return f"fleet explain {worst.rule}"
    if base is not None:
        return f"fleet diff{session.run.chdir} {result.first or 'HEAD'}..{result.last}"
    if result.last != root.head():
        return f"fleet audit{session.run.chdir} {result.last}..HEAD"
    return f"fleet {'log' if result.heads else 'validate'}{session.run.chdir}"


VERB = Verb(run=audit, formats=in_formats("text", "json", "sarif", "markdown"))
