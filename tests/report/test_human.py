"""Pages on terminals: wrapped between words, never inside of one."""

from __future__ import annotations

import io

import pytest
from rich.cells import cell_len

from fleetward.report.human import plain_text, print_page
from fleetward.report.page import line, span

DIGEST = "sha256:" + "0123456789abcdef" * 4
MODEL = "anthropic.claude-sonnet-4-5-20250929-v1:0"


@pytest.mark.parametrize("width", [20, 40, 79, 80, 81])
def test_a_digest_and_an_id_are_never_broken(width: int) -> None:
    page = (
        line("the release ", span(DIGEST, "strong"), f" runs {MODEL} here, as it was approved", hang=4),
        line("fleet validate"),
    )
    out = io.StringIO()

    print_page(page, out, color=False, width=width)

    words = out.getvalue().split()
    assert DIGEST in words
    assert MODEL in words


@pytest.mark.parametrize("width", [40, 80, 120])
@pytest.mark.parametrize(
    ("before", "marked", "after"),
    [
        ("  owner: {", "team", ": payments}"),
        ("  owner: {", "team", ": payments, accountable: carla, " * 4 + "}"),
        ("  owner: {accountable: carla, " * 5, "team", ": payments}"),
        ("  日本: {本: 日, " * 12, "日本日", ": payments, accountable: carla" * 5),
        ("  x: " * 30, "y" * 200, " z"),
        ("x" * 28, "team", ": payments" * 20),
        ("x" * 68, "team", ": payments" * 20),
        ("x" * 108, "team", ""),
    ],
    ids=["short", "begin", "end", "wide", "long", "edge-40", "edge-80", "edge-120"],
)
def test_the_caret_stays_under_the_value_and_no_line_wraps(
    width: int, before: str, marked: str, after: str
) -> None:
    first, wide = cell_len(before), cell_len(marked)
    focus = (first, first + wide)
    page = (
        line(span("   12 | ", "dim"), before, span(marked), after, hang=8, focus=focus),
        line("      | ", " " * first, "^" * wide, hang=8, focus=focus),
        line("fleet validate"),
    )
    out = io.StringIO()

    print_page(page, out, color=False, width=width)

    source, caret, last = out.getvalue().splitlines()
    start, length = caret.index("^"), caret.count("^")
    assert (source[:8], caret[:8], last) == ("   12 | ", "      | ", "fleet validate")
    assert max(cell_len(source), cell_len(caret)) <= width
    assert cells(source)[start : start + length] == cells(marked)[:length]
    assert length == wide or caret.endswith("^…")


def cells(text: str) -> str:
    """One character for each column of a terminal."""
    return "".join(character + "_" * (cell_len(character) - 1) for character in text)


@pytest.mark.parametrize("command", ["##[error]x", "##[add-mask]x", "##vso[task.setvariable variable=a]b"])
def test_no_text_is_a_command_to_a_runner(command: str) -> None:
    output = plain_text((line(f"   12 | say {command}"),))

    assert "##[" not in output
    assert "##vso[" not in output
    assert command[2:] in output


def test_two_hashes_before_a_heading_stay() -> None:
    assert plain_text((line("## Tone"),)) == "## Tone\n"


def test_an_empty_line_of_a_source_is_shown_as_one() -> None:
    out = io.StringIO()

    print_page(
        (line("    3 | ", "", hang=8, focus=(0, 1)), line("fleet validate")), out, color=False, width=80
    )

    assert out.getvalue() == "    3 |\nfleet validate\n"
