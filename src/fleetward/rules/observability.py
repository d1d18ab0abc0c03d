"""Disclosure, evaluations, review of output and retention of traces."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from fleetward.domain.finding import Severity
from fleetward.domain.fleet import Snapshot
from fleetward.rules.prompts import file_references
from fleetward.rules.rule import Violation, rule, violation
from fleetward.rules.selectors import in_service, is_above_medium, limit, parse_period, unretired

OUTSIDERS = frozenset({"partners", "customers", "public"})
DISCLOSED = "spec.disclosure.aiDisclosed"
REVIEW = "spec.observability.outputReview"
RETENTION = "spec.observability.retention"


@rule("disclosure-missing", Severity.ERROR)
def disclosure_missing(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    People outside the organisation use the agent, and it does not disclose that it is an AI.

    Why: they have a right to know. More and more laws require it.
    Bad:
        purpose: {users: customers}
        disclosure: {persona: Ina}
    Good:
        purpose: {users: customers}
        disclosure: {persona: Ina, aiDisclosed: true}
    Fix: let the agent say that it is an AI, and write disclosure.aiDisclosed: true.
    """
    for manifest in unretired(fleet):
        audiences = {
            manifest.get("spec.purpose.users"),
            manifest.get("spec.risk.factors.externalVisibility"),
        } & OUTSIDERS
        if audiences and manifest.get(DISCLOSED) is not True:
            message = f"used by {' and '.join(sorted(audiences))}, and it does not say that it is an AI"
            yield violation(manifest, DISCLOSED, message, "let it say so, and write aiDisclosed: true")


@rule("eval-missing", Severity.ERROR)
def eval_missing(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    The agent has no evaluation.

    Why: without an evaluation, every change of model or prompt is tested on the users.
    Bad:
        lifecycle: production
        evals: []
    Good:
        lifecycle: production
        evals: [{name: quality, suite: evals/quality.yaml, format: promptfoo, metric: pass-rate, min: 0.95}]
    Fix: write a suite, even of ten cases, and list it. Drafts need none.
    """
    for manifest in in_service(fleet):
        if not manifest.items("spec.evals"):
            yield violation(
                manifest, "spec.evals", "nothing evaluates it", "add a suite with a metric and a min or max"
            )


@rule("eval-suite-missing", Severity.ERROR)
def eval_suite_missing(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    An evaluation names a suite that is not in the agent's folder, or is empty.

    Why: the suite is part of the release. A suite outside the folder could be weakened without a review, and an empty
    one asks nothing.
    Bad:
        evals: [{name: quality, suite: ../shared/quality.yaml}]
    Good:
        evals: [{name: quality, suite: evals/quality.yaml}]
    Fix: add the file, or correct the path.
    """
    for agent in fleet.effective_agents:
        if agent.manifest is None:
            continue
        for path, name, suite in file_references(agent, agent.manifest, "spec.evals", "suite"):
            if suite is None:
                hint = f"add the file to {agent.folder}, or name one that is there"
                yield violation(agent.manifest, path, f"no suite {name!r} in the agent's folder", hint)
            elif suite.text is not None and not suite.text.strip():
                hint = f"write the cases into {agent.folder}/{name}"
                yield violation(agent.manifest, path, f"{name!r} is empty", hint)


@rule("output-review-missing", Severity.WARNING)
def output_review_missing(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    The tier is above medium, and nobody reviews a sample of the output.

    Why: an agent can be available and fast, and wrong all day. Measures of availability do not show it.
    Bad:
        observability: {traces: otel}
    Good:
        observability: {traces: otel, outputReview: {sample: 0.05, cadence: P7D, by: support}}
    Fix: write how much is reviewed, how often, and by whom.
    """
    for manifest in in_service(fleet):
        # a sample of 0 is a finding of value-disarms
        if is_above_medium(fleet, manifest) and manifest.get(f"{REVIEW}.sample") is None:
            yield violation(
                manifest, REVIEW, "nobody reads what it says", "add outputReview with sample, cadence and by"
            )


@rule("retention-short", Severity.WARNING)
def retention_short(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    The tier is above medium, and traces are deleted too early or have no retention.

    Why: complaints and audits often concern events of half a year ago or more.
    Bad:
        observability: {traces: otel, retention: P30D}
    Good:
        observability: {traces: otel, retention: P200D}
    Fix: keep traces at least as long as `limits.retention` in the policy says.
    """
    least = limit(fleet, "retention")
    for manifest in in_service(fleet):
        retention = parse_period(manifest.get(RETENTION))
        # months are taken at their shortest: a finding must not come and go with the day
        if is_above_medium(fleet, manifest) and (retention is None or retention.shortest < least.shortest):
            written = manifest.get(RETENTION)
            message = (
                "nothing says how long traces are kept"
                if written is None
                else f"traces are kept for {written!r} only"
            )
            yield violation(manifest, RETENTION, message, f"write retention: {least.text} or more")
