import pytest

from fleetward.changes import MEANINGS
from fleetward.domain.change import Significance
from tests.changes.situations import moved, spec

TOOL = {"name": "mail", "connector": "mail", "allow": ["send"], "access": "write"}

SITUATIONS = [
    ({"risk__tier": "medium"}, "governance/tier-lowered", "looser", "critical"),
    ({"risk__tier": "critical"}, "governance/tier-raised", "stricter", "medium"),
    ({"risk__tier": "terrible"}, "governance/tier-unordered", "unknown", "critical"),
    ({"guardrails__humanReview": None}, "guardrail/human-review-weakened", "looser", "critical"),
    ({"guardrails__humanReview__required": []}, "guardrail/human-review-weakened", "looser", "critical"),
    ({"guardrails__humanReview__onTimeout": "act"}, "guardrail/human-review-weakened", "looser", "critical"),
    ({"guardrails__killSwitch": None}, "guardrail/kill-switch-removed", "looser", "critical"),
    ({"guardrails__killSwitch__testedAt": "2026-11-01"}, "guardrail/kill-switch-tested", "stricter", "low"),
    ({"guardrails__input": ["pii"]}, "guardrail/guardrail-off", "looser", "critical"),
    ({"guardrails__output": ["pii"]}, "guardrail/guardrail-on", "stricter", "low"),
    ({"disclosure__aiDisclosed": False}, "guardrail/disclosure-off", "looser", "critical"),
    ({"tools__0__approval": "never"}, "guardrail/approval-weakened", "looser", "critical"),
    ({"tools__0__approval": "always"}, "guardrail/approval-strengthened", "stricter", "low"),
    ({"tools__0__access": "admin"}, "privilege/admin-access", "looser", "critical"),
    ({"tools__1__access": "write"}, "privilege/access-widened", "looser", "high"),
    ({"tools__0__access": "read"}, "privilege/access-narrowed", "stricter", "low"),
    ({"tools__0__allow": ["read", "draft", "send"]}, "privilege/allow-widened", "looser", "high"),
    ({"tools__0__allow": ["read", "draft", "*"]}, "privilege/wildcard-allowed", "looser", "critical"),
    ({"tools__0__allow": ["read", "draft", "order.*"]}, "privilege/wildcard-allowed", "looser", "critical"),
    ({"tools__0__allow": ["read", "draft", "crm.admin"]}, "privilege/wildcard-allowed", "looser", "critical"),
    ({"tools__0__allow": ["read"]}, "privilege/allow-narrowed", "stricter", "low"),
    ({"tools__0__reversible": False}, "privilege/irreversible", "looser", "high"),
    ({"tools__0__connector": "other"}, "privilege/tool-replaced", "unknown", "high"),
    ({"tools__2": TOOL}, "privilege/tool-added", "looser", "high"),
    ({"tools__2": {**TOOL, "allow": ["*"]}}, "privilege/tool-unrestricted", "looser", "critical"),
    ({"tools__2": {**TOOL, "access": "admin"}}, "privilege/tool-unrestricted", "looser", "critical"),
    ({"tools__1": None}, "privilege/tool-removed", "stricter", "low"),
    ({"knowledge__1": {"name": "hr", "source": "kb:hr"}}, "data/source-added", "looser", "high"),
    ({"knowledge__0": None}, "data/source-removed", "stricter", "low"),
    ({"knowledge__0__classification": "restricted"}, "data/classification-widened", "looser", "high"),
    ({"knowledge__0__maxAge": "P30D"}, "data/freshness-relaxed", "looser", "medium"),
    ({"model__name": "claude-opus-4-6"}, "behaviour/model-changed", "neutral", "high"),
    ({"model__digest": "sha256:0"}, "behaviour/model-changed", "neutral", "high"),
    ({"model__upgradePolicy": "on-new-default"}, "behaviour/upgrade-policy-loosened", "looser", "high"),
    ({"model__parameters__temperature": 1}, "behaviour/parameter-changed", "unknown", "medium"),
    ({"model__fallbacks__1": None}, "reliability/fallback-changed", "neutral", "medium"),
    ({"prompts__1": {"name": "tone", "file": "t.md"}}, "behaviour/prompt-added", "neutral", "high"),
    ({"dependsOn__1": {"agent": "other"}}, "topology/dependency-added", "neutral", "medium"),
    ({"evals__0__min": 0.8}, "guardrail/threshold-lowered", "looser", "high"),
    ({"evals__0__min": 0.95}, "guardrail/threshold-raised", "stricter", "low"),
    ({"evals__0__min": None}, "guardrail/threshold-lowered", "looser", "high"),
    ({"evals__0": None}, "guardrail/suite-removed", "looser", "high"),
    ({"budgets__0__haltAt": 90}, "cost/halt-raised", "looser", "high"),
    ({"budgets__0__haltAt": None}, "cost/halt-removed", "looser", "critical"),
    ({"budgets__0": None}, "cost/halt-removed", "looser", "critical"),
    ({"budgets__0__alertAt": 50}, "cost/alert-raised", "looser", "medium"),
    ({"escalation__sla__acknowledge": "PT1H"}, "guardrail/sla-lengthened", "looser", "high"),
    ({"escalation__sla": None}, "guardrail/sla-lengthened", "looser", "high"),
    ({"escalation__triggers__0__above": 500}, "guardrail/escalation-changed", "neutral", "high"),
    ({"escalation__triggers__1": None}, "guardrail/escalation-weakened", "looser", "high"),
    ({"escalation__default": "act"}, "guardrail/escalation-weakened", "looser", "high"),
    ({"owner__accountable": None}, "governance/owner-emptied", "looser", "critical"),
    ({"owner__team": "other"}, "governance/owner-changed", "neutral", "high"),
    ({"owner__backup": None}, "governance/owner-changed", "looser", "high"),
    ({"observability__outputReview": None}, "guardrail/review-sampling-lowered", "looser", "high"),
    ({"observability__outputReview__sample": 0.01}, "guardrail/review-sampling-lowered", "looser", "high"),
    ({"review__heartbeat": "P7D"}, "governance/heartbeat-changed", "looser", "medium"),
    ({"retirement__criteria__1__date": "2028-12-31"}, "lifecycle/retirement-postponed", "looser", "medium"),
    ({"retirement__criteria__1": None}, "lifecycle/retirement-removed", "looser", "high"),
    ({"retirement": None}, "lifecycle/retirement-removed", "looser", "high"),
    ({"suspended": True}, "lifecycle/suspended", "stricter", "low"),
    ({"x-team": {"a": 1}}, "unknown/value-changed", "unknown", "medium"),
    ({"endpoints": {"api": "https://a.example"}}, "reliability/api-added", "neutral", "medium"),
]


