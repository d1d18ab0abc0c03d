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
from fleetward.cli.verb import Verb, in_formats
from fleetward.domain import layout
from fleetward.domain.errors import ExitCode, FleetError, NotAFleet, UsageError
from fleetward.domain.fleet import Snapshot
from fleetward.domain.retirement_plan import CriterionStatus, MetricValue, RetirementPlan
from fleetward.report import retire_check, retire_json, retire_text
from fleetward.store.fleet.load import LoadedFleet
from fleetward.store.formats.yaml_edit import edit_yaml
from fleetward.store.git.atomic_files import replace_files
from fleetward.store.git.fleet_root import FleetRoot, find_fleet_root
from fleetward.store.imports.metrics import read_figures
from fleetward.workflows.load import load_fleet
from fleetward.workflows.promotion.source import unreadable_agents
from fleetward.workflows.suggestions import unknown_agent

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
) -> ExitCode:
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
    root = find_fleet_root(session.run.folder, session.run.environment)
    reading = load_fleet(root.work_tree())
    fleet = reading.require_governance()
    if agent is not None:
        _check_agent(fleet, agent)
    measured = read_figures(session.run.path(metrics), metrics, session.run.now.date()) if metrics else ()
    if check or agent is None:
        return _check_criteria(session, fleet, agent, measured, metrics)
    return _plan_retirement(session, root, reading, agent, measured, write=write)


def _check_agent(fleet: Snapshot, name: str) -> None:
    names = {agent for _, agent in fleet.agents}
    if name not in names:
        raise unknown_agent(name, "this fleet", names)


def _check_criteria(
    session: Session, fleet: Snapshot, agent: str | None, measured: tuple[MetricValue, ...], file: str | None
) -> ExitCode:
    criteria = survey.criteria_results(fleet, measured, session.run.now, agent)
    if not criteria:
        raise NotAFleet("no criteria to check", hint="write spec.retirement.criteria")
    unused = survey.unused_values(fleet, measured)
    names = sorted({criterion.agent for criterion in criteria if criterion.status is CriterionStatus.DUE})
    next_command = (
        f"fleet retire{session.run.chdir} {names[0]}" if names else f"fleet validate{session.run.chdir}"
    )
    session.output.report(
        {
            "text": lambda: retire_check.render_page(
                criteria, unused, file=file, next_command=next_command, verbose=session.verbose
            ),
            "json": lambda: retire_check.render_data(
                criteria, unused, file=file, now=session.run.now, next_command=next_command
            ),
        }
    )
    return ExitCode.DENIED if names else ExitCode.SUCCESS


def _plan_retirement(
    session: Session,
    root: FleetRoot,
    reading: LoadedFleet,
    name: str,
    measured: tuple[MetricValue, ...],
    *,
    write: bool,
) -> ExitCode:
    fleet = reading.require_governance()
    _require_readable(reading, fleet, name)
    plan = survey.retirement_plan(fleet, name, measured, session.run.now)
    contents = _retired_manifests(root, reading, plan)
    plan = replace(plan, files=tuple(contents), written=write and bool(contents) and not plan.blocked)
    if plan.written:
        replace_files(root.path, {path: reading.contents[path] for path in contents}, contents)
    next_command = _next_command(session, root, plan)
    session.output.report(
        {
            "text": lambda: retire_text.render(plan, next_command=next_command, verbose=session.verbose),
            "json": lambda: retire_json.render(plan, next_command=next_command),
        }
    )
    return ExitCode.DENIED if plan.blocked else ExitCode.SUCCESS


def _require_readable(reading: LoadedFleet, fleet: Snapshot, name: str) -> None:
    """
    Nobody is taken for one who does without, only because nothing of it can be read.

    Errors: FleetError, naming the files of those beside which the agent stands.
    """
    environments = [env for env, agent in fleet.agents if agent == name]
    errors = tuple(
        error for env in sorted(environments) for error in unreadable_agents(reading, fleet, env, (name,))
    )
    if errors:
        place = errors[0].place
        message = f"{place.file}:{place.line}: {errors[0].message}"
        raise FleetError(message, hint=f"fleet validate {place.file}", findings=errors)


def _retired_manifests(root: FleetRoot, reading: LoadedFleet, plan: RetirementPlan) -> Mapping[str, bytes]:
    """
    The manifests in environments without a gate, retired.

    Errors: FleetError where one cannot be read, or edited without risk.
    """
    contents = {}
    for target in plan.deployments:
        file = layout.manifest_file(target.environment, plan.agent)
        if target.gated or target.lifecycle == RETIRED:
            continue
        if target.lifecycle is None:
            raise FleetError(f"{file} cannot be read", hint="fleet validate")
        contents[file] = edit_yaml(reading.contents[file], {("spec", "lifecycle"): RETIRED}, file)
    return contents


def _next_command(session: Session, root: FleetRoot, plan: RetirementPlan) -> str:
    chdir, name = session.run.chdir, plan.agent
    if plan.blocked:
        return _unblocking_command(session, root, plan)
    if plan.files and not plan.written:
        return f"fleet retire{chdir} {name} --write"
    gated = next((target.environment for target in plan.deployments if target.gated), None)
    promote = f"fleet promote{chdir} {join(_batch(plan, gated))} --to {gated}"
    if plan.written:
        files = _files(session, root, plan.files)
        commit = f"git{chdir} add -- {files} && git{chdir} commit -m 'retire {name}' -- {files}"
        return f"{commit} && {promote}" if gated else commit
    return promote if gated else f"fleet validate{chdir}"


def _unblocking_command(session: Session, root: FleetRoot, plan: RetirementPlan) -> str:
    """Every line that stands in the way; where there is none to edit, whoever needs it goes first."""
    blocking = [dependent for dependent in plan.dependents if dependent.blocks]
    unlisted = next((dependent.agent for dependent in blocking if not dependent.edits), None)
    if unlisted is not None:
        return f"fleet retire{session.run.chdir} {unlisted}"
    files = dict.fromkeys(place.file for dependent in blocking for place in dependent.edits)
    return f"git{session.run.chdir} grep -n -e {plan.agent} -- {_files(session, root, files)}"


def _files(session: Session, root: FleetRoot, files: Iterable[str]) -> str:
    start = session.run.folder.resolve()
    return join(os.path.relpath(root.path / path, start) for path in files)


def _batch(plan: RetirementPlan, environment: str | None) -> list[str]:
    """The agent, and those that have to go along with it."""
    companions = {
        dependent.agent
        for dependent in plan.dependents
        if dependent.environment == environment and dependent.required and dependent.promoted_together
    }
    return [plan.agent, *sorted(companions)]


VERB = Verb(run=retire, formats=in_formats("text", "json"))
