"""``fleet evidence add``: bind what an evaluation run showed to one release."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fleetward.cli.release import held
from fleetward.cli.session import Session
from fleetward.domain import digest
from fleetward.domain.errors import Exit, FleetError, Unwritten, UsageError
from fleetward.domain.evidence import Record
from fleetward.domain.manifest import Agent
from fleetward.domain.names import nearest
from fleetward.report.page import Page, line, page, span
from fleetward.store.git.fleet_root import Ground, find
from fleetward.store.git.tree import REGULAR
from fleetward.store.imports.evaluations import LARGEST_JSON, measured
from fleetward.store.records import evidence as records
from fleetward.workflows.load import read


def add(
    session: Session,
    agent: Annotated[str, typer.Argument(metavar="AGENT", help="The agent.")],
    file: Annotated[str, typer.Argument(metavar="FILE", help="What the evaluation tool wrote.")],
    suite: Annotated[str, typer.Option("--suite", metavar="NAME", help="The suite of spec.evals.")],
    env: Annotated[
        str | None,
        typer.Option("--env", metavar="ENV", help="Whose release; the first environment by default."),
    ] = None,
) -> Exit:
    """
    Record an evaluation run of the release that the agent has at HEAD.

    A run says of itself what it was made on where it carries the tag fleet.release with what 'fleet release AGENT'
    prints: promptfoo 'tags' in the config, Inspect --metadata fleet.release=..., DeepEval 'hyperparameters', a
    property of a JUnit suite, 'release' in a record of our own. A run that carries none is recorded as claimed,
    for one release only. docs/evidence.md has a line for each tool.
    """
    ground = find(session.run.folder, session.run.environment)
    _, known = held(ground, ground.head(), agent, env)
    wanted = _suite(known, suite)
    content = _read(session, file)
    record = records.bind(
        measured(content, format=None, name=file),
        agent=agent,
        release=known.release,
        suite=wanted,
        recorded=session.run.now,
        source=file,
        source_sha256=digest.of_bytes(content),
        model=known.manifest.get("spec.model.name") if known.manifest else None,
    )
    _once(ground, record)
    fresh = _write(ground, record)
    session.output.report(
        {
            "text": lambda: _page(record, fresh, _next(session, ground, record, env)),
            "json": lambda: _data(record, known),
        },
    )
    return Exit.YES


def passed(record: Record) -> bool:
    """Does the run hold what its suite asks? Faults never pass."""
    low = record.minimum is None or record.value >= record.minimum
    high = record.maximum is None or record.value <= record.maximum
    return low and high and not record.faults


def _suite(agent: Agent, name: str) -> dict[str, Any]:
    if agent.manifest is None:
        raise FleetError(f"{agent.folder}/agent.yaml cannot be read", hint=f"fleet validate {agent.folder}")
    suites = {str(one["name"]): one for one in agent.manifest.items("spec.evals")}
    if name not in suites:
        close = nearest(name, suites)
        hint = f"--suite {close}" if close else f"spec.evals has: {', '.join(sorted(suites)) or 'none'}"
        raise UsageError(f"{agent.name} has no suite {name!r}", hint=hint)
    return dict(suites[name])


def _read(session: Session, file: str) -> bytes:
    path = session.run.path(file)
    try:
        if path.stat().st_size > LARGEST_JSON:
            raise FleetError(f"{file!r} is larger than {LARGEST_JSON} bytes", hint="export fewer samples")
        return path.read_bytes()
    except OSError as error:
        raise FleetError(f"cannot read {file!r}: {error.strerror}", hint="name the results file") from error


def _once(ground: Ground, record: Record) -> None:
    """
    A run that does not say what it was made on was made on one release.

    Errors: FleetError where it is recorded for another already.
    """
    if not record.claimed:
        return
    end = f"-{digest.short(record.source_sha256)}.json"
    for tree in (ground.commit(ground.head()), ground.folder()):
        entries = [one for one in tree.entries("evidence") if one.path.endswith(end) and one.mode in REGULAR]
        for path, content in tree.read(entries, records.LARGEST).items():
            other = _release(content, path, record)
            if other not in (None, record.release):
                raise FleetError(
                    f"{record.source!r} carries no tag fleet.release and is recorded for {other} already: {path}",
                    hint=f"run the suite again on this release, tagged with what 'fleet release {record.agent}' prints",
                )


def _release(content: bytes | int | None, path: str, record: Record) -> str | None:
    """The release for which *record*'s run is recorded at *path*; None where nothing like it can be read there."""
    try:
        there = records.decode(content, path) if isinstance(content, bytes) else None
    except FleetError:
        return None
    return there.release if there and there.source_sha256 == record.source_sha256 else None


def _write(ground: Ground, record: Record) -> bool:
    """False when the very same run is recorded already."""
    path = ground.root / record.file
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            file.write(records.encode(record))
    except FileExistsError:
        return False
    except OSError as error:
        raise Unwritten(f"cannot write {record.file!r}: {error.strerror}") from error
    return True


def _next(session: Session, ground: Ground, record: Record, env: str | None) -> str:
    """Commit the record; where HEAD holds it already, what it is evidence for."""
    if not ground.commit(ground.head()).entries(record.file):
        commit = f"commit -m 'evidence for {record.agent}'"
        return f"git{session.run.chdir} add {record.file} && git{session.run.chdir} {commit}"
    fleet = read(ground.commit(ground.head()), only=()).snapshot
    known = fleet.config.environments if fleet else ()
    source = env or (known[0].name if known else "")
    to = next((one.name for one in known if source in one.sources), None)
    if to is None:
        return f"fleet release{session.run.chdir} {record.agent} --env {source}"
    return f"fleet promote{session.run.chdir} {record.agent} --to {to}"


def _page(record: Record, fresh: bool, next_command: str) -> Page:
    counts = record.counts
    good = passed(record)
    bounds = [
        *([f"min {record.minimum:g}"] if record.minimum is not None else []),
        *([f"max {record.maximum:g}"] if record.maximum is not None else []),
    ]
    asked = f" ({', '.join(bounds)})" if bounds else ""
    word = span("passed", "good") if good else span("not passed", "error")
    lines = [
        line(f"{record.suite}: {record.metric} {record.value:.4g}{asked}: ", word),
        line(
            f"  {counts.total} sample{'' if counts.total == 1 else 's'}: {counts.passed} passed, "
            f"{counts.failed} failed, {counts.errored} errored, {counts.skipped} skipped"
        ),
        line(f"  release {record.release}", ", claimed: the file carries no tag" if record.claimed else ""),
        *([line("  ran in a work tree with uncommitted changes")] if record.dirty else []),
        *(line("  ", span("no evidence", "error"), f": {fault}", hang=4) for fault in record.faults),
        line("wrote " if fresh else "already recorded in ", span(record.file, "place")),
        line(span(next_command, "code")),
    ]
    return page(lines)


def _data(record: Record, agent: Agent) -> dict[str, Any]:
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
        "passed": passed(record),
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
