"""What an agent may spend: a limit, with a warning before it and a halt at it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from fleetward.domain.finding import Severity
from fleetward.domain.fleet import Snapshot
from fleetward.rules.rule import Wrong, rule, wrong
from fleetward.rules.selectors import at_work, entries

BUDGETS = "spec.budgets"


@rule("budget-missing", Severity.ERROR)
def budget_missing(fleet: Snapshot, now: datetime) -> Iterator[Wrong]:
    """
    Nothing limits what the agent may spend.

    Why: a loop at night costs until the invoice comes.
    Bad:
        budgets: []
    Good:
        budgets: [{window: day, currency: EUR, alertAt: 40, haltAt: 60}]
    Fix: write a budget in money or tokens for a window of time.
    """
    for manifest in at_work(fleet):
        if not manifest.items(BUDGETS):
            hint = "add a budget with window, alertAt and haltAt"
            yield wrong(manifest, BUDGETS, "nothing limits what it may spend", hint)


@rule("budget-alert-above-halt", Severity.ERROR)
def budget_alert_above_halt(fleet: Snapshot, now: datetime) -> Iterator[Wrong]:
    """
    A budget alerts at its halt or above it, so never in time.

    Why: the alert is for a human to act before the agent stands still.
    Bad:
        budgets: [{window: day, currency: EUR, alertAt: 60, haltAt: 60}]
    Good:
        budgets: [{window: day, currency: EUR, alertAt: 40, haltAt: 60}]
    Fix: put alertAt below haltAt.
    """
    for manifest in fleet.manifests:
        for path, budget in entries(manifest, BUDGETS):
            alert, halt = budget.get("alertAt"), budget.get("haltAt")
            if alert is not None and halt is not None and alert >= halt:
                message = f"alerts at {alert!r}, halts at {halt!r}"
                yield wrong(manifest, f"{path}.alertAt", message, f"put alertAt below {halt}")


@rule("budget-no-halt", Severity.ERROR)
def budget_no_halt(fleet: Snapshot, now: datetime) -> Iterator[Wrong]:
    """
    A budget never halts the agent.

    Why: an alert that nobody reads stops nothing.
    Bad:
        budgets: [{window: day, currency: EUR, alertAt: 40}]
    Good:
        budgets: [{window: day, currency: EUR, alertAt: 40, haltAt: 60}]
    Fix: write haltAt.
    """
    for manifest in at_work(fleet):
        for path, budget in entries(manifest, BUDGETS):
            if budget.get("haltAt") is None:
                message = f"the budget per {budget.get('window')} never halts the agent"
                yield wrong(manifest, path, message, "write haltAt")
