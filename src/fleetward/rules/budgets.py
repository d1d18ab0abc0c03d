"""Spending limits of an agent: an alert before the limit and a halt at it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from fleetward.domain.finding import Severity
from fleetward.domain.fleet import Snapshot
from fleetward.rules.rule import Violation, rule, violation
from fleetward.rules.selectors import keyed_items, unretired

BUDGETS = "spec.budgets"


@rule("budget-missing", Severity.ERROR)
def budget_missing(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    The agent has no spending limit.

    Why: a loop that starts at night costs money until the invoice comes.
    Bad:
        budgets: []
    Good:
        budgets: [{window: day, currency: EUR, alertAt: 40, haltAt: 60}]
    Fix: write a budget in money or tokens for a window of time.
    """
    for manifest in unretired(fleet):
        if not manifest.items(BUDGETS):
            hint = "add a budget with window, alertAt and haltAt"
            yield violation(manifest, BUDGETS, "nothing limits what it may spend", hint)


@rule("budget-alert-above-halt", Severity.ERROR)
def budget_alert_above_halt(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    A budget alerts at its halt or above it, so the alert comes too late.

    Why: the alert gives a human time to act before the agent stops.
    Bad:
        budgets: [{window: day, currency: EUR, alertAt: 60, haltAt: 60}]
    Good:
        budgets: [{window: day, currency: EUR, alertAt: 40, haltAt: 60}]
    Fix: put alertAt below haltAt.
    """
    for manifest in fleet.manifests:
        for path, budget in keyed_items(manifest, BUDGETS):
            alert, halt = budget.get("alertAt"), budget.get("haltAt")
            if alert is not None and halt is not None and alert >= halt:
                message = f"alerts at {alert!r}, halts at {halt!r}"
                yield violation(manifest, f"{path}.alertAt", message, f"put alertAt below {halt}")


@rule("budget-no-halt", Severity.ERROR)
def budget_no_halt(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    A budget never halts the agent.

    Why: an alert that nobody reads stops nothing.
    Bad:
        budgets: [{window: day, currency: EUR, alertAt: 40}]
    Good:
        budgets: [{window: day, currency: EUR, alertAt: 40, haltAt: 60}]
    Fix: write haltAt.
    """
    for manifest in unretired(fleet):
        for path, budget in keyed_items(manifest, BUDGETS):
            if budget.get("haltAt") is None:
                message = f"the budget per {budget.get('window')} never halts the agent"
                yield violation(manifest, path, message, "write haltAt")
