"""The risk tier of an agent: defined, high enough, assessed, and with the fields that it requires."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Severity
from fleetward.domain.fleet import Snapshot
from fleetward.domain.manifest import Manifest
from fleetward.domain.path import covers
from fleetward.domain.required_fields import missing_fields
from fleetward.domain.risk import required_floor
from fleetward.rules.rule import Violation, rule, violation
from fleetward.rules.selectors import attest_hint, last_done, limit, suggestion, today, unretired

TIER = "spec.risk.tier"
ASSESSED = "spec.risk.assessedAt"


@rule("tier-undefined", Severity.ERROR)
def tier_undefined(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    The policy does not define this risk tier.

    Why: no requirement of the policy names this tier, so it is not clear who must approve.
    Bad:
        risk: {tier: moderate}
    Good:
        risk: {tier: medium}
    Fix: use a tier of governance/policy.yaml.
    """
    if fleet.policy is None:
        return
    for manifest in fleet.manifests:
        if manifest.tier not in fleet.policy.tiers:
            near = suggestion(str(manifest.tier), frozenset(fleet.policy.tiers))
            hint = f"write one of {', '.join(fleet.policy.tiers)}{near}"
            yield violation(manifest, TIER, f"no tier named {manifest.tier!r}", hint)


@rule("tier-below-floor", Severity.ERROR)
def tier_below_floor(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    The declared tier is lower than the agent's factors and tools require.

    Why: the tier decides who must approve. A low tier in the manifest must not make a risky agent look
    harmless. If factors are written, a factor that is left out counts as its highest value. If none is written, tools
    and connectors say what they imply. A tool whose operations write, delete or pay has at least write access, whatever
    it declares. Only governance/connectors.yaml makes an operation milder (`operations`, `access` of a connector).
    Bad:
        # policy.yaml: floors: {medium: [{externalVisibility: customers}]}
        risk: {tier: low, factors: {externalVisibility: customers}}
    Good:
        risk: {tier: medium, factors: {externalVisibility: customers}}
    Fix: raise the tier, or remove the reason for it (the access of a tool, a kind of user).
    """
    if fleet.policy is None:
        return
    for manifest in fleet.manifests:
        floor_and_line = required_floor(manifest, fleet.policy)
        if floor_and_line is None or fleet.policy.tier_rank(manifest.tier) >= fleet.policy.tier_rank(
            floor_and_line[0]
        ):
            continue
        floor, line = floor_and_line
        reason = " and ".join(f"{factor} {value}" for factor, value in line.items())
        message = f"{manifest.tier!r} is below {floor!r}, the least that the policy asks for with {reason}"
        yield violation(manifest, TIER, message, f"write tier: {floor}, or take away what asks for it")


@rule("required-for-tier", Severity.ERROR)
def required_for_tier(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    A field that the policy requires for this tier is missing or empty.

    Why: the policy says what agents of each tier must document. Each tier includes the requirements of the
    tiers below it. `[]` in a path asks for the field in every item of a list; a list that is empty lacks nothing.
    Bad:
        # policy.yaml: required: {medium: [spec.owner.accountable]}
        owner: {team: payments}
        risk: {tier: medium}
    Good:
        owner: {team: payments, accountable: carla}
        risk: {tier: medium}
    Fix: write the field that the message names.
    """
    for manifest in fleet.manifests:
        for field in missing_required(fleet, manifest):
            since = "" if field.tier == manifest.tier else f", as every tier from {field.tier!r} on"
            message = f"tier {manifest.tier!r} requires {field.path!r}{since}"
            yield violation(manifest, field.path, message, f"write {field.path}")


@rule("assessment-stale", Severity.WARNING)
def assessment_stale(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    The risk was assessed too long ago, in the future, or (above the lowest tier) never.

    Why: agents gain tools and users over time. An old assessment describes another agent.
    Bad:
        risk: {tier: high, assessedAt: 2024-03-01}
    Good:
        risk: {tier: high, assessedAt: 2026-09-01}
    Fix: assess the risk again and write the date. `limits.assessment` in the policy sets the greatest age.
    """
    allowed = limit(fleet, "assessment")
    for manifest in unretired(fleet):
        written, assessed = manifest.has(ASSESSED), last_done(fleet, manifest, ASSESSED, "risk-assessment")
        lowest = fleet.policy is not None and fleet.policy.tier_rank(manifest.tier) == 0
        hint = f"assess the risk, and record that: {attest_hint(manifest, 'risk-assessment')}"
        if assessed is None and (written or not lowest):
            yield violation(manifest, ASSESSED, "the risk has not been assessed on any day", hint)
        elif assessed is not None and assessed > today(now):
            yield violation(manifest, ASSESSED, f"the assessment of {assessed} lies in the future", hint)
        elif assessed is not None and allowed.after(assessed) < today(now):
            yield violation(
                manifest, ASSESSED, f"the assessment of {assessed} is older than {allowed.words}", hint
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingField:
    """A field that the policy requires and a manifest lacks, and the lowest tier that requires it."""

    path: str
    tier: str


def missing_required(fleet: Snapshot, manifest: Manifest) -> tuple[MissingField, ...]:
    """What the policy requires for the tier of *manifest* and it lacks, each path once; nothing for an unknown tier."""
    policy = fleet.policy
    if policy is None or manifest.tier not in policy.tiers:
        return ()
    missing: dict[str, MissingField] = {}
    for tier in policy.tiers[: policy.tier_rank(manifest.tier) + 1]:
        for required in policy.required.get(tier, ()):
            for path in filter(manifest.sees, missing_fields(manifest.data, required)):
                missing.setdefault(path, MissingField(path=path, tier=tier))
    # what lies in a missing field is not missing as well
    return tuple(
        field
        for field in missing.values()
        if not any(other != field.path and covers(other, field.path) for other in missing)
    )
