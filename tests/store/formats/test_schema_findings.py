"""A schema finding names the wrong value and the edit that mends it."""

from __future__ import annotations

import pytest

from fleetward.store.formats.document import read_document

CONFIG = "apiVersion: fleetward/v1\nkind: FleetConfig\nrepository: acme/agents\n"


def findings_of(text: str, kind: str = "fleet-config") -> list[tuple[str, int, str, str]]:
    doc = read_document(text.encode(), "x.yaml", kind)
    return [(finding.rule, finding.place.line, finding.message, finding.hint) for finding in doc.findings]


def test_a_number_where_text_belongs_is_quoted_in_the_hint_as_it_was_written() -> None:
    text = CONFIG.replace("acme/agents", "0x1F") + "environments: [{name: staging}]\n"

    findings = findings_of(text)

    assert ("schema", 3, 'write "0x1F"') in [(rule, line, hint) for rule, line, _, hint in findings]


def test_a_missing_key_is_named() -> None:
    assert any("environments" in message for _, _, message, _ in findings_of(CONFIG))


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("budgets: [{window: day, currency: EUR, haltAt: 0}]", "write a number above 0"),
        ("slos: [{name: a, objective: 1.5}]", "write a number at most 1"),
        ("purpose: {summary: ''}", "write something, or delete the key"),
        (f"purpose: {{summary: {'x' * 5000}}}", "shorten it"),
        ("purpose: {inScope: refunds}", "write [refunds]"),
        ("purpose: {inScope: {a: b}}", "write a list"),
        ("suspended: 'yes'", "write true or false"),
        ("owner: payments", "write a mapping"),
        ("orchestration: {limits: {maxTurns: many}}", "write a whole number"),
    ],
)
def test_every_schema_finding_names_the_edit(line: str, hint: str) -> None:
    text = f"apiVersion: fleetward/v1\nkind: Agent\nmetadata: {{name: a}}\nspec:\n  {line}\n"

    assert [finding for finding in findings_of(text, "agent") if finding[1] == 5 and finding[3] == hint]
    assert all(finding[3] for finding in findings_of(text, "agent"))


AGENT = """apiVersion: fleetward/v1
kind: Agent
metadata: {name: desk-bot}
spec:
  lifecycle: production
  owner: {team: desk}
  risk: {tier: low}
  model: {provider: openai, name: gpt-4.1-2025-04-14}
"""


def agent_findings(old: str, new: str) -> list[tuple[str, str, str]]:
    """The message, the hint and the marked text of each finding after an edit of a valid agent."""
    text = AGENT.replace(old, new)
    lines = text.splitlines()
    return [
        (finding.message, finding.hint, lines[place.line - 1][place.column - 1 : place.end_column - 1])
        for finding in read_document(text.encode(), "x.yaml", "agent").findings
        if (place := finding.place)
    ]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("Desk", "write 'desk'"),
        ("desk_one", "write 'desk-one'"),
        ("-desk", "write 'desk'"),
        ("dësk", "for example: payments"),
        ("d" * 64, "for example: payments"),
    ],
)
def test_a_wrong_name_is_said_once_with_the_characters_that_are_allowed(name: str, hint: str) -> None:
    [(message, fix, marked)] = agent_findings("team: desk", f"team: {name}")

    assert "lower-case letters a-z, digits and hyphens" in message
    assert (fix, marked) == (hint, name)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("{tier: low}", "{tier: low, assessedAt: 2026-02-30}", "a date is year-month-day"),
        ("{tier: low}", "{tier: low}\n  review: {heartbeat: P1M}", "months and years have no fixed length"),
        ("{tier: low}", "{tier: low}\n  budgets: [{window: day, currency: eur}]", "three capital letters"),
    ],
)
def test_a_wrong_form_is_told_in_words(old: str, new: str, words: str) -> None:
    [(message, _, _)] = agent_findings(old, new)

    assert words in message


@pytest.mark.parametrize(
    ("old", "new", "message", "marked"),
    [
        ("{team: desk}", "{backup: carla}", "spec.owner has no 'team'", "owner"),
        ("  owner: {team: desk}\n  risk: {tier: low}\n", "", "spec has no 'owner' and no 'risk'", "spec"),
        ("kind: Agent\n", "", "the file has no 'kind'", "apiVersion"),
        (
            "{tier: low}",
            "{tier: low}\n  evals: [{name: safety, suite: a.yaml}]",
            "spec.evals[safety] has no 'min' and no 'max'",
            "name",
        ),
    ],
)
def test_the_mark_of_an_absent_key_is_the_first_word_of_its_parent(
    old: str, new: str, message: str, marked: str
) -> None:
    [(said, _, word)] = agent_findings(old, new)

    assert (said, word) == (message, marked)


def test_a_rule_marks_the_parent_of_what_is_absent() -> None:
    document = read_document(AGENT.encode(), "x.yaml", "agent")

    absent, root = document.locate("spec.model.fallbacks"), document.locate("status.phase")

    assert (absent.line, absent.column, absent.end_column) == (8, 3, 8)
    assert (root.line, root.column, root.end_column) == (1, 1, 11)
