"""Pages on terminals: wrapped between words, and never inside one."""

from __future__ import annotations

import io

import pytest

from fleetward.report.human import plain, show
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

    show(page, out, color=False, width=width)

    words = out.getvalue().split()
    assert DIGEST in words
    assert MODEL in words


@pytest.mark.parametrize("command", ["##[error]x", "##[add-mask]x", "##vso[task.setvariable variable=a]b"])
def test_no_text_is_a_command_to_a_runner(command: str) -> None:
    shown = plain((line(f"   12 | say {command}"),))

    assert "##[" not in shown
    assert "##vso[" not in shown
    assert command[2:] in shown


def test_two_hashes_before_a_heading_stay() -> None:
    assert plain((line("## Tone"),)) == "## Tone\n"
