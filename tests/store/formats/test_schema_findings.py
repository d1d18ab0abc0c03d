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
