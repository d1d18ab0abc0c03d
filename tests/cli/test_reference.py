"""The printed page of the command line, and the one table of formats of each command."""

from __future__ import annotations

import re
from typing import Any

import pytest

from fleetward.cli.app import VERBS, load_verb
from fleetward.cli.reference import commands, reference_page
from tests.paths import CHECKOUT

PAGE = reference_page()
REPORT = CHECKOUT / "src" / "fleetward" / "report"


def help_text(name: str) -> str:
    """The section of one command, on one line."""
    section = PAGE.partition(f"\n## fleet {name}\n")[2].partition("\n## ")[0]
    return re.sub(r"\s+", " ", section)


def test_the_printed_page_is_the_one_in_the_documentation() -> None:
    assert (CHECKOUT / "docs" / "reference" / "cli.md").read_text(encoding="utf-8") == PAGE


@pytest.mark.parametrize("name", VERBS)
def test_the_help_lists_exactly_the_formats_that_have_a_renderer(name: str) -> None:
    formats = load_verb(name).formats

    [listed] = re.findall(r"Write the report as (.+?); may be repeated", help_text(name))

    assert listed.split(", ") == list(formats)
    assert all(callable(render) for render in formats.values())


@pytest.mark.parametrize(
    "module", sorted(path.stem for path in REPORT.glob("*.py") if path.stem != "__init__")
)
def test_a_report_module_without_a_renderer_would_be_dead(module: str) -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in (CHECKOUT / "src").rglob("*.py"))

    assert re.search(
        rf"fleetward\.report\.{module} import|fleetward\.report import [^\n]*\b{module}\b", source
    )


@pytest.mark.parametrize(("name", "command"), [(name, command) for name, command, _ in commands()])
def test_every_option_and_argument_has_a_help_text(name: str, command: Any) -> None:
    assert [parameter.name for parameter in command.params if not parameter.help] == []
    assert command.help, name
