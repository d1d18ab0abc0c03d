import json

import pytest

from fleetward.changes import compare_document
from fleetward.domain.finding import Place
from tests.paths import SCHEMAS

SHIPPED = json.loads((SCHEMAS / "policy.schema.json").read_text(encoding="utf-8"))
SCHEMA = {
    "type": "object",
    "x-class": "policy",
    "properties": {
        "version": {"type": "integer"},
        "rules": {"type": "array", "x-list": "keyed(id)", "items": {"properties": {
            "id": {}, "require": {"x-list": "set", "items": {"properties": {"approvals": {"x-better": "higher"}}}}}}},
    },
}  # fmt: skip


def compared(before, after, file="governance/policy.yaml", schema=SCHEMA):
    return compare_document(
        before,
        after,
        schema=schema,
        file=file,
        locate_before=lambda path: Place(file=f"old {file}", path=path, line=1),
        locate_after=lambda path: Place(file=file, path=path, line=2),
    )


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("governance/policy.yaml", ("policy/policy-changed", "policy", "critical")),
        ("governance/people.yaml", ("policy/people-changed", "policy", "critical")),
        ("fleet-config.yaml", ("policy/fleet-config-changed", "policy", "critical")),
        ("governance/waivers.yaml", ("policy/waivers-changed", "policy", "high")),
        ("governance/connectors.yaml", ("governance/connectors-changed", "governance", "medium")),
        ("governance/models.yaml", ("behaviour/models-changed", "behaviour", "medium")),
        ("governance/else.yaml", ("policy/else-changed", "policy", "critical")),
    ],
)
def test_a_change_of_governance_has_the_significance_of_its_file(file, expected):
    [change] = compared({"version": 1}, {"version": 2}, file)

    assert (change.rule, change.cls, change.significance) == expected
    assert (change.environment, change.agent, change.path, change.place.file) == (None, None, "version", file)


def test_even_a_stricter_policy_is_critical_and_says_its_direction():
    before, after = ({"rules": [{"id": "a", "require": [{"approvals": n}]}]} for n in (1, 2))

    [change] = compared(before, after)

    assert (change.direction, change.significance) == ("stricter", "critical")


def test_a_removed_value_is_placed_where_it_was():
    [change] = compared({"version": 1, "rules": [{"id": "a"}]}, {"version": 1})

    assert (change.path, change.kind, change.place.file) == (
        "rules[a]",
        "removed",
        "old governance/policy.yaml",
    )


def test_a_removed_policy_is_one_change():
    [removed], [added] = compared({"version": 1}, None), compared(None, {})

    assert (removed.rule, removed.kind, removed.significance) == (
        "policy/policy-removed",
        "removed",
        "critical",
    )
    assert (added.rule, added.place.file) == ("policy/policy-added", "governance/policy.yaml")


def test_the_same_policy_in_another_order_is_no_change():
    rules = [{"id": "a"}, {"id": "b"}]

    assert compared({"version": 1, "rules": rules}, {"rules": rules[::-1], "version": 1.0}) == ()
    assert compared(None, None) == ()


def rule(**fields):
    return {
        "rules": [
            {
                "id": "every",
                "when": {"to": "production"},
                "require": [{"approvals": 2, "from": "risk"}],
                **fields,
            }
        ]
    }


@pytest.mark.parametrize(
    ("after", "path", "direction"),
    [
        (
            rule(require=[{"approvals": 1, "from": "risk"}]),
            "rules[every].require[approvals-from].approvals",
            "looser",
        ),
        (rule(require=[]), "rules[every].require", "looser"),
        (rule(assurance="signed"), "rules[every].assurance", "stricter"),
        (rule(when={"to": "staging"}), "rules[every].when.to", "unknown"),
        (rule(when={"to": ["production", "staging"]}), "rules[every].when.to", "stricter"),
        ({"rules": []}, "rules[every]", "looser"),
    ],
)
def test_the_shipped_policy_schema_decides_the_direction_of_a_rule(after, path, direction):
    [change] = compared(rule(), after, schema=SHIPPED)

    assert (change.path, change.direction, change.significance) == (path, direction, "critical")


def test_one_value_and_a_list_of_it_are_the_same():
    assert compared(rule(), rule(when={"to": ["production"]}), schema=SHIPPED) == ()


@pytest.mark.parametrize(
    ("fixed", "expected"),
    [
        ({"allow": ["read", "pay"]}, ("connectors.crm.fixed.allow", "looser", "high")),
        ({"allow": []}, ("connectors.crm.fixed.allow", "stricter", "medium")),
        (
            {"allow": ["read"], "server": {"version": "2"}},
            ("connectors.crm.fixed.server.version", "unknown", "high"),
        ),
    ],
)
def test_what_a_connector_fixes_weighs_as_much_as_in_a_tool(fixed, expected):
    schema = json.loads((SCHEMAS / "connectors.schema.json").read_text(encoding="utf-8"))
    before, after = ({"connectors": {"crm": {"fixed": values}}} for values in ({"allow": ["read"]}, fixed))

    [change] = compared(before, after, "governance/connectors.yaml", schema)

    assert (change.path, change.direction, change.significance) == expected
