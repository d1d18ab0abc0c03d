"""`fleet list`: which agents a question finds, and what each format holds."""

from __future__ import annotations

import csv
import io
import json
import shutil

import pytest
from jsonschema import Draft202012Validator

from fleetward.domain.register import AGENT_FIELDS
from tests.cli.outside import Terminal, terminal
from tests.cli.test_list import SCHEMA
from tests.paths import SAMPLES


@pytest.fixture(scope="module")
def zoe(tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    """In a copy of the sample fleet."""
    user = terminal(tmp_path_factory.mktemp("list"))
    shutil.rmtree(user.folder)
    shutil.copytree(SAMPLES / "acme", user.folder)
    user.git("init", "-q")
    return user


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("--tier high", ["policy-lookup", "refund-bot"]),
        ("--tier high --tier medium --class orchestration", ["onboarding"]),
        ("--env staging --lifecycle pilot", ["ticket-triage"]),
        ("--env production", ["policy-lookup", "refund-bot"]),
        # production runs the earlier model, and a fallback counts
        ("--model claude-sonnet-4-6", ["onboarding", "policy-lookup"]),
        ("--model anthropic/claude-sonnet-4-6 --env staging", ["onboarding", "policy-lookup", "refund-bot"]),
        ("--connector crm", ["refund-bot"]),
        ("--owner support --owner payments", ["policy-lookup", "refund-bot", "ticket-triage"]),
        ("--where backup=", ["ticket-triage"]),
        ("--where dependents=refund-bot", ["policy-lookup"]),
        ("--where contact.chat=#support-agents --where tier=high", ["policy-lookup"]),
        ("--where environments=production --where accountable=carla", ["refund-bot"]),
        ("--where environments.staging.suspended=true", []),
        ("--sort owner", ["refund-bot", "onboarding", "policy-lookup", "ticket-triage"]),
    ],
)
def test_a_question_finds_its_agents(zoe: Terminal, question: str, names: list[str]) -> None:
    ran = zoe.fleet("list", *question.split(), "-o", "jsonl")

    rows = [json.loads(line) for line in ran.out.splitlines()]
    assert ran.code == 0
    assert [row["agent"] for row in rows] == names
    assert all(list(row) == ["fleet", *AGENT_FIELDS] and row["fleet"] == "acme/agents" for row in rows)


def test_every_format_holds_the_same_fields(zoe: Terminal) -> None:
    data = zoe.fleet("list", "--json").data
    judge = Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
    assert [error.message for error in judge.iter_errors(data)] == []
    assert list(data["rows"][0]) == list(AGENT_FIELDS)

    table = list(csv.reader(io.StringIO(zoe.fleet("list", "-o", "csv").out)))
    assert table[0] == list(AGENT_FIELDS)
    assert [row[0] for row in table[1:]] == [row["agent"] for row in data["rows"]]

    columns = zoe.fleet("list", "--fields", "agent,contact.chat", "--owner", "payments").out.splitlines()
    assert columns[:2] == ["agent\tcontact.chat", "refund-bot\t#payments-agents"]


@pytest.mark.parametrize(
    ("question", "hint"),
    [
        ("--fields agnt", "agent"),
        ("--where tire=high", "tier"),
        ("--where tier", "--where tier=high"),
        ("--sort nam", "one of:"),
        ("--env prod", "production"),
        ("waivers --tier high", "fleet list waivers --where"),
    ],
)
def test_a_question_about_nothing_is_an_error_with_a_hint(zoe: Terminal, question: str, hint: str) -> None:
    ran = zoe.fleet("list", *question.split())

    assert (ran.code, ran.out) == (2, "")
    assert hint in ran.err
