"""The docstring of a rule is its documentation, and every rule has one row in the table of rules."""

import inspect
import pkgutil
from importlib import import_module

import pytest
import yaml

from fleetward import rules
from fleetward.domain.names import is_name
from fleetward.rules import documentation
from fleetward.rules.documentation import SECTIONS, rule_section, sections


@pytest.mark.parametrize("rule", rules.CATALOGUE, ids=lambda rule: rule.id)
def test_a_docstring_has_a_summary_and_all_sections(rule: rules.Rule) -> None:
    texts = sections(rule)

    assert tuple(texts) == SECTIONS, (
        f"the docstring of {rule.id} needs Why:, Bad:, Good: and Fix:, in this order"
    )
    assert all(texts.values()), f"a section in the docstring of {rule.id} is empty"
    assert rule.summary.endswith("."), f"the docstring of {rule.id} begins with one sentence"


@pytest.mark.parametrize("rule", rules.CATALOGUE, ids=lambda rule: rule.id)
def test_the_examples_are_yaml_and_differ(rule: rules.Rule) -> None:
    texts = sections(rule)

    for name in ("Bad", "Good"):
        yaml.safe_load(texts[name])
    assert texts["Bad"] != texts["Good"]


def test_every_rule_has_one_row_in_the_table() -> None:
    modules = [
        import_module(f"fleetward.rules.{module.name}")
        for module in pkgutil.iter_modules(rules.__path__)
        if module.name != "__main__"
    ]
    defined = {
        rule.id: f"{module.__name__.rpartition('.')[2]}.{name}"
        for module in modules
        for name, rule in vars(module).items()
        if isinstance(rule, rules.Rule) and rule.check.__module__ == module.__name__
    }

    missing = [
        row for rule_id, row in defined.items() if rule_id not in {rule.id for rule in rules.CATALOGUE}
    ]
    assert not missing, f"add to CATALOGUE in src/fleetward/rules/rule_table.py: {', '.join(missing)}"
    assert len(defined) == len(rules.CATALOGUE), "a rule has two rows"


def test_a_rule_has_the_name_of_its_function() -> None:
    for rule in rules.CATALOGUE:
        assert rule.check.__name__ == rule.id.replace("-", "_"), f"name the function of {rule.id} like its id"
        assert is_name(rule.id)


def test_a_check_has_no_state_of_its_own() -> None:
    for rule in rules.CATALOGUE:
        assert list(inspect.signature(rule.check).parameters) == ["fleet", "now"]
        assert rule.check.__closure__ is None


def test_find_rule_returns_none_for_an_unknown_id() -> None:
    rule = rules.find_rule("owner-unknown")

    assert rule is not None
    assert rule.id == "owner-unknown"
    assert rules.find_rule("owner-unkown") is None


def test_the_page_holds_every_rule_with_its_examples() -> None:
    text = documentation.reference_page()

    for rule in documentation.DOCUMENTED_RULES:
        assert f"\n## {rule.id}\n" in text
        assert rule_section(rule) in text
    assert {rule.id for rule in documentation.DOCUMENTED_RULES} >= {rule.id for rule in rules.CATALOGUE}
    assert text.count("```") == 4 * len(documentation.DOCUMENTED_RULES)
    assert "Severity: error, warning for the lowest tier." in text


def test_no_two_documented_rules_share_an_id() -> None:
    ids = [rule.id for rule in documentation.DOCUMENTED_RULES]

    assert len(ids) == len(set(ids))
