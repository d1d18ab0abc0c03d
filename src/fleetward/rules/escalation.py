"""Escalations and the kill switch: who answers, with which context, and when they were tested."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from fleetward.domain.finding import Severity
from fleetward.domain.fleet import Snapshot
from fleetward.domain.manifest import Manifest
from fleetward.rules.duty_fields import escalates
from fleetward.rules.rule import Violation, rule, violation
from fleetward.rules.selectors import (
    attest_hint,
    in_service,
    is_above_medium,
    is_person_or_team,
    is_staffed,
    last_done,
    limit,
    parse_duration,
    suggestion,
    today,
    unretired,
)

GROUP = "spec.escalation"
RESPONSIBLE = f"{GROUP}.responsible"
ROLE = "spec.owner.roles.escalation"
TESTED = f"{GROUP}.lastTestedAt"
ACKNOWLEDGE = f"{GROUP}.sla.acknowledge"
KILL_SWITCH = "spec.guardrails.killSwitch"
ESCALATION_PARTS = ("triggers", "default", "sla", "onTimeout")
LONGEST_WAIT = timedelta(days=1)


@rule("escalation-nobody", Severity.ERROR)
def escalation_nobody(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    The agent escalates or parks work, and nobody takes it over.

    Why: an escalation into an empty queue looks safe, but no human ever answers.
    Bad:
        escalation: {default: escalate, queue: helpdesk/l2}
    Good:
        escalation: {default: escalate, queue: helpdesk/l2, responsible: support}
    Fix: name the queue, and as responsible an active person or a team with active members.
    """
    for manifest in unretired(fleet):
        if escalates(manifest):
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
    Nobody has tested the escalation recently.

    Why: queues are renamed and shifts are reorganised. A real emergency is a bad moment to find out.
    Bad:
        escalation: {queue: helpdesk/l2, responsible: support, lastTestedAt: 2025-01-10}
    Good:
        escalation: {queue: helpdesk/l2, responsible: support, lastTestedAt: 2026-10-12}
    Fix: trigger an escalation on purpose, see who answers, and write the date. `limits.escalationTest` in the
    policy sets the greatest age.
    """
    for manifest in in_service(fleet):
        if escalates(manifest):
            yield from _overdue_test(fleet, manifest, TESTED, "escalationTest", "the escalation", now)


@rule("escalation-no-context", Severity.WARNING)
def escalation_no_context(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    An escalation hands over no context.

    Why: the person who takes over starts from zero, and the customer tells everything twice.
    Bad:
        escalation: {queue: helpdesk/l2, responsible: support}
    Good:
        escalation: {queue: helpdesk/l2, responsible: support, context: [conversation, actions, reason]}
    Fix: list the information that the person who takes over needs.
    """
    for manifest in unretired(fleet):
        if escalates(manifest) and not manifest.has(f"{GROUP}.context"):
            message = "escalations hand over no context"
            yield violation(
                manifest, f"{GROUP}.context", message, "list what the person who takes over needs to see"
            )


@rule("escalation-acts-on-timeout", Severity.ERROR)
def escalation_acts_on_timeout(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    The agent goes ahead if no human answers in time.

    Why: then waiting is enough to get past the human, and busy days have no review.
    Bad:
        escalation: {default: escalate, onTimeout: act}
    Good:
        escalation: {default: escalate, onTimeout: park}
    Fix: write park, deny or escalate. The same holds for guardrails.humanReview.onTimeout.
    """
    for manifest in fleet.manifests:
        for path in (f"{GROUP}.onTimeout", "spec.guardrails.humanReview.onTimeout"):
            if manifest.get(path) == "act":
                message = "the agent goes ahead when no human answers"
                yield violation(manifest, path, message, "write onTimeout: park, deny or escalate")


@rule("escalation-incomplete", Severity.WARNING)
def escalation_incomplete(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    An escalation has no triggers, no default, no SLA or no onTimeout.

    Why: without triggers nothing escalates, without an SLA nobody knows how long to wait, and what nobody wrote
    down is decided by whoever builds the agent.
    Bad:
        escalation: {queue: helpdesk/l2, responsible: support}
    Good:
        escalation:
          default: escalate
          triggers: [{when: confidence, below: 0.8}]
          queue: helpdesk/l2
          responsible: support
          sla: {acknowledge: PT30M, resolve: PT8H}
          onTimeout: park
    Fix: write the missing keys.
    """
    for manifest in unretired(fleet):
        missing = [key for key in ESCALATION_PARTS if not manifest.has(f"{GROUP}.{key}")]
        if "sla" not in missing and not manifest.has(ACKNOWLEDGE):
            missing.append("sla.acknowledge")
        if manifest.has(GROUP) and missing:
            lacking = ", ".join(missing)
            hint = f"write {', '.join(f'{GROUP}.{key}' for key in missing)}"
            yield violation(manifest, f"{GROUP}.{missing[0]}", f"the escalation has no {lacking}", hint)


@rule("sla-too-long", Severity.WARNING)
def sla_too_long(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    The tier is above medium, and an escalation may wait more than a day until somebody sees it.

    Why: an agent of this tier escalates what it must not decide. After a day the customer has decided.
    Bad:
        escalation: {sla: {acknowledge: P3D}}
    Good:
        escalation: {sla: {acknowledge: PT30M}}
    Fix: shorten sla.acknowledge to a day or less, or name somebody who can answer sooner.
    """
    for manifest in unretired(fleet):
        written = manifest.get(ACKNOWLEDGE)
        longest = parse_duration(written)
        if longest is not None and longest > LONGEST_WAIT and is_above_medium(fleet, manifest):
            message = f"an escalation may wait {written} until somebody sees it"
            yield violation(manifest, ACKNOWLEDGE, message, "write P1D or less")


@rule("kill-switch-untested", Severity.WARNING)
def kill_switch_untested(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    Nobody has tested the kill switch recently.

    Why: nobody knows whether an untested switch works.
    Bad:
        guardrails: {killSwitch: {how: "flag:agents.refund-bot"}}
    Good:
        guardrails: {killSwitch: {how: "flag:agents.refund-bot", testedAt: 2026-10-12}}
    Fix: use the switch, see the agent stop, and write the date. `limits.killSwitchTest` in the policy sets the
    greatest age.
    """
    for manifest in in_service(fleet):
        if manifest.has(KILL_SWITCH):
            yield from _overdue_test(
                fleet, manifest, f"{KILL_SWITCH}.testedAt", "killSwitchTest", "the kill switch", now
            )


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
        message = f"{name!r} is not active now"
    elif name in fleet.people.teams:
        message = f"the team {name!r} has no active member"
    else:
        message = f"no person or team named {name!r}"
    yield violation(manifest, path, message, f"name an active person, or a team with active members{near}")


def _overdue_test(
    fleet: Snapshot, manifest: Manifest, path: str, allowed: str, subject: str, now: datetime
) -> Iterator[Violation]:
    kind = "escalation-test" if path == TESTED else "kill-switch-test"
    tested, oldest = last_done(fleet, manifest, path, kind), limit(fleet, allowed)
    hint = f"try it, and record that: {attest_hint(manifest, kind)}"
    if tested is None:
        yield violation(manifest, path, f"{subject} was never tried", hint)
    elif tested > today(now):
        yield violation(manifest, path, f"the test of {tested} lies in the future", hint)
    elif oldest.after(tested) < today(now):
        yield violation(
            manifest, path, f"{subject} was last tried on {tested}, more than {oldest.words} ago", hint
        )
