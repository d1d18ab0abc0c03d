"""One ``git cat-file`` that answers question after question: git's start takes longer than most of its answers."""

from __future__ import annotations

import os
import select
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import IO, cast

from fleetward.store.git.process import end_process

_CHUNK = 64
"""So many names are written before their answers are read: less than the smallest pipe holds, so nobody waits."""
_READ = 1 << 16


class ObjectReader:
    """
    ``git cat-file --batch`` or ``--batch-check``, started at the first question; it ends with this object.

    A forked process has readers of its own, because two who read one pipe would each get half an answer.
    """

    def __init__(self, start: Callable[[], subprocess.Popen[bytes]], limit: float, *, contents: bool) -> None:
        """*limit*: seconds that git may be silent; *contents*: a content follows the line of each object."""
        self._start, self._limit, self._contents = start, limit, contents
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0
        self._unread = b""

    def answers(self, names: Sequence[bytes]) -> bytes | None:
        """
        What git prints for these *names*; None where it ended before, so that a run of its own may say why.

        Errors: TimeoutExpired.
        """
        if self._owner != os.getpid():
            # a parent's process is the parent's to end
            self._process, self._owner, self._unread = self._start(), os.getpid(), b""
        parts: list[bytes] = []
        try:
            for first in range(0, len(names), _CHUNK):
                self._ask(names[first : first + _CHUNK], parts)
        except (EOFError, BrokenPipeError):
            self.close()
            return None
        # an interrupt, too: half an answer would be the next one's beginning
        except BaseException:
            self.close()
            raise
        return b"".join(parts)

    def close(self) -> None:
        """End git, where it is ours."""
        process, self._process = self._process, None
        if process is not None and self._owner == os.getpid():
            end_process(process)
        self._owner = 0

    def __del__(self) -> None:
        """Without it git would live as long as this process."""
        with suppress(Exception):
            self.close()

    def _ask(self, names: Sequence[bytes], parts: list[bytes]) -> None:
        questions = self._stream("stdin")
        questions.write(b"".join(name + b"\n" for name in names))
        questions.flush()
        for _ in names:
            line = self._line()
            parts.append(line)
            words = line.split(b" ")
            if self._contents and len(words) == 3:
                parts.append(self._exactly(int(words[2]) + 1))

    def _stream(self, name: str) -> IO[bytes]:
        # both are pipes for as long as the process is there
        return cast("IO[bytes]", getattr(self._process, name))

    def _line(self) -> bytes:
        while (end := self._unread.find(b"\n")) < 0:
            self._unread += self._more()
        line, self._unread = self._unread[: end + 1], self._unread[end + 1 :]
        return line

    def _exactly(self, size: int) -> bytes:
        pieces, length = [self._unread], len(self._unread)
        while length < size:
            pieces.append(self._more())
            length += len(pieces[-1])
        content = b"".join(pieces)
        self._unread = content[size:]
        return content[:size]

    def _more(self) -> bytes:
        descriptor = self._stream("stdout").fileno()
        deadline = time.monotonic() + self._limit
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        while not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
            if time.monotonic() >= deadline:
                raise subprocess.TimeoutExpired("git cat-file", self._limit)
        piece = os.read(descriptor, _READ)
        if not piece:
            raise EOFError
        return piece
