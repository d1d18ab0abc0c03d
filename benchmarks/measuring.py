"""Whole processes side by side: alternating runs, medians of seconds and of peak memory."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

FLEET = str(Path(sys.executable).with_name("fleet"))
"""The command as it is installed beside this Python, and as people run it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """Median seconds, the 95th percentile, median processor seconds, and the peak of memory in megabytes."""

    seconds: float
    p95: float
    cpu: float
    megabytes: float


Taken = tuple[float, float, float]


def compare(
    commands: Mapping[str, Sequence[str]],
    folder: Path,
    runs: int = 5,
    before: Mapping[str, Callable[[], object]] | None = None,
) -> dict[str, Measure]:
    """Every command once to warm up, then *runs* times in turns; what is in *before* is done first, untimed."""
    taken: dict[str, list[Taken]] = {name: [] for name in commands}
    for turn in range(runs + 1):
        for name, command in commands.items():
            (before or {}).get(name, int)()
            found = once(command, folder)
            if turn:
                taken[name].append(found)
    return {name: _measure(found) for name, found in taken.items()}


def once(command: Sequence[str], folder: Path) -> Taken:
    """
    Seconds, processor seconds and megabytes of one run with all its processes.

    Its output goes nowhere, its exit code must be 0 or 1.
    """
    start = time.perf_counter()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            command, cwd=folder, env=_surroundings(), stdout=subprocess.DEVNULL, stderr=said
        )
        memory = _Memory(process.pid)
        memory.start()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        memory.ended.set()
        memory.join()
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        if process.returncode not in (0, 1):
            words = said.read().decode(errors="replace")
            sys.exit(f"{' '.join(command)[:200]} ended with {process.returncode}: {words}")
    return seconds, usage.ru_utime + usage.ru_stime, max(memory.peak, usage.ru_maxrss / 1024)


def _surroundings() -> dict[str, str]:
    """As a user runs it: compiled once, then not again."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


class _Memory(threading.Thread):
    """The sum over a process and those that it started, of memory in proportion to how many share it."""

    def __init__(self, process: int) -> None:
        super().__init__(daemon=True)
        self.process, self.peak, self.ended = process, 0.0, threading.Event()

    def run(self) -> None:
        while not self.ended.wait(0.1):
            self.peak = max(self.peak, sum(map(_held, _family(self.process))))


def _family(process: int) -> list[int]:
    try:
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    except OSError:
        return []
    return [process, *(one for child in children for one in _family(int(child)))]


def _held(process: int) -> float:
    try:
        text = Path(f"/proc/{process}/smaps_rollup").read_text()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")) / 1024


def _measure(found: list[Taken]) -> Measure:
    seconds = sorted(second for second, _, _ in found)
    return Measure(
        seconds=statistics.median(seconds),
        p95=seconds[min(len(seconds) - 1, round(0.95 * len(seconds)))],
        cpu=statistics.median(cpu for _, cpu, _ in found),
        megabytes=max(megabytes for _, _, megabytes in found),
    )
