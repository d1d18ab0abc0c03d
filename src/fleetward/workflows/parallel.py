"""
Speed by the processor: work in several forked processes, and without garbage collection.

ADR 0003 has the figures, and names the benchmarks that would notice their absence.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from fleetward.workflows.progress import PROGRESS

T = TypeVar("T")
MIN_PER_PROCESS = 40
"""Items for each process, from which starting it costs less than it saves."""
MAX_PROCESSES = 8


@contextlib.contextmanager
def collector_paused() -> Iterator[None]:
    """
    Switch the garbage collector off for a while.

    For work that makes values by the hundred thousand, none of them in cycles: the collector would find nothing.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def process_count(requested: int | None, item_count: int, min_per_process: int = MIN_PER_PROCESS) -> int:
    """How many processes to use: as many as requested, else as many as there are processors and work for them."""
    if not hasattr(os, "fork"):
        return 1
    if requested is not None:
        return max(1, min(requested, item_count))
    # outside Linux, system libraries may not survive a fork
    processors = len(os.sched_getaffinity(0)) if sys.platform == "linux" else 1
    return max(1, min(processors, item_count // min_per_process, MAX_PROCESSES))


def map_in_processes(
    items: Sequence[T], work: Callable[[Sequence[T]], list[Any]], processes: int
) -> list[Any]:
    """
    The results of *work* on all items, in their order; results have to be picklable.

    The part of a process that fails is done again in this one.
    """
    size = -(-len(items) // processes) if items else 1
    own_chunk, *chunks = [items[start : start + size] for start in range(0, len(items), size)] or [items]
    workers: list[_Worker | None] = []
    PROGRESS.shares = 1 + len(chunks)
    try:
        for chunk in chunks:
            workers.append(_start_worker(chunk, work))  # noqa: PERF401 - each is ended, whatever happens
        results = work(own_chunk)
        for worker, chunk in zip(workers, chunks, strict=True):
            result = worker.result() if worker else None
            results += work(chunk) if result is None else result
        return results
    finally:
        PROGRESS.shares = 1
        for worker in filter(None, workers):
            worker.end()


@dataclass(slots=True)
class _Worker:
    """A forked process, and the pipe that it answers through."""

    process: int
    pipe: int
    ended: bool = False

    def result(self) -> list[Any] | None:
        """Its results; None if it failed."""
        with os.fdopen(self.pipe, "rb", closefd=False) as answer:
            payload = answer.read()
        try:
            _, status = os.waitpid(self.process, 0)
        except ChildProcessError:  # the caller ignores SIGCHLD: the system has reaped the child
            status = None
        self.ended = True
        if status != 0:
            return None
        import pickle

        results: list[Any] = pickle.loads(payload)  # noqa: S301 - from our own process, by a private pipe
        return results

    def end(self) -> None:
        """Close the pipe, and kill the process if it still runs."""
        os.close(self.pipe)
        if not self.ended:
            with contextlib.suppress(ProcessLookupError, ChildProcessError):
                os.kill(self.process, signal.SIGKILL)
                os.waitpid(self.process, 0)


def _start_worker(chunk: Sequence[T], work: Callable[[Sequence[T]], list[Any]]) -> _Worker | None:
    """Fork a process that works on *chunk*; None if the system has no more processes."""
    read_end, write_end = os.pipe()
    try:
        process = os.fork()
    except OSError:
        os.close(read_end)
        os.close(write_end)
        return None
    if process:
        os.close(write_end)
        return _Worker(process, read_end)
    code = 1
    try:
        os.close(read_end)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        import pickle

        payload = pickle.dumps(work(chunk), pickle.HIGHEST_PROTOCOL)
        with os.fdopen(write_end, "wb") as out:
            out.write(payload)
        code = 0
    finally:
        os._exit(code)
