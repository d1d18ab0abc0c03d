"""Dated exceptions: they excuse one rule for one agent, until the end of a day, and no longer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from fleetward.domain.finding import Finding, Severity
from fleetward.domain.fleet import Snapshot, Waiver, WaiverStatus
from fleetward.rules.rule import Violation, rule
from fleetward.rules.selectors import today

UNUSED = "waiver-unused"
SOON = timedelta(days=30)
"""How long before its last day a waiver is said to end soon."""


@rule("waiver-expired", Severity.ERROR, fleet_fields={})
def waiver_expired(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    A waiver's last day is past.

    Why: an exception was granted until a day, and that day is the promise somebody relied on.
    Bad:
        - {rule: review-overdue, agent: refund-bot, reason: migration, approvedBy: farid, expires: 2026-06-30}
    Good:
        - {rule: review-overdue, agent: refund-bot, reason: migration, approvedBy: farid, expires: 2026-12-31}
    Fix: cure what was waived and take the waiver out; or have it approved again, with a new day.
    """
    for waiver in fleet.waivers:
        if not in_force(waiver, now):
            message = f"the waiver of {waiver.rule!r} for {waiver.agent!r} expired on {waiver.expires}"
            yield _violation(
                waiver, message, "cure what it waives and take it out, or have it approved again"
            )


@rule(UNUSED, Severity.WARNING, fleet_fields={})
def waiver_unused(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    A waiver excuses nothing that is found.

    Why: left lying about, it excuses the next wrong, which nobody has agreed to. Reading rules cannot be
    waived.
    Bad:
        # refund-bot was reviewed last week
        - {rule: review-overdue, agent: refund-bot, reason: migration, approvedBy: farid, expires: 2026-12-31}
    Good:
        waivers: []
    Fix: take it out, or correct its rule, agent or environment.
    """
    # What is unused shows only after all other rules have spoken; see unused, which the judge asks.
    yield from ()


def mark_waived(
    findings: Iterable[Finding], waivers: tuple[Waiver, ...], now: datetime
) -> tuple[Finding, ...]:
    """The same findings; those that a waiver in force excuses are marked."""
    active = tuple(waiver for waiver in waivers if in_force(waiver, now))
    return tuple(
        replace(finding, waived=True) if any(waiver.covers(finding) for waiver in active) else finding
        for finding in findings
    )


def unused_waivers(
    reported: Iterable[Finding], waivers: tuple[Waiver, ...], now: datetime
) -> Iterator[Violation]:
    """A wrong for each waiver in force that excuses none of these findings."""
    all_findings = tuple(reported)
    for waiver in waivers:
        if in_force(waiver, now) and not any(waiver.covers(finding) for finding in all_findings):
            message = f"nothing is found that the waiver of {waiver.rule!r} for {waiver.agent!r} would excuse"
            yield _violation(waiver, message, "take it out, or correct its rule, agent or environment")


def waiver_state(waiver: Waiver, findings: Iterable[Finding], now: datetime) -> WaiverStatus:
    """How a waiver stands at *now*; *findings* is all that rules have found."""
    if not in_force(waiver, now):
        return WaiverStatus.EXPIRED
    if not any(waiver.covers(finding) and finding.waived for finding in findings):
        return WaiverStatus.UNUSED
    return WaiverStatus.EXPIRES_SOON if not in_force(waiver, now + SOON) else WaiverStatus.ACTIVE


def in_force(waiver: Waiver, now: datetime) -> bool:
    """Has its last day not passed?"""
    return today(now) <= waiver.expires


def _violation(waiver: Waiver, message: str, hint: str) -> Violation:
    return Violation(
        place=waiver.place, message=message, hint=hint, environment=waiver.environment, agent=waiver.agent
    )
