"""The reports of an audit: text, Markdown, JSON, SARIF."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft7Validator, Draft202012Validator

from fleetward.cli import main as cli
from fleetward.rules import documentation
from fleetward.rules.audit_findings import AUDIT_FINDINGS
from tests.attacks.scenarios import FleetRepository
from tests.forked import clock_of_this_process
from tests.paths import DATA
from tests.schemas.reading import schema
from tests.workflows.audit.histories import LEDGER, PROMPT, RULES, at, audit
from tests.workflows.audit.test_tampered import TAMPERINGS

GOLDEN = Path(__file__).parent / "golden"
SARIF = DATA / "sarif-schema-2.1.0.json"


@pytest.fixture
def broken_fleet(place: FleetRepository) -> FleetRepository:
    """An edit of production, a changed configuration, a shortened ledger."""
    place.write(PROMPT, "You answer everything, at once.\n")
    place.commit("quick fix", at=at(10, 9))
    config = (place.path / "fleet-config.yaml").read_text()
    place.write("fleet-config.yaml", config + "rules: {owner-alone: off}\n")
    place.commit("less noise", at=at(10, 10))
    lines = (place.path / LEDGER).read_text().splitlines(keepends=True)
    place.write(LEDGER, "".join(lines[:-1]))
    place.commit("shorter", at=at(10, 11))
    return place


def report(place: FleetRepository, form: str, *arguments: str) -> str:
    out = place.path.parent / "said"
    with clock_of_this_process(at(20, 12)):
        cli.run(["audit", "-C", str(place.path), "-o", f"{form}={out}", *arguments])
    return out.read_text()


def scrubbed(text: str, place: FleetRepository) -> str:
    """The text without paths, digests and commits, which differ between runs."""
    text = text.replace(str(place.path), "TOWN")
    text = re.sub(r"sha256:[0-9a-f]{64}", "sha256:DIGEST", text)
    text = re.sub(r"\b[0-9a-f]{40}\b", "COMMIT", text)
    return re.sub(r"\b[0-9a-f]{12}\b", "COMMIT12", text)


@pytest.mark.parametrize(("form", "suffix"), [("text", "txt"), ("markdown", "md")])
def test_the_report_of_a_clean_audit_equals_the_golden_file(
    place: FleetRepository, form: str, suffix: str
) -> None:
    assert scrubbed(report(place, form), place) == (GOLDEN / f"clean.{suffix}").read_text()


@pytest.mark.parametrize(("form", "suffix"), [("text", "txt"), ("markdown", "md")])
def test_the_report_of_a_broken_audit_equals_the_golden_file(
    broken_fleet: FleetRepository, form: str, suffix: str
) -> None:
    assert scrubbed(report(broken_fleet, form), broken_fleet) == (GOLDEN / f"broken.{suffix}").read_text()


def test_json_conforms_to_its_schema(broken_fleet: FleetRepository) -> None:
    data = json.loads(report(broken_fleet, "json"))

    Draft202012Validator(schema("output/audit-output")).validate(data)
    assert [finding["severity"] for finding in data["breaks"]] == ["error", "error", "warning", "note"]
    assert data["summary"]["errors"] == 2


def test_sarif_has_its_own_category_for_code_scanning(broken_fleet: FleetRepository) -> None:
    data = json.loads(report(broken_fleet, "sarif"))

    Draft7Validator(json.loads(SARIF.read_text())).validate(data)
    [run] = data["runs"]
    assert run["automationDetails"]["id"] == "fleetward/audit/"
    assert {item["ruleId"] for item in run["results"]} == {
        "unledgered-change",
        "ledger-shortened",
        "governance-unapproved",
        "author-uncompared",
    }
    assert all("shortDescription" in item for item in run["tool"]["driver"]["rules"])


def test_the_last_line_is_a_command_that_succeeds(
    place: FleetRepository, broken_fleet: FleetRepository
) -> None:
    last = report(broken_fleet, "text").splitlines()[-1].split()

    assert last[0] == "fleet"
    assert cli.run(last[1:]) == 0


def test_the_next_command_after_a_clean_audit_of_head_is_the_log(place: FleetRepository) -> None:
    last = report(place, "text").splitlines()[-1].split()

    assert last[1] == "log"
    assert cli.run(last[1:]) == 0


def test_the_next_command_after_a_clean_audit_of_an_older_commit_audits_the_rest(
    place: FleetRepository,
) -> None:
    last = report(place, "text", "HEAD~1").splitlines()[-1].split()

    assert last[1] == "audit"
    assert last[-1] == f"{place.git('rev-parse', 'HEAD~1')}..HEAD"
    assert cli.run(last[1:]) == 0


def test_the_hint_at_unapproved_governance_is_how_to_approve_it(place: FleetRepository) -> None:
    place.write("governance/policy.yaml", RULES.replace("version: 2", "version: 3") + "# easier\n")
    place.commit("the policy", at=at(8, 9))

    [finding] = [it for it in audit(place).data["breaks"] if it["rule"] == "governance-unapproved"]

    assert finding["hint"] == f"fleet approve -C {place.path} --governance, then commit it"


def test_written_files_are_named(
    place: FleetRepository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    memo, pack = tmp_path / "seen.json", tmp_path / "pack"

    report(place, "text", "--head-file", str(memo), "--bundle", str(pack))
    first = capsys.readouterr().err
    report(place, "text", "--head-file", str(memo))
    again = capsys.readouterr().err
    place.write(PROMPT, "You answer everything, at once.\n")
    place.commit("quick fix", at=at(10, 9))
    report(place, "text", "--head-file", str(memo))
    broken = capsys.readouterr().err

    count = sum(file.is_file() for file in pack.rglob("*"))
    assert f"written an evidence pack of {count} files, {pack}/README.md first\n" in first
    end = f"written the ledger heads (production at 4) to {memo}"
    assert f"{end}; there was no earlier checkpoint to compare with\n" in first
    assert again.splitlines()[1:] == [end]
    assert f"\n{memo} is left unchanged: only a clean audit updates the checkpoint\n" in broken


def test_quiet_prints_errors_only(broken_fleet: FleetRepository) -> None:
    assert "config-changed" not in report(broken_fleet, "text", "-q")
    assert "unledgered-change" in report(broken_fleet, "text", "-q")


def test_every_rule_of_a_break_has_documentation() -> None:
    found_rules = {rule for tampering in TAMPERINGS for rule, _ in tampering.expected}

    assert found_rules <= {rule.id for rule in AUDIT_FINDINGS}
    assert all(documentation.find_explanation(rule.id) for rule in AUDIT_FINDINGS)


def test_a_file_name_cannot_inject_a_workflow_command(place: FleetRepository) -> None:
    name = "environments/production/`x`\n::error::y"
    place.write(name, "x\n")
    place.commit("odd", at=at(10, 9))

    assert audit(place).rules == {"unledgered-change"}
    assert "\n::error::" not in report(place, "text") + report(place, "markdown")
