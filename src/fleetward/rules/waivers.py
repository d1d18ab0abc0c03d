"""Dated exceptions: they excuse one rule for one agent, until the end of a day, and no longer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from fleetward.domain.finding import Finding, Severity
from fleetward.domain.fleet import Snapshot, Standing, Waiver
from fleetward.rules.rule import Wrong, rule
from fleetward.rules.selectors import today

UNUSED = "waiver-unused"
SOON = timedelta(days=30)
"""How long before its last day a waiver is said to end soon."""


@rule("waiver-expired", Severity.ERROR, among={})
def waiver_expired(fleet: Snapshot, now: datetime) -> Iterator[Wrong]:
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
            yield _of(waiver, message, "cure what it waives and take it out, or have it approved again")


@rule(UNUSED, Severity.WARNING, among={})
def waiver_unused(fleet: Snapshot, now: datetime) -> Iterator[Wrong]:
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


def waived(found: Iterable[Finding], waivers: tuple[Waiver, ...], now: datetime) -> tuple[Finding, ...]:
    """The same findings; those that a waiver in force excuses are marked."""
    holding = tuple(waiver for waiver in waivers if in_force(waiver, now))
    return tuple(
        replace(one, waived=True) if any(waiver.excuses(one) for waiver in holding) else one for one in found
    )


def unused(found: Iterable[Finding], waivers: tuple[Waiver, ...], now: datetime) -> Iterator[Wrong]:
    """A wrong for each waiver in force that excuses none of these findings."""
    findings = tuple(found)
    for waiver in waivers:
        if in_force(waiver, now) and not any(waiver.excuses(one) for one in findings):
            message = f"nothing is found that the waiver of {waiver.rule!r} for {waiver.agent!r} would excuse"
            yield _of(waiver, message, "take it out, or correct its rule, agent or environment")


def standing(waiver: Waiver, found: Iterable[Finding], now: datetime) -> Standing:
    """How a waiver stands at *now*; *found* is all that rules have found."""
    if not in_force(waiver, now):
        return Standing.EXPIRED
    if not any(waiver.excuses(one) and one.waived for one in found):
        return Standing.UNUSED
    return Standing.EXPIRES_SOON if not in_force(waiver, now + SOON) else Standing.ACTIVE


def in_force(waiver: Waiver, now: datetime) -> bool:
    """Has its last day not passed?"""
    return today(now) <= waiver.expires


def _of(waiver: Waiver, message: str, hint: str) -> Wrong:
    return Wrong(
        place=waiver.place, message=message, hint=hint, environment=waiver.environment, agent=waiver.agent
    )
