"""One replacement in a list is one change, whatever it loosens and tightens."""

from __future__ import annotations

import pytest

from fleetward.changes import compare, compare_document
from fleetward.domain.change import ChangeKind, Direction
from fleetward.domain.finding import Place
from fleetward.store.formats.json_schema import load_schema
from tests.changes.situations import SCHEMA, known, spec

FALLBACK = {"provider": "openai", "name": "gpt-4.1-2025-04-14"}
OTHER = {"provider": "google", "name": "gemini-2.5-pro"}


@pytest.mark.parametrize(
    ("before", "after", "kinds"),
    [
        (["read", "draft"], ["read", "send"], ["changed"]),
        (["read", "draft"], ["draft"], ["removed"]),
        (["read", "draft"], ["send", "pay"], ["added", "added", "removed", "removed"]),
        (["read"], ["read", "re\u200bad"], ["added"]),
        (["draft"], ["re\u200bad"], ["added", "removed"]),
    ],
)
def test_a_plain_item_in_the_place_of_another_is_one_change(before, after, kinds):
    tools = [
        [{"name": "crm", "kind": "mcp", "connector": "crm", "allow": allow, "access": "read"}]
        for allow in (before, after)
    ]

    comparison = compare(*(known(spec(tools=side)) for side in tools), schema=SCHEMA)

    assert sorted(change.kind.value for change in comparison.changes) == kinds
    assert {direction for _, direction, _ in comparison.facets} >= (
        {Direction.LOOSER, Direction.STRICTER} if kinds == ["changed"] else set()
    )
    if kinds == ["changed"]:
        [change] = comparison.changes
        assert (change.before, change.after, change.direction) == ("draft", "send", Direction.LOOSER)
        assert change.rule == "privilege/allow-widened"


def test_another_fallback_is_one_change_and_an_edited_one_too():
    def model(*fallbacks):
        return known(
            spec(model={"provider": "anthropic", "name": "claude-sonnet-4-6", "fallbacks": list(fallbacks)})
        )

    [replaced] = compare(model(FALLBACK), model(OTHER), schema=SCHEMA).changes
    [edited] = compare(model(FALLBACK), model({**FALLBACK, "name": "gpt-4.1"}), schema=SCHEMA).changes

    assert (replaced.path, replaced.kind, replaced.after) == (
        "spec.model.fallbacks[0]", ChangeKind.CHANGED, OTHER
    )  # fmt: skip
    assert edited.path == "spec.model.fallbacks[0].name"


def test_another_agent_in_the_place_of_one_is_one_change_and_other_tools_are_two():
    def depending(agent, **more):
        return known(spec(dependsOn=[{"agent": agent, "optional": False, **more}]))

    [change] = compare(depending("a"), depending("b"), schema=SCHEMA).changes
    both = compare(depending("a"), depending("b", optional=True), schema=SCHEMA).changes

    assert (change.path, change.kind, change.rule) == (
        "spec.dependsOn[b]", ChangeKind.CHANGED, "topology/dependency-added"
    )  # fmt: skip
    assert sorted(item.kind.value for item in both) == ["added", "removed"]


def test_another_address_of_a_person_is_one_change():
    def people(email):
        return {"people": {"carla": {"name": "Carla", "emails": [email]}}}

    [change] = compare_document(
        people("a@acme.example"), people("b@acme.example"), schema=load_schema("people"),
        file="governance/people.yaml", locate_before=lambda _: Place(file="x"), locate_after=lambda _: Place(file="x"),
    )  # fmt: skip

    assert (change.kind, change.before, change.after) == (
        ChangeKind.CHANGED, "a@acme.example", "b@acme.example"
    )  # fmt: skip
