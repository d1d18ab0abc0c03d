"""A quoted text is read back as itself by our reader and by PyYAML's YAML 1.1."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from fleetward.store.formats.strict_yaml import parse_yaml
from fleetward.store.formats.yaml_scalar import yaml_scalar


@pytest.mark.parametrize("text", ["refund-bot", "a.b_c", "claude@2026"])
def test_a_plain_word_stays_without_quotes(text: str) -> None:
    assert yaml_scalar(text) == text


@pytest.mark.parametrize(
    "text", ["yes", "Null", "2026-11-20", "1.0", "", " a", "a: b", "a #b", "- a", "*a", "ä"]
)
def test_a_text_that_a_reader_may_take_for_another_value_is_quoted(text: str) -> None:
    assert yaml_scalar(text)[0] == '"'


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126)))
def test_any_printable_text_is_read_back_as_itself(text: str) -> None:
    document = f"key: {yaml_scalar(text)}\n"

    assert yaml.safe_load(document) == {"key": text}
    assert parse_yaml(document.encode(), "any.yaml").data == {"key": text}
