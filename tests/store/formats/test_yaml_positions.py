"""Positions that are computed later are those that the parser saw."""

from __future__ import annotations

import pytest

from fleetward.store.formats import strict_yaml, yaml_parser, yaml_positions
from fleetward.store.formats.document import read_document
from tests.paths import EXAMPLE_FLEET

EXAMPLES = sorted(EXAMPLE_FLEET.rglob("*.yaml"))
BY_HAND = b'\xef\xbb\xbfa: {b: [1, "x\\\r\n  y"], c: }\r\nd:\r\n- - e\r\n  - f: |\r\n      text\r\n    g:\r\n'


@pytest.mark.parametrize("content", [*(file.read_bytes() for file in EXAMPLES), BY_HAND])
def test_every_value_has_the_position_that_the_parser_saw(content: bytes) -> None:
    spots = strict_yaml.parse_yaml(content, "any.yaml", strict_yaml.GOVERNANCE_LIMITS, spots=True).positions

    assert spots
    assert {steps: yaml_positions.find_position(content, steps) for steps in spots} == {
        steps: (steps, spot) for steps, spot in spots.items()
    }


def test_an_absent_value_has_the_position_of_the_nearest_one_above() -> None:
    assert yaml_positions.find_position(b"a: {b: [1]}\n", ("a", "b", 7, "c"))[0] == ("a", "b")


def test_positions_without_libyaml_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    first = yaml_positions.find_position(BY_HAND, ("d", 0, 1, "f"))
    monkeypatch.setattr(yaml_positions, "parser_class", yaml_parser._python_parser)
    for cached in (yaml_positions._composer, yaml_positions._root_node):
        cached.cache_clear()

    again = yaml_positions.find_position(BY_HAND, ("d", 0, 1, "f"))

    for cached in (yaml_positions._composer, yaml_positions._root_node):
        cached.cache_clear()
    assert again == first


def test_a_file_that_failed_to_parse_has_no_positions() -> None:
    hostile = read_document(b"[" * 50_000, "agent.yaml", "agent")

    assert hostile.place(("spec",)).line == 1
