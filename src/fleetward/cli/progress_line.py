"""One line on a terminal that says how far a long command is; it is erased before anything else is printed."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from types import FrameType
from typing import IO

from fleetward.workflows.progress import PROGRESS

_FIRST_S, _NEXT_S = 1.0, 0.25
_ERASE = "\r\x1b[2K"


class _Line:
    """The line of this process; a timer of the system prints it, so the work itself pays nothing."""

    def __init__(self) -> None:
        self.stream: IO[str] | None = None
        self.verb = ""
        self.start = 0.0
        self.printed = False

    def begin(self, verb: str, stream: IO[str]) -> None:
        """Show the line on *stream* from a second on."""
        self.verb, self.stream, self.start = verb, stream, time.monotonic()
        signal.signal(signal.SIGALRM, self._print)
        signal.setitimer(signal.ITIMER_REAL, _FIRST_S, _NEXT_S)

    def erase(self) -> None:
        """Take the line away, and print no other."""
        if self.stream is None:
            return
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        stream, self.stream = self.stream, None
        if self.printed:
            self._write(stream, _ERASE)

    def _print(self, _number: int, _frame: FrameType | None) -> None:
        if self.stream is not None:
            seconds = f"{time.monotonic() - self.start:.0f} s"
            text = ", ".join(filter(None, (PROGRESS.text(), seconds)))
            self.printed = True
            self._write(self.stream, f"{_ERASE}fleet {self.verb}: {text}")

    @staticmethod
    def _write(stream: IO[str], text: str) -> None:
        # the handler may interrupt a print: it must not break the command (RuntimeError: reentrant call)
        with suppress(OSError, ValueError, RuntimeError):
            stream.write(text)
            stream.flush()


_LINE = _Line()


@contextmanager
def progress_line(verb: str, environment: Mapping[str, str], *, quiet: bool) -> Iterator[None]:
    """Show the line during the body, on a terminal alone: never in CI or a pipe, nor with ``-q``."""
    if not quiet and _is_wanted(environment):
        _LINE.begin(verb, sys.stderr)
    try:
        yield
    finally:
        _LINE.erase()


def erase_progress() -> None:
    """Take the line away: a report or a message is about to be printed."""
    _LINE.erase()


def _is_wanted(environment: Mapping[str, str]) -> bool:
    if environment.get("CI") or environment.get("TERM", "dumb") == "dumb":
        return False
    try:
        return sys.stderr.isatty() and hasattr(signal, "setitimer")
    # isatty raises on a closed stream
    except ValueError:
        return False
