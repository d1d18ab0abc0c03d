"""Practices that are not written down, and those that contradict each other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from fleetward.domain.finding import Severity
from fleetward.domain.fleet import Snapshot
from fleetward.domain.manifest import Manifest
from fleetward.domain.path import covers
from fleetward.rules.risk_tiers import missing_required
from fleetward.rules.rule import Violation, rule, violation
from fleetward.rules.selectors import is_above_lowest, is_above_medium, keyed_items, unretired

HUMAN_REVIEW = "spec.guardrails.humanReview"
SCOPE = ("spec.purpose.inScope", "spec.purpose.outOfScope")
CUSTOMERS = frozenset({"customers", "public"})


@rule("practice-missing", Severity.NOTE)
def practice_missing(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    The agent leaves out what well-kept agents say about themselves.

    Why: whoever takes over at night, or decides in a year, finds only what is written here.
    Bad:
        risk: {tier: medium}
        purpose: {summary: Answer questions about orders}
    Good:
        risk: {tier: medium}
        class: capability
        purpose: {summary: Answer questions about orders, outOfScope: [refunds]}
        review: {cadence: P90D, lastReviewedAt: 2026-10-15, heartbeat: P7D}
        guardrails: {killSwitch: {how: "flag:agents.desk-bot", testedAt: 2026-10-12}}
    Fix: write what the message lists, or ask for it in the policy: `required` makes it an error.
    """
    for manifest in unretired(fleet):
        required = missing_required(fleet, manifest)
        missing = [
            path
            for path in _missing_practices(fleet, manifest)
            if not any(covers(entry.path, path) or covers(path, entry.path) for entry in required)
        ]
        if missing:
            fields = ", ".join(path.removeprefix("spec.") for path in missing)
            yield violation(manifest, missing[0], f"the manifest leaves out {fields}", f"write {fields}")


@rule("review-contradicts", Severity.WARNING)
def review_contradicts(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    A tool asks for a human before it acts, and nothing says who that is.

    Why: the call waits for a person whom nobody has named, or goes out because nobody was there.
    Bad:
        tools: [{name: bank, allow: [payment.send], access: write, approval: always}]
        guardrails: {input: [prompt-injection]}
    Good:
        tools: [{name: bank, allow: [payment.send], access: write, approval: always}]
        guardrails: {humanReview: {required: [bank], approvers: payments, onTimeout: deny}}
    Fix: write guardrails.humanReview with required, approvers and onTimeout, or take the approval away.
    """
    for manifest in unretired(fleet):
        if manifest.has(HUMAN_REVIEW):
            continue
        waiting = [
            (path, tool)
            for path, tool in keyed_items(manifest, "spec.tools")
            if tool.get("approval") in ("always", "on-irreversible")
        ]
        if waiting:
            names = ", ".join(repr(tool.get("name")) for _, tool in waiting)
            verb = "asks" if len(waiting) == 1 else "ask"
            message = f"{names} {verb} a human first, and guardrails.humanReview does not say whom"
            hint = f"write {HUMAN_REVIEW} with required, approvers and onTimeout"
            yield violation(manifest, f"{waiting[0][0]}.approval", message, hint)


def _missing_practices(fleet: Snapshot, manifest: Manifest) -> Iterator[str]:
    asked = ["spec.class", "spec.review.cadence", "spec.review.heartbeat"]
    if is_above_lowest(fleet, manifest):
        asked.append("spec.guardrails.killSwitch")
    if is_above_medium(fleet, manifest):
        asked.append("spec.owner.roles")
    audiences = {
        manifest.get("spec.purpose.users"),
        manifest.get("spec.risk.factors.externalVisibility"),
    }
    if audiences & CUSTOMERS:
        asked.append("spec.disclosure.persona")
    yield from (path for path in asked if not manifest.has(path))
    if not any(map(manifest.has, SCOPE)):
        yield SCOPE[0]
        yield SCOPE[1]
