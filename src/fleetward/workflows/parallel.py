"""Work over many things, in several processes where that pays."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")
MIN_PER_PROCESS = 40
"""Things for each process, from which starting it costs less than it saves."""
MAX_PROCESSES = 8


def process_count(requested: int | None, item_count: int, min_per_process: int = MIN_PER_PROCESS) -> int:
    """How many processes: as many as asked for, else what there are processors for and pays."""
    if not hasattr(os, "fork"):
        return 1
    if requested is not None:
        return max(1, min(requested, item_count))
    # elsewhere the system's own libraries may not survive a fork
    processors = len(os.sched_getaffinity(0)) if sys.platform == "linux" else 1
    return max(1, min(processors, item_count // min_per_process, MAX_PROCESSES))


def map_in_processes(
    items: Sequence[T], work: Callable[[Sequence[T]], list[Any]], processes: int
) -> list[Any]:
    """
    What *work* makes of all things, in their order: values that can be sent from one process to another.

    A process that fails is no harm: its part is done again here, and fails here if it has to.
    """
    size = -(-len(items) // processes) if items else 1
    own_chunk, *chunks = [items[start : start + size] for start in range(0, len(items), size)] or [items]
    helpers: list[_Worker | None] = []
    try:
        for chunk in chunks:
            helpers.append(_start_worker(chunk, work))  # noqa: PERF401 - those begun are ended, whatever happens
        results = work(own_chunk)
        for helper, chunk in zip(helpers, chunks, strict=True):
            result = helper.result() if helper else None
            results += work(chunk) if result is None else result
        return results
    finally:
        for helper in filter(None, helpers):
            helper.end()


@dataclass(slots=True)
class _Worker:
    """A forked process and the pipe that it answers through."""

    process: int
    pipe: int
    ended: bool = False

    def result(self) -> list[Any] | None:
        """What it made, or None where it failed."""
        with os.fdopen(self.pipe, "rb", closefd=False) as answer:
            payload = answer.read()
        try:
            _, status = os.waitpid(self.process, 0)
        except ChildProcessError:  # who started us waits for no child, and that is inherited
            status = None
        self.ended = True
        if status != 0:
            return None
        import pickle

        results: list[Any] = pickle.loads(payload)  # noqa: S301 - our own process, through a pipe that none else has
        return results

    def end(self) -> None:
        """Leave nothing behind, whatever has happened."""
        os.close(self.pipe)
        if not self.ended:
            with contextlib.suppress(ProcessLookupError, ChildProcessError):
                os.kill(self.process, signal.SIGKILL)
                os.waitpid(self.process, 0)


def _start_worker(chunk: Sequence[T], work: Callable[[Sequence[T]], list[Any]]) -> _Worker | None:
    """A process at work on *chunk*; None where the system gives no more."""
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

        answer = pickle.dumps(work(chunk), pickle.HIGHEST_PROTOCOL)
        with os.fdopen(write_end, "wb") as out:
            out.write(answer)
        code = 0
    finally:
        os._exit(code)
