"""The paths of rows are what the walker yields, place by place of the printed grammar."""

import re

import pytest

from fleetward.changes.meaning import covers
from fleetward.changes.meanings import PATHS
from fleetward.changes.walker import deltas
from tests.changes.situations import SCHEMA, SPEC, spec

PLACES = [
    ("spec.risk.tier", "changed", {"risk__tier": "medium"}),
    ("spec.owner.team", "removed", {"owner": None}),
    ("spec.prompts[]", "added", {"prompts__1": {"name": "tone", "file": "tone.md"}}),
    ("spec.prompts[].file", "changed", {"prompts__0__file": "prompts/other.md"}),
    ("spec.tools[].allow", "removed", {"tools__0__allow": ["read"]}),
    ("spec.retirement.criteria", "removed", {"retirement__criteria__1": None}),
    ("spec.retirement.criteria[].date", "changed", {"retirement__criteria__1__date": "2028-12-31"}),
    ("spec.model.fallbacks[]", "removed", {"model__fallbacks__1": None}),
    ("spec.model.fallbacks", "reordered", {"model__fallbacks": SPEC["model"]["fallbacks"][::-1]}),
]


@pytest.mark.parametrize(("path", "kind", "edit"), PLACES, ids=[path for path, _, _ in PLACES])
def test_a_place_of_the_grammar_has_its_path_and_its_kind(path, kind, edit):
    reported = deltas({"spec": SPEC}, {"spec": spec(**edit)}, SCHEMA)

    assert (path, kind) in {(delta.generic, str(delta.kind)) for delta in reported}


def test_every_path_of_the_printed_grammar_is_tried():
    rows = [row.split("|") for row in PATHS.splitlines() if row.startswith(("| a ", "| an ", "| the "))]
    printed = {(re.search("`([^`]+)`", cells[2])[1], tuple(cells[3].split(", "))) for cells in rows}

    assert {path for path, _ in printed} == {path for path, _, _ in PLACES}
    kinds = {path: "".join(words) for path, words in printed}
    assert [path for path, kind, _ in PLACES if kind not in kinds[path]] == []


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("spec.model.parameters*", "spec.model.parameters", True),
        ("spec.model.parameters*", "spec.model.parameters.temperature", True),
        ("spec.tools[]*", "spec.tools[].allow", True),
        ("spec.model.fallbacks*", "spec.model.fallbacks[]", True),
        ("spec.model.parameters*", "spec.model.parametersFile", False),
        ("spec.model", "spec.model.name", False),
        ("spec.*.name", "spec.model.name", False),
    ],
)
def test_a_star_at_the_end_is_the_place_and_everything_below(pattern, path, matches):
    assert covers(pattern, path) is matches
