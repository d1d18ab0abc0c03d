"""The parser in Python takes the place of libyaml's where that is missing."""

from __future__ import annotations

import sys

import pytest
import yaml

from fleetward.store.formats import yaml_parser


def test_the_python_parser_is_used_without_libyaml(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(yaml, "cyaml", raising=False)
    monkeypatch.setitem(sys.modules, "yaml.cyaml", None)

    assert yaml_parser.parser_class().__module__ == yaml_parser.__name__
