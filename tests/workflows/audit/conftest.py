"""Fixtures of the audit tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.attacks.scenarios import FleetRepository
from tests.forked import clock_of_this_process
from tests.workflows.audit.histories import NOW, busy_history, copy_history


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    """An audit takes entries that were written under the test clock only under the test clock."""
    with clock_of_this_process(NOW):
        yield


@pytest.fixture(scope="session")
def history(tmp_path_factory: pytest.TempPathFactory) -> FleetRepository:
    """A clean history, shared by all tests; do not change it."""
    return busy_history(tmp_path_factory.mktemp("history"))


@pytest.fixture
def place(history: FleetRepository, tmp_path: Path) -> FleetRepository:
    """A copy of the history."""
    return copy_history(history, tmp_path)
