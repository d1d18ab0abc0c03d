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
PAYS = 40
"""Things for each process, from which starting it costs less than it saves."""
MOST = 8


def jobs(asked: int | None, things: int, pays: int = PAYS) -> int:
    """How many processes: as many as asked for, else what there are processors for and pays."""
    if not hasattr(os, "fork"):
        return 1
    if asked is not None:
        return max(1, min(asked, things))
    # elsewhere the system's own libraries may not survive a fork
    processors = len(os.sched_getaffinity(0)) if sys.platform == "linux" else 1
    return max(1, min(processors, things // pays, MOST))


def spread(things: Sequence[T], work: Callable[[Sequence[T]], list[Any]], processes: int) -> list[Any]:
    """
    What *work* makes of all things, in their order: values that can be sent from one process to another.

    A process that fails is no harm: its part is done again here, and fails here if it has to.
    """
    size = -(-len(things) // processes) if things else 1
    own, *others = [things[start : start + size] for start in range(0, len(things), size)] or [things]
    helpers: list[_Helper | None] = []
    try:
        for part in others:
            helpers.append(_begun(part, work))  # noqa: PERF401 - those begun are ended, whatever happens
        done = work(own)
        for helper, part in zip(helpers, others, strict=True):
            said = helper.result() if helper else None
            done += work(part) if said is None else said
        return done
    finally:
        for helper in filter(None, helpers):
            helper.end()


@dataclass(slots=True)
class _Helper:
    """A forked process and the pipe that it answers through."""

    process: int
    pipe: int
    ended: bool = False

    def result(self) -> list[Any] | None:
        """What it made, or None where it failed."""
        with os.fdopen(self.pipe, "rb", closefd=False) as answer:
            said = answer.read()
        try:
            _, status = os.waitpid(self.process, 0)
        except ChildProcessError:  # who started us waits for no child, and that is inherited
            status = None
        self.ended = True
        if status != 0:
            return None
        import pickle

        made: list[Any] = pickle.loads(said)  # noqa: S301 - our own process, through a pipe that none else has
        return made

    def end(self) -> None:
        """Leave nothing behind, whatever has happened."""
        os.close(self.pipe)
        if not self.ended:
            with contextlib.suppress(ProcessLookupError, ChildProcessError):
                os.kill(self.process, signal.SIGKILL)
                os.waitpid(self.process, 0)


def _begun(part: Sequence[T], work: Callable[[Sequence[T]], list[Any]]) -> _Helper | None:
    """A process at work on *part*; None where the system gives no more."""
    reading, writing = os.pipe()
    try:
        process = os.fork()
    except OSError:
        os.close(reading)
        os.close(writing)
        return None
    if process:
        os.close(writing)
        return _Helper(process, reading)
    code = 1
    try:
        os.close(reading)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        import pickle

        answer = pickle.dumps(work(part), pickle.HIGHEST_PROTOCOL)
        with os.fdopen(writing, "wb") as out:
            out.write(answer)
        code = 0
    finally:
        os._exit(code)
