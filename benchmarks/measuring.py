"""Whole processes side by side: alternating runs, medians of seconds and of peak memory."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """Median seconds, the 95th percentile, and the peak of resident memory in megabytes."""

    seconds: float
    p95: float
    megabytes: float


def compare(commands: Mapping[str, Sequence[str]], folder: Path, runs: int = 5) -> dict[str, Measure]:
    """Every command once to warm up, then *runs* times in turns."""
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
    for turn in range(runs + 1):
        for name, command in commands.items():
            found = once(command, folder)
            if turn:
                taken[name].append(found)
    return {name: _measure(found) for name, found in taken.items()}


def once(command: Sequence[str], folder: Path) -> tuple[float, float]:
    """Seconds and megabytes of one run; its output goes nowhere, its exit code must be 0 or 1."""
    start = time.perf_counter()
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        said = process.stderr.read() if process.stderr else b""
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - start
    if process.returncode not in (0, 1):
        sys.exit(f"{' '.join(command)} ended with {process.returncode}: {said.decode(errors='replace')}")
    return seconds, usage.ru_maxrss / 1024


def _measure(found: list[tuple[float, float]]) -> Measure:
    seconds = sorted(second for second, _ in found)
    return Measure(
        seconds=statistics.median(seconds),
        p95=seconds[min(len(seconds) - 1, round(0.95 * len(seconds)))],
        megabytes=max(megabytes for _, megabytes in found),
    )
