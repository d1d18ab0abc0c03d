"""A value that is wrong silences no rule about others, and no rule speaks of what it could not see."""

from typing import Any

import pytest

from tests.practices.edits import Edit, findings_after

AGENT = "refund-bot"
LATE = {"spec.review.lastReviewedAt": "2025-01-15"}


def rules_after(values: dict[str, Any]) -> list[str]:
    edit = Edit(edit="", rule="", set={**LATE, **values})
    return sorted(finding.rule for finding in findings_after(edit) if finding.agent == AGENT)


@pytest.mark.parametrize(
    ("values", "faults"),
    [
        ({"spec.escalation": None, "spec.escalaton": {"queue": "l2"}}, ["unknown-key"]),
        ({"spec.escalation": "l2"}, ["schema"]),
        ({"spec.budgets[day].haltAt": None, "spec.budgets[day].haltat": 60}, ["unknown-key"]),
        ({"spec.budgets[day]": {"window": "day", "alertAt": 40}}, ["schema"]),
        ({"spec.evals[safety].min": None}, ["schema"]),
        ({"spec.evals": "all"}, ["schema"]),
        ({"spec.risk.factors.financialImpact": "huge"}, ["schema"]),
        (
            {"spec.risk.factors.financialImpact": None, "spec.risk.factors.financialImpct": "none"},
            ["unknown-key"],
        ),
        ({"spec.risk.tier": ["high"]}, ["schema"]),
        ({"spec.risk": None}, ["schema"]),
        ({"spec.lifecycle": "prodution"}, ["schema"]),
        ({"spec.model.provider": None}, ["schema"]),
        ({"spec.owner.team": None}, ["schema"]),
        ({"spec.guardrails.humanReview": "yes"}, ["schema"]),
        ({"spec.tools[crm].allow": "customer.read"}, ["schema"]),
        ({"spec.prompts[system].file": 7}, ["schema"]),
        ({"metadata.name": None}, ["schema"]),
    ],
    ids=lambda value: " ".join(value),
)
def test_rules_run_on_what_is_readable(values: dict[str, Any], faults: list[str]) -> None:
    assert rules_after(values) == sorted(["review-overdue", *faults])


def test_a_key_that_is_like_none_hides_nothing() -> None:
    absent = {"spec.escalation": None, "spec.zzz": {"queue": "l2"}}

    assert "required-for-tier" in rules_after(absent)


def test_without_a_readable_spec_rules_say_nothing() -> None:
    assert rules_after({"spec": "later"}) == ["schema"]
