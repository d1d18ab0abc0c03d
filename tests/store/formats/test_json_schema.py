"""The schemas as they are shipped, the words for what does not fit, and the defaults."""

from __future__ import annotations

import json

import pytest

from fleetward.domain.errors import UsageError
from fleetward.store.formats import json_schema
from fleetward.store.formats.document import read_document
from fleetward.store.formats.schema_defaults import with_defaults


def findings_of(text: str, kind: str = "fleet-config") -> list[tuple[str, int, str, str]]:
    doc = read_document(text.encode(), "x.yaml", kind)
    return [(finding.rule, finding.place.line, finding.message, finding.hint) for finding in doc.findings]


CONFIG = "apiVersion: fleetward/v1\nkind: FleetConfig\nrepository: acme/agents\n"


@pytest.mark.parametrize("name", json_schema.schema_names())
def test_every_schema_that_is_listed_can_be_printed_and_is_json(name: str) -> None:
    assert (
        json.loads(json_schema.schema_text(name))["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    )


@pytest.mark.parametrize("name", ["agnet", "../pyproject", "/etc/passwd", ""])
def test_a_schema_that_is_none_is_refused_with_what_there_is(name: str) -> None:
    with pytest.raises(UsageError) as refused:
        json_schema.schema_text(name)

    assert refused.value.hint


def test_a_number_where_text_belongs_is_quoted_in_the_hint_as_it_was_written() -> None:
    text = CONFIG.replace("acme/agents", "0x1F") + "environments: [{name: staging}]\n"

    findings = findings_of(text)

    assert ("schema", 3, 'write "0x1F"') in [(rule, line, hint) for rule, line, _, hint in findings]


def test_what_is_missing_is_named() -> None:
    assert any("environments" in message for _, _, message, _ in findings_of(CONFIG))


def test_defaults_fill_what_is_absent_and_leave_what_is_written() -> None:
    data = {"spec": {"tools": [{"name": "crm"}, {"name": "kb", "access": "write"}], "disclosure": {}}}

    filled = with_defaults(data, "agent")

    assert [tool["access"] for tool in filled["spec"]["tools"]] == ["read", "write"]
    assert filled["spec"]["disclosure"]["aiDisclosed"] is False
    assert data["spec"]["tools"][0] == {"name": "crm"}


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
def test_every_refusal_names_the_edit(line: str, hint: str) -> None:
    text = f"apiVersion: fleetward/v1\nkind: Agent\nmetadata: {{name: a}}\nspec:\n  {line}\n"

    assert [finding for finding in findings_of(text, "agent") if finding[1] == 5 and finding[3] == hint]
    assert all(finding[3] for finding in findings_of(text, "agent"))
