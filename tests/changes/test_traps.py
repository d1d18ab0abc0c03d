"""What is easily missed, or easily told wrong."""

import copy
import time

import pytest

from fleetward.changes import MEANINGS, compare
from fleetward.changes.catalogue import catalogue
from fleetward.changes.documentation import documentation
from fleetward.changes.text_diff import diff_text
from fleetward.changes.walker import deltas
from fleetward.domain.change import AgentStatus, Direction, Significance
from tests.changes.situations import FILES, SCHEMA, SPEC, TIERS, compared, known, moved, spec
from tests.changes.test_meanings import SITUATIONS
from tests.paths import CHECKOUT

A, B = {"name": "a"}, {"name": "b"}


@pytest.mark.parametrize(
    ("before", "after", "count"),
    [
        ({"x-l": ["a"]}, {"x-l": ["a", "a"]}, 1),
        ({"x-l": [True]}, {"x-l": [1]}, 1),
        ({"x-l": [1]}, {"x-l": [1.0]}, 0),
        ({"x-l": 0}, {"x-l": False}, 1),
        ({"x-l": "1"}, {"x-l": 1}, 1),
        ({"x-l": ""}, {"x-l": None}, 1),
        ({"model": {"version": "1.10"}}, {"model": {"version": "1.1"}}, 1),
        ({"evals": [{"name": "a", "maxAge": "PT30M"}]}, {"evals": [{"name": "a", "maxAge": "PT1800S"}]}, 0),
        ({"evals": [{"name": "a", "min": 0.9}]}, {"evals": [{"name": "a", "min": 0.90}]}, 0),
        ({"tools": [{"name": "a", "allow": ["x"]}]}, {"tools": [{"name": "a", "allow": ["x", "x"]}]}, 0),
        ({"tools": [{"name": "a"}]}, {"tools": [{"name": "a"}, {"name": "a"}]}, 1),
        ({"model": {"fallbacks": [A, B]}}, {"model": {"fallbacks": [B, A]}}, 1),
    ],
)  # fmt: skip
def test_what_says_something_else_is_told_and_what_does_not_is_not(before, after, count):
    assert len(deltas({"spec": before}, {"spec": after}, SCHEMA)) == count


def test_two_tools_that_swap_their_scopes_are_four_changes_two_of_them_looser():
    crm, kb = copy.deepcopy(SPEC["tools"])
    crm["allow"], kb["allow"] = kb["allow"], crm["allow"]

    changes = moved(spec(), {**spec(), "tools": [crm, kb]})

    facts = {(change.path, change.before, change.after, str(change.direction)) for change in changes}
    assert facts == {
        ("spec.tools[crm].allow", None, "search", "looser"),
        ("spec.tools[crm].allow", "draft", None, "stricter"),
        ("spec.tools[crm].allow", "read", None, "stricter"),
        ("spec.tools[kb].allow", None, "draft", "looser"),
        ("spec.tools[kb].allow", None, "read", "looser"),
        ("spec.tools[kb].allow", "search", None, "stricter"),
    }


def test_a_lower_tier_with_one_tool_more_is_critical_twice_and_says_why():
    tool = {"name": "mail", "connector": "mail", "allow": ["send"], "access": "write"}

    changes = moved(spec(), spec(risk__tier="medium", tools__2=tool))

    weighed = {change.rule: change.significance for change in changes}
    assert weighed == {"governance/tier-lowered": "critical", "privilege/tool-added": "critical"}
    [added] = [change for change in changes if change.rule == "privilege/tool-added"]
    assert "more privilege together with a lower tier" in added.reason


def test_one_agent_that_goes_while_a_like_one_comes_is_two_cards():
    retired = compare(known(), None, schema=SCHEMA)
    added = compare(None, known(), schema=SCHEMA)

    assert (retired.row.status, added.row.status) == (AgentStatus.RETIRED, AgentStatus.ADDED)
    assert [change.rule for change in (*retired.changes, *added.changes)] == [
        "lifecycle/agent-retired", "lifecycle/agent-added"
    ]  # fmt: skip


def test_five_hundred_edited_lines_are_compared_within_half_a_second():
    before = "\n".join(
        f"Step {n}: ask the customer for order number {n} and wait {n} minutes." for n in range(500)
    )
    after = "\n".join(
        f"Step {n}: tell the client about order number {n + 1} but never wait {n}." for n in range(500)
    )

    began = time.process_time()
    diff = diff_text(before, after)

    assert time.process_time() - began < 0.5
    assert {"never"} <= diff.negations


def test_tools_that_a_prompt_speaks_of_more_or_less_are_called_out():
    before, after = (
        {**FILES, "prompts/system.md": text}
        for text in ("Look it up in kb.\n", "Look it up in crm, and draft an answer; crmx is none.\n")
    )

    [change] = compared(known(files=before), known(files=after)).changes

    assert "tools: crm, draft, kb" in change.reason


# Twins


def test_every_rule_that_says_looser_names_a_twin_that_says_stricter():
    stricter = {row.rule for row in MEANINGS if Direction.STRICTER in (row.direction, row.means)}
    exceptions = {"guardrail/kill-switch-added", "guardrail/escalation-tightened", "governance/tier-raised"}

    for row in MEANINGS:
        if Direction.LOOSER in (row.direction, row.means):
            assert row.twin in stricter | exceptions | {"lifecycle/suspended"}, row.rule
        else:
            assert row.twin == "", row.rule


@pytest.mark.parametrize(
    "edit", [edit for edit, _, direction, _ in SITUATIONS if direction == "looser"], ids=lambda edit: next(iter(edit))
)  # fmt: skip
def test_the_way_back_of_what_is_looser_is_stricter_and_weighs_little(edit):
    twins = {(entry.rule, entry.twin) for entry in catalogue() if entry.twin}

    forward = [change for change in moved(spec(), spec(**edit)) if change.direction is Direction.LOOSER]
    backward = {change.path: change for change in moved(spec(**edit), spec())}

    assert forward
    for change in forward:
        mirror = backward[change.path]
        assert mirror.direction is Direction.STRICTER, (change.rule, mirror.rule)
        assert mirror.significance in (Significance.LOW, Significance.MEDIUM)
        assert (change.rule, mirror.rule) in twins or change.rule not in {rule for rule, _ in twins}


def test_the_catalogue_knows_every_rule_that_a_situation_ends_in():
    known_rules = {entry.rule for entry in catalogue()}

    for edit, rule, _, _ in SITUATIONS:
        if rule != "reliability/api-added":  # made of class and key, where no row speaks
            assert rule in known_rules, edit


def test_tiers_are_ordered_by_the_policy_and_not_by_the_reader():
    [change] = compare(known(), known(spec(risk__tier="medium")), schema=SCHEMA, tiers=TIERS[::-1]).changes

    assert change.direction is Direction.STRICTER


def test_the_page_in_docs_is_what_the_table_prints():
    page = CHECKOUT / "docs" / "reference" / "changes.md"

    assert page.read_text(encoding="utf-8") == documentation()