@pytest.mark.parametrize(("edit", "rule", "direction", "significance"), SITUATIONS)
def test_what_moved_is_named_weighed_and_given_its_direction(edit, rule, direction, significance):
    changes = moved(spec(), spec(**edit))

    worst = changes[0]
    assert (worst.rule, worst.direction, worst.significance) == (rule, direction, significance)


def test_no_two_rows_of_the_table_ask_for_the_same():
    conditions = [(row.paths, row.kinds, row.direction, row.test) for row in MEANINGS]

    assert len(conditions) == len(set(conditions))


def test_every_reason_takes_the_words_that_there_are():
    for row in MEANINGS:
        sentence = row.reason.format(key="k", item="i", before="b", after="a", path="p")

        assert sentence == sentence.strip()
        assert "{" not in sentence


def test_a_reason_carries_the_values():
    [change] = moved(spec(), spec(budgets__0__haltAt=90))

    assert "90" in change.reason
    assert "60" in change.reason


def test_names_and_labels_have_no_significance_and_are_still_told():
    before, after = spec(), spec()
    first, second = ({"name": "bot", "labels": {"domain": d}, "description": d} for d in ("a", "b"))

    changes = _with_metadata(before, first, after, second)

    assert {change.path for change in changes} == {"metadata.labels.domain", "metadata.description"}
    assert {change.significance for change in changes} == {Significance.NONE}


def test_what_starts_with_x_below_metadata_is_not_cosmetic():
    changes = _with_metadata(spec(), {"name": "bot"}, spec(), {"name": "bot", "x-reach": "all"})

    assert [(change.cls, change.significance) for change in changes] == [("unknown", "medium")]


def _with_metadata(before, first, after, second):
    from tests.build import agent, manifest
    from tests.changes.situations import compared

    sides = []
    for a_spec, metadata in ((before, first), (after, second)):
        head = {"apiVersion": "fleetward/v1", "kind": "Agent", "metadata": metadata, "spec": a_spec}
        bot = manifest("bot", a_spec, effective=head)
        sides.append(agent(bot, {"note.txt": "same", "overrides.yaml": str(metadata)}))
    return compared(*sides).changes
