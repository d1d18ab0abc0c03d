"""Pilots, reviews and retirement of agents."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from fleetward.domain.finding import Severity
from fleetward.domain.fleet import Snapshot
from fleetward.domain.manifest import Manifest
from fleetward.rules.rule import Violation, rule, violation
from fleetward.rules.selectors import (
    attest_hint,
    in_service,
    last_done,
    list_items,
    parse_day,
    parse_duration,
    parse_period,
    suggestion,
    today,
    unretired,
)

CADENCE = "spec.review.cadence"
LAST_REVIEWED = "spec.review.lastReviewedAt"
HEARTBEAT = "spec.review.heartbeat"
CRITERIA = "spec.retirement.criteria"
REPLACED_BY = "spec.retirement.replacedBy"
DECIDE_BY = "spec.pilot.decideBy"
MAX_RETIREMENT_YEARS = 5
PILOT_PARTS = ("volume", "quality", "incidentResponse", "exit")
PERIODS = {
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(days=7),
    "monthly": timedelta(days=31),
    "quarterly": timedelta(days=92),
}
"""The longest heartbeat for each volatility of a domain."""


@rule("review-overdue", Severity.WARNING)
def review_overdue(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    The review of the agent is overdue.

    Why: needs change after an agent is built, and many small changes add up.
    Bad:
        review: {cadence: P90D, lastReviewedAt: 2026-01-15}
    Good:
        review: {cadence: P90D, lastReviewedAt: 2026-10-15}
    Fix: review the agent and attest it with ``fleet attest AGENT --kind review``, which needs no new release. Or write
    the date, or change the cadence and give the reason. Months and years count by the calendar (`P3M`).
    """
    for manifest in in_service(fleet):
        if not manifest.has(CADENCE):
            continue
        written, last, cadence = (
            manifest.get(CADENCE),
            last_done(fleet, manifest, LAST_REVIEWED, "review"),
            parse_period(manifest.get(CADENCE)),
        )
        hint = f"review it, and record that: {attest_hint(manifest, 'review')}"
        if cadence is None:
            yield violation(
                manifest, CADENCE, f"{written!r} is no length of time", "write one such as P90D or P3M"
            )
        elif last is None:
            yield violation(manifest, LAST_REVIEWED, "it was never reviewed", hint)
        elif last > today(now):
            yield violation(manifest, LAST_REVIEWED, f"the review of {last} lies in the future", hint)
        elif cadence.after(last) < today(now):
            message = f"last reviewed on {last}, which is longer ago than {written}"
            yield violation(manifest, LAST_REVIEWED, message, hint)


