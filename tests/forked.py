"""The command ``fleet``, forked from a process that has it imported (see ``fork_server``)."""

from __future__ import annotations

import atexit
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from tests.paths import CHECKOUT

TIMEOUT_S = 120
CLOCK = "FLEETWARD_TEST_CLOCK"
CLOCK_MESSAGE = re.compile(rb"^test clock: .*\n", re.MULTILINE)


class ForkServer:
    """One server process of this test process; it ends with it."""

    def __init__(self) -> None:
        """Start it; imports take about a second."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.fork_server"],
            cwd=CHECKOUT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.folder = tempfile.TemporaryDirectory(prefix="fleet-forked-")
        self.lock = threading.Lock()
        atexit.register(self.close)

    def close(self) -> None:
        """End the server."""
        self.process.kill()
        self.process.wait()
        self.folder.cleanup()

    def run(self, args: Sequence[str], cwd: Path, env: Mapping[str, str]) -> tuple[int, bytes, bytes]:
        """Exit code and both streams of one run."""
        out, err = (Path(self.folder.name) / name for name in ("out", "err"))
        request = {
            "args": list(args),
            "cwd": str(cwd),
            "env": dict(env),
            "out": str(out),
            "err": str(err),
        }
        with self.lock:
            assert self.process.stdin is not None
            assert self.process.stdout is not None
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
            alarm = threading.Timer(TIMEOUT_S, self.process.kill)
            alarm.start()
            answer = self.process.stdout.readline()
            alarm.cancel()
            assert answer, f"the run did not end within {TIMEOUT_S} s: fleet {' '.join(args)}"
            return int(answer), out.read_bytes(), err.read_bytes()


@cache
def _server(_pid: int) -> ForkServer:
    return ForkServer()


def at_clock(env: Mapping[str, str], now: str | None) -> dict[str, str]:
    """The environment in which the command believes that it is *now*: it takes no test clock where CI is set."""
    return {**{name: text for name, text in env.items() if name != "CI"}, CLOCK: now} if now else dict(env)


@contextmanager
def clock_of_this_process(now: str) -> Iterator[None]:
    """The same for a command that is run in the process of the test."""
    before = dict(os.environ)
    os.environ.pop("CI", None)
    os.environ[CLOCK] = now
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def forked_fleet(
    args: Sequence[str], cwd: Path, env: Mapping[str, str], now: str | None = None
) -> tuple[int, bytes, bytes]:
    """
    Run the command, at this instant if one is given; its message about that clock is left out.

    Environments that change how Python starts get an interpreter of their own.
    """
    code, out, err = _run(args, cwd, at_clock(env, now))
    return code, out, CLOCK_MESSAGE.sub(b"", err) if now else err


def _run(args: Sequence[str], cwd: Path, env: Mapping[str, str]) -> tuple[int, bytes, bytes]:
    changed = {name for name in {*env, *os.environ} if env.get(name) != os.environ.get(name)}
    if any(name.startswith(("PYTHON", "LC_", "LANG")) and name in env for name in changed):
        command = [sys.executable, "-m", "fleetward", *args]
        done = subprocess.run(command, cwd=cwd, env=dict(env), capture_output=True, timeout=TIMEOUT_S)
        return done.returncode, done.stdout, done.stderr
    return _server(os.getpid()).run(args, cwd, env)
