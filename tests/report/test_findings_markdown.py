from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from fleetward.report import findings_markdown, markdown
from fleetward.report.human import visible
from tests.report.rendered import HOSTILE, finding, hostile, many, usual, validation

GOLDEN = Path(__file__).parent / "golden" / "findings.md"
NEXT = "fleet validate environments/staging/desk/agent.yaml"
HARMLESS = {"text", "code_inline", "strong_open", "strong_close", "hardbreak", "softbreak"}


def inline(text: str) -> list[Token]:
    """Every mark inside lines, as a Markdown parser with tables and bare links sees them."""
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    return [child for token in parser.parse(text) for child in token.children or []]


def test_the_report_reads_as_it_did() -> None:
    assert findings_markdown.render(usual(), NEXT) == GOLDEN.read_text(encoding="utf-8")


def test_the_last_line_is_the_command_in_a_block_of_its_own() -> None:
    text = findings_markdown.render(usual(), NEXT)

    assert text.splitlines()[-1].strip() == NEXT
    last = MarkdownIt("commonmark").parse(text)[-1]
    assert (last.type, last.level, last.content) == ("code_block", 0, NEXT + "\n")


def test_text_of_a_fleet_stays_in_code_spans() -> None:
    text = findings_markdown.render(hostile(), f"fleet validate '{HOSTILE}'")

    assert {token.type for token in inline(text)} <= HARMLESS
    texts = [token.content for token in inline(text) if token.type == "text"]
    assert not any("octocat" in content or "e.example" in content for content in texts)
    assert [line for line in text.splitlines() if line.startswith(("b", "<", "|"))] == []


@given(st.text(min_size=1, max_size=60) | st.text(alphabet="`| \\\n*_[]()<>@#~-", min_size=1, max_size=30))
def test_any_text_is_one_code_span(text: str) -> None:
    tokens = inline(f"at {markdown.code(text)} end")

    assert [token.type for token in tokens] == ["text", "code_inline", "text"]
    assert tokens[1].content.strip() == visible(text).replace("\t", " ").strip()


def test_an_empty_text_leaves_no_fence_open() -> None:
    assert {token.type for token in inline(f"{markdown.code('')} and **more**")} <= HARMLESS


@pytest.mark.parametrize("number", [1, 200, 5_000])
def test_the_size_is_bounded_and_the_rest_is_counted(number: int) -> None:
    text = findings_markdown.render(many(number), NEXT)

    listed = text.count("**error**")
    assert len(text) < 65_536
    assert (f"{number - listed} more finding" in text) == (listed < number)
    assert f"{number} error" in text


def test_a_very_long_message_is_cut_and_says_so() -> None:
    text = findings_markdown.render(validation(finding(message="x" * 100_000)), NEXT)

    assert len(text) < 3_000
    assert "(100000 characters)" in text