@rule("heartbeat-too-slow", Severity.WARNING)
def heartbeat_too_slow(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    The check-ins are less frequent than the changes of the domain.

    Why: if the domain changes weekly and somebody checks the agent monthly, it can be wrong for three weeks.
    Bad:
        review: {heartbeat: P31D, volatility: weekly}
    Good:
        review: {heartbeat: P1D, volatility: weekly}
    Fix: shorten the heartbeat to the period of the volatility or less, in a fixed length such as P7D.
    """
    for manifest in unretired(fleet):
        written, volatility = manifest.get(HEARTBEAT), manifest.get("spec.review.volatility")
        period, beat = PERIODS.get(str(volatility)), parse_duration(written)
        if written is not None and period is not None and (beat is None or beat > period):
            message = f"checked every {written!r}, while the domain changes {volatility}"
            hint = f"write a heartbeat of at most {_iso_duration(period)}"
            yield violation(manifest, HEARTBEAT, message, hint)


@rule("pilot-incomplete", Severity.ERROR)
def pilot_incomplete(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    A pilot does not say how much it handles, how well, what happens when it fails, and when it has succeeded.

    Why: criteria that are written after the pilot are written to fit its result.
    Bad:
        lifecycle: pilot
        pilot: {exit: [{metric: pass-rate, min: 0.92}], decideBy: 2026-12-15}
    Good:
        lifecycle: pilot
        pilot:
          volume: {metric: tickets-per-week, min: 200}
          quality: {metric: pass-rate, min: 0.9}
          incidentResponse: Tickets go back to the manual queue
          exit: [{metric: pass-rate, min: 0.92}]
          decideBy: 2026-12-15
    Fix: write the missing parts. In an environment with a gate lifecycle-not-ready finds them.
    """
    gated = {environment.name for environment in fleet.config.environments if environment.gated}
    for manifest in fleet.manifests:
        missing = _missing_pilot_parts(manifest)
        if missing and manifest.environment not in gated:
            if not manifest.has(DECIDE_BY):
                missing.append("decideBy")
            lacking = ", ".join(f"pilot.{part}" for part in missing)
            message = f"a pilot without {lacking}"
            yield violation(manifest, f"spec.pilot.{missing[0]}", message, f"write {lacking}")


@rule("pilot-without-exit", Severity.ERROR)
def pilot_without_exit(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    Nothing says by which day a pilot is decided.

    Why: a pilot without an end is production without the approvals.
    Bad:
        lifecycle: pilot
        pilot: {exit: [{metric: pass-rate, min: 0.92}]}   # and the other parts
    Good:
        lifecycle: pilot
        pilot: {exit: [{metric: pass-rate, min: 0.92}], decideBy: 2026-12-15}   # and the other parts
    Fix: write pilot.decideBy. Where more is missing, pilot-incomplete lists all of it.
    """
    for manifest in fleet.manifests:
        whole = manifest.lifecycle == "pilot" and not _missing_pilot_parts(manifest)
        if whole and not manifest.has(DECIDE_BY):
            yield violation(manifest, DECIDE_BY, "a pilot without pilot.decideBy", "write pilot.decideBy")


@rule("lifecycle-not-ready", Severity.ERROR)
def lifecycle_not_ready(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    An agent in an environment with a gate is a draft, is retired, or is a pilot that does not say how it is judged.

    Why: what goes through the gate is in use. A draft is not finished, and a pilot without volume, quality, incident
    response and exit criteria is production without the approvals.
    Bad:
        lifecycle: pilot
        pilot: {exit: [{metric: pass-rate, min: 0.92}], decideBy: 2026-12-15}
    Good:
        lifecycle: pilot
        pilot:
          volume: {metric: tickets-per-week, min: 200}
          quality: {metric: pass-rate, min: 0.9}
          incidentResponse: Tickets go back to the manual queue
          exit: [{metric: pass-rate, min: 0.92}]
          decideBy: 2026-12-15
    Fix: finish the agent in the source environment and set its lifecycle, or write the missing parts of the pilot.
    """
    gated = {environment.name for environment in fleet.config.environments if environment.gated}
    for manifest in fleet.manifests:
        # a suspended agent does nothing, and a brake must not wait for its lifecycle
        if manifest.environment not in gated or manifest.get("spec.suspended") is True:
            continue
        if manifest.lifecycle in ("draft", "retired"):
            hint = "set spec.lifecycle in the source environment"
            message = f"lifecycle {manifest.lifecycle!r} does not enter {manifest.environment}"
            yield violation(manifest, "spec.lifecycle", message, hint)
        missing = _missing_pilot_parts(manifest)
        if missing:
            lacking = ", ".join(f"pilot.{part}" for part in missing)
            message = f"a pilot without {lacking} does not enter {manifest.environment}"
            yield violation(manifest, f"spec.pilot.{missing[0]}", message, f"write {lacking}")


@rule("pilot-overdue", Severity.WARNING)
def pilot_overdue(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    The decision about a pilot is overdue.

    Why: without a decision the pilot stays in use, and nobody has checked it.
    Bad:
        lifecycle: pilot
        pilot: {exit: [{metric: pass-rate, min: 0.92}], decideBy: 2026-06-30}
    Good:
        lifecycle: pilot
        pilot: {exit: [{metric: pass-rate, min: 0.92}], decideBy: 2026-12-15}
    Fix: move it to production or retire it. Or set a new date, and give the reason.
    """
    for manifest in fleet.manifests:
        last = parse_day(manifest.get(DECIDE_BY))
        if manifest.lifecycle == "pilot" and last is not None and last < today(now):
            message = f"was to be decided by {last}"
            yield violation(
                manifest, DECIDE_BY, message, "decide: lifecycle production or retired, or a new day"
            )


@rule("retirement-missing", Severity.ERROR)
def retirement_missing(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    The agent has no retirement criteria.

    Why: every agent is retired one day. The criteria are easiest to agree on while nobody depends on the agent.
    Bad:
        retirement: {dataDisposition: archive}
    Good:
        retirement: {criteria: [{metric: runs-per-month, below: 50, for: P90D}], dataDisposition: archive}
    Fix: write a metric with a limit, or a date.
    """
    for manifest in unretired(fleet):
        if not manifest.items(CRITERIA):
            yield violation(manifest, CRITERIA, "nothing says when it is to go", "write retirement.criteria")


@rule("retirement-due", Severity.WARNING)
def retirement_due(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    The retirement date of the agent has passed.

    Why: credentials and data of forgotten agents stay open.
    Bad:
        retirement: {criteria: [{date: 2026-06-30}]}
    Good:
        retirement: {criteria: [{date: 2027-12-31}]}
    Fix: retire the agent, or agree on a new date.
    """
    for manifest in unretired(fleet):
        for path, criterion in list_items(manifest, CRITERIA):
            last = parse_day(criterion.get("date"))
            if last is not None and last < today(now):
                message = f"was to be retired by {last}"
                yield violation(manifest, f"{path}.date", message, "retire it, or agree on a new day")


@rule("retirement-far", Severity.WARNING)
def retirement_far(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    Nothing but a date ends the agent, and it is more than five years ahead.

    Why: by then nobody remembers why. A date so far away says that nobody thought about an end.
    Bad:
        retirement: {criteria: [{date: 2099-12-31}]}
    Good:
        retirement: {criteria: [{metric: runs-per-month, below: 50, for: P90D}, {date: 2028-12-31}]}
    Fix: write a measure that ends it, or a nearer date.
    """
    for manifest in unretired(fleet):
        days = {path: parse_day(criterion.get("date")) for path, criterion in list_items(manifest, CRITERIA)}
        dates = {path: day for path, day in days.items() if day is not None}
        if not dates or len(dates) < len(days):
            continue
        path, first = min(dates.items(), key=lambda entry: entry[1])
        if first > _years_after(today(now), MAX_RETIREMENT_YEARS):
            message = f"only {first} ends it, more than {MAX_RETIREMENT_YEARS} years ahead"
            yield violation(
                manifest, f"{path}.date", message, "add a metric with a limit, or write a nearer day"
            )


@rule("deprecated-without-replacement", Severity.ERROR, fleet_fields={"spec.retirement": ("replacedBy",)})
def deprecated_without_replacement(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    A deprecated agent names no replacement, or one that is not in its environment.

    Why: people keep using an agent until they know what to use instead.
    Bad:
        lifecycle: deprecated
    Good:
        lifecycle: deprecated
        retirement: {replacedBy: refund-bot}
    Fix: write retirement.replacedBy with the name of an agent of this environment.
    """
    for manifest in fleet.manifests:
        if manifest.lifecycle != "deprecated":
            continue
        successor, candidates = (
            manifest.get(REPLACED_BY),
            fleet.agent_names(manifest.environment) - {manifest.name},
        )
        if successor in candidates:
            continue
        message = (
            "nothing takes its place" if successor is None else f"{successor!r} cannot take its place here"
        )
        near = suggestion(successor, candidates) if successor else ""
        hint = f"write replacedBy: and an agent of this environment{near}"
        yield violation(manifest, REPLACED_BY, message, hint, missing_agent=successor)


def _missing_pilot_parts(manifest: Manifest) -> list[str]:
    """The parts of the ``pilot`` group that an agent in its pilot does not have."""
    if manifest.lifecycle != "pilot":
        return []
    return [part for part in PILOT_PARTS if not manifest.has(f"spec.pilot.{part}")]


def _years_after(day: date, years: int) -> date:
    # the last day of February has no anniversary in most years
    last = day.replace(day=28) if (day.month, day.day) == (2, 29) else day
    return last.replace(year=last.year + years)


def _iso_duration(period: timedelta) -> str:
    return f"P{period.days}D" if period.days else f"PT{period.seconds // 3600}H"
