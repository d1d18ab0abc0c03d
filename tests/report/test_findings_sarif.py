import json
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator

from fleetward.domain.validation import Validation
from fleetward.report import findings_sarif
from fleetward.rules import documentation
from tests.paths import DATA
from tests.report.rendered import MANIFEST, finding, hostile, many, place, usual, validation

SCHEMA = DATA / "sarif-schema-2.1.0.json"
GOLDEN = Path(__file__).parent / "golden" / "findings.sarif"


def rendered(report: Validation) -> dict[str, Any]:
    return findings_sarif.render(report, documentation.find_explanation, version="0.1.0")


def run(report: Validation) -> dict[str, Any]:
    [only] = rendered(report)["runs"]
    return only


def wrongs(data: dict[str, Any]) -> list[str]:
    judge = Draft7Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
    return [f"{error.json_path}: {error.message}" for error in judge.iter_errors(data)]


def test_the_report_follows_the_official_schema() -> None:
    for report in (usual(), validation(), hostile(), usual(prefix="agents of acme/")):
        assert wrongs(rendered(report)) == []


def test_the_schema_refuses_a_result_without_a_message() -> None:
    data = rendered(usual())
    del data["runs"][0]["results"][0]["message"]

    assert wrongs(data) != []


def test_results_read_as_they_did() -> None:
    assert run(usual())["results"] == json.loads(GOLDEN.read_text(encoding="utf-8"))


def test_every_result_points_at_its_rule_and_every_rule_brings_its_help() -> None:
    log = run(usual())
    rules = log["tool"]["driver"]["rules"]

    for result in log["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    for rule in rules:
        explained = documentation.find_explanation(rule["id"])
        assert explained is not None
        assert explained.why in rule["help"]["markdown"]
        assert explained.fix in rule["help"]["text"]


def test_every_documented_rule_can_be_described() -> None:
    report = validation(*(finding(rule.id) for rule in documentation.DOCUMENTED_RULES))

    assert wrongs(rendered(report)) == []
    assert len(run(report)["tool"]["driver"]["rules"]) == len(documentation.DOCUMENTED_RULES)


def test_a_waived_result_is_suppressed_with_its_reason_and_others_are_not() -> None:
    results = {result["ruleId"]: result for result in run(usual())["results"]}

    [suppression] = results["review-overdue"]["suppressions"]
    assert "approved by farid, until 2026-12-31" in suppression["justification"]
    assert "suppressions" not in results["owner-unknown"]


def test_paths_are_given_from_the_top_of_the_repository() -> None:
    result = run(usual(prefix="agents of acme/"))["results"][0]

    artifact = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert artifact == {"uri": f"agents%20of%20acme/{MANIFEST}", "uriBaseId": "%SRCROOT%"}


def test_equal_findings_have_distinct_hashes_and_lines_do_not_matter() -> None:
    twice = validation(finding(), finding(place=place(line=9)))

    hashes = [result["partialFingerprints"]["primaryLocationLineHash"] for result in run(twice)["results"]]

    assert hashes == [f"{finding().fingerprint}:1", f"{finding().fingerprint}:2"]


def test_nothing_in_a_message_is_a_link_or_a_placeholder() -> None:
    [result] = run(hostile())["results"]

    text = result["message"]["text"]
    assert "[t](" not in text
    assert "[t\\](" in text
    assert "{{0}}" in text
    assert "\x1b" not in text


def test_a_run_stays_within_what_code_scanning_takes_and_counts_the_rest() -> None:
    log = run(many(findings_sarif.LARGEST + 7))

    assert len(log["results"]) == findings_sarif.LARGEST
    [notice] = log["invocations"][0]["toolExecutionNotifications"]
    assert notice["message"]["text"].startswith("7 more findings are left out")
    assert log["properties"]["errors"] == findings_sarif.LARGEST + 7
