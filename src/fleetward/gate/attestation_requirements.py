"""Whether an agent was attested as the policy asks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

from fleetward.domain.attestation import FLEET, Attestation, Result
from fleetward.domain.policy import Policy, PolicyRule, RequiredAttestation
from fleetward.domain.verdict import Requirement, RequirementStatus
from fleetward.gate.request import PromotionRequest


def attested(
    request: PromotionRequest,
    rule: PolicyRule,
    required: RequiredAttestation,
    policy: Policy,
    now: datetime,
) -> tuple[Requirement, tuple[str, ...]]:
    """
    Whether the agent was attested on as many days as *required*, and the files of the attestations that met it.

    The last day of the age counts. A failed attestation takes back those before it: "stable" means without a failure
    in between.
    """
    today = now.astimezone(UTC).date()
    own = policy.attestations.get(required.kind)
    of_fleet = own is not None and own.of_fleet
    about = [
        attestation
        for attestation in request.attestations
        if attestation.kind == required.kind
        and (of_fleet or attestation.is_about(request.binding.environment))
    ]
    failed = [
        attestation.on
        for attestation in about
        if attestation.fault is None and attestation.result is Result.FAILED
    ]
    last_failed = max(failed, default=None)
    files_by_day: dict[date, str] = {}
    for attestation in sorted(about, key=lambda item: item.file):
        if _reason(attestation, required, last_failed, today) is None:
            files_by_day.setdefault(attestation.on, attestation.file)
    days = sorted(files_by_day)
    is_met = len(days) >= required.count
    detail = f"on {', '.join(map(str, days))}" if days else "never"
    if not is_met:
        detail = _missing(request, required, about, last_failed, today, days, of_fleet=of_fleet)
    requirement = Requirement(
        rule=rule.id,
        kind="attested",
        condition=_condition(required),
        status=RequirementStatus.MET if is_met else RequirementStatus.MISSING,
        by=tuple(sorted({item.person for item in about if item.on in days and item.fault is None})),
        detail=detail,
    )
    # the newest: as many as were asked, and none that met nothing
    return requirement, tuple(files_by_day[day] for day in days[-required.count :]) if is_met else ()


def _reason(
    attestation: Attestation, required: RequiredAttestation, last_failed: date | None, today: date
) -> str | None:
    """Why it does not count for *required*; None where it does."""
    if attestation.fault is not None:
        return attestation.fault
    if attestation.result is Result.FAILED:
        return "it failed"
    if last_failed is not None and attestation.on <= last_failed:
        return f"a later one failed, on {last_failed}"
    if required.outcomes and attestation.outcome not in required.outcomes:
        return f"its outcome is {attestation.outcome or 'not said'}"
    if required.max_age is not None and required.max_age.after(attestation.on) < today:
        return f"older than {required.max_age.text}"
    return None


def _condition(required: RequiredAttestation) -> str:
    parts = [required.kind]
    if required.outcomes:
        parts.append(" or ".join(sorted(required.outcomes)))
    if required.max_age is not None:
        parts.append(f"at most {required.max_age.text} old")
    if required.count > 1:
        parts.append(f"on {required.count} days")
    return ", ".join(parts)


def _missing(
    request: PromotionRequest,
    required: RequiredAttestation,
    about: Sequence[Attestation],
    last_failed: date | None,
    today: date,
    days: Sequence[date],
    *,
    of_fleet: bool,
) -> str:
    """What there is, why the newest does not count, and the command that adds one."""
    have = f"{len(days)} of {required.count}"
    # the newest that does not count: it is the one that somebody wonders about
    for attestation in sorted(about, key=lambda item: (item.on, item.file), reverse=True):
        reason = _reason(attestation, required, last_failed, today)
        if reason is not None:
            have += f"; {attestation.file} does not count: {reason}"
            break
    subject = f"--{FLEET}" if of_fleet else request.binding.agent
    outcome = f" --outcome {min(required.outcomes)}" if required.outcomes else ""
    return f"{have}; fleet attest {subject} --kind {required.kind}{outcome}"
