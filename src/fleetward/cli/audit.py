"""``fleet audit``: was every promotion allowed by the policy of its time, and is its record still complete."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from fleetward import __version__
from fleetward.cli.session import Session
from fleetward.cli.verb import Verb
from fleetward.domain.audit import Audit
from fleetward.domain.errors import ExitCode, UsageError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Severity
from fleetward.domain.validation import Validation
from fleetward.report.page import Page, line, span
from fleetward.store.git.fleet_root import FleetRoot, find_fleet_root
from fleetward.workflows.audit import checkpoint
from fleetward.workflows.audit.replay import ReplayResult
from fleetward.workflows.audit.run import run_audit


def audit(
    session: Session,
    span: Annotated[
        str | None,
        typer.Argument(metavar="[A..B | REV]", help="Range to replay; everything up to HEAD by default."),
    ] = None,
    base: Annotated[
        str | None,
        typer.Option("--base", metavar="REF", help="Check what HEAD adds to REF, by the policy of REF."),
    ] = None,
    head_file: Annotated[
        str | None,
        typer.Option(
            "--head-file",
            metavar="FILE",
            help="Checkpoint: compare with the last verified ledger heads, and update them.",
        ),
    ] = None,
    evidence: Annotated[
        str | None,
        typer.Option("--bundle", metavar="DIR", help="Write an evidence pack for an auditor to DIR."),
    ] = None,
) -> ExitCode:
    """Replay history: check that every change of a gated environment was approved, and is still in place."""
    if base is not None and (span is not None or head_file is not None):
        raise UsageError("--base excludes a range and --head-file", hint="leave RANGE and --head-file out")
    root = find_fleet_root(session.run.folder, session.run.environment)
    # checked before the replay, which may take minutes
    checkpoint_file = checkpoint.checkpoint_path(root, session.run.path(head_file)) if head_file else None
    folder = _pack_folder(session, evidence) if evidence else None
    previous = checkpoint.read_checkpoint(checkpoint_file) if checkpoint_file else None
    result = run_audit(session.run, root, revisions=span, base=base, checkpoint=previous)
    if folder is not None:
        session.note(_write_pack(folder, root, result))
    session.report(VERB.formats, AuditReport(audit=result.audit, root=root, base=base))
    if checkpoint_file:
        # the report comes first: the checkpoint must not move if printing fails
        session.note(_write_checkpoint(checkpoint_file, result.audit, previous is not None))
    return ExitCode.SUCCESS if result.audit.clean else ExitCode.DENIED


def _pack_folder(session: Session, evidence: str) -> Path:
    # imports the reports of diff, which a plain audit does not need
    from fleetward.workflows.audit import evidence_pack

    return evidence_pack.empty_folder(session.run.path(evidence))


def _write_pack(folder: Path, root: FleetRoot, result: ReplayResult) -> Page:
    from fleetward.report.pack_files import audit_files, change_files, readme_files
    from fleetward.workflows.audit import evidence_pack

    renderers = evidence_pack.PackRenderers(audit=audit_files, change=change_files, readme=readme_files)
    files = evidence_pack.build(root, result.audit, result.entries, renderers)
    evidence_pack.write(folder, files)
    return (
        line(span("written", "good"), f" an evidence pack of {len(files)} files, {folder}/README.md first"),
    )


def _write_checkpoint(checkpoint_file: Path, result: Audit, had_checkpoint: bool) -> Page:
    """Update the checkpoint after a clean audit; the line that says so."""
    # a checkpoint of a broken history would accept the break next time
    if not result.clean:
        outcome = "is left unchanged" if had_checkpoint else "is not written"
        return (line(f"{checkpoint_file} {outcome}: only a clean audit updates the checkpoint"),)
    checkpoint.write_checkpoint(checkpoint_file, result)
    ends = ", ".join(f"{name} at {head.seq}" for name, head in result.heads.items()) or "no ledger yet"
    compared = "" if had_checkpoint else "; there was no earlier checkpoint to compare with"
    return (line(span("written", "good"), f" the ledger heads ({ends}) to {checkpoint_file}{compared}"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditReport:
    """The result of an audit, and where it was made."""

    audit: Audit
    root: FleetRoot
    base: str | None


def _text(report: AuditReport, session: Session) -> Page:
    from fleetward.report.audit_text import render

    command = _next_command(report, session)
    return render(report.audit, next_command=command, quiet=session.output.quiet)


def _json(report: AuditReport, _session: Session) -> dict[str, Any]:
    from fleetward.report.audit_json import render

    return render(report.audit)


def _sarif(report: AuditReport, _session: Session) -> dict[str, Any]:
    from fleetward.report.findings_sarif import render
    from fleetward.rules.documentation import find_explanation

    findings = tuple(finding.finding for finding in report.audit.breaks)
    validation = Validation(findings=findings, agents=0, files=0, prefix=report.root.prefix)
    return render(validation, find_explanation, version=__version__, verb="audit")


def _markdown(report: AuditReport, session: Session) -> str:
    from fleetward.report.audit_markdown import render

    return render(report.audit, _next_command(report, session))


def _next_command(report: AuditReport, session: Session) -> str:
    """The command that explains the worst finding; without one, the remaining history or the log."""
    audit, chdir = report.audit, session.run.chdir
    worst = next((finding for finding in audit.breaks if finding.severity is not Severity.NOTE), None)
    if worst is not None:
        return f"fleet explain {worst.rule}"
    if report.base is not None:
        return f"fleet diff{chdir} {audit.first or 'HEAD'}..{audit.last}"
    if audit.last != report.root.head():
        return f"fleet audit{chdir} {audit.last}..HEAD"
    return f"fleet {'log' if audit.heads else 'validate'}{chdir}"


VERB = Verb(
    run=audit, formats={"text": _text, "json": _json, "sarif": _sarif, "markdown": _markdown}, long=True
)
