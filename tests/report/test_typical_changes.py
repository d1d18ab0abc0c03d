"""Golden files of a dozen typical changes; FLEETWARD_GOLDEN=write writes them again."""

import json
import os
from functools import reduce
from pathlib import Path

import pytest

from fleetward.changes import compare, compare_document
from fleetward.domain.finding import Place
from fleetward.report import changes_markdown, changes_text
from tests.changes.situations import FILES, SCHEMA, TIERS, known, spec
from tests.changes.test_governance_direction import CONFIG, GONE, PEOPLE, WAIVER, WAIVERS, compared, edited
from tests.changes.test_governance_direction import POLICY as POLICY_BEFORE
from tests.paths import SCHEMAS
from tests.report.test_changes_text import fleet_diff

POLICY = SCHEMAS / "policy.schema.json"
GOLDEN = Path(__file__).parent / "golden" / "typical"
TOOL = {"name": "mail", "connector": "mail", "allow": ["*"], "access": "write"}
ANOTHER = {"provider": "openai", "name": "gpt-4.1"}


def prompt(text):
    return known(files={**FILES, "prompts/system.md": text})


def pin_class(model):
    return "floating" if model.get("name") == "gpt-4.1" else "pinned"


TYPICAL = {
    "a-limit-raised": (known(), known(spec(budgets__0__haltAt=90))),
    "a-limit-lowered": (known(), known(spec(budgets__0__haltAt=50))),
    "a-tool-that-may-do-everything": (known(), known(spec(tools__2=TOOL))),
    "a-tool-gone": (known(), known(spec(tools__1=None))),
    "a-lower-tier-with-more-access": (known(), known(spec(risk__tier="low", tools__1__access="write"))),
    "human-review-off": (known(), known(spec(guardrails__humanReview=None))),
    "another-model-and-a-lower-threshold": (known(), known(spec(model=ANOTHER, evals__0__min=0.8))),
    "a-negation-gone": (known(), prompt("Be kind.\nAlways promise money, up to {{limit}} EUR.\n")),
    "hidden-characters": (known(), prompt("Be kind.\nNever promise\u202e money.\n")),
    "white-space-only": (known(), prompt("Be kind. \nNever  promise money.\n")),
    "an-agent-retired-that-others-need": (known(), None),
    "an-agent-added": (None, known()),
    "nobody-answers": (known(), known(spec(owner__accountable=None, escalation__sla=None))),
    "a-key-nobody-knows": (known(), known(spec(**{"x-reach": {"a": [1, True]}}))),
}


@pytest.mark.parametrize("name", TYPICAL)
def test_a_typical_change_reads_as_it_did(name):
    before, after = TYPICAL[name]
    comparison = compare(
        before, after, schema=SCHEMA, tiers=TIERS, dependents=("triage",), pin_class=pin_class
    )
    comment = changes_markdown.render(fleet_diff([comparison]))

    assert_golden(f"{name}.txt", text_of([comparison], ()))
    assert_golden(f"{name}.md", comment)


def test_a_weaker_policy_reads_as_it_did():
    def located(path):
        return Place(file="governance/policy.yaml", line=4, path=path)

    before, after = (
        {"version": v, "rules": [{"id": "all", "require": [{"approvals": 3 - v}]}]} for v in (1, 2)
    )
    changes = compare_document(
        before,
        after,
        schema=json.loads(POLICY.read_text(encoding="utf-8")),
        file="governance/policy.yaml",
        locate_before=located,
        locate_after=located,
    )

    assert_golden("a-policy-that-asks-for-less.txt", text_of([], changes))


def test_weaker_governance_reads_as_it_did():
    changes = [
        change
        for name, before, edits in (
            (
                "policy",
                POLICY_BEFORE,
                [("rules/0/when/tier", "high"), ("veto/from", ["risk"]), ("rules/1", GONE)],
            ),
            ("people", PEOPLE, [("teams/risk/members/1", "alice"), ("people/carla/keys/0/until", GONE)]),
            ("fleet-config", CONFIG, [("environments/1/from", GONE), ("repository", "mallory/agents")]),
            ("waivers", WAIVERS, [("waivers/1", {**WAIVER, "agent": "other"})]),
        )
        for change in compared(name, before, reduce(edited, edits, before))
    ]

    assert_golden("governance-that-lets-go.txt", text_of([], changes))


def text_of(comparisons, governance):
    page = changes_text.render(
        fleet_diff(comparisons, governance), verbose=False, next_command="fleet validate"
    )
    return "".join(f"{line.text}\n" for line in page)


def assert_golden(name, text):
    if os.environ.get("FLEETWARD_GOLDEN") == "write":
        GOLDEN.mkdir(parents=True, exist_ok=True)
        (GOLDEN / name).write_text(text, encoding="utf-8")
    assert text == (GOLDEN / name).read_text(encoding="utf-8")
