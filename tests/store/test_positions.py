"""The second look at a file finds what the first one would have told."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleetward.store import positions, yaml
from fleetward.store.document import document

EXAMPLES = sorted((Path(__file__).parents[2] / "example-fleet").rglob("*.yaml"))
BY_HAND = b'\xef\xbb\xbfa: {b: [1, "x\\\r\n  y"], c: }\r\nd:\r\n- - e\r\n  - f: |\r\n      text\r\n    g:\r\n'


@pytest.mark.parametrize("content", [*(one.read_bytes() for one in EXAMPLES), BY_HAND])
def test_every_value_stands_where_reading_saw_it(content: bytes) -> None:
    spots = yaml.read(content, "any.yaml", yaml.GOVERNANCE_LIMITS, spots=True).spots

    assert spots
    assert {steps: positions.spot(content, steps) for steps in spots} == {
        steps: (steps, spot) for steps, spot in spots.items()
    }


def test_what_is_not_there_stands_at_the_nearest_above() -> None:
    assert positions.spot(b"a: {b: [1]}\n", ("a", "b", 7, "c"))[0] == ("a", "b")


def test_parsers_without_libyaml_see_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    told = positions.spot(BY_HAND, ("d", 0, 1, "f"))
    monkeypatch.setattr(positions, "parser_class", yaml._python_parser)
    for cached in (positions._composer, positions._top):
        cached.cache_clear()

    again = positions.spot(BY_HAND, ("d", 0, 1, "f"))

    for cached in (positions._composer, positions._top):
        cached.cache_clear()
    assert again == told


def test_what_could_not_be_read_is_not_looked_at_again() -> None:
    hostile = document(b"[" * 50_000, "agent.yaml", "agent")

    assert hostile.place(("spec",)).line == 1
