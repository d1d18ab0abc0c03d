"""Work in several processes, and without garbage collection."""

from __future__ import annotations

import errno
import gc
import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from fleetward.workflows.parallel import (
    MIN_PER_PROCESS,
    collector_paused,
    map_in_processes,
    process_count,
)

HERE = os.getpid()


def doubled(numbers: Sequence[int]) -> list[Any]:
    return [2 * number for number in numbers]


@pytest.mark.parametrize("processes", [1, 2, 3, 7])
@pytest.mark.parametrize("count", [0, 1, 2, 6, 7])
def test_results_are_in_the_order_of_the_items(processes: int, count: int) -> None:
    assert map_in_processes(range(count), doubled, processes) == [2 * number for number in range(count)]


def test_each_chunk_has_its_own_process() -> None:
    parent = os.getpid()

    process_ids = map_in_processes(range(4), lambda batch: [os.getpid() for _ in batch], 2)

    assert process_ids[:2] == [parent, parent]
    assert parent not in process_ids[2:]


def test_the_chunk_of_a_failed_process_is_done_again() -> None:
    parent = os.getpid()

    def fragile(numbers: Sequence[int]) -> list[Any]:
        if os.getpid() != parent:
            os._exit(9)
        return doubled(numbers)

    assert map_in_processes(range(6), fragile, 3) == [0, 2, 4, 6, 8, 10]


def test_an_error_ends_all_processes(tmp_path: Path) -> None:
    parent = os.getpid()

    def failing(numbers: Sequence[int]) -> list[Any]:
        if os.getpid() != parent:
            (tmp_path / str(os.getpid())).touch()
            time.sleep(60)
        while not any(tmp_path.iterdir()):
            time.sleep(0.01)
        raise LookupError("no such thing")

    with pytest.raises(LookupError):
        map_in_processes(range(4), failing, 2)

    [child] = [int(path.name) for path in tmp_path.iterdir()]
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


@pytest.mark.parametrize(
    ("requested", "item_count", "expected"), [(3, 100, 3), (3, 2, 2), (1, 10_000, 1), (4, 0, 1)]
)
def test_the_requested_number_of_processes_is_used(requested: int, item_count: int, expected: int) -> None:
    assert process_count(requested, item_count) == expected


def test_a_small_fleet_is_checked_in_one_process() -> None:
    assert process_count(None, MIN_PER_PROCESS) == 1


def test_the_default_is_at_most_one_process_for_each_processor() -> None:
    assert process_count(None, 1_000_000) <= len(os.sched_getaffinity(0))


def test_ignored_child_signals_do_not_lose_results() -> None:
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        assert map_in_processes(range(6), doubled, 3) == [0, 2, 4, 6, 8, 10]
    finally:
        signal.signal(signal.SIGCHLD, before)


def test_a_failed_fork_is_replaced_by_this_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fork = os.fork
    forked: list[int] = []

    def scarce() -> int:
        if forked:
            raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")
        forked.append(1)
        return fork()

    monkeypatch.setattr(os, "fork", scarce)
    open_before = len(list(Path("/proc/self/fd").iterdir()))

    assert map_in_processes(range(6), doubled, 3) == [0, 2, 4, 6, 8, 10]
    assert len(list(Path("/proc/self/fd").iterdir())) == open_before


@pytest.mark.parametrize("enabled", [True, False])
def test_the_collector_is_off_only_while_it_is_paused(enabled: bool) -> None:
    before = gc.isenabled()
    (gc.enable if enabled else gc.disable)()
    try:
        with collector_paused():
            is_paused = not gc.isenabled()
        after = gc.isenabled()
    finally:
        (gc.enable if before else gc.disable)()

    assert is_paused
    assert after is enabled
