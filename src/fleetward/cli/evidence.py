"""``fleet evidence add``: bind what an evaluation run showed to one release."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fleetward.cli.release import agent_at
from fleetward.cli.session import Session
from fleetward.domain import digest, layout, limits
from fleetward.domain.errors import ExitCode, FleetError, UsageError, WriteFailed
from fleetward.domain.evidence import EvidenceRecord
from fleetward.domain.manifest import Agent
from fleetward.domain.names import nearest_name
from fleetward.report.page import Page, line, page, span
from fleetward.store.git.fleet_root import FleetRoot, find_fleet_root
from fleetward.store.git.tree import REGULAR
from fleetward.store.imports.evaluations import read_evaluation
from fleetward.store.records import evidence as records
from fleetward.workflows.load import load_fleet


def add(
    session: Session,
    agent: Annotated[str, typer.Argument(metavar="AGENT", help="The agent.")],
    file: Annotated[str, typer.Argument(metavar="FILE", help="What the evaluation tool wrote.")],
    suite: Annotated[str, typer.Option("--suite", metavar="NAME", help="The suite of spec.evals.")],
    env: Annotated[
        str | None,
        typer.Option("--env", metavar="ENV", help="Whose release; the first environment by default."),
    ] = None,
) -> ExitCode:
    """
    Record an evaluation run of the release that the agent has at HEAD.

    A run says of itself what it was made on where it carries the tag fleet.release with what 'fleet release AGENT'
    prints: promptfoo 'tags' in the config, Inspect --metadata fleet.release=..., DeepEval 'hyperparameters', a
    property of a JUnit suite, 'release' in a record of our own. A run that carries none is recorded as claimed,
    for one release only. docs/how-to/tag-evaluation-runs.md has a line for each tool.
    """
    root = find_fleet_root(session.run.folder, session.run.environment)
    _, evaluated = agent_at(root, root.head(), agent, env)
    requirement = _suite(evaluated, suite)
    content = _read(session, file)
    record = records.bind(
        read_evaluation(content, format=None, file=file),
        agent=agent,
        release=evaluated.release,
        suite=requirement,
        recorded=session.run.now,
        source=file,
        source_sha256=digest.of_bytes(content),
        model=evaluated.manifest.get("spec.model.name") if evaluated.manifest else None,
    )
    _check_claimed_once(root, record)
    is_new = _write(root, record)
    session.output.report(
        {
            "text": lambda: _page(record, is_new, _next_command(session, root, record, env)),
            "json": lambda: _data(record, evaluated),
        },
    )
    return ExitCode.SUCCESS


def has_passed(record: EvidenceRecord) -> bool:
    """Does the run hold what its suite asks? Faults never pass."""
    low = record.minimum is None or record.value >= record.minimum
    high = record.maximum is None or record.value <= record.maximum
    return low and high and not record.faults


def _suite(agent: Agent, name: str) -> dict[str, Any]:
    if agent.manifest is None:
        raise FleetError(f"{agent.folder}/agent.yaml cannot be read", hint=f"fleet validate {agent.folder}")
    suites = {str(entry["name"]): entry for entry in agent.manifest.items("spec.evals")}
    if name not in suites:
        close = nearest_name(name, suites)
        hint = f"--suite {close}" if close else f"spec.evals has: {', '.join(sorted(suites)) or 'none'}"
        raise UsageError(f"{agent.name} has no suite {name!r}", hint=hint)
    return dict(suites[name])


def _read(session: Session, file: str) -> bytes:
    path = session.run.path(file)
    try:
        if path.stat().st_size > limits.EVALUATION_JSON_BYTES:
            raise FleetError(
                f"{file!r} is larger than {limits.EVALUATION_JSON_BYTES} bytes", hint="export fewer samples"
            )
        return path.read_bytes()
    except OSError as error:
        raise FleetError(f"cannot read {file!r}: {error.strerror}", hint="name the results file") from error


def _check_claimed_once(root: FleetRoot, record: EvidenceRecord) -> None:
    """
    A run that does not say what it was made on was made on one release.

    Errors: FleetError where it is recorded for another already.
    """
    if not record.claimed:
        return
    end = f"-{digest.short(record.source_sha256)}.json"
    for tree in (root.commit_tree(root.head()), root.work_tree()):
        entries = [
            entry
            for entry in tree.entries(layout.EVIDENCE)
            if entry.path.endswith(end) and entry.mode in REGULAR
        ]
        for path, content in tree.read(entries, limits.EVIDENCE_BYTES).items():
            release = _recorded_release(content, path, record)
            if release not in (None, record.release):
                raise FleetError(
                    f"{record.source!r} carries no tag fleet.release and is recorded for {release} already: {path}",
                    hint=f"run the suite again on this release, tagged with what 'fleet release {record.agent}' prints",
                )


def _recorded_release(content: bytes | int | None, path: str, record: EvidenceRecord) -> str | None:
    """The release for which *record*'s run is recorded at *path*; None where nothing like it can be read there."""
    try:
        previous = records.decode(content, path) if isinstance(content, bytes) else None
    except FleetError:
        return None
    return previous.release if previous and previous.source_sha256 == record.source_sha256 else None


