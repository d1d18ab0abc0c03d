"""`fleet schema`, run as it is installed."""

from __future__ import annotations

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tests.cli.outside import Terminal, terminal
from tests.paths import CHECKOUT

SHIPPED = {
    path.name.removesuffix(".schema.json"): path
    for folder in ("schemas", "schemas/output")
    for path in (CHECKOUT / folder).glob("*.schema.json")
}


@pytest.fixture
def zoe(tmp_path: Path) -> Terminal:
    return terminal(tmp_path)


def test_without_a_name_every_schema_is_listed_and_then_a_command(zoe: Terminal) -> None:
    *names, command = zoe.fleet("schema").out.splitlines()

    assert names == sorted(SHIPPED)
    assert zoe.run(*command.split()).code == 0
    assert zoe.fleet("schema", "--json").data == {"format": "fleetward.schema/1", "schemas": names}


@pytest.mark.parametrize("name", ["agent", "policy", "validate-output"])
@pytest.mark.parametrize("how", [(), ("--json",)])
def test_a_schema_is_printed_byte_for_byte_as_it_is_shipped(
    zoe: Terminal, name: str, how: tuple[str, ...]
) -> None:
    printed = zoe.fleet("schema", name, *how)

    assert printed.code == 0
    assert printed.out == SHIPPED[name].read_text(encoding="utf-8")


def test_a_schema_goes_into_the_file_that_is_named(zoe: Terminal) -> None:
    written = zoe.fleet("schema", "agent", "-o", "json=agent.schema.json")

    assert (written.code, written.out) == (0, "")
    assert (zoe.folder / "agent.schema.json").read_bytes() == SHIPPED["agent"].read_bytes()


@pytest.mark.parametrize(("name", "hint"), [("agnt", "fleet schema agent"), ("../pyproject", "one of: ")])
def test_an_unknown_schema_is_refused_with_the_known_names(zoe: Terminal, name: str, hint: str) -> None:
    refused = zoe.fleet("schema", name)

    assert (refused.code, refused.out) == (2, "")
    assert hint in refused.err


@pytest.mark.parametrize(
    ("verb", "arguments"),
    [
        ("init", ("fleet", "--yes")),
        ("new", ("mail-bot", "-C", "begun")),
        ("schema", ("--write", "-C", "begun")),
    ],
)
def test_an_answer_in_json_is_what_its_schema_promises(
    zoe: Terminal, verb: str, arguments: tuple[str, ...]
) -> None:
    zoe.fleet("init", "begun", "--yes")

    answer = zoe.fleet(verb, *arguments, "--json").data
    promised = zoe.fleet("schema", f"{verb}-output").data

    assert list(Draft202012Validator(promised).iter_errors(answer)) == []
    assert set(answer) == set(promised["properties"])
