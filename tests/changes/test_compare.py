import copy
import json
from dataclasses import replace

import pytest

from fleetward.changes import compare
from fleetward.domain.change import AgentStatus, ChangeClass, Direction, Significance
from fleetward.domain.manifest import File
from tests.build import agent, manifest
from tests.changes.situations import FILES, SCHEMA, SPEC, TIERS, compared, known, moved, spec


def facet_of(comparison, cls):
    return {
        (direction, weight) for change_class, direction, weight in comparison.facets if change_class is cls
    }


def test_the_same_bytes_are_no_comparison():
    assert compare(known(), known(), schema=SCHEMA) is None
    assert compare(None, None, schema=SCHEMA) is None


def test_other_bytes_with_the_same_meaning_are_formatting_only():
    tidy = known()
    noted = replace(tidy, files=(*tidy.files, File(path="overrides.yaml", content=b"# nothing\n")))

    comparison = compared(tidy, noted)

    assert comparison.formatting_only
    assert comparison.changes == ()
    assert comparison.row.significance is Significance.NONE


def test_a_new_agent_is_one_change_whose_facets_include_its_tools():
    comparison = compared_one(after=known())

    [card] = comparison.changes
    assert (card.rule, card.significance, card.kind) == ("lifecycle/agent-added", "high", "added")
    for word in ("'high'", "crm (write)", "kb (read)", "anthropic/claude-sonnet-4-6 (pinned)"):
        assert word in card.reason
    assert (comparison.row.status, comparison.row.tier_before, comparison.row.tier_after) == (
        AgentStatus.ADDED,
        None,
        "high",
    )
    assert (Direction.LOOSER, Significance.HIGH) in facet_of(comparison, ChangeClass.PRIVILEGE)
    assert (Direction.LOOSER, Significance.HIGH) in facet_of(comparison, ChangeClass.DATA)


def test_a_new_agent_with_a_wildcard_says_so_and_is_critical():
    comparison = compared_one(after=known(spec(tools__0__allow=["*"])))

    assert comparison.row.significance is Significance.CRITICAL
    assert "without bounds" in comparison.changes[0].reason


def test_a_retired_agent_is_one_change_that_names_who_relies_on_it():
    alone = compared_one(before=known())
    needed = compared_one(before=known(), dependents=("triage", "billing"))

    assert [(c.rule, c.significance) for c in alone.changes] == [("lifecycle/agent-retired", "high")]
    assert [c.significance for c in needed.changes] == ["critical"]
    assert "billing, triage" in needed.changes[0].reason
    assert (needed.row.status, needed.row.tier_before, needed.row.tier_after) == (
        AgentStatus.RETIRED,
        "high",
        None,
    )


def compared_one(before=None, after=None, **options):
    comparison = compare(before, after, schema=SCHEMA, **options)
    assert comparison is not None
    return comparison


def test_the_row_is_as_bad_as_the_worst_change_and_the_changes_come_worst_first():
    comparison = compared(known(), known(spec(risk__tier="low", model__parameters__temperature=1)))

    assert comparison.row.significance is Significance.CRITICAL
    assert (comparison.row.tier_before, comparison.row.tier_after) == ("high", "low")
    ranks = [change.significance.rank for change in comparison.changes]
    assert ranks == sorted(ranks)


@pytest.mark.parametrize(
    ("edits", "rule", "words"),
    [
        ({"escalation__sla__acknowledge": "P1D", "model__parameters__temperature": 1},
         "guardrail/sla-lengthened", "looser guardrail together with changed behaviour"),
        ({"evals__0__min": 0.5, "model__name": "claude-x"},
         "guardrail/threshold-lowered", "lower threshold together with another model"),
        ({"tools__1__access": "write", "risk__tier": "low"},
         "privilege/access-widened", "more privilege together with a lower tier"),
    ],
)  # fmt: skip
def test_two_changes_that_are_worse_together_are_critical_and_one_alone_is_not(edits, rule, words):
    alone = [
        c for path, value in edits.items() for c in moved(spec(), spec(**{path: value})) if c.rule == rule
    ]
    together = [c for c in moved(spec(), spec(**edits)) if c.rule == rule]

    assert [c.significance for c in alone] == ["high"]
    assert [c.significance for c in together] == ["critical"]
    assert words in together[0].reason


def test_a_looser_guardrail_with_a_prompt_that_only_lost_a_space_stays_what_it_was():
    before, after = (
        known(),
        known(spec(evals__0__min=0.5), {**FILES, "prompts/system.md": "Be kind.\nNever promise money."}),
    )

    significance = {c.rule: c.significance for c in compared(before, after).changes}

    assert significance["guardrail/threshold-lowered"] == "high"


