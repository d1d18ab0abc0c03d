"""What people and programs read of an audit."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft7Validator, Draft202012Validator

from fleetward import cli, rules
from fleetward.rules.auditing import AUDITING
from tests.attacks.town import Town
from tests.audit.test_tampered import ALL
from tests.audit.town import LEDGER, PROMPT, at, audited
from tests.schemas.reading import schema

GOLDEN = Path(__file__).parent / "golden"
SARIF = Path(__file__).parents[1] / "data" / "sarif-schema-2.1.0.json"


@pytest.fixture
def spoilt(place: Town) -> Town:
    """An edit of production, a policy that nobody agreed to, a ledger cut short, a rule turned down."""
    place.write(PROMPT, "You answer everything, at once.\n")
    place.commit("quick fix", at=at(10, 9))
    config = (place.path / "fleet-config.yaml").read_text()
    place.write("fleet-config.yaml", config + "rules: {owner-alone: off}\n")
    place.commit("less noise", at=at(10, 10))
    lines = (place.path / LEDGER).read_text().splitlines(keepends=True)
    place.write(LEDGER, "".join(lines[:-1]))
    place.commit("shorter", at=at(10, 11))
    return place


def said(place: Town, form: str, *more: str) -> str:
    out = place.path.parent / "said"
    cli.run(["audit", "-C", str(place.path), "-o", f"{form}={out}", "--now", at(20, 12), *more])
    return out.read_text()


def scrubbed(text: str, place: Town) -> str:
    """Without what differs from run to run and from version to version."""
    text = text.replace(str(place.path), "TOWN")
    text = re.sub(r"sha256:[0-9a-f]{64}", "sha256:DIGEST", text)
    text = re.sub(r"\b[0-9a-f]{40}\b", "COMMIT", text)
    return re.sub(r"\b[0-9a-f]{12}\b", "COMMIT12", text)


@pytest.mark.parametrize(("form", "suffix"), [("text", "txt"), ("markdown", "md")])
def test_a_clean_audit_reads_as_agreed(place: Town, form: str, suffix: str) -> None:
    assert scrubbed(said(place, form), place) == (GOLDEN / f"clean.{suffix}").read_text()


@pytest.mark.parametrize(("form", "suffix"), [("text", "txt"), ("markdown", "md")])
def test_a_broken_audit_reads_as_agreed(spoilt: Town, form: str, suffix: str) -> None:
    assert scrubbed(said(spoilt, form), spoilt) == (GOLDEN / f"broken.{suffix}").read_text()


def test_data_keeps_to_its_schema(spoilt: Town) -> None:
    data = json.loads(said(spoilt, "json"))

    Draft202012Validator(schema("output/audit-output")).validate(data)
    assert [one["severity"] for one in data["breaks"]] == ["error", "error", "note"]
    assert data["summary"]["errors"] == 2


def test_code_scanning_takes_it_apart_from_what_validate_finds(spoilt: Town) -> None:
    data = json.loads(said(spoilt, "sarif"))

    Draft7Validator(json.loads(SARIF.read_text())).validate(data)
    [run] = data["runs"]
    assert run["automationDetails"]["id"] == "fleetward/audit/"
    assert {one["ruleId"] for one in run["results"]} == {
        "unledgered-change",
        "ledger-shortened",
        "config-changed",
    }
    assert all("shortDescription" in one for one in run["tool"]["driver"]["rules"])


def test_the_last_line_is_a_command_that_works(place: Town, spoilt: Town) -> None:
    last = said(spoilt, "text").splitlines()[-1].split()

    assert last[0] == "fleet"
    assert cli.run(last[1:]) == 0


def test_what_is_clean_goes_on_from_its_end(place: Town) -> None:
    last = said(place, "text").splitlines()[-1].split()

    assert cli.run(last[1:]) == 0


def test_quiet_leaves_out_what_does_not_say_no(spoilt: Town) -> None:
    assert "config-changed" not in said(spoilt, "text", "-q")
    assert "unledgered-change" in said(spoilt, "text", "-q")


def test_every_break_that_is_found_is_explained() -> None:
    found = {rule for tampering in ALL for rule, _ in tampering.found}

    assert found <= {rule.id for rule in AUDITING}
    assert all(rules.explained(rule.id) for rule in AUDITING)


def test_nothing_in_a_commit_breaks_out_of_a_report(place: Town) -> None:
    name = "environments/production/`x`\n::error::y"
    place.write(name, "x\n")
    place.commit("odd", at=at(10, 9))

    assert audited(place).rules == {"unledgered-change"}
    assert "\n::error::" not in said(place, "text") + said(place, "markdown")
