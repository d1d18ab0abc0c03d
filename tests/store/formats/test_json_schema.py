"""The shipped schemas by name."""

from __future__ import annotations

import json

import pytest

from fleetward.domain.errors import UsageError
from fleetward.store.formats import json_schema


@pytest.mark.parametrize("name", json_schema.schema_names())
def test_every_schema_that_is_listed_can_be_printed_and_is_json(name: str) -> None:
    assert (
        json.loads(json_schema.schema_text(name))["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    )


@pytest.mark.parametrize("name", ["agnet", "../pyproject", "/etc/passwd", ""])
def test_an_unknown_schema_name_is_refused_with_the_known_ones(name: str) -> None:
    with pytest.raises(UsageError) as refused:
        json_schema.schema_text(name)

    assert refused.value.hint
