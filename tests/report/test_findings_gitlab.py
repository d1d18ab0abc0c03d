import json
from pathlib import Path

from fleetward.report import findings_gitlab
from tests.report.rendered import finding, hostile, place, usual, validation

GOLDEN = Path(__file__).parent / "golden" / "findings.gitlab.json"


def test_the_report_reads_as_it_did() -> None:
    assert findings_gitlab.render(usual()) == json.loads(GOLDEN.read_text(encoding="utf-8"))


def test_every_entry_has_the_fields_that_gitlab_requires() -> None:
    for entry in findings_gitlab.render(usual()):
        assert entry["severity"] in {"info", "minor", "major", "critical", "blocker"}
        assert entry["description"]
        assert entry["check_name"]
        assert not entry["location"]["path"].startswith(("/", "./"))
        assert entry["location"]["lines"]["begin"] >= 1


def test_no_two_entries_share_a_fingerprint_and_the_first_keeps_its_own() -> None:
    equal = [finding(place=place(line=line)) for line in (3, 4, 5)]

    alone, together = findings_gitlab.render(validation(equal[0])), findings_gitlab.render(validation(*equal))

    assert len({entry["fingerprint"] for entry in together}) == 3
    assert together[0]["fingerprint"] == alone[0]["fingerprint"]


def test_a_waived_finding_is_left_out() -> None:
    assert findings_gitlab.render(validation(finding(waived=True))) == []


def test_paths_are_given_from_the_top_of_the_repository() -> None:
    [entry] = findings_gitlab.render(validation(finding(), prefix="agents/"))

    assert entry["location"]["path"].startswith("agents/environments/")


def test_control_characters_are_shown_in_descriptions() -> None:
    [entry] = findings_gitlab.render(hostile())

    assert "\x1b" not in entry["description"]
    assert "\n" not in entry["description"]
