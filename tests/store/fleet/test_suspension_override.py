"""``spec.suspended`` in overrides.yaml is set and removed, and all else stays."""

from __future__ import annotations

from datetime import date

import pytest

from fleetward.domain.errors import FleetError
from fleetward.store.fleet.suspension_override import is_empty_override, with_suspension
from fleetward.store.formats.strict_yaml import parse_yaml

TODAY = date(2026, 11, 20)
ON = "# suspended on 2026-11-20: it lies\n"
OFF = "# resumed on 2026-11-20: it lies\n"


def suspended(text: str | None, *, released: bool = False) -> str:
    content = None if text is None else text.encode()
    return with_suspension(
        content, suspended=True, released=released, reason="it lies", today=TODAY, file="o"
    ).decode()


def resumed(text: str | None, *, released: bool = False) -> str:
    content = None if text is None else text.encode()
    return with_suspension(
        content, suspended=False, released=released, reason="it lies", today=TODAY, file="o"
    ).decode()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, f"{ON}spec: {{suspended: true}}\n"),
        ("{}\n", f"{ON}spec: {{suspended: true}}\n"),
        ("# ours\nspec: {}\n", f"{ON}# ours\nspec: {{suspended: true}}\n"),
        ("spec:\n  # money\n  budgets: []\n", f"{ON}spec:\n  suspended: true\n  # money\n  budgets: []\n"),
        ("spec:\n  suspended: false # yet\n  budgets: []", f"{ON}spec:\n  suspended: true # yet\n  budgets: []"),
        (f"{OFF}spec: {{budgets: []}}\n", f"{ON}spec: {{suspended: true, budgets: []}}\n"),
    ],
)  # fmt: skip
def test_suspending_sets_one_entry_and_says_why(before: str | None, after: str) -> None:
    assert suspended(before) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"{ON}spec: {{suspended: true}}\n", f"{OFF}{{}}\n"),
        ("# ours\nspec:\n  suspended: true\n", f"{OFF}# ours\n{{}}\n"),
        ("spec:\n  suspended: true\n  budgets: []\n", f"{OFF}spec:\n  budgets: []\n"),
        (
            "# ours\r\nspec:\r\n  suspended: true\r\n  a: 1\r\n",
            f"{OFF[:-1]}\r\n# ours\r\nspec:\r\n  a: 1\r\n",
        ),
    ],
)
def test_resuming_removes_the_override(before: str, after: str) -> None:
    assert resumed(before) == after


def test_a_release_that_is_suspended_itself_is_resumed_by_an_override() -> None:
    assert resumed(None, released=True) == f"{OFF}spec: {{suspended: false}}\n"
    assert suspended("spec: {suspended: false}\n", released=True) == f"{ON}{{}}\n"


def test_suspending_and_resuming_keeps_comments_of_people() -> None:
    text = "# of this environment\nspec: # here\n  budgets: [] # none\n"

    assert resumed(suspended(text)).removeprefix(OFF) == text


def test_overrides_with_only_our_comment_are_empty() -> None:
    assert is_empty_override(resumed(suspended(None)).encode())
    assert not is_empty_override(resumed(suspended("# ours\n{}\n")).encode())
    assert not is_empty_override(suspended(None).encode())


@pytest.mark.parametrize("text", ["spec: [\n", "spec: 5\n", "- spec\n", "spec: {a: 1}\nother: 1\n", ""])
def test_unreadable_overrides_are_not_overwritten(text: str) -> None:
    with pytest.raises(FleetError, match="o cannot be read"):
        suspended(text)


def test_a_byte_order_mark_stays_in_front() -> None:
    result = with_suspension(
        b"\xef\xbb\xbfspec: {a: 1}\n", suspended=True, released=False, reason="x", today=TODAY, file="o"
    )

    assert result.startswith(b"\xef\xbb\xbf# suspended")
    assert parse_yaml(result, "o").data == {"spec": {"suspended": True, "a": 1}}
