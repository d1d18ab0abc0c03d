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
from fleetward.rules.input_errors import READING
from fleetward.store.fleet.governance.config import READING as FIXED
from tests.cli.outside import Desk, desk
from tests.paths import CHECKOUT

SCHEMA = CHECKOUT / "schemas" / "output" / "explain-output.schema.json"
IDS = [rule.id for rule in documentation.DOCUMENTED]


@pytest.fixture
def zoe(tmp_path: Path) -> Desk:
    return desk(tmp_path)


@pytest.mark.parametrize("rule", ["owner-unknown", "yaml-duplicate-key", "model-floating"])
def test_a_rule_is_explained_outside_of_any_fleet(zoe: Desk, rule: str) -> None:
    known = documentation.explained(rule)

    told = zoe.fleet("explain", rule)

    assert told.code == 0
    assert known is not None
    assert told.out.startswith(f"{rule}  {known.weight}")
    for text in (known.summary, known.why, known.fix):
        assert text in told.out
    for example in (known.bad, known.good):
        assert all(f"    {line}".rstrip() in told.out for line in example.split("\n"))


def test_the_last_line_is_a_command_that_works(zoe: Desk) -> None:
    for arguments in (("explain", "owner-unknown"), ("explain", "--list")):
        command = zoe.fleet(*arguments).out.splitlines()[-1]

        assert zoe.run(*command.split()).code == 0


@pytest.mark.parametrize("arguments", [("explain",), ("explain", "--list")])
def test_the_list_holds_every_rule_with_its_severity(zoe: Desk, arguments: tuple[str, ...]) -> None:
    *listed, _ = zoe.fleet(*arguments).out.splitlines()

    assert [line.split()[:2] for line in listed] == [
        [r.id, r.severity.value] for r in documentation.DOCUMENTED
    ]


@pytest.mark.parametrize("arguments", [("owner-unknown",), ("--list",)])
def test_the_data_is_what_its_schema_promises(zoe: Desk, arguments: tuple[str, ...]) -> None:
    data = zoe.fleet("explain", *arguments, "--json").data

    judge = Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
    assert [error.message for error in judge.iter_errors(data)] == []
    assert len(data["rules"]) == (1 if "owner-unknown" in arguments else len(IDS))


def test_an_unknown_rule_is_no_answer_and_the_nearest_is_named(zoe: Desk) -> None:
    told = zoe.fleet("explain", "owner-unkown")

    assert (told.code, told.out) == (2, "")
    assert told.err == "fleet: no rule is called 'owner-unkown'\n  try: fleet explain owner-unknown\n"


def test_where_nothing_is_near_the_list_is_named(zoe: Desk) -> None:
    assert zoe.fleet("explain", "zzzzzz").err.endswith("try: fleet explain --list\n")


def test_a_rule_and_the_list_cannot_both_be_asked_for(zoe: Desk) -> None:
    assert zoe.fleet("explain", "owner-unknown", "--list").code == 2


@pytest.mark.parametrize("rule", READING, ids=lambda rule: rule.id)
def test_what_is_found_while_reading_is_documented_like_any_rule(rule: rules.Rule) -> None:
    said = sections(rule)

    assert tuple(said) == SECTIONS
    assert all(said.values())
    assert rule.summary.endswith(".")
    assert said["Bad"] != said["Good"]
    yaml.safe_load(said["Good"])


def test_every_reading_rule_of_the_contract_is_documented_and_marked() -> None:
    fixed = {rule.rule for rule in map(documentation.explanation, documentation.DOCUMENTED) if rule.fixed}

    assert fixed >= FIXED
    assert len(IDS) == len(set(IDS))


def test_the_printed_page_is_the_one_in_the_documentation(zoe: Desk) -> None:
    printed = zoe.run("python", "-m", "fleetward.rules")

    assert printed.out == (CHECKOUT / "docs" / "rules.md").read_text(encoding="utf-8")
