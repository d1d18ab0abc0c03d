import pytest

from fleetward.changes.walker import deltas

SCHEMA = {
    "type": "object",
    "properties": {
        "tools": {"type": "array", "x-list": "keyed(name)", "x-better": "lower", "items": {"$ref": "#/$defs/tool"}},
        "tags": {"type": "array", "x-list": "set", "x-better": "higher", "items": {"type": "string"}},
        "steps": {"type": "array", "x-list": "ordered", "items": {"type": "string"}},
        "rules": {"type": "array", "x-list": "set", "items": {"type": "object", "properties": {
            "when": {"type": "string"}, "above": {"type": "number"}}}},
        "age": {"type": "string", "x-unit": "duration", "x-better": "lower"},
        "size": {"type": "number", "x-better": "lower"},
        "on": {"type": "boolean", "x-better": "higher"},
        "block": {"type": "object", "x-better": "higher", "properties": {"how": {"type": "string"}}},
    },
    "$defs": {"tool": {"type": "object", "properties": {
        "name": {"type": "string"}, "level": {"x-order": ["read", "write"], "x-better": "lower"}}}},
}  # fmt: skip


def delta_facts(before, after):
    return [(m.path, str(m.kind), str(m.direction)) for m in deltas(before, after, SCHEMA)]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"age": "PT60M"}, {"age": "PT1H"}),
        ({"age": "P12M"}, {"age": "P1Y"}),
        ({"age": "P14M3D"}, {"age": "P1Y2M3D"}),
        ({"size": 1}, {"size": 1.0}),
        ({"size": None}, {}),
        ({"tools": [{"name": "a"}, {"name": "b"}]}, {"tools": [{"name": "b"}, {"name": "a"}]}),
        ({"tags": ["a", "b"]}, {"tags": ["b", "a", "a"]}),
        ({"block": {}}, {}),
        ({"x": {"a": 1, "b": None}}, {"x": {"a": 1.0}}),
    ],
)
def test_an_equivalent_value_is_no_delta(before, after):
    assert delta_facts(before, after) == []


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"on": True}, {"on": 1}, ("on", "changed", "unknown")),
        ({"on": False}, {"on": True}, ("on", "changed", "stricter")),
        ({"size": 1}, {"size": 2}, ("size", "changed", "looser")),
        ({"size": 1}, {}, ("size", "removed", "looser")),
        ({"age": "PT1H"}, {"age": "P1D"}, ("age", "changed", "looser")),
        ({"age": "P1D"}, {"age": "P1M"}, ("age", "changed", "looser")),
        ({"age": "P3M"}, {"age": "P90D"}, ("age", "changed", "stricter")),
        ({"age": "P90D"}, {"age": "P3M"}, ("age", "changed", "looser")),
        ({"age": "P1M"}, {"age": "P1M1D"}, ("age", "changed", "looser")),
        # shorter in February alone
        ({"age": "P1M"}, {"age": "P30D"}, ("age", "changed", "unknown")),
        ({"age": "P365D"}, {"age": "P1Y"}, ("age", "changed", "unknown")),
        ({"age": "P1M"}, {"age": "a month"}, ("age", "changed", "unknown")),
        ({"tags": ["a"]}, {"tags": []}, ("tags", "removed", "looser")),
        ({"tools": []}, {"tools": [{"name": "a", "level": "read"}]}, ("tools[a]", "added", "looser")),
        ({"steps": ["a", "b"]}, {"steps": ["b", "a"]}, ("steps", "reordered", "neutral")),
        ({"steps": ["a", "b"]}, {"steps": ["a", "c"]}, ("steps[1]", "changed", "neutral")),
        ({"block": {"how": "x"}}, {}, ("block.how", "removed", "looser")),
        ({"block": {"how": "x"}}, {"block": {}}, ("block.how", "removed", "neutral")),
        ({"other": 1}, {"other": True}, ("other", "changed", "unknown")),
        ({"other": [True]}, {"other": [1]}, ("other[0]", "changed", "unknown")),
        ({"size": 1}, {"size": [1]}, ("size", "changed", "unknown")),
    ],
)
def test_a_delta_has_its_path_its_kind_and_its_direction(before, after, expected):
    assert delta_facts(before, after) == [expected]


def test_a_reference_is_followed_to_the_annotations_behind_it():
    before, after = ({"tools": [{"name": "a", "level": level}]} for level in ("write", "read"))

    assert delta_facts(before, after) == [("tools[a].level", "changed", "stricter")]


def test_a_tool_with_the_same_name_twice_is_not_lost():
    once, twice = ([{"name": "a"}], [{"name": "a"}, {"name": "a", "level": "write"}])

    assert delta_facts({"tools": once}, {"tools": twice}) == [('tools["a#2"]', "added", "looser")]


def test_an_edited_element_of_a_set_is_one_delta_with_its_positions():
    before = {"rules": [{"when": "amount", "above": 1}, {"when": "time", "above": 1}]}
    after = {"rules": [{"when": "time", "above": 1}, {"when": "amount", "above": 2}]}

    [delta] = deltas(before, after, SCHEMA)

    assert (delta.path, delta.before, delta.after) == ("rules[amount].above", 1, 2)
    assert (delta.location.before, delta.location.after) == (("rules", 0, "above"), ("rules", 1, "above"))


def test_elements_without_an_identity_are_added_and_removed_as_a_whole():
    before = {"rules": [{"when": "amount", "above": 1}, {"when": "amount", "above": 2}]}
    after = {"rules": [{"when": "amount", "above": 1}, {"when": "amount", "above": 3}]}

    kinds = [kind for _, kind, _ in delta_facts(before, after)]

    assert kinds == ["changed"]
    assert [k for _, k, _ in delta_facts(before, {"rules": []})] == ["removed", "removed"]


def test_a_reference_to_itself_ends():
    schema = {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}}

    assert [m.path for m in deltas({"x": 1}, {"x": 2}, schema)] == ["x"]
