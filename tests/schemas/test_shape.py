"""Rules for all schemas."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from tests.schemas.reading import ANNOTATIONS, FOLDER, every_node, inputs, outputs, schema

IN = every_node(inputs())
OUT = every_node(outputs())
FREE = {
    "agent.metadata.labels",
    "agent.metadata.annotations",
    "agent.spec.model.parameters",
    "overrides.spec",
    "policy-test.cases<items>.edit",
}
FREE |= {"agent.spec.model.fallbacks<items>.parameters", "policy-test.cases<items>.edit"}
EXACT = {"overrides", "evaluation", "evaluation.counts"}
"""Where not even a key with x- is free."""
KNOWN = set(ANNOTATIONS) | {
    *("$schema", "$id", "$comment", "title", "description", "type", "properties", "patternProperties"),
    *("additionalProperties", "propertyNames", "required", "dependentRequired", "minProperties"),
    *("maxProperties", "items", "minItems", "maxItems", "uniqueItems", "pattern", "format", "minLength"),
    *("maxLength", "minimum", "maximum", "exclusiveMinimum", "enum", "const", "anyOf", "oneOf"),
    *("default", "examples"),
}


def of_type(
    name: str, pairs: list[tuple[str, Mapping[str, Any]]] = IN
) -> list[tuple[str, Mapping[str, Any]]]:
    return [(path, node) for path, node in pairs if node.get("type") == name]


def test_there_is_a_schema_for_every_kind_of_file_and_every_output() -> None:
    assert inputs() == [
        "agent", "connectors", "evaluation", "fleet-config", "models", "overrides", "people", "policy", "policy-test",
        "waivers",
    ]  # fmt: skip
    verbs = [
        "adopt",
        "approvals",
        "approve",
        "attest",
        "audit",
        "diff",
        "diff-rules",
        "evidence",
        "explain",
        "init",
        "list",
        "log",
        "models",
        "models-upgrade",
        "new",
        "policy-check",
        "policy-test",
        "promote",
        "release",
        "rename",
        "resume",
        "retire-check",
        "retire",
        "rollback",
        "schema",
        "signers",
        "status",
        "suspend",
        "transfer",
        "validate",
        "why",
    ]
    assert outputs() == [f"output/{verb}-output" for verb in verbs]


@pytest.mark.parametrize("name", [*inputs(), *outputs()])
def test_a_schema_is_valid_2020_12_under_its_own_name(name: str) -> None:
    data = schema(name)

    Draft202012Validator.check_schema(data)

    assert data["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert data["$id"] == f"https://fleetward.dev/schemas/v1/{name}.schema.json"


def test_schemas_use_known_keywords_only() -> None:
    assert [(path, set(node) - KNOWN) for path, node in IN + OUT if set(node) - KNOWN] == []


def test_every_property_has_a_description() -> None:
    bare = [
        f"{path}.{key}"
        for path, node in IN + OUT
        for key, child in node.get("properties", {}).items()
        if not isinstance(child, bool) and not child.get("description")
    ]

    assert bare == []


def test_every_list_declares_how_items_are_matched_and_how_many_fit() -> None:
    bare = [path for path, node in of_type("array") if not {"x-list", "maxItems", "items"} <= set(node)]

    assert bare == []


def test_a_keyed_list_is_of_mappings_that_must_carry_the_key() -> None:
    keyed = [(path, node) for path, node in of_type("array") if node["x-list"].startswith("keyed(")]

    assert len(keyed) >= 8
    for path, node in keyed:
        assert node["x-list"][6:-1] in node["items"]["required"], path


def test_only_lists_of_text_are_compared_for_equal_items() -> None:
    assert [p for p, n in of_type("array") if "uniqueItems" in n and n["items"].get("type") != "string"] == []


def test_every_text_has_a_largest_length() -> None:
    assert [p for p, n in of_type("string") if not {"maxLength", "enum", "const"} & set(n)] == []


def test_every_mapping_refuses_unknown_keys_or_limits_their_number() -> None:
    for path, node in of_type("object"):
        extra = node.get("additionalProperties")
        if extra is False:
            assert node.get("patternProperties", {}) in ({"^x-": True}, {}), path
            assert "patternProperties" in node or path in EXACT, path
        else:
            assert "maxProperties" in node, path
            assert (extra is True) == (path in FREE), path


def test_a_mapping_by_name_accepts_valid_names_only() -> None:
    by_name = [
        (path, node)
        for path, node in of_type("object")
        if isinstance(node.get("additionalProperties"), dict)
        and path not in ("evaluation.metrics", "fleet-config.reporting.rates")
    ]

    assert len(by_name) >= 7
    for path, node in by_name:
        assert node["propertyNames"]["pattern"].startswith("^[a-z0-9]"), path
        assert "patternProperties" not in node, path


def test_outputs_allow_further_fields() -> None:
    assert [path for path, node in OUT if "additionalProperties" in node or "maxProperties" in node] == []


def test_defaults_and_examples_are_accepted_where_they_stand() -> None:
    refused = [
        (path, value)
        for path, node in IN
        for value in [*node.get("examples", []), *([node["default"]] if "default" in node else [])]
        if not Draft202012Validator(dict(node)).is_valid(value)
    ]

    assert refused == []


def patterns() -> list[tuple[str, str]]:
    return [(path, node["pattern"]) for path, node in IN + OUT if "pattern" in node]


def test_patterns_are_anchored_and_plain_ascii() -> None:
    for path, pattern in patterns():
        assert re.fullmatch(r"\^.*\$", pattern), path
        assert not re.search(r"\\[wWdDsSbB]|\(\?|[^ -~]", pattern), path


def repeats(tree: Any, inside: bool = False) -> Iterator[bool]:
    """For every repetition, whether it is inside another one that may repeat."""
    for code, value in tree:
        name = str(code)
        if name in ("MAX_REPEAT", "MIN_REPEAT"):
            _, most, body = value
            again = int(most) > 1
            yield inside and again
            yield from repeats(body, inside or again)
        elif name == "SUBPATTERN":
            yield from repeats(value[-1], inside)
        elif name == "BRANCH":
            for branch in value[1]:
                yield from repeats(branch, inside)


def test_patterns_hold_no_repetition_in_a_repetition() -> None:
    from re import _parser  # type: ignore[attr-defined]

    assert [path for path, pattern in patterns() if any(repeats(_parser.parse(pattern)))] == []
    assert any(repeats(_parser.parse("^(a+)+$"))), "the look-out itself works"


def with_vocabulary() -> Draft202012Validator:
    import json

    vocabulary = json.loads((FOLDER / "vocabulary.json").read_text())
    resource = Resource.from_contents(vocabulary, DRAFT202012)
    return Draft202012Validator(vocabulary, registry=Registry().with_resource(vocabulary["$id"], resource))


@pytest.mark.parametrize("name", [*inputs(), *outputs()])
def test_annotations_use_declared_values_only(name: str) -> None:
    assert [error.message for error in with_vocabulary().iter_errors(schema(name))] == []


@pytest.mark.parametrize(
    "annotation",
    [
        {"x-list": "sorted"},
        {"x-better": "more"},
        {"x-class": "unknown"},
        {"x-order": ["one"]},
        {"x-text": "yes"},
    ],
)
def test_the_vocabulary_refuses_what_it_does_not_declare_however_deep(annotation: dict[str, Any]) -> None:
    deep = {"properties": {"spec": {"items": {"anyOf": [annotation]}}}}

    assert not with_vocabulary().is_valid(deep)


def test_the_vocabulary_declares_exactly_the_annotations_in_use() -> None:
    used = {key for _, node in IN for key in node if key.startswith("x-")}
    declared = {key for key in with_vocabulary().schema["properties"] if key.startswith("x-")}  # type: ignore[index]

    assert used == declared == set(ANNOTATIONS)


def test_an_order_names_every_value_of_its_enumeration() -> None:
    ordered = [(path, node) for path, node in IN if "x-order" in node]

    assert len(ordered) >= 15
    for path, node in ordered:
        assert "enum" not in node or sorted({*node["enum"]} - {"TODO"}) == sorted(node["x-order"]), path
