"""`fleet list waivers`, and what waivers do to `fleet validate`, run as they are installed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.cli.outside import Terminal, terminal
from tests.paths import CHECKOUT, SAMPLES

SCHEMA = CHECKOUT / "schemas" / "output" / "list-output.schema.json"
HEAD = "apiVersion: fleetward/v1\nkind: Waivers\nwaivers:\n"
LATE = "2027-02-20T12:00:00Z"  # reviews of the sample are overdue by then
EXCUSED = ("review-overdue", "refund-bot")


def waiver(
    rule: str = EXCUSED[0], agent: str = EXCUSED[1], expires: str = "2027-06-30", extra: str = ""
) -> str:
    fields = (
        f"rule: {rule}, agent: {agent}, reason: after the move, approvedBy: farid, expires: {expires}{extra}"
    )
    return f"  - {{{fields}}}\n"


@pytest.fixture
def zoe(tmp_path: Path) -> Terminal:
    """In a copy of the sample fleet."""
    user = terminal(tmp_path)
    shutil.rmtree(user.folder)
    shutil.copytree(SAMPLES / "acme", user.folder)
    user.git("init", "-q")
    return user


def granted(zoe: Terminal, *waivers: str) -> None:
    zoe.write({"governance/waivers.yaml": HEAD + "".join(waivers)})


def listed(zoe: Terminal) -> list[dict[str, Any]]:
    ran = zoe.fleet("list", "waivers", "--json", now=LATE)
    assert ran.code == 0, ran.err
    judge = Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
    assert [error.message for error in judge.iter_errors(ran.data)] == []
    return list(ran.data["waivers"])


def findings_of(zoe: Terminal, rule: str) -> list[dict[str, Any]]:
    return [
        finding
        for finding in zoe.fleet("validate", "--json", now=LATE).data["findings"]
        if finding["rule"] == rule
    ]


@pytest.mark.parametrize(
    ("waived", "state"),
    [
        (waiver(), "active"),
        (waiver(expires="2027-03-22"), "active"),
        (waiver(expires="2027-03-21"), "expires soon"),
        (waiver(expires="2027-02-20"), "expires soon"),
        (waiver(expires="2027-02-19"), "expired"),
        (waiver(rule="prompt-empty"), "unused"),
        (waiver(extra=", environment: staging"), "active"),
    ],
)
def test_the_state_of_a_waiver_follows_its_last_day_and_the_findings(
    zoe: Terminal, waived: str, state: str
) -> None:
    granted(zoe, waived)

    [row] = listed(zoe)

    assert row["state"] == state
    assert (row["reason"], row["approvedBy"], row["file"], row["line"]) == (
        "after the move", "farid", "governance/waivers.yaml", 4,
    )  # fmt: skip


def test_the_first_to_end_comes_first(zoe: Terminal) -> None:
    granted(zoe, waiver(expires="2027-06-30"), waiver("prompt-empty", expires="2027-03-30"))

    assert [row["rule"] for row in listed(zoe)] == ["prompt-empty", "review-overdue"]


def test_the_page_tells_all_of_a_waiver_and_ends_with_a_command_that_works(zoe: Terminal) -> None:
    granted(zoe, waiver())

    lines = zoe.fleet("list", "waivers", now=LATE).out.splitlines()

    assert lines[0] == "review-overdue  refund-bot  every environment  active  until 2027-06-30"
    assert lines[1:3] == ["  why: after the move", "  by:  farid  governance/waivers.yaml:4"]
    assert zoe.run(*lines[-1].split(), "--now", LATE).code in (0, 1)


def test_no_waivers_is_an_empty_list(zoe: Terminal) -> None:
    granted(zoe)
    zoe.write({"governance/waivers.yaml": HEAD.replace("waivers:\n", "waivers: []\n")})

    assert listed(zoe) == []
    assert zoe.fleet("list", "waivers").out.startswith("0 waivers\n")


def test_an_unknown_kind_is_refused_with_the_known_one(zoe: Terminal) -> None:
    ran = zoe.fleet("list", "waver")

    assert (ran.code, ran.out) == (2, "")
    assert "fleet list waivers" in ran.err


def test_invalid_waivers_are_an_error(zoe: Terminal) -> None:
    granted(zoe, "  - {rule: review-overdue}\n")

    ran = zoe.fleet("list", "waivers", "--json", now=LATE)

    assert (ran.code, ran.out) == (2, "")
    assert "governance/waivers.yaml" in ran.err


def test_a_waived_finding_is_counted_apart_and_says_why(zoe: Terminal) -> None:
    before = zoe.fleet("validate", "--json", now=LATE).data["summary"]
    assert findings_of(zoe, EXCUSED[0])
    granted(zoe, waiver())

    after = zoe.fleet("validate", "--json", now=LATE).data["summary"]

    waived = [finding for finding in findings_of(zoe, EXCUSED[0]) if finding["agent"] == EXCUSED[1]]
    assert waived
    assert all(finding["waived"] and finding["waiver"]["reason"] == "after the move" for finding in waived)
    assert after["waived"] == len(waived)
    assert before["warnings"] - after["warnings"] == len(waived)
    assert "why: after the move (farid, until 2027-06-30)" in zoe.fleet("validate", "-v", now=LATE).out


def test_an_expired_waiver_is_an_error_at_its_line_and_excuses_nothing(zoe: Terminal) -> None:
    granted(zoe, waiver(expires="2027-02-19"))

    [error] = findings_of(zoe, "waiver-expired")

    assert (error["severity"], error["file"], error["line"]) == ("error", "governance/waivers.yaml", 4)
    assert not any(finding["waived"] for finding in findings_of(zoe, EXCUSED[0]))


def test_an_unused_waiver_is_a_warning(zoe: Terminal) -> None:
    granted(zoe, waiver("prompt-empty"))

    [warning] = findings_of(zoe, "waiver-unused")

    assert warning["severity"] == "warning"


@pytest.mark.parametrize(
    "rule",
    ["yaml-syntax", "schema", "link-in-agent", "people-pattern", "waiver-expired", "waiver-unused"],
)
def test_a_rule_that_cannot_be_waived_is_refused_at_its_line(zoe: Terminal, rule: str) -> None:
    granted(zoe, waiver(rule))

    [error] = [
        finding for finding in findings_of(zoe, "schema") if finding["file"] == "governance/waivers.yaml"
    ]

    assert (error["line"], error["path"]) == (4, "waivers[0].rule")
    assert error["message"] == f"{rule!r} cannot be waived"
    assert error["hint"] == f"fix it: fleet explain {rule}"


def test_a_waiver_of_an_unknown_rule_names_the_nearest(zoe: Terminal) -> None:
    granted(zoe, waiver("review-overdu"))

    [error] = findings_of(zoe, "schema")

    assert error["message"] == "no rule is called 'review-overdu'"
    assert error["hint"] == "did you mean 'review-overdue'?"


def test_a_severity_for_an_unknown_rule_is_refused_at_its_line(zoe: Terminal) -> None:
    config = (zoe.folder / "fleet-config.yaml").read_text(encoding="utf-8")
    zoe.write({"fleet-config.yaml": config.partition("rules:")[0] + "rules:\n  review-overdu: error\n"})

    [error] = findings_of(zoe, "schema")

    assert (error["path"], error["hint"]) == ("rules.review-overdu", "did you mean 'review-overdue'?")
