"""When an agent is out of its depth: somebody answers, knows what happened, and was tried."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from fleetward.domain.finding import Severity
from fleetward.domain.fleet import Snapshot
from fleetward.domain.manifest import Manifest
from fleetward.rules.rule import Violation, rule, violation
from fleetward.rules.selectors import (
    in_service,
    is_person_or_team,
    is_staffed,
    limit,
    parse_day,
    suggestion,
    today,
    unretired,
)

GROUP = "spec.escalation"
RESPONSIBLE = f"{GROUP}.responsible"
ROLE = "spec.owner.roles.escalation"
TESTED = f"{GROUP}.lastTestedAt"
KILL_SWITCH = "spec.guardrails.killSwitch"


@rule("escalation-nobody", Severity.ERROR)
def escalation_nobody(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    The agent escalates, or parks work, and nobody is there to take it.

    Why: an escalation to an empty queue looks safe on paper and is silence in practice.
    Bad:
        escalation: {default: escalate, queue: helpdesk/l2}
    Good:
        escalation: {default: escalate, queue: helpdesk/l2, responsible: support}
    Fix: name the queue, and as responsible a person who is with us or a team with people in it.
    """
    for manifest in unretired(fleet):
        if _escalates(manifest):
            for field in ("queue", "responsible"):
                if not manifest.has(f"{GROUP}.{field}"):
                    hint = f"write {GROUP}.{field}"
                    yield violation(manifest, f"{GROUP}.{field}", f"escalations have no {field}", hint)
            yield from _unstaffed_duty(fleet, manifest, RESPONSIBLE, now)
        if is_person_or_team(fleet, str(manifest.get(ROLE))):
            yield from _unstaffed_duty(fleet, manifest, ROLE, now)


@rule("escalation-untested", Severity.WARNING)
def escalation_untested(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    Nobody has tried the escalation lately.

    Why: queues are renamed and shifts reorganised; the first real emergency is a bad time to find out.
    Bad:
        escalation: {queue: helpdesk/l2, responsible: support, lastTestedAt: 2025-01-10}
    Good:
        escalation: {queue: helpdesk/l2, responsible: support, lastTestedAt: 2026-10-12}
    Fix: trigger one on purpose, see who answers, write the day. The age allowed is limits.escalationTest.
    """
    for manifest in in_service(fleet):
        if _escalates(manifest):
            yield from _overdue_test(fleet, manifest, TESTED, "escalationTest", "the escalation", now)


@rule("escalation-no-context", Severity.WARNING)
def escalation_no_context(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    An escalation hands over nothing about what happened.

    Why: whoever takes over starts from zero, and the customer tells everything twice.
    Bad:
        escalation: {queue: helpdesk/l2, responsible: support}
    Good:
        escalation: {queue: helpdesk/l2, responsible: support, context: [conversation, actions, reason]}
    Fix: list what the person who takes over needs to see.
    """
    for manifest in unretired(fleet):
        if _escalates(manifest) and not manifest.has(f"{GROUP}.context"):
            message = "escalations hand over no context"
            yield violation(
                manifest, f"{GROUP}.context", message, "list what the person who takes over needs to see"
            )


@rule("escalation-acts-on-timeout", Severity.ERROR)
def escalation_acts_on_timeout(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    Where no human answers in time, the agent goes ahead.

    Why: then waiting is all it takes to get past the human, and busy days are the days without review.
    Bad:
        escalation: {default: escalate, onTimeout: act}
    Good:
        escalation: {default: escalate, onTimeout: park}
    Fix: write park, deny or escalate; the same for guardrails.humanReview.onTimeout.
    """
    for manifest in fleet.manifests:
        for path in (f"{GROUP}.onTimeout", "spec.guardrails.humanReview.onTimeout"):
            if manifest.get(path) == "act":
                message = "the agent goes ahead when no human answers"
                yield violation(manifest, path, message, "write onTimeout: park, deny or escalate")


@rule("kill-switch-untested", Severity.WARNING)
def kill_switch_untested(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    Nobody has tried the kill switch lately.

    Why: a switch that was never thrown is a hope.
    Bad:
        guardrails: {killSwitch: {how: "flag:agents.refund-bot"}}
    Good:
        guardrails: {killSwitch: {how: "flag:agents.refund-bot", testedAt: 2026-10-12}}
    Fix: throw it, see the agent stop, write the day. The age allowed is limits.killSwitchTest in the policy.
    """
    for manifest in in_service(fleet):
        if manifest.has(KILL_SWITCH):
            yield from _overdue_test(
                fleet, manifest, f"{KILL_SWITCH}.testedAt", "killSwitchTest", "the kill switch", now
            )


def _escalates(manifest: Manifest) -> bool:
    """Is anything handed to a human? Not where it says to act, and nothing else triggers."""
    if not manifest.has(GROUP):
        return False
    return manifest.get(f"{GROUP}.default") != "act" or bool(manifest.items(f"{GROUP}.triggers"))


def _unstaffed_duty(fleet: Snapshot, manifest: Manifest, path: str, now: datetime) -> Iterator[Violation]:
    name = manifest.get(path)
    if name is None or is_staffed(fleet, name, now):
        return
    near = (
        ""
        if is_person_or_team(fleet, name)
        else suggestion(name, {**fleet.people.people, **fleet.people.teams})
    )
    if name in fleet.people.people:
        message = f"{name!r} is not with us now"
    elif name in fleet.people.teams:
        message = f"nobody is in the team {name!r} now"
    else:
        message = f"no person or team named {name!r}"
    yield violation(
        manifest, path, message, f"name a person who is with us, or a team with people in it{near}"
    )


def _overdue_test(
    fleet: Snapshot, manifest: Manifest, path: str, allowed: str, subject: str, now: datetime
) -> Iterator[Violation]:
    tested, oldest = parse_day(manifest.get(path)), limit(fleet, allowed)
    hint = f"try it, and write {path.rpartition('.')[2]}: {today(now)}"
    if tested is None:
        yield violation(manifest, path, f"{subject} was never tried", hint)
    elif tested > today(now):
        yield violation(manifest, path, f"the test of {tested} lies in the future", hint)
    elif today(now) - tested > oldest:
        yield violation(
            manifest, path, f"{subject} was last tried on {tested}, more than {oldest.days} days ago", hint
        )
