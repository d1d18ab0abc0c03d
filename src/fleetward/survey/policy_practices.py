"""The practices of well-kept agents: from which tier on a policy asks for each, and which it leaves open."""

from __future__ import annotations

from collections.abc import Iterable

from fleetward.domain.policy import Policy
from fleetward.domain.practice import Practice
from fleetward.domain.required_fields import EVERY_ITEM

PRACTICES: tuple[tuple[str, str | None], ...] = (
    ("spec.class", "practice-missing"),
    ("spec.purpose.summary", None),
    ("spec.purpose.inScope", "practice-missing"),
    ("spec.purpose.outOfScope", "practice-missing"),
    ("spec.owner.accountable", None),
    ("spec.owner.backup", None),
    ("spec.owner.contact", None),
    ("spec.owner.roles", "practice-missing"),
    ("spec.risk.factors", None),
    ("spec.risk.assessedAt", "assessment-stale"),
    ("spec.model.fallbacks", "model-no-fallback"),
    ("spec.tools[].server.version", "server-floating"),
    ("spec.tools[].identity", None),
    ("spec.knowledge[].owner", "knowledge-unowned"),
    ("spec.knowledge[].classification", "knowledge-incomplete"),
    ("spec.knowledge[].maxAge", "knowledge-incomplete"),
    ("spec.sharedState[].owner", "state-without-owner"),
    ("spec.escalation", None),
    ("spec.escalation.triggers", "escalation-incomplete"),
    ("spec.escalation.queue", "escalation-nobody"),
    ("spec.escalation.responsible", "escalation-nobody"),
    ("spec.escalation.context", "escalation-no-context"),
    ("spec.escalation.sla", "escalation-incomplete"),
    ("spec.escalation.lastTestedAt", "escalation-untested"),
    ("spec.guardrails.humanReview", "review-contradicts"),
    ("spec.guardrails.humanReview.approvers", None),
    ("spec.guardrails.input", None),
    ("spec.guardrails.output", None),
    ("spec.guardrails.killSwitch", "practice-missing"),
    ("spec.guardrails.killSwitch.testedAt", "kill-switch-untested"),
    ("spec.disclosure.aiDisclosed", "disclosure-missing"),
    ("spec.disclosure.persona", "practice-missing"),
    ("spec.budgets", "budget-missing"),
    ("spec.budgets[].alertAt", "value-disarms"),
    ("spec.budgets[].haltAt", "budget-no-halt"),
    ("spec.slos", None),
    ("spec.evals", "eval-missing"),
    ("spec.evals[].maxAge", None),
    ("spec.observability.traces", None),
    ("spec.observability.outputReview", "output-review-missing"),
    ("spec.observability.retention", "retention-short"),
    ("spec.review.cadence", "practice-missing"),
    ("spec.review.heartbeat", "practice-missing"),
    ("spec.orchestration.limits", "triggers-without-limits"),
    ("spec.orchestration.antiLoop", "triggers-without-limits"),
    ("spec.pilot.exit", "pilot-incomplete"),
    ("spec.retirement.criteria", "retirement-missing"),
    ("spec.retirement.dataDisposition", None),
    ("spec.retirement.credentials", None),
)
"""The field of each practice, and the rule that speaks of its absence whatever the policy asks."""


def policy_practices(policy: Policy) -> tuple[Practice, ...]:
    """Every practice, and every other field that *policy* requires; those of the lowest tier first, open ones last."""
    practices = [Practice(path=path, tier=_lowest_tier(policy, path), rule=rule) for path, rule in PRACTICES]
    others = {path: tier for tier in reversed(policy.tiers) for path in policy.required.get(tier, ())}
    for path, _ in PRACTICES:
        others.pop(path, None)
    practices += [Practice(path=path, tier=tier, rule=None) for path, tier in others.items()]
    order = {tier: position for position, tier in enumerate(policy.tiers)}
    return tuple(sorted(practices, key=lambda practice: order.get(practice.tier or "", len(order))))


def _lowest_tier(policy: Policy, path: str) -> str | None:
    return next(
        (tier for tier in policy.tiers if _is_asked(path, policy.required.get(tier, ()))),
        None,
    )


def _is_asked(path: str, required: Iterable[str]) -> bool:
    """Is the field required, or one inside it? A field of every item says nothing of a list that is empty."""
    return any(
        field == path or (field.startswith(f"{path}.") and EVERY_ITEM not in field[len(path) :])
        for field in required
    )
