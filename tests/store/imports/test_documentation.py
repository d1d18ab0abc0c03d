"""The formats of evaluation results are the same in the code, in the schema and in the documentation."""

from __future__ import annotations

import inspect
import pkgutil
import re

import pytest

from fleetward.store.imports import evaluations
from fleetward.store.imports.documentation import reference_page
from fleetward.store.imports.evaluations.adapter import Adapter
from fleetward.store.imports.evaluations.registry import ADAPTERS, FORMATS
from tests.end_to_end.repositories import CHECKOUT
from tests.schemas.reading import schema

DOCS = CHECKOUT / "docs"
NO_ADAPTERS = {"junit_tests", "adapter", "archive", "counting", "registry"}
"""Modules that adapters share."""


def test_every_adapter_module_has_one_row() -> None:
    modules = {module.name for module in pkgutil.iter_modules(evaluations.__path__)} - NO_ADAPTERS
    rows = [adapter.read.__module__.rpartition(".")[2] for adapter in ADAPTERS]

    missing = modules - set(rows)
    assert not missing, f"add a row to ADAPTERS in evaluations/registry.py: {', '.join(missing)}"
    assert sorted(rows) == sorted(modules)
    assert len(set(FORMATS)) == len(ADAPTERS)


def test_the_schema_of_manifests_allows_exactly_the_formats_that_have_an_adapter() -> None:
    evals = schema("agent")["properties"]["spec"]["properties"]["evals"]["items"]

    assert sorted(evals["properties"]["format"]["enum"]) == list(FORMATS), (
        "mend the enum of 'format' in schemas/agent.schema.json"
    )


def test_the_page_of_formats_is_printed_from_the_code() -> None:
    page = (DOCS / "reference" / "formats.md").read_text(encoding="utf-8")

    assert page == reference_page(), "run make docs"


def test_the_page_of_tags_has_a_row_for_every_format() -> None:
    page = (DOCS / "how-to" / "tag-evaluation-runs.md").read_text(encoding="utf-8")

    rows = re.findall(r"^\| `([a-z0-9-]+)` \| [^|]+ \| [^|]*`[^|]+ \|$", page, re.MULTILINE)
    documented = [row for row in rows if row in FORMATS]
    assert sorted(documented) == list(FORMATS), "mend the table in docs/how-to/tag-evaluation-runs.md"


@pytest.mark.parametrize("adapter", ADAPTERS, ids=lambda adapter: adapter.format)
def test_an_adapter_says_what_it_recognises_and_what_it_reads(adapter: Adapter) -> None:
    for function in (adapter.recognises, adapter.read):
        assert (inspect.getdoc(function) or "").partition("\n\n")[0].endswith(".")
