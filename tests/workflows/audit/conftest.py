"""What the tests of this folder are given."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.attacks.scenarios import Town
from tests.workflows.audit.histories import copied, lively


@pytest.fixture(scope="session")
def history(tmp_path_factory: pytest.TempPathFactory) -> Town:
    """A clean history; nobody may touch it."""
    return lively(tmp_path_factory.mktemp("history"))


@pytest.fixture
def place(history: Town, tmp_path: Path) -> Town:
    """A copy of it."""
    return copied(history, tmp_path)
