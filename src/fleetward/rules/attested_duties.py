"""Duties that a fleet attests: they count from the first attestation on, so that nobody is warned unasked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from fleetward.domain.attestation import KNOWLEDGE_CHECK
from fleetward.domain.finding import Severity
from fleetward.domain.fleet import Snapshot
from fleetward.domain.manifest import Manifest
from fleetward.rules.rule import Violation, rule, violation
from fleetward.rules.selectors import attest_hint, in_service, keyed_items, parse_period, today

OUTPUT_CADENCE = "spec.observability.outputReview.cadence"
HEARTBEAT = "spec.review.heartbeat"


@rule("output-review-overdue", Severity.WARNING)
def output_review_overdue(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    The outputs of the agent were reviewed, and then no longer as often as it says.

    Why: a sample that nobody reads finds nothing. The rule begins with the first review that was attested.
    Bad:
        observability: {outputReview: {sample: 0.05, cadence: P7D, by: support}}  # last attested a month ago
    Good:
        observability: {outputReview: {sample: 0.05, cadence: P7D, by: support}}  # attested this week
    Fix: read the sample and attest it with `fleet attest AGENT --kind output-review`.
    """
    for manifest in in_service(fleet):
        last = _last_attested(fleet, manifest, "output-review")
        yield from _overdue(
            manifest, OUTPUT_CADENCE, last, "output-review", "outputs were last reviewed", now
        )


@rule("knowledge-stale", Severity.WARNING)
def knowledge_stale(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    A source of knowledge was checked, and then no longer within its `maxAge`.

    Why: an agent repeats what its sources said, also after they became wrong. The rule begins with the first check
    that was attested.
    Bad:
        knowledge: [{name: policies, source: "kb:policies", maxAge: P7D}]  # last attested a month ago
    Good:
        knowledge: [{name: policies, source: "kb:policies", maxAge: P7D}]  # attested this week
    Fix: check the source and attest it with `fleet attest AGENT --kind knowledge-check --of NAME`.
    """
    for manifest in in_service(fleet):
        for path, source in keyed_items(manifest, "spec.knowledge"):
            name = str(source.get("name"))
            last = _last_attested(fleet, manifest, KNOWLEDGE_CHECK, name)
            kind = f"{KNOWLEDGE_CHECK} --of {name}"
            yield from _overdue(manifest, f"{path}.maxAge", last, kind, f"{name!r} was last checked", now)


@rule("heartbeat-missed", Severity.WARNING)
def heartbeat_missed(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    The agent had a heartbeat, and then none for longer than it says.

    Why: nobody looks at an agent that is silent. The rule begins with the first heartbeat that was attested.
    Bad:
        review: {heartbeat: P1D}  # last attested a week ago
    Good:
        review: {heartbeat: P1D}  # attested today
    Fix: look at the agent and attest it with `fleet attest AGENT --kind heartbeat`, by a robot if you like.
    """
    for manifest in in_service(fleet):
        last = _last_attested(fleet, manifest, "heartbeat")
        yield from _overdue(manifest, HEARTBEAT, last, "heartbeat", "its last heartbeat was", now)


def _last_attested(fleet: Snapshot, manifest: Manifest, kind: str, of: str | None = None) -> date | None:
    """The newest day of a passed attestation; the first of a failed one where none passed; None without any."""
    attestations = [
        attestation
        for attestation in fleet.attestations.get(manifest.name, ())
        if attestation.kind == kind
        and attestation.fault is None
        and attestation.of == of
        and attestation.is_about(manifest.environment)
    ]
    passed = [attestation.on for attestation in attestations if attestation.counts]
    # a failed one never renews, and the duty begins with it
    return max(passed) if passed else min((attestation.on for attestation in attestations), default=None)


def _overdue(
    manifest: Manifest, path: str, last: date | None, kind: str, subject: str, now: datetime
) -> Iterator[Violation]:
    written = manifest.get(path)
    period = parse_period(written)
    if last is None or period is None or period.after(last) >= today(now):
        return
    message = f"{subject} on {last}, which is longer ago than {written}"
    yield violation(manifest, path, message, f"do it, and record that: {attest_hint(manifest, kind)}")
