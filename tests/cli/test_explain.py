"""`fleet explain`, run as it is installed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from fleetward import rules
from fleetward.rules import documentation
from fleetward.rules.documentation import SECTIONS, sections
from fleetward.rules.input_errors import INPUT_ERRORS
from fleetward.store.fleet.governance.config import INPUT_RULES as FIXED
from tests.cli.outside import Terminal, terminal
from tests.paths import CHECKOUT

SCHEMA = CHECKOUT / "schemas" / "output" / "explain-output.schema.json"
IDS = [rule.id for rule in documentation.DOCUMENTED_RULES]


@pytest.fixture
def zoe(tmp_path: Path) -> Terminal:
    return terminal(tmp_path)


@pytest.mark.parametrize("rule", ["owner-unknown", "yaml-duplicate-key", "model-floating"])
def test_a_rule_is_explained_outside_of_any_fleet(zoe: Terminal, rule: str) -> None:
    explanation = documentation.find_explanation(rule)

    ran = zoe.fleet("explain", rule)

    assert ran.code == 0
    assert explanation is not None
    assert ran.out.startswith(f"{rule}  {explanation.severity_text}")
    for text in (explanation.summary, explanation.why, explanation.fix):
        assert text in ran.out
    for example in (explanation.bad, explanation.good):
        assert all(f"    {line}".rstrip() in ran.out for line in example.split("\n"))


def test_the_last_line_is_a_command_that_works(zoe: Terminal) -> None:
    for arguments in (("explain", "owner-unknown"), ("explain", "--list")):
        command = zoe.fleet(*arguments).out.splitlines()[-1]

        assert zoe.run(*command.split()).code == 0


@pytest.mark.parametrize("arguments", [("explain",), ("explain", "--list")])
def test_the_list_holds_every_rule_with_its_severity(zoe: Terminal, arguments: tuple[str, ...]) -> None:
    *listed, _ = zoe.fleet(*arguments).out.splitlines()

    assert [line.split()[:2] for line in listed] == [
        [r.id, r.severity.value] for r in documentation.DOCUMENTED_RULES
    ]


@pytest.mark.parametrize("arguments", [("owner-unknown",), ("--list",)])
def test_the_data_is_what_its_schema_promises(zoe: Terminal, arguments: tuple[str, ...]) -> None:
    data = zoe.fleet("explain", *arguments, "--json").data

    judge = Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
    assert [error.message for error in judge.iter_errors(data)] == []
    assert len(data["rules"]) == (1 if "owner-unknown" in arguments else len(IDS))


def test_an_unknown_rule_is_an_error_with_the_nearest_name(zoe: Terminal) -> None:
    ran = zoe.fleet("explain", "owner-unkown")

    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "fleet: no rule is called 'owner-unkown'\n  try: fleet explain owner-unknown\n"


def test_where_nothing_is_near_the_list_is_named(zoe: Terminal) -> None:
    assert zoe.fleet("explain", "zzzzzz").err.endswith("try: fleet explain --list\n")


def test_a_rule_and_the_list_exclude_each_other(zoe: Terminal) -> None:
    assert zoe.fleet("explain", "owner-unknown", "--list").code == 2


@pytest.mark.parametrize("rule", INPUT_ERRORS, ids=lambda rule: rule.id)
def test_findings_of_loading_are_documented_like_rules(rule: rules.Rule) -> None:
    parts = sections(rule)

    assert tuple(parts) == SECTIONS
    assert all(parts.values())
    assert rule.summary.endswith(".")
    assert parts["Bad"] != parts["Good"]
    yaml.safe_load(parts["Good"])


def test_every_reading_rule_of_the_contract_is_documented_and_marked() -> None:
    fixed = {
        rule.rule for rule in map(documentation.explanation, documentation.DOCUMENTED_RULES) if rule.fixed
    }

    assert fixed >= FIXED
    assert len(IDS) == len(set(IDS))


def test_the_printed_page_is_the_one_in_the_documentation(zoe: Terminal) -> None:
    printed = zoe.run("python", "-m", "fleetward.rules")

    assert printed.out == (CHECKOUT / "docs" / "reference" / "rules.md").read_text(encoding="utf-8")
