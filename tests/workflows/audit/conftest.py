"""Fixtures of the audit tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.attacks.scenarios import FleetRepository
from tests.workflows.audit.histories import busy_history, copy_history


@pytest.fixture(scope="session")
def history(tmp_path_factory: pytest.TempPathFactory) -> FleetRepository:
    """A clean history, shared by all tests; do not change it."""
    return busy_history(tmp_path_factory.mktemp("history"))


@pytest.fixture
def place(history: FleetRepository, tmp_path: Path) -> FleetRepository:
    """A copy of the history."""
    return copy_history(history, tmp_path)
