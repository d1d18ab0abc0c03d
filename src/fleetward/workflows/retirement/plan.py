"""Plan the retirement of an agent, and set its lifecycle where no gate protects it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date
from shlex import join
from typing import Any

from fleetward import survey
from fleetward.domain import layout
from fleetward.domain.errors import FleetError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.fleet import Snapshot
from fleetward.domain.path import Steps
from fleetward.domain.retirement_plan import RetirementPlan
from fleetward.store.fleet.load import LoadedFleet
from fleetward.store.formats.document import read_document
from fleetward.store.formats.yaml_edit import edit_yaml
from fleetward.store.git.atomic_files import replace_files
from fleetward.store.git.fleet_root import FleetRoot, find_fleet_root
from fleetward.store.imports.metrics import read_figures
from fleetward.workflows.context import RunContext
from fleetward.workflows.load import load_fleet
from fleetward.workflows.promotion.source import unreadable_agents
from fleetward.workflows.suggestions import unknown_agent

RETIRED = "retired"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRetirement:
    """The plan, and the next command."""

    plan: RetirementPlan
    next_command: str


def plan_retirement(run: RunContext, agent: str, *, metrics: str | None, write: bool) -> PlannedRetirement:
    """
    The plan for *agent*; its manifests are edited only with *write*, and only where nothing blocks.

    Errors: UsageError for an unknown agent; FleetError where a file cannot be read or edited.
    """
    root = find_fleet_root(run.folder, run.environment)
    reading = load_fleet(root.work_tree())
    fleet = reading.require_governance()
    require_agent(fleet, agent)
    measured = read_figures(run.path(metrics), metrics, run.now.date()) if metrics else ()
    _require_readable(reading, fleet, agent)
    plan = survey.retirement_plan(fleet, agent, measured, run.now)
    contents = _retired_manifests(reading, plan, run.now.astimezone(UTC).date())
    plan = replace(plan, files=tuple(contents), written=write and bool(contents) and not plan.blocked)
    if plan.written:
        replace_files(root.path, {path: reading.contents[path] for path in contents}, contents)
    return PlannedRetirement(plan=plan, next_command=_next_command(run, root, plan))


def require_agent(fleet: Snapshot, name: str) -> None:
    """
    Check that the fleet has an agent of this name.

    Errors: UsageError.
    """
    names = {agent for _, agent in fleet.agents}
    if name not in names:
        raise unknown_agent(name, "this fleet", names)


def _require_readable(reading: LoadedFleet, fleet: Snapshot, name: str) -> None:
    """
    Check that every agent beside *name* can be read: an unreadable one may depend on it.

    Errors: FleetError naming the unreadable files.
    """
    environments = [env for env, agent in fleet.agents if agent == name]
    errors = tuple(
        error for env in sorted(environments) for error in unreadable_agents(reading, fleet, env, (name,))
    )
    if errors:
        place = errors[0].place
        message = f"{place.file}:{place.line}: {errors[0].message}"
        raise FleetError(message, hint=f"fleet validate {place.file}", findings=errors)


def _retired_manifests(reading: LoadedFleet, plan: RetirementPlan, today: date) -> Mapping[str, bytes]:
    """
    The manifests of environments without a gate, with lifecycle: retired and the day of the decision.

    Errors: FleetError where a manifest cannot be read or edited safely.
    """
    contents = {}
    in_use = any(target.gated for target in plan.deployments)
    for target in plan.deployments:
        file = layout.manifest_file(target.environment, plan.agent)
        if target.gated:
            continue
        if target.lifecycle is None:
            raise FleetError(f"{file} cannot be read", hint="fleet validate")
        spec = (read_document(reading.contents[file], file, "agent").data or {}).get("spec") or {}
        changes: dict[Steps, Any] = {}
        if target.lifecycle != RETIRED:
            changes["spec", "lifecycle"] = RETIRED
        # an agent that runs nowhere any more needs no date to be taken away
        if not (spec.get("retirement") or {}).get("retiredAt") and (changes or in_use):
            if spec.get("retirement"):
                changes["spec", "retirement", "retiredAt"] = today.isoformat()
            else:
                changes["spec", "retirement"] = {"retiredAt": today.isoformat()}
        if changes:
            contents[file] = edit_yaml(reading.contents[file], changes, file)
    return contents


def _next_command(run: RunContext, root: FleetRoot, plan: RetirementPlan) -> str:
    chdir, name = run.chdir, plan.agent
    if plan.blocked:
        return _unblocking_command(run, root, plan)
    if plan.files and not plan.written:
        return f"fleet retire{chdir} {name} --write"
    gated = next((target.environment for target in plan.deployments if target.gated), None)
    promote = f"fleet promote{chdir} {join(_batch(plan, gated))} --to {gated}"
    if plan.written:
        files = _files(run, root, plan.files)
        commit = f"git{chdir} add -- {files} && git{chdir} commit -m 'retire {name}' -- {files}"
        return f"{commit} && {promote}" if gated else commit
    return promote if gated else f"fleet validate{chdir}"


def _unblocking_command(run: RunContext, root: FleetRoot, plan: RetirementPlan) -> str:
    """The command that shows the lines to edit; where there is none, the dependent agent is retired first."""
    blocking = [dependent for dependent in plan.dependents if dependent.blocks]
    unlisted = next((dependent.agent for dependent in blocking if not dependent.edits), None)
    if unlisted is not None:
        return f"fleet retire{run.chdir} {unlisted}"
    files = dict.fromkeys(place.file for dependent in blocking for place in dependent.edits)
    return f"git{run.chdir} grep -n -e {plan.agent} -- {_files(run, root, files)}"


def _files(run: RunContext, root: FleetRoot, files: Iterable[str]) -> str:
    return join(run.path_argument(root.path / path) for path in files)


def _batch(plan: RetirementPlan, environment: str | None) -> list[str]:
    """The agent, and the agents that must be promoted together with it."""
    companions = {
        dependent.agent
        for dependent in plan.dependents
        if dependent.environment == environment and dependent.required and dependent.promoted_together
    }
    return [plan.agent, *sorted(companions)]
