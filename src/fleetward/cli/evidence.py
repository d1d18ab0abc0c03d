"""``fleet evidence add``: record an evaluation run as evidence for one release."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fleetward.cli.options import Commit, PushCommit
from fleetward.cli.session import Session
from fleetward.cli.verb import Verb
from fleetward.domain.errors import ExitCode
from fleetward.report import committed_lines
from fleetward.report.page import Page, line, page, span
from fleetward.workflows.imports.evaluation import RecordedEvidence, record_evidence
from fleetward.workflows.record_commit import CommitOptions


def add(
    session: Session,
    agent: Annotated[str, typer.Argument(metavar="AGENT", help="The agent.")],
    file: Annotated[str, typer.Argument(metavar="FILE", help="The results file of the evaluation tool.")],
    suite: Annotated[str, typer.Option("--suite", metavar="NAME", help="The suite of spec.evals.")],
    env: Annotated[
        str | None,
        typer.Option("--env", metavar="ENV", help="Environment of the release; the first one by default."),
    ] = None,
    sign: Annotated[
        str | None,
        typer.Option(
            "--sign",
            metavar="[KEY]",
            help="Sign the record with this key file, or with the SSH key of git or the ssh-agent.",
        ),
    ] = None,
    commit: Commit = False,
    push: PushCommit = None,
) -> ExitCode:
    """
    Record an evaluation run as evidence for the release that the agent has at HEAD.

    Tag the run with the output of 'fleet release AGENT', as fleet.release: promptfoo 'tags' in the config, Inspect
    --metadata fleet.release=..., DeepEval 'hyperparameters', a property of a JUnit suite, 'release' in a record of
    fleetward. A run without the tag is recorded as claimed, for one release only, and counts in the lowest tier alone.
    docs/how-to/tag-evaluation-runs.md shows one line for each tool.
    """
    evidence = record_evidence(
        session.run,
        agent=agent,
        file=file,
        suite=suite,
        environment=env,
        key=sign,
        commit=CommitOptions(commit=commit, push=push),
    )
    session.report(ADD.formats, evidence)
    return ExitCode.SUCCESS


def _text(evidence: RecordedEvidence, _session: Session) -> Page:
    record, counts = evidence.record, evidence.record.counts
    bounds = [
        *([f"min {record.minimum:g}"] if record.minimum is not None else []),
        *([f"max {record.maximum:g}"] if record.maximum is not None else []),
    ]
    limits = f" ({', '.join(bounds)})" if bounds else ""
    word = span("passed", "good") if evidence.passed else span("not passed", "error")
    lines = [
        line(f"{record.suite}: {record.metric} {record.value:.4g}{limits}: ", word),
        line(
            f"  {counts.total} sample{'' if counts.total == 1 else 's'}: {counts.passed} passed, "
            f"{counts.failed} failed, {counts.errored} errored, {counts.skipped} skipped"
        ),
        line(f"  release {record.release}", ", claimed: the file carries no tag" if record.claimed else ""),
        *(line(f"  {caveat}") for caveat in evidence.caveats),
        *(line("  ", span("no evidence", "error"), f": {fault}", hang=4) for fault in record.faults),
        *_written_lines(evidence),
        line(span(evidence.next_command, "code")),
    ]
    return page(lines)


def _written_lines(evidence: RecordedEvidence) -> Page:
    file, committed = evidence.record.file, evidence.committed
    if evidence.is_new or (committed is not None and committed.commit is not None):
        return committed_lines.written_lines([file], committed)
    return (
        line("already recorded in ", span(file, "place")),
        *committed_lines.commit_lines(committed),
    )


def _json(evidence: RecordedEvidence, _session: Session) -> dict[str, Any]:
    record, counts = evidence.record, evidence.record.counts
    return {
        "format": "fleetward.evidence/1",
        "agent": record.agent,
        "environment": evidence.environment,
        "release": record.release,
        "suite": record.suite,
        "evaluation": record.format,
        "metric": record.metric,
        "value": record.value,
        "min": record.minimum,
        "max": record.maximum,
        "passed": evidence.passed,
        "faults": list(record.faults),
        "claimed": record.claimed,
        "dirty": record.dirty,
        "partial": record.partial,
        "flaky": record.flaky,
        "undated": record.undated,
        "state": record.state,
        "counts": {
            "total": counts.total,
            "passed": counts.passed,
            "failed": counts.failed,
            "errored": counts.errored,
            "skipped": counts.skipped,
        },
        "files": [{"file": record.file, "sha256": evidence.sha256}],
        **committed_lines.encode_commit(evidence.committed),
    }


ADD = Verb(run=add, formats={"text": _text, "json": _json}, writes_dated=True)
