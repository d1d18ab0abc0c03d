"""An edit of YAML replaces the values that it names, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleetward.domain.errors import FleetError
from fleetward.domain.path import Steps
from fleetward.store.formats.strict_yaml import parse_yaml
from fleetward.store.formats.yaml_edit import edit_yaml
from tests.paths import EXAMPLE_FLEET

MANIFESTS = sorted((EXAMPLE_FLEET / "environments").glob("*/*/agent.yaml"))
LIFE: Steps = ("spec", "lifecycle")
BRAKE: Steps = ("spec", "suspended")


def edited_text(text: str, changes: dict[Steps, object]) -> str:
    return edit_yaml(text.encode(), changes, "a.yaml").decode()


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.parent.name)
def test_an_edit_changes_one_line_of_a_manifest_and_keeps_its_comment(path: Path) -> None:
    before = path.read_text()

    after = edited_text(before, {LIFE: "retired"})

    lines = zip(before.splitlines(), after.splitlines(), strict=True)
    moved = [(old, new) for old, new in lines if old != new]
    assert len(moved) == (0 if "lifecycle: retired" in before else 1)
    assert all(new.split("#")[1:] == old.split("#")[1:] for old, new in moved)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("spec:\n  lifecycle: pilot # once\n", "spec:\n  lifecycle: retired # once\n"),
        ("spec:\n  lifecycle: 'pilot'\n", "spec:\n  lifecycle: 'retired'\n"),
        ('spec: {lifecycle: "pilot", class: foundation}\n', 'spec: {lifecycle: "retired", class: foundation}\n'),
        ("spec: # all\n  # why\n  class: a\n", "spec: # all\n  lifecycle: retired\n  # why\n  class: a\n"),
        ("spec: {class: a}", "spec: {lifecycle: retired, class: a}"),
        ("spec: {}\n", "spec: {lifecycle: retired}\n"),
        ("spec:\r\n    class: a\r\n", "spec:\r\n    lifecycle: retired\r\n    class: a\r\n"),
        ("\ufeffspec: {lifecycle: draft}", "\ufeffspec: {lifecycle: retired}"),
        ("spec:\n  lifecycle:\n    draft\n", "spec:\n  lifecycle:\n    retired\n"),
    ],
)  # fmt: skip
def test_a_value_is_replaced_or_inserted_first_in_its_mapping(before: str, after: str) -> None:
    assert edited_text(before, {LIFE: "retired"}) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("spec:\n  suspended: true # now\n  budgets: []\n", "spec:\n  budgets: []\n"),
        ("spec:\n  budgets: []\n  # why\n  suspended: true", "spec:\n  budgets: []\n  # why\n"),
        ("spec: {suspended: true, budgets: []}\n", "spec: {budgets: []}\n"),
        ("spec: {budgets: [], suspended: true}\n", "spec: {budgets: []}\n"),
        ("spec: {suspended: true}\n", "spec: {}\n"),
        ("spec: {\n  a: 1,\n  suspended: true\n}\n", "spec: {\n  a: 1\n}\n"),
        ("spec:\n  suspended:\n    true\n\n  a: 1\n", "spec:\n\n  a: 1\n"),
    ],
)
def test_an_entry_is_removed_with_its_lines(before: str, after: str) -> None:
    assert edited_text(before, {BRAKE: None}) == after


def test_items_of_lists_are_replaced_and_removed_together() -> None:
    block = "members:\n  - alice # first\n  - bob\n  - person: carla\n    until: 2027-01-01\n  - dina\n"

    after = edited_text(
        block,
        {
            ("members", 0): {"person": "erin", "since": "2026-11-20"},
            ("members", 1): None,
            ("members", 2, "person"): "no",
            ("members", 2, "since"): "2026-11-20",
            ("members", 3): None,
        },
    )

    assert after == (
        "members:\n  - {person: erin, since: 2026-11-20} # first\n"
        '  - person: "no"\n    since: 2026-11-20\n    until: 2027-01-01\n'
    )


def test_a_file_with_another_layout_is_refused_by_its_name() -> None:
    with pytest.raises(FleetError, match=r"a\.yaml is written in a way") as caught:
        edited_text("spec:\n  - suspended: true\n    other: 1\n  - {}\n", {("spec", 0, "suspended"): None})

    assert caught.value.hint == "edit a.yaml by hand"


def test_a_name_that_reads_as_something_else_is_quoted() -> None:
    after = edited_text("a: {by: carla}\n", {("a", "by"): "007"})

    assert after == 'a: {by: "007"}\n'
    assert parse_yaml(after.encode(), "").data == {"a": {"by": "007"}}
