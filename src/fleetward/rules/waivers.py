"""Dated exceptions: they excuse one rule for one agent, until the end of a day, and no longer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from fleetward.domain.finding import Finding, Severity
from fleetward.domain.fleet import Snapshot, Waiver
from fleetward.rules.asking import today
from fleetward.rules.rule import Wrong, rule

UNUSED = "waiver-unused"


@rule("waiver-expired", Severity.ERROR)
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
        if not _holds(waiver, now):
            message = f"the waiver of {waiver.rule!r} for {waiver.agent!r} expired on {waiver.expires}"
            yield _of(waiver, message, "cure what it waives and take it out, or have it approved again")


@rule(UNUSED, Severity.WARNING)
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
    holding = tuple(waiver for waiver in waivers if _holds(waiver, now))
    return tuple(
        replace(one, waived=True) if any(_excuses(waiver, one) for waiver in holding) else one
        for one in found
    )


def unused(found: Iterable[Finding], waivers: tuple[Waiver, ...], now: datetime) -> Iterator[Wrong]:
    """A wrong for each waiver in force that excuses none of these findings."""
    findings = tuple(found)
    for waiver in waivers:
        if _holds(waiver, now) and not any(_excuses(waiver, one) for one in findings):
            message = f"nothing is found that the waiver of {waiver.rule!r} for {waiver.agent!r} would excuse"
            yield _of(waiver, message, "take it out, or correct its rule, agent or environment")


def _holds(waiver: Waiver, now: datetime) -> bool:
    """Its last day still counts."""
    return today(now) <= waiver.expires


def _excuses(waiver: Waiver, found: Finding) -> bool:
    where = waiver.environment in (None, found.environment)
    return where and waiver.rule == found.rule and waiver.agent == found.agent


def _of(waiver: Waiver, message: str, hint: str) -> Wrong:
    return Wrong(
        place=waiver.place, message=message, hint=hint, environment=waiver.environment, agent=waiver.agent
    )
