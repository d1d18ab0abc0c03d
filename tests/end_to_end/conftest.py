"""Fixtures of the end to end tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end import repositories
from tests.end_to_end.repositories import Repository


@pytest.fixture
def repository(tmp_path: Path) -> Callable[..., Repository]:
    """Makes a repository from a dict of files, or from a copy of a fleet; the small fleet by default."""

    def make(source: Any = None, **options: Any) -> Repository:
        return repositories.repository(tmp_path, source, **options)

    return make


@pytest.fixture
def running(tmp_path: Path) -> Repository:
    """desk-bot runs in production; a change of it waits in staging."""
    return repositories.running(tmp_path)


@pytest.fixture
def allowed(tmp_path: Path) -> Repository:
    """The change of desk-bot is approved."""
    return repositories.allowed(tmp_path)
