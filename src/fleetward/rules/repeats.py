"""One absent field is one finding, also where the policy asks for the field and a rule of its own misses it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from fleetward.domain.finding import Finding
from fleetward.domain.path import covers

REQUIRED = "required-for-tier"
_FIELDS: Mapping[str, str] = {
    "assessment-stale": "spec.risk.assessedAt",
    "budget-missing": "spec.budgets",
    "disclosure-missing": "spec.disclosure.aiDisclosed",
    "escalation-no-context": "spec.escalation.context",
    "escalation-untested": "spec.escalation.lastTestedAt",
    "eval-missing": "spec.evals",
    "kill-switch-untested": "spec.guardrails.killSwitch.testedAt",
    "model-no-fallback": "spec.model.fallbacks",
    "output-review-missing": "spec.observability.outputReview",
    "retention-short": "spec.observability.retention",
    "retirement-missing": "spec.retirement.criteria",
    "review-overdue": "spec.review.lastReviewedAt",
}
"""The one field whose absence a rule finds."""
_FIELDS_OF_ITEMS: Mapping[str, str] = {
    "budget-no-halt": ".haltAt",
    "escalation-nobody": "",
    "knowledge-unowned": ".owner",
    "state-without-owner": ".owner",
}
"""The same below the place of the finding."""


def without_repeated_fields(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """
    The findings without those that repeat what another says of the same absent field.

    The more severe finding stays, and of two alike the one of the field's own rule; where the whole group around the
    field is absent, the one about the group. A waived finding excuses its own rule alone: the other one stays.
    """
    reported = tuple(findings)
    required = [finding for finding in reported if finding.rule == REQUIRED and not finding.waived]
    replaced: dict[int, Finding | None] = {}
    for exact in reported if required else ():
        field = _absent_field(exact)
        if not field or exact.waived:
            continue
        for asked in required:
            if not _is_of_agent(asked, exact) or not covers(asked.subject, field):
                continue
            if exact.severity.rank > asked.severity.rank:
                replaced[id(exact)] = None
                # the field's own rule knows best what to write
                if asked.subject == field:
                    replaced[id(asked)] = replace(asked, hint=exact.hint)
            elif asked.subject == field:
                replaced[id(asked)] = None
            elif exact.severity is asked.severity:
                replaced[id(exact)] = None
    candidates = (replaced.get(id(finding), finding) for finding in reported)
    return tuple(finding for finding in candidates if finding is not None)


def _is_of_agent(first: Finding, second: Finding) -> bool:
    return (first.environment, first.agent) == (second.environment, second.agent)


def _absent_field(finding: Finding) -> str:
    """The field that is absent if the policy misses it as well; empty for other findings."""
    if (inner := _FIELDS_OF_ITEMS.get(finding.rule)) is not None:
        return f"{finding.subject}{inner}"
    return _FIELDS.get(finding.rule, "")
