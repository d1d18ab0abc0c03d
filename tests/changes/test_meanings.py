from dataclasses import replace

import pytest

from fleetward.changes import MEANINGS
from fleetward.changes.meaning import covers
from fleetward.domain.change import ChangeKind, Direction, Significance
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
    ({"executables": ["lookup.sh", "run.sh"]}, "privilege/executable-added", "looser", "high"),
    ({"executables": None}, "privilege/executable-removed", "stricter", "low"),
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
    ({"escalation__triggers__0__above": 500}, "guardrail/escalation-weakened", "looser", "high"),
    ({"escalation__triggers__0__above": 100}, "guardrail/escalation-tightened", "stricter", "low"),
    ({"escalation__triggers__1__below": 0.9}, "guardrail/escalation-tightened", "stricter", "low"),
    ({"escalation__triggers__1__below": 0.7}, "guardrail/escalation-weakened", "looser", "high"),
    ({"escalation__triggers__1__count": 3}, "guardrail/escalation-changed", "unknown", "high"),
    ({"escalation__triggers__0__currency": "USD"}, "guardrail/escalation-changed", "unknown", "high"),
    ({"escalation__triggers__1": None}, "guardrail/escalation-weakened", "looser", "high"),
    ({"escalation__default": "act"}, "guardrail/escalation-weakened", "looser", "high"),
    ({"owner__accountable": None}, "governance/owner-emptied", "looser", "critical"),
    ({"owner__team": "other"}, "governance/owner-changed", "neutral", "high"),
    ({"owner__backup": None}, "governance/owner-changed", "looser", "high"),
    ({"observability__outputReview": None}, "guardrail/review-sampling-lowered", "looser", "high"),
    ({"observability__outputReview__sample": 0.01}, "guardrail/review-sampling-lowered", "looser", "high"),
    ({"review__heartbeat": "P7D"}, "governance/heartbeat-changed", "looser", "medium"),
    ({"retirement__criteria__0__below": 0.2}, "lifecycle/retirement-changed", "looser", "medium"),
    ({"retirement__criteria__0__for": "P30D"}, "lifecycle/retirement-changed", "stricter", "low"),
    ({"retirement__criteria__0__for": None}, "lifecycle/retirement-changed", "unknown", "medium"),
    ({"retirement__criteria__1__date": "2028-12-31"}, "lifecycle/retirement-postponed", "looser", "medium"),
    ({"retirement__criteria__1": None}, "lifecycle/retirement-removed", "looser", "high"),
    ({"retirement": None}, "lifecycle/retirement-removed", "looser", "high"),
    ({"suspended": True}, "lifecycle/suspended", "stricter", "low"),
    ({"x-team": {"a": 1}}, "unknown/value-changed", "unknown", "medium"),
    ({"endpoints": {"api": "https://a.example"}}, "reliability/api-added", "neutral", "medium"),
]


@pytest.mark.parametrize(("edit", "rule", "direction", "significance"), SITUATIONS)
def test_a_change_has_the_rule_the_direction_and_the_significance_of_its_row(
    edit, rule, direction, significance
):
    changes = moved(spec(), spec(**edit))

    worst = changes[0]
    assert (worst.rule, worst.direction, worst.significance) == (rule, direction, significance)


def test_every_row_of_the_table_can_be_used():
    assert unused_rows(MEANINGS) == []


def test_a_row_below_one_that_matches_more_is_reported_with_both_names():
    wide = next(row for row in MEANINGS if row.rule == "privilege/tool-changed")
    narrow = replace(wide, paths="spec.tools[].allow", rule="privilege/new", kinds=(ChangeKind.ADDED,))

    assert unused_rows((narrow, wide)) == []
    assert unused_rows((wide, narrow)) == [
        "row 2, privilege/new (spec.tools[].allow), is never used: row 1, privilege/tool-changed"
        " (spec.tools[]*), above it matches first"
    ]


def unused_rows(rows):
    """One sentence for each row whose every delta an earlier row takes."""
    return [
        f"{_row_name(rows, late)} is never used: {_row_name(rows, early)} above it matches first"
        for late in range(len(rows))
        for early in range(late)
        if _takes_all(rows[early], rows[late])
    ]


def _row_name(rows, number):
    return f"row {number + 1}, {rows[number].rule} ({rows[number].paths}),"


def _takes_all(earlier, later):
    kinds = not earlier.kinds or (later.kinds and set(later.kinds) <= set(earlier.kinds))
    tests = earlier.direction in (None, later.direction) and earlier.test in (None, later.test)
    return kinds and tests and all(
        any(_includes(pattern, path) for pattern in earlier.paths.split()) for path in later.paths.split()
    )  # fmt: skip


def _includes(pattern, inner):
    return covers(pattern, inner.removesuffix("*")) and (pattern.endswith("*") or not inner.endswith("*"))


def test_a_looser_row_names_the_stricter_rule_of_the_reverse_change():
    stricter = {row.rule for row in MEANINGS if Direction.STRICTER in (row.direction, row.means)}
    stricter.add("lifecycle/suspended")  # its direction is the schema's
    stricter.add("lifecycle/stage-changed")  # the way back to a pilot is unknown: no shortcut for tightenings
    faults = []
    for row in MEANINGS:
        is_looser = Direction.LOOSER in (row.direction, row.means)
        if is_looser and not row.twin:
            faults.append(f"{row.rule} is looser: name the rule of the reverse change as its twin")
        elif is_looser and row.twin not in stricter:
            faults.append(f"{row.rule} names the twin {row.twin}, but no stricter row has this rule")
        elif row.twin and not is_looser:
            faults.append(f"{row.rule} is not looser, and names the twin {row.twin}")

    assert faults == []


def test_every_reason_uses_known_placeholders_only():
    for row in MEANINGS:
        sentence = row.reason.format(key="k", item="i", before="b", after="a", path="p")

        assert sentence == sentence.strip()
        assert "{" not in sentence


def test_a_reason_carries_the_values():
    [change] = moved(spec(), spec(budgets__0__haltAt=90))

    assert "90" in change.reason
    assert "60" in change.reason


def test_names_and_labels_have_no_significance_and_are_still_reported():
    before, after = spec(), spec()
    first, second = ({"name": "bot", "labels": {"domain": d}, "description": d} for d in ("a", "b"))

    changes = _with_metadata(before, first, after, second)

    assert {change.path for change in changes} == {"metadata.labels.domain", "metadata.description"}
    assert {change.significance for change in changes} == {Significance.NONE}


def test_a_key_with_x_below_metadata_is_not_cosmetic():
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


@pytest.mark.parametrize(("window", "direction"), [("P7D", "stricter"), ("P60D", "looser")])
def test_a_longer_window_forgives_more(window: str, direction: str) -> None:
    before, after = (
        {"slos": [{"name": "ok", "objective": 0.9, "window": text}]} for text in ("P30D", window)
    )

    [change] = moved(before, after)

    assert change.direction == direction