def _write(root: FleetRoot, record: EvidenceRecord) -> bool:
    """False when the very same run is recorded already."""
    path = root.path / record.file
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            file.write(records.encode(record))
    except FileExistsError:
        return False
    except OSError as error:
        raise WriteFailed(f"cannot write {record.file!r}: {error.strerror}") from error
    return True


def _next_command(session: Session, root: FleetRoot, record: EvidenceRecord, env: str | None) -> str:
    """Commit the record; where HEAD holds it already, what it is evidence for."""
    if not root.commit_tree(root.head()).entries(record.file):
        commit = f"commit -m 'evidence for {record.agent}'"
        return f"git{session.run.chdir} add {record.file} && git{session.run.chdir} {commit}"
    fleet = load_fleet(root.commit_tree(root.head()), only=()).snapshot
    environments = fleet.config.environments if fleet else ()
    source = env or (environments[0].name if environments else "")
    to = next((environment.name for environment in environments if source in environment.sources), None)
    if to is None:
        return f"fleet release{session.run.chdir} {record.agent} --env {source}"
    return f"fleet promote{session.run.chdir} {record.agent} --to {to}"


def _page(record: EvidenceRecord, is_new: bool, next_command: str) -> Page:
    counts = record.counts
    good = has_passed(record)
    bounds = [
        *([f"min {record.minimum:g}"] if record.minimum is not None else []),
        *([f"max {record.maximum:g}"] if record.maximum is not None else []),
    ]
    limits = f" ({', '.join(bounds)})" if bounds else ""
    word = span("passed", "good") if good else span("not passed", "error")
    lines = [
        line(f"{record.suite}: {record.metric} {record.value:.4g}{limits}: ", word),
        line(
            f"  {counts.total} sample{'' if counts.total == 1 else 's'}: {counts.passed} passed, "
            f"{counts.failed} failed, {counts.errored} errored, {counts.skipped} skipped"
        ),
        line(f"  release {record.release}", ", claimed: the file carries no tag" if record.claimed else ""),
        *([line("  ran in a work tree with uncommitted changes")] if record.dirty else []),
        *(line("  ", span("no evidence", "error"), f": {fault}", hang=4) for fault in record.faults),
        line("wrote " if is_new else "already recorded in ", span(record.file, "place")),
        line(span(next_command, "code")),
    ]
    return page(lines)


def _data(record: EvidenceRecord, agent: Agent) -> dict[str, Any]:
    counts = record.counts
    return {
        "format": "fleetward.evidence/1",
        "agent": record.agent,
        "environment": agent.environment,
        "release": record.release,
        "suite": record.suite,
        "evaluation": record.format,
        "metric": record.metric,
        "value": record.value,
        "min": record.minimum,
        "max": record.maximum,
        "passed": has_passed(record),
        "faults": list(record.faults),
        "claimed": record.claimed,
        "dirty": record.dirty,
        "counts": {
            "total": counts.total,
            "passed": counts.passed,
            "failed": counts.failed,
            "errored": counts.errored,
            "skipped": counts.skipped,
        },
        "files": [{"file": record.file, "sha256": digest.of_bytes(records.encode(record))}],
    }
