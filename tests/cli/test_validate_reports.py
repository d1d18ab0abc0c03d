"""The reports of `fleet validate`, run as it is installed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from tests.cli.outside import Desk, desk
from tests.paths import SAMPLES

FORMATS = ("text", "json", "sarif", "junit", "github", "gitlab", "markdown")
LATE = "2027-11-20T12:00:00Z"
DESK = "environments/staging/refund-bot"


@pytest.fixture
def zoe(tmp_path: Path) -> Desk:
    """Above a copy of the sample fleet, in a subfolder of its repository."""
    made = desk(tmp_path)
    shutil.copytree(SAMPLES / "acme", made.here / "agents of acme")
    made.git("init", "-q")
    return made


def test_one_evaluation_writes_every_report(zoe: Desk) -> None:
    asked = [part for name in FORMATS for part in ("-o", f"{name}=../{name}.out")]

    told = zoe.fleet("validate", "-C", "agents of acme", *asked, now=LATE)

    written = {name: (zoe.here / f"{name}.out").read_text(encoding="utf-8") for name in FORMATS}
    errors = json.loads(written["json"])["summary"]["errors"]
    assert (told.code, told.out) == (1, "")
    assert errors > 0
    [run] = json.loads(written["sarif"])["runs"]
    assert sum(one["level"] == "error" for one in run["results"]) == errors
    assert sum(one["severity"] == "critical" for one in json.loads(written["gitlab"])) == errors
    assert int(Xml.fromstring(written["junit"]).attrib["failures"]) > 0
    assert written["github"].startswith("::error file=agents of acme/environments/")
    assert f"{errors} errors" in written["markdown"]
    assert f"{errors} errors" in written["text"]


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_question_gets_the_same_bytes(zoe: Desk, name: str) -> None:
    once, again = (zoe.fleet("validate", "-C", "agents of acme", "-o", name, now=LATE) for _ in range(2))

    assert once.out == again.out
    assert once.code == again.code == 1


@pytest.mark.parametrize("name", ["text", "markdown"])
@pytest.mark.parametrize("now", [LATE, "2026-11-20T12:00:00Z"])
def test_the_last_line_of_a_page_for_people_is_a_command_that_works(zoe: Desk, name: str, now: str) -> None:
    zoe.commit("the fleet as it is")
    told = zoe.fleet("validate", "-C", "agents of acme", "-o", name, now=now)

    again = zoe.run("sh", "-c", told.out.splitlines()[-1])

    assert again.code in (0, 1), again.err


def test_junit_vouches_for_no_agent_whose_findings_were_not_asked_for(zoe: Desk) -> None:
    told = zoe.fleet("validate", "-C", "agents of acme", f"{DESK}/agent.yaml", "-o", "junit", now=LATE)

    cases = {(one.attrib["classname"], one.attrib["name"]) for one in Xml.fromstring(told.out)}
    assert ("staging", "refund-bot") in cases
    assert ("staging", "ticket-triage") not in cases


def test_a_token_on_a_line_that_is_shown_is_masked(zoe: Desk) -> None:
    token = "ghp_" + "R4nd0mT0kenOf36CharactersLongEnough1"
    place = zoe.here / "agents of acme" / DESK / "agent.yaml"
    place.write_text(place.read_text(encoding="utf-8") + f"nonsense: {token}\n", encoding="utf-8")

    told = zoe.fleet(
        "validate",
        "-C",
        "agents of acme",
        "-v",
        *(p for n in FORMATS[1:] for p in ("-o", f"{n}=../o.{n}")),
        "-o",
        "text",
    )

    assert "nonsense: ****" in told.out
    assert token not in told.out
    for name in FORMATS[1:]:
        assert token not in (zoe.here / f"o.{name}").read_text(encoding="utf-8")


def test_an_unknown_format_is_refused_with_those_there_are(zoe: Desk) -> None:
    told = zoe.fleet("validate", "-C", "agents of acme", "-o", "xml")

    assert told.code == 2
    assert "text, json, sarif, junit, github, gitlab, markdown" in told.err


def test_agents_of_which_no_rule_could_be_asked_are_named_and_counted(zoe: Desk) -> None:
    ask = ("validate", "-C", "agents of acme")
    manifest = zoe.here / "agents of acme" / DESK / "agent.yaml"
    whole = zoe.fleet(*ask, "--json")
    text = manifest.read_text(encoding="utf-8").replace("  lifecycle:", "  lifecycel:")
    manifest.write_text(text, encoding="utf-8")

    said = "rules were not asked of 1 agent, whose manifest has to be right first: staging/refund-bot"
    for _ in range(2):  # the second time from the cache
        assert said in zoe.fleet(*ask).out.splitlines()
    assert json.loads(whole.out)["summary"]["unasked"] == 0
    assert json.loads(zoe.fleet(*ask, "--json").out)["summary"]["unasked"] == 1
    assert "not asked" not in zoe.fleet(*ask, "environments/production").out
    assert "not asked" not in zoe.fleet(*ask, "-q").out
