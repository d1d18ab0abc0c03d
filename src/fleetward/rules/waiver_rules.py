"""Waivers: each excuses one rule for one agent until the end of a day."""

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
"""A waiver expires soon in this time before its last day."""


@rule("waiver-expired", Severity.ERROR, fleet_fields={})
def waiver_expired(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    A waiver has expired.

    Why: somebody granted the exception until a date, and others rely on that date.
    Bad:
        - {rule: review-overdue, agent: refund-bot, reason: migration, approvedBy: farid, expires: 2026-06-30}
    Good:
        - {rule: review-overdue, agent: refund-bot, reason: migration, approvedBy: farid, expires: 2026-12-31}
    Fix: mend what was waived and remove the waiver. Or have it approved again, with a new date.
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
    A waiver matches no finding.

    Why: a waiver that stays would excuse the next finding, and nobody has agreed to that. Of input errors only
    `hidden-characters` and `secret-in-manifest` can be waived.
    Bad:
        # refund-bot was reviewed last week
        - {rule: review-overdue, agent: refund-bot, reason: migration, approvedBy: farid, expires: 2026-12-31}
    Good:
        waivers: []
    Fix: remove it, or correct its rule, agent or environment.
    """
    # needs the findings of all other rules: the engine calls unused_waivers
    yield from ()


def mark_waived(
    findings: Iterable[Finding], waivers: tuple[Waiver, ...], now: datetime
) -> tuple[Finding, ...]:
    """The same findings; those that a waiver in force covers are marked as waived."""
    active = tuple(waiver for waiver in waivers if in_force(waiver, now))
    return tuple(
        replace(finding, waived=True) if any(waiver.covers(finding) for waiver in active) else finding
        for finding in findings
    )


def unused_waivers(
    reported: Iterable[Finding], waivers: tuple[Waiver, ...], now: datetime, *, texts_read: bool
) -> Iterator[Violation]:
    """
    A violation for each waiver in force that covers none of these findings.

    *texts_read*: the findings of reading are among them, so that waivers of texts count, too.
    """
    all_findings = tuple(reported)
    for waiver in waivers:
        if waiver.is_of_text and not texts_read:
            continue
        if in_force(waiver, now) and not any(waiver.covers(finding) for finding in all_findings):
            message = f"no finding matches the waiver of {waiver.rule!r} for {waiver.agent!r}"
            yield _violation(waiver, message, "take it out, or correct its rule, agent or environment")


def waiver_state(waiver: Waiver, findings: Iterable[Finding], now: datetime) -> WaiverStatus:
    """The status of a waiver at *now*, given all findings of a fleet."""
    if not in_force(waiver, now):
        return WaiverStatus.EXPIRED
    if not any(waiver.covers(finding) and finding.waived for finding in findings):
        return WaiverStatus.UNUSED
    return WaiverStatus.EXPIRES_SOON if not in_force(waiver, now + SOON) else WaiverStatus.ACTIVE


def in_force(waiver: Waiver, now: datetime) -> bool:
    """True until the end of its last day."""
    return today(now) <= waiver.expires


def _violation(waiver: Waiver, message: str, hint: str) -> Violation:
    return Violation(
        place=waiver.place, message=message, hint=hint, environment=waiver.environment, agent=waiver.agent
    )
