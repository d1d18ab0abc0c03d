"""The gate and an editor find errors in the same files, at the same lines."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from fleetward.store.formats.strict_yaml import parse_yaml
from tests.editor.agreement import Text, as_text, files, is_disputed, lines_marked_once
from tests.editor.mutations import mutations
from tests.editor.node import needs
from tests.editor.server import editor
from tests.rule_cases import write_all
from tests.schemas.reading import documents, load
from tests.schemas.test_accepting import EXAMPLE

pytestmark = needs("yaml-language-server")

EVERY = int(os.environ.get("FLEETWARD_MUTATIONS", "251"))
"""One mutation in so many is opened; with 1 it is 80,000 and twenty minutes."""
DESK = EXAMPLE / "environments" / "staging" / "delivery-desk" / "agent.yaml"

DIFFERENCES = {
    "a day that its month has not": (
        r"^\"2026-02-(29|30)\" instead",
        ("dataDisposition: archive", "dataDisposition: archive\n    retiredAt: 2026-02-30"),
        "the editor knows no lengths of months; the gate refuses",
    ),
    "astral characters up to the limit": (
        r"^\"(\\ud83d\\ude00)",
        ("displayName: Delivery desk", "displayName: " + "\U0001f600" * 60),
        "the editor counts UTF-16 units where JSON Schema counts characters; the gate accepts",
    ),
}
"""What only one calls wrong: the mutation, a change of DESK that shows it, and the reason."""


def cases(folder: Path) -> list[Text]:
    """The files of all cases, each once; without files that are not valid YAML."""
    by_content = {(kind, file.read_bytes()): file for kind, file in documents(write_all(folder))}
    return [
        Text(kind=kind, name=str(file.relative_to(folder)), body=body.decode())
        for (kind, body), file in by_content.items()
        if parse_yaml(body, file.name).data is not None
    ]


def mutated() -> list[Text]:
    texts = {(kind, file.read_text()): file for kind, file in documents(EXAMPLE)}
    return [as_text(kind, name, data) for kind, body in texts for name, data in mutations(load(body), EVERY)]


def test_gate_and_editor_agree_on_every_file_of_every_case_folder(tmp_path: Path) -> None:
    texts = cases(tmp_path / "cases")

    with editor(tmp_path) as session:
        marked = session.open(files(tmp_path, texts))

    assert len(texts) >= 80
    for text, marks in zip(texts, marked.values(), strict=True):
        assert not is_disputed(text, marks), (text.name, marks)
        assert list(lines_marked_once(text, marks)) == [], (text.name, marks)


def test_gate_and_editor_agree_on_mutated_files_but_for_the_listed_differences(tmp_path: Path) -> None:
    texts = mutated()

    with editor(tmp_path) as session:
        marked = session.open(files(tmp_path, texts))
    pairs = list(zip(texts, marked.values(), strict=True))

    assert len(pairs) >= 250
    assert sum(bool(marks) for _, marks in pairs) >= 120
    for text, marks in pairs:
        if is_disputed(text, marks):
            assert any(re.match(pattern, text.name) for pattern, _, _ in DIFFERENCES.values()), text.name
        else:
            assert list(lines_marked_once(text, marks)) == [], (text.name, marks)


@pytest.mark.parametrize("difference", DIFFERENCES)
def test_a_difference_that_is_listed_is_still_there(difference: str, tmp_path: Path) -> None:
    _, (right, faulty), _ = DIFFERENCES[difference]
    body = DESK.read_text()
    text = Text(kind="agent", name=difference, body=body.replace(right, faulty))

    with editor(tmp_path) as session:
        [marks] = session.open(files(tmp_path, [text])).values()

    assert text.body != body
    assert is_disputed(text, marks)
