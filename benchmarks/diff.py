"""
How long ``fleet diff`` takes, and what it costs beside plain comparison.

    python benchmarks/diff.py [--runs N] [--agents N]

Fleets are made in a temporary folder. Reported: 20 changed agents in fleets of 100 and of 10,000, 1,000 changed
agents (with peak memory), and the walker for each pair of manifests beside deepdiff, jsondiffpatch (npm) and graphtage
(PyPI) on the same pairs, with what each of them misses or invents (`beside.py`).
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import beside
from measuring import FLEET

from fleetward.store.formats import json_schema
from fleetward.store.formats.strict_yaml import parse_yaml

CHECKOUT = Path(__file__).parents[1]
SAMPLE = CHECKOUT / "example-fleet"
MODEL = "delivery-desk"
CHANGED = ((b"haltAt: 90", b"haltAt: 95"), (b"sampleRate: 0.", b"sampleRate: 0.0"), (b"P90D", b"P91D"))
"""What is edited in an agent: a limit, a fraction, a span."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--agents", type=int, default=10_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        _whole_command(Path(folder), given.runs, given.agents)
        beside.compare(Path(folder), _pairs(), json_schema.load_schema("agent"))


# The whole command


def _whole_command(folder: Path, runs: int, agents: int) -> None:
    small, large = _fleet(folder / "small", 100), _fleet(folder / "large", agents)
    for fleet in (small, large):
        _change(fleet, 20)
    times: dict[str, list[float]] = {"small": [], "large": []}
    busy: dict[str, list[float]] = {"small": [], "large": []}
    for _ in range(runs):  # in turns, so that a busy machine is busy for both
        for name, fleet in (("small", small), ("large", large)):
            seconds, processor, _ = _run(fleet)
            times[name].append(seconds)
            busy[name].append(processor)
    print(f"20 changed agents, {runs} runs: median, 95th percentile, and time on the processor")
    for name, count in (("small", 100), ("large", agents)):
        print(
            f"  fleet of {count:>6}: {_median(times[name]):.3f} s  {_p95(times[name]):.3f} s  "
            f"{_median(busy[name]):.3f} s"
        )
    for words, taken in (("medians", times), ("time on the processor", busy)):
        print(f"  ratio of {words}: {_median(taken['large']) / _median(taken['small']):.2f}")
    _change(large, min(1_000, agents))
    found = [_run(large) for _ in range(3)]
    print(f"{min(1_000, agents)} changed agents in a fleet of {agents}, 3 runs:")
    took, processor = (_median([run[at] for run in found]) for at in (0, 1))
    print(f"  {took:.2f} s ({processor:.2f} s on the processor), peak {max(run[2] for run in found)} MB")


def _fleet(folder: Path, agents: int) -> Path:
    """A repository with so many copies of one agent, written by ``git fast-import``."""
    folder.mkdir()
    _git(folder, "init", "-q", "-b", "main")
    files = [(path, (SAMPLE / path).read_bytes()) for path in _governing()]
    for number in range(agents):
        files += _agent(f"{MODEL}-{number}", ())
    _commit(folder, files)
    return folder


def _change(folder: Path, agents: int) -> None:
    """One commit more in which so many agents are edited, spread over the fleet."""
    names = sorted({path.split("/")[2] for path in _git(folder, "ls-tree", "-r", "--name-only", "HEAD",
                                                        "environments/").splitlines()})  # fmt: skip
    before = _git(folder, "rev-list", "--max-parents=0", "HEAD").strip()
    step = max(1, len(names) // agents)
    _git(folder, "update-ref", "refs/heads/main", before)
    _commit(
        folder, [file for name in names[::step][:agents] for file in _agent(name, CHANGED)], parent=before
    )


def _governing() -> Iterator[str]:
    yield "fleet-config.yaml"
    for file in sorted((SAMPLE / "governance").iterdir()):
        if file.name != "waivers.yaml":
            yield f"governance/{file.name}"


def _agent(name: str, edits: tuple[tuple[bytes, bytes], ...]) -> list[tuple[str, bytes]]:
    source = SAMPLE / "environments" / "staging" / MODEL
    found = []
    for file in sorted(source.rglob("*")):
        if file.is_file():
            content = file.read_bytes().replace(f"name: {MODEL}".encode(), f"name: {name}".encode())
            for old, new in edits if file.name == "agent.yaml" else ():
                content = content.replace(old, new)
            found.append((f"environments/staging/{name}/{file.relative_to(source).as_posix()}", content))
    return found


def _commit(folder: Path, files: list[tuple[str, bytes]], parent: str = "") -> None:
    lines = [b"commit refs/heads/main\ncommitter a <a@acme.example> 1790000000 +0000\ndata 1\nx\n"]
    lines.append(f"from {parent}\n".encode() if parent else b"")
    for path, content in files:
        lines.append(f"M 100644 inline {path}\ndata {len(content)}\n".encode() + content + b"\n")
    _git(folder, "fast-import", "--quiet", "--force", stdin=b"".join(lines))
    _git(folder, "read-tree", "HEAD")
    _git(folder, "checkout-index", "-f", "--", "fleet-config.yaml")


def _git(folder: Path, *arguments: str, stdin: bytes = b"") -> str:
    surroundings = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(["git", *arguments], cwd=folder, env=surroundings, input=stdin, capture_output=True,
                          check=True)  # fmt: skip
    return done.stdout.decode()


_LAUNCH = """
import resource, subprocess, sys, time
began = time.perf_counter()
code = subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL)
took, used = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
print(code, took, used.ru_utime + used.ru_stime, used.ru_maxrss // 1024)
"""
"""A process is charged with the memory of the one that started it, so a small one starts it."""


def _run(folder: Path) -> tuple[float, float, int]:
    """Seconds, seconds on the processor (git's with them), and the peak of memory in MB, of one run."""
    command = [FLEET, "diff", "HEAD~1..HEAD", "--json"]
    launched = [sys.executable, "-c", _LAUNCH, *command]
    done = subprocess.run(launched, cwd=folder, capture_output=True, text=True, check=True)
    code, took, processor, peak = done.stdout.split()
    if code != "0":
        raise SystemExit(f"fleet diff ended with {code}: {done.stderr}")
    return float(took), float(processor), int(peak)


def _median(times: list[float]) -> float:
    return statistics.median(times)


def _p95(times: list[float]) -> float:
    return sorted(times)[max(0, round(len(times) * 0.95) - 1)]


# The walker beside others


def _pairs() -> list[tuple[dict[str, Any], dict[str, Any]]]:
    found = []
    for file in sorted((SAMPLE / "environments" / "staging").glob("*/agent.yaml")):
        content = file.read_bytes()
        edited = content
        for old, new in (
            (b"haltAt: ", b"haltAt: 1"),
            (b"P90D", b"P91D"),
            (b"tier: ", b"x-tier: 1\n    tier: "),
        ):
            edited = edited.replace(old, new)
        one, two = parse_yaml(content, "agent.yaml").data, parse_yaml(edited, "agent.yaml").data
        if one is not None and two is not None:
            found.append((one, two))
    return found


if __name__ == "__main__":
    main()
