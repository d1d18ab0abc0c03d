"""In prose a character may be spelling; in names, keys and values that are names none is."""

import pytest

from fleetward.store.formats.document import read_document

PERSIAN = "می\u200cخواهم"
HEAD = "apiVersion: fleetward/v1\nkind: Agent\nmetadata: {name: desk-bot}\n"


def hidden(text: str, kind: str = "agent") -> list[tuple[str, int, bool]]:
    """Of each finding its code point, its line, and whether a waiver may excuse it."""
    document = read_document(text.encode(), "agent.yaml", kind)
    return [
        (finding.message.split()[0], finding.place.line, bool(finding.codepoint))
        for finding in document.findings
        if finding.rule == "hidden-characters"
    ]


@pytest.mark.parametrize(
    "prose",
    [
        f"# {PERSIAN} ❤\ufe0f",
        f"metadata: {{displayName: {PERSIAN}, description: {PERSIAN}}}",
        'metadata: {description: "\\u0645\\u06cc\\u200c\\u062e"}',
        f"spec: {{purpose: {{summary: {PERSIAN}, inScope: [{PERSIAN}]}}, disclosure: {{persona: {PERSIAN}}}}}",
        f"x-note: {{any: [{PERSIAN}]}}",
    ],
)
def test_prose_and_comments_are_spelled(prose: str) -> None:
    assert hidden(prose) == []


@pytest.mark.parametrize(
    "named",
    [
        f"x-{PERSIAN}: 1",
        f"spec: {{tools: [{{name: {PERSIAN}}}]}}",
        f"spec: {{model: {{name: {PERSIAN}}}}}",
        f"spec: {{prompts: [{{file: prompts/{PERSIAN}.md}}]}}",
        'spec: {model: {name: "a\\u200cb"}}',
        '"x\\u200b": 1',
        "x\u200b: 1",
        f"metadata: {{labels: {{team: {PERSIAN}}}}}",
    ],
)
def test_no_name_and_no_key_has_any_and_it_is_said_once(named: str) -> None:
    [(codepoint, line, waivable)] = hidden(f"# first\n{named}\n")

    assert codepoint in ("U+200C", "U+200B")
    assert (line, waivable) == (2, False)


def test_what_prose_hides_leaves_the_document_readable_and_may_be_waived() -> None:
    text = f"{HEAD}# zero\u200bwidth\n"

    assert hidden(text) == [("U+200B", 4, True)]
    assert read_document(text.encode(), "agent.yaml", "agent").data is not None


@pytest.mark.parametrize("text", ["# a\u2028b\n", "# a\x1bb\n", 'x-a: "a\\x1bb"\n'])
def test_what_parsers_take_for_the_end_of_a_line_is_never_waived(text: str) -> None:
    [(_, _, waivable)] = hidden(text)

    assert not waivable


def test_a_person_may_have_a_name_in_any_script() -> None:
    head = "apiVersion: fleetward/v1\nkind: People\npeople:\n  ali: "

    assert hidden(f"{head}{{name: {PERSIAN}, emails: [ali@acme.example]}}\n", "people") == []
    assert len(hidden(f"{head}{{name: Ali, emails: [a\u200cli@acme.example]}}\n", "people")) == 1