@pytest.mark.parametrize(
    ("was", "now", "expected"),
    [
        ("pinned", "floating", ("behaviour/pin-lost", "looser", "critical")),
        ("pinned", "versioned", ("behaviour/pin-lost", "looser", "critical")),
        ("floating", "pinned", ("behaviour/pin-gained", "stricter", "low")),
        ("floating", "versioned", None),
    ],
)
def test_a_pin_lost_is_critical_and_a_pin_gained_is_not(was, now, expected):
    changes = moved(
        spec(), spec(model__name="other"), pin_class=lambda pin: now if pin["name"] == "other" else was
    )

    pin_changes = [
        (c.rule, c.direction, c.significance) for c in changes if c.rule.startswith("behaviour/pin")
    ]
    assert pin_changes == ([expected] if expected else [])


def test_a_changed_eval_suite_changes_the_guardrail():
    after = known(files={**FILES, "evals/safety.yaml": "cases: 1\n"})

    [change] = compared(known(), after).changes

    assert (change.rule, change.path, change.significance) == (
        "guardrail/eval-suite-changed", "evals/safety.yaml", "medium"
    )  # fmt: skip


def test_added_and_removed_files_are_named_by_their_role():
    bare = known(files={"notes.bin": "x"})

    by_rule = {c.rule: (c.kind, c.direction, c.significance) for c in compared(known(), bare).changes}

    assert by_rule == {
        "behaviour/prompt-removed": ("removed", "unknown", "high"),
        "guardrail/eval-suite-removed": ("removed", "looser", "critical"),
        "unknown/file-added": ("added", "unknown", "medium"),
    }


def test_files_that_are_not_text_are_compared_by_digest():
    sides = [replace(known(), files=(File(path="logo.png", content=bytes([255, n])),)) for n in (1, 2)]

    [change] = compared(*sides).changes

    assert (change.rule, change.kind) == ("unknown/file-changed", "changed")
    assert change.before.startswith("sha256:")
    assert change.before != change.after


def test_a_file_made_executable_is_a_change():
    before = known()
    after = replace(
        before, files=tuple(replace(f, mode="100755") for f in before.files if f.path == "agent.yaml")
    )
    before = replace(before, files=tuple(f for f in before.files if f.path == "agent.yaml"))

    [change] = compared(before, after).changes

    assert (change.rule, change.before, change.after) == ("unknown/file-mode-changed", "100644", "100755")


def test_a_value_is_placed_where_it_is_written_and_a_removed_one_where_it_was():
    tier_place = {"spec.risk.tier": ("environments/staging/bot/overrides.yaml", 3)}
    suspended_place = {"spec.suspended": ("environments/staging/bot/agent.yaml", 7)}
    before = agent(manifest("bot", spec(suspended=True), at=suspended_place))
    after = agent(manifest("bot", spec(risk__tier="critical"), at=tier_place))

    places = {
        c.path: (c.place.file.rpartition("/")[2], c.place.line) for c in compared(before, after).changes
    }

    assert places == {"spec.risk.tier": ("overrides.yaml", 3), "spec.suspended": ("agent.yaml", 7)}


def test_proposed_overrides_mark_every_change():
    after = replace(known(spec(budgets__0__haltAt=50, risk__tier="low")), proposed=True)

    assert {change.proposed for change in compared(known(), after).changes} == {True}


def test_a_hidden_character_in_a_value_is_critical_and_shown_by_its_code_point():
    [change] = moved(spec(), spec(purpose__summary="ans\u202ewer"))

    assert (change.rule, change.significance) == ("governance/hidden-characters", "critical")
    assert "U+202E" in change.reason
    assert change.after == "ans<U+202E>wer"


def test_every_change_can_be_written_as_json_with_a_fingerprint_of_its_own():
    edits = {"risk__tier": "low", "tools__1": None, "x-a": {"b": [1]}, "evals__0__min": 0.5}

    changes = moved(spec(), spec(**edits))

    assert len({change.fingerprint for change in changes}) == len(changes)
    assert json.dumps([[change.before, change.after] for change in changes])


def test_two_tools_that_swap_their_permissions_are_four_changes_two_of_them_looser():
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


def test_an_agent_that_is_retired_while_an_equal_one_is_added_is_two_changes():
    retired = compare(known(), None, schema=SCHEMA)
    added = compare(None, known(), schema=SCHEMA)

    assert (retired.row.status, added.row.status) == (AgentStatus.RETIRED, AgentStatus.ADDED)
    assert [change.rule for change in (*retired.changes, *added.changes)] == [
        "lifecycle/agent-retired", "lifecycle/agent-added"
    ]  # fmt: skip


def test_tiers_are_ordered_by_the_policy_alone():
    [change] = compare(known(), known(spec(risk__tier="medium")), schema=SCHEMA, tiers=TIERS[::-1]).changes

    assert change.direction is Direction.STRICTER
