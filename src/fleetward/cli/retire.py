"""``fleet retire``: a plan first, then the end in the environments without a gate; promotion does the rest."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from shlex import join
from typing import Annotated

import typer

from fleetward import survey
from fleetward.cli.session import Session
from fleetward.domain.errors import Exit, FleetError, NotAFleet, UsageError
from fleetward.domain.fleet import Snapshot
from fleetward.domain.manifest import MANIFEST
from fleetward.domain.retirement_plan import Departure, Due, Figure
from fleetward.report import retire_check, retire_json, retire_text
from fleetward.store.fleet.load import Reading
from fleetward.store.formats.yaml_edit import edited
from fleetward.store.git.atomic_files import settle
from fleetward.store.git.fleet_root import Ground, find
from fleetward.store.imports.metrics import figures
from fleetward.workflows.load import read
from fleetward.workflows.promotion.source import unheard
from fleetward.workflows.suggestions import no_agent

RETIRED = "retired"


def retire(
    session: Session,
    agent: Annotated[
        str | None, typer.Argument(metavar="[AGENT]", help="The agent; with --check, else all.")
    ] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Write lifecycle: retired where no gate stands before it.")
    ] = False,
    check: Annotated[bool, typer.Option("--check", help="Only: which retirement criteria are met.")] = False,
    metrics: Annotated[
        str | None,
        typer.Option(
            "--metrics", metavar="FILE", help="Figures by day: date, agent, metric, value (CSV, JSON lines)."
        ),
    ] = None,
) -> Exit:
    """
    Plan the end of an agent: who needs it, what it leaves behind, what has to be revoked.

    With --write its lifecycle becomes retired; fleet promote then takes it out of gated environments. Blocked,
    exit 1, while another agent requires it. With --check: exit 1 when a criterion is met, 0 when none is, or when
    figures are missing, which never counts as met and is named. A figure stands for one day, today is not over.
    """
    if check and write:
        raise UsageError("--check only looks, --write edits: choose one", hint="leave one of them out")
    if agent is None and not check:
        raise UsageError("which agent?", hint="fleet retire AGENT, or fleet retire --check")
    ground = find(session.run.folder, session.run.environment)
    reading = read(ground.folder())
    fleet = reading.governed()
    if agent is not None:
        _known(fleet, agent)
    measured = figures(session.run.path(metrics), metrics, session.run.now.date()) if metrics else ()
    if check or agent is None:
        return _checked(session, fleet, agent, measured, metrics)
    return _planned(session, ground, reading, agent, measured, write=write)


def _known(fleet: Snapshot, name: str) -> None:
    names = {one for _, one in fleet.agents}
    if name not in names:
        raise no_agent(name, "this fleet", names)


def _checked(
    session: Session, fleet: Snapshot, agent: str | None, measured: tuple[Figure, ...], file: str | None
) -> Exit:
    judged = survey.due(fleet, measured, session.run.now, agent)
    if not judged:
        raise NotAFleet("no criteria to check", hint="write spec.retirement.criteria")
    unused = survey.unused(fleet, measured)
    names = sorted({one.agent for one in judged if one.due is Due.YES})
    following = (
        f"fleet retire{session.run.chdir} {names[0]}" if names else f"fleet validate{session.run.chdir}"
    )
    session.output.report(
        {
            "text": lambda: retire_check.page_of(
                judged, unused, file=file, next_command=following, verbose=session.verbose
            ),
            "json": lambda: retire_check.data_of(
                judged, unused, file=file, now=session.run.now, next_command=following
            ),
        }
    )
    return Exit.NO if names else Exit.YES


def _planned(
    session: Session,
    ground: Ground,
    reading: Reading,
    name: str,
    measured: tuple[Figure, ...],
    *,
    write: bool,
) -> Exit:
    fleet = reading.governed()
    _all_read(reading, fleet, name)
    plan = survey.departure(fleet, name, measured, session.run.now)
    contents = _ends(ground, reading, plan)
    plan = replace(plan, files=tuple(contents), written=write and bool(contents) and not plan.blocked)
    if plan.written:
        settle(ground.root, {path: reading.contents[path] for path in contents}, contents)
    following = _next(session, ground, plan)
    session.output.report(
        {
            "text": lambda: retire_text.render(plan, next_command=following, verbose=session.verbose),
            "json": lambda: retire_json.render(plan, next_command=following),
        }
    )
    return Exit.NO if plan.blocked else Exit.YES


def _all_read(reading: Reading, fleet: Snapshot, name: str) -> None:
    """
    Nobody is taken for one who does without, only because nothing of it can be read.

    Errors: FleetError, naming the files of those beside which the agent stands.
    """
    stands = [env for env, agent in fleet.agents if agent == name]
    wrong = tuple(one for env in sorted(stands) for one in unheard(reading, fleet, env, (name,)))
    if wrong:
        place = wrong[0].place
        message = f"{place.file}:{place.line}: {wrong[0].message}"
        raise FleetError(message, hint=f"fleet validate {place.file}", findings=wrong)


def _ends(ground: Ground, reading: Reading, plan: Departure) -> Mapping[str, bytes]:
    """
    The manifests in environments without a gate, retired.

    Errors: FleetError where one cannot be read, or edited without risk.
    """
    found = {}
    for one in plan.standing:
        file = f"environments/{one.environment}/{plan.agent}/{MANIFEST}"
        if one.gated or one.lifecycle == RETIRED:
            continue
        if one.lifecycle is None:
            raise FleetError(f"{file} cannot be read", hint="fleet validate")
        found[file] = edited(reading.contents[file], {("spec", "lifecycle"): RETIRED}, file)
    return found


def _next(session: Session, ground: Ground, plan: Departure) -> str:
    here, name = session.run.chdir, plan.agent
    if plan.blocked:
        return _opening(session, ground, plan)
    if plan.files and not plan.written:
        return f"fleet retire{here} {name} --write"
    gated = next((one.environment for one in plan.standing if one.gated), None)
    promote = f"fleet promote{here} {join(_unit(plan, gated))} --to {gated}"
    if plan.written:
        files = _files(session, ground, plan.files)
        commit = f"git{here} add -- {files} && git{here} commit -m 'retire {name}' -- {files}"
        return f"{commit} && {promote}" if gated else commit
    return promote if gated else f"fleet validate{here}"


def _opening(session: Session, ground: Ground, plan: Departure) -> str:
    """Every line that stands in the way; where there is none to edit, whoever needs it goes first."""
    blocking = [one for one in plan.dependents if one.blocks]
    lost = next((one.agent for one in blocking if not one.edits), None)
    if lost is not None:
        return f"fleet retire{session.run.chdir} {lost}"
    files = dict.fromkeys(place.file for one in blocking for place in one.edits)
    return f"git{session.run.chdir} grep -n -e {plan.agent} -- {_files(session, ground, files)}"


def _files(session: Session, ground: Ground, files: Iterable[str]) -> str:
    start = session.run.folder.resolve()
    return join(os.path.relpath(ground.root / one, start) for one in files)


def _unit(plan: Departure, environment: str | None) -> list[str]:
    """The agent, and those that have to go along with it."""
    along = {
        one.agent for one in plan.dependents if one.environment == environment and one.required and one.along
    }
    return [plan.agent, *sorted(along)]
