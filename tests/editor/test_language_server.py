"""An editor with yaml-language-server, led by the modeline, shows errors, descriptions and completions."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from fleetward.store.formats.document import read_document
from tests.cli.outside import terminal
from tests.editor.node import needs
from tests.editor.server import Editor, editor
from tests.schemas.reading import documents, schema
from tests.schemas.test_accepting import EXAMPLE

pytestmark = needs("yaml-language-server")

DESK = EXAMPLE / "environments" / "staging" / "delivery-desk" / "agent.yaml"
SPEC = schema("agent")["properties"]["spec"]["properties"]
COUNT = itertools.count()


@pytest.fixture(scope="module")
def session() -> Iterator[Editor]:
    with editor(EXAMPLE) as language_server:
        yield language_server


def beside(file: Path) -> Path:
    """A name in the same folder that no other document has; nothing is written there."""
    return file.with_name(f"unsaved-{next(COUNT)}.yaml")


def changed(session: Editor, right: str, faulty: str) -> tuple[str, list[tuple[int, int, str]]]:
    """The text of DESK with one change, and what is marked in it: line, column, message."""
    before = DESK.read_text()
    assert before.count(right) == 1
    text = before.replace(right, faulty)
    [marks] = session.open({beside(DESK): text}).values()
    return text, [(mark.line, mark.column, mark.message) for mark in marks]


def completions(session: Editor, line: str, cut: str) -> dict[str, str]:
    """The completions at the end of *cut*, which replaces the line that begins with *line*."""
    lines = DESK.read_text().splitlines()
    number = next(index for index, text in enumerate(lines) if text.startswith(line))
    lines[number] = cut
    file = beside(DESK)
    session.open({file: "\n".join(lines)})
    return session.completions(file, number + 1, len(cut) + 1)


def hover_text(session: Editor, line: str) -> str:
    """The text that an editor shows for the first word of this line of DESK."""
    text = DESK.read_text()
    file = beside(DESK)
    session.open({file: text})
    number = next(i for i, text_line in enumerate(text.splitlines(), 1) if text_line.strip().startswith(line))
    return session.hover(file, number, text.splitlines()[number - 1].index(line) + 2)


def test_nothing_is_marked_in_any_file_of_the_example(session: Editor) -> None:
    files = {file: file.read_text() for _, file in documents(EXAMPLE)}

    marked = session.open(files)

    assert len(files) >= 20
    assert all(text.startswith("# yaml-language-server: $schema=") for text in files.values())
    assert [marks for marks in marked.values() if marks] == []


def test_the_modeline_of_each_file_leads_to_the_schema_of_its_kind(session: Editor) -> None:
    files = {beside(file): f"{file.read_text()}\nsurprise: true\n" for _, file in documents(EXAMPLE)}

    marked = session.open(files)

    for file, marks in marked.items():
        assert "Property surprise is not allowed." in [mark.message for mark in marks], file


def test_nothing_is_marked_in_what_init_and_new_write(session: Editor, tmp_path: Path) -> None:
    who = terminal(tmp_path)
    assert who.fleet("init", "fleet", "--yes").code == 0
    assert who.fleet("new", "second-bot", at="fleet").code == 0
    files = {file: file.read_text() for _, file in documents(who.folder / "fleet")}

    marked = session.open(files)

    assert {"fleet-config.yaml", "people.yaml", "agent.yaml"} <= {file.name for file in files}
    assert "second-bot" in {file.parent.name for file in files}
    assert [marks for marks in marked.values() if marks] == []


@pytest.mark.parametrize(
    ("line", "node"),
    [
        ("lifecycle:", SPEC["lifecycle"]),
        ("owner:", SPEC["owner"]),
        ("tier:", SPEC["risk"]["properties"]["tier"]),
        ("allow:", SPEC["tools"]["items"]["properties"]["allow"]),
        ("onTimeout:", SPEC["escalation"]["properties"]["onTimeout"]),
        ("sampleRate:", SPEC["observability"]["properties"]["sampleRate"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_hovering_over_a_key_shows_our_description(session: Editor, line: str, node: dict[str, str]) -> None:
    assert node["description"] in hover_text(session, line)


@pytest.mark.parametrize(
    ("line", "cut", "values"),
    [
        ("  lifecycle: production", "  lifecycle: ", SPEC["lifecycle"]["enum"]),
        ("  class: capability", "  class: ", SPEC["class"]["enum"]),
        (
            "    onTimeout: park",
            "    onTimeout: ",
            SPEC["escalation"]["properties"]["onTimeout"]["enum"],
        ),
    ],
    ids=["lifecycle", "class", "onTimeout"],
)
def test_completion_offers_the_values_of_an_enumeration(
    session: Editor, line: str, cut: str, values: list[str]
) -> None:
    assert set(completions(session, line, cut)) == set(values)


def test_completion_offers_the_keys_that_are_not_there_yet_with_their_descriptions(session: Editor) -> None:
    offers = completions(session, "  class: capability", "  ")
    descriptions = {key: node["description"] for key, node in SPEC.items()}

    assert {"class", "suspended", "pilot"} <= offers.keys() <= descriptions.keys()
    assert "owner" not in offers
    assert all(descriptions[key] in text for key, text in offers.items())


@pytest.mark.parametrize(
    ("right", "faulty", "message"),
    [
        ("    accountable: nadia", "    acountable: nadia", "Property acountable is not allowed."),
        ("  lifecycle: production", "  lifecycle: live", "Value is not accepted."),
        ("    sampleRate: 0.25", '    sampleRate: "0.25"', 'Incorrect type. Expected "number".'),
        ("    sampleRate: 0.25", "    sampleRate: 1.25", "Value is above the maximum of 1."),
        ("    team: customer-care\n", "", 'Missing property "team".'),
        ("version: 2.1.0", "version: 2.1", 'Incorrect type. Expected "string".'),
        ("heartbeat: P7D", "heartbeat: P1M", "String does not match the pattern"),
        ("allow: [parcel.read, tour.read]", "allow: [parcel.read, parcel.read]", "Array has duplicate items."),
        ("onTimeout: deny", "onTimeout: yes", "Value is not accepted."),
    ],
    ids=["unknown key", "enumeration", "type", "maximum", "required", "number for text", "form",
         "twice", "yes is text"],
)  # fmt: skip
def test_a_mistake_is_marked_where_the_gate_finds_it(
    session: Editor, right: str, faulty: str, message: str
) -> None:
    text, marks = changed(session, right, faulty)

    findings = read_document(text.encode(), "agent.yaml", "agent").findings

    assert {(finding.place.line, finding.place.column) for finding in findings} == {
        (line, col) for line, col, _ in marks
    }
    assert message in " ".join(text for _, _, text in marks)


def test_a_key_that_an_item_lacks_is_marked_at_its_first_key_where_an_editor_marks_the_bracket(
    session: Editor,
) -> None:
    text, marks = changed(session, "tokens: 40000, ", "")

    [finding] = read_document(text.encode(), "agent.yaml", "agent").findings

    assert (finding.place.line, finding.place.column - 1) in {(line, col) for line, col, _ in marks}
    assert "Missing property" in " ".join(text for _, _, text in marks)
