"""Work spread over processes: in order, whole, and nothing left behind."""

from __future__ import annotations

import errno
import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from fleetward.workflows.parallel import MIN_PER_PROCESS, map_in_processes, process_count

HERE = os.getpid()


def doubled(numbers: Sequence[int]) -> list[Any]:
    return [2 * number for number in numbers]


@pytest.mark.parametrize("processes", [1, 2, 3, 7])
@pytest.mark.parametrize("count", [0, 1, 2, 6, 7])
def test_answers_come_in_order_whoever_gave_them(processes: int, count: int) -> None:
    assert map_in_processes(range(count), doubled, processes) == [2 * number for number in range(count)]


def test_other_processes_do_take_part() -> None:
    parent = os.getpid()

    process_ids = map_in_processes(range(4), lambda batch: [os.getpid() for _ in batch], 2)

    assert process_ids[:2] == [parent, parent]
    assert parent not in process_ids[2:]


def test_what_a_helper_could_not_do_is_done_here() -> None:
    parent = os.getpid()

    def fragile(numbers: Sequence[int]) -> list[Any]:
        if os.getpid() != parent:
            os._exit(9)
        return doubled(numbers)

    assert map_in_processes(range(6), fragile, 3) == [0, 2, 4, 6, 8, 10]


def test_what_fails_everywhere_fails_here_and_leaves_no_process(tmp_path: Path) -> None:
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


@pytest.mark.parametrize(("asked", "things", "expected"), [(3, 100, 3), (3, 2, 2), (1, 10_000, 1), (4, 0, 1)])
def test_as_many_processes_as_are_asked_for(asked: int, things: int, expected: int) -> None:
    assert process_count(asked, things) == expected


def test_a_small_fleet_starts_no_process_by_itself() -> None:
    assert process_count(None, MIN_PER_PROCESS) == 1


def test_no_more_processes_than_processors_by_themselves() -> None:
    assert process_count(None, 1_000_000) <= len(os.sched_getaffinity(0))


def test_where_nobody_waits_for_children_the_work_is_done_all_the_same() -> None:
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        assert map_in_processes(range(6), doubled, 3) == [0, 2, 4, 6, 8, 10]
    finally:
        signal.signal(signal.SIGCHLD, before)


def test_where_the_system_gives_no_more_processes_the_work_is_done_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fork, forked = os.fork, []

    def scarce() -> int:
        if forked:
            raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")
        forked.append(1)
        return fork()

    monkeypatch.setattr(os, "fork", scarce)
    open_before = len(list(Path("/proc/self/fd").iterdir()))

    assert map_in_processes(range(6), doubled, 3) == [0, 2, 4, 6, 8, 10]
    assert len(list(Path("/proc/self/fd").iterdir())) == open_before
