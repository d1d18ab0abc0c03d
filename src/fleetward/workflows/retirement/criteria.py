"""Which retirement criteria are met."""

from __future__ import annotations

from dataclasses import replace

from fleetward import survey
from fleetward.domain.errors import NotAFleet
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.retirement_plan import CriterionResult, CriterionStatus, MetricValue
from fleetward.store.git.fleet_root import find_fleet_root
from fleetward.store.imports.metrics import read_figures
from fleetward.workflows.context import RunContext
from fleetward.workflows.load import load_fleet
from fleetward.workflows.retirement.plan import require_agent


@dataclass(frozen=True, slots=True, kw_only=True)
class CriteriaCheck:
    """The result of every criterion, and the metric values that no criterion uses, each with the reason."""

    results: tuple[CriterionResult, ...]
    unused: tuple[tuple[MetricValue, str], ...]
    metrics: str | None
    """The file of metrics as it was named."""
    next_command: str

    @property
    def due_agents(self) -> tuple[str, ...]:
        """The agents with a criterion that is met, sorted."""
        return tuple(
            sorted({result.agent for result in self.results if result.status is CriterionStatus.DUE})
        )


def check_criteria(run: RunContext, agent: str | None, *, metrics: str | None) -> CriteriaCheck:
    """
    The criteria of *agent*, of all agents where it is None.

    Errors: UsageError for an unknown agent; NotAFleet where there are no criteria.
    """
    fleet = load_fleet(find_fleet_root(run.folder, run.environment).work_tree()).require_governance()
    if agent is not None:
        require_agent(fleet, agent)
    measured = read_figures(run.path(metrics), metrics, run.now.date()) if metrics else ()
    results = survey.criteria_results(fleet, measured, run.now, agent)
    if not results:
        raise NotAFleet("no criteria to check", hint="write spec.retirement.criteria")
    check = CriteriaCheck(
        results=tuple(results),
        unused=survey.unused_values(fleet, measured),
        metrics=metrics,
        next_command=f"fleet validate{run.chdir}",
    )
    due = check.due_agents
    return replace(check, next_command=f"fleet retire{run.chdir} {due[0]}") if due else check
