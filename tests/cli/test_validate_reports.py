"""The reports of `fleet validate`, run as it is installed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from fleetward.cli.validate import VERB
from tests.cli.outside import Terminal, terminal
from tests.paths import SAMPLES

FORMATS = tuple(VERB.formats)
LATE = "2027-11-20T12:00:00Z"
DESK = "environments/staging/refund-bot"


@pytest.fixture
def zoe(tmp_path: Path) -> Terminal:
    """Above a copy of the sample fleet, in a subfolder of its repository."""
    user = terminal(tmp_path)
    shutil.copytree(SAMPLES / "acme", user.folder / "agents of acme")
    user.git("init", "-q")
    return user


def test_one_evaluation_writes_every_report(zoe: Terminal) -> None:
    arguments = [part for name in FORMATS for part in ("-o", f"{name}=../{name}.out")]

    ran = zoe.fleet("validate", "-C", "agents of acme", *arguments, now=LATE)

    written = {name: (zoe.folder / f"{name}.out").read_text(encoding="utf-8") for name in FORMATS}
    errors = json.loads(written["json"])["summary"]["errors"]
    assert (ran.code, ran.out) == (1, "")
    assert errors > 0
    [run] = json.loads(written["sarif"])["runs"]
    assert sum(result["level"] == "error" for result in run["results"]) == errors
    assert sum(result["severity"] == "critical" for result in json.loads(written["gitlab"])) == errors
    assert int(Xml.fromstring(written["junit"]).attrib["failures"]) > 0
    assert written["github"].startswith("::error file=agents of acme/environments/")
    assert f"{errors} errors" in written["markdown"]
    assert f"{errors} errors" in written["text"]


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_validation_gives_the_same_bytes(zoe: Terminal, name: str) -> None:
    once, again = (zoe.fleet("validate", "-C", "agents of acme", "-o", name, now=LATE) for _ in range(2))

    assert once.out == again.out
    assert once.code == again.code == 1


@pytest.mark.parametrize("name", ["text", "markdown"])
@pytest.mark.parametrize("now", [LATE, "2026-11-20T12:00:00Z"])
def test_the_last_line_of_a_page_for_people_is_a_command_that_works(
    zoe: Terminal, name: str, now: str
) -> None:
    zoe.commit("the fleet as it is")
    ran = zoe.fleet("validate", "-C", "agents of acme", "-o", name, now=now)

    again = zoe.run("sh", "-c", ran.out.splitlines()[-1])

    assert again.code in (0, 1), again.err


def test_junit_lists_only_agents_whose_findings_are_reported(zoe: Terminal) -> None:
    ran = zoe.fleet("validate", "-C", "agents of acme", f"{DESK}/agent.yaml", "-o", "junit", now=LATE)

    cases = {(case.attrib["classname"], case.attrib["name"]) for case in Xml.fromstring(ran.out)}
    assert ("staging", "refund-bot") in cases
    assert ("staging", "ticket-triage") not in cases


def test_a_token_on_a_line_that_is_shown_is_masked(zoe: Terminal) -> None:
    token = "ghp_" + "R4nd0mT0kenOf36CharactersLongEnough1"
    place = zoe.folder / "agents of acme" / DESK / "agent.yaml"
    place.write_text(place.read_text(encoding="utf-8") + f"nonsense: {token}\n", encoding="utf-8")

    ran = zoe.fleet(
        "validate",
        "-C",
        "agents of acme",
        "-v",
        *(p for n in FORMATS[1:] for p in ("-o", f"{n}=../o.{n}")),
        "-o",
        "text",
    )

    assert "nonsense: ****" in ran.out
    assert token not in ran.out
    for name in FORMATS[1:]:
        assert token not in (zoe.folder / f"o.{name}").read_text(encoding="utf-8")


def test_an_unknown_format_is_refused_with_the_known_ones(zoe: Terminal) -> None:
    ran = zoe.fleet("validate", "-C", "agents of acme", "-o", "xml")

    assert ran.code == 2
    assert ", ".join(FORMATS) in ran.err


def test_agents_that_rules_skip_are_named_and_counted(zoe: Terminal) -> None:
    ask = ("validate", "-C", "agents of acme")
    manifest = zoe.folder / "agents of acme" / DESK / "agent.yaml"
    whole = zoe.fleet(*ask, "--json")
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(text.replace("  lifecycle:", "  lifecycle: ["), encoding="utf-8")

    message = "1 agent was skipped: its manifest is invalid: staging/refund-bot"
    for _ in range(2):  # the second time from the cache
        assert message in zoe.fleet(*ask).out.splitlines()
    assert json.loads(whole.out)["summary"]["unasked"] == 0
    assert json.loads(zoe.fleet(*ask, "--json").out)["summary"]["unasked"] == 1
    assert "not asked" not in zoe.fleet(*ask, "environments/production").out
    assert "not asked" not in zoe.fleet(*ask, "-q").out

    misspelt = text.replace("  lifecycle:", "  lifecycel:").replace("2026-09-15", "2025-09-15")
    manifest.write_text(misspelt, encoding="utf-8")
    for _ in range(2):
        partly = zoe.fleet(*ask).out
        assert "staging/refund-bot was checked without spec.lifecycel: rules cannot see it" in partly
        assert "review-overdue" in partly
    [unread] = json.loads(zoe.fleet(*ask, "--json").out)["unread"]
    assert unread == {"environment": "staging", "agent": "refund-bot", "paths": ["spec.lifecycel"]}
