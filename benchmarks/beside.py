"""
Our walker beside plain comparison: how long a pair of manifests takes, and what each tool misses or invents.

deepdiff is a library of ours; jsondiffpatch (npm) and graphtage (PyPI) are installed into a temporary folder, and
left out with the reason where that cannot be done. Each answers for itself, in its own process and warm.
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import time
import venv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fleetward.changes import walker

Pair = tuple[Any, Any]
ROUNDS = 7
_INSTALL_S, _ANSWER_S = 240, 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Trap:
    """A telling pair, and how many values differ in meaning between its two sides."""

    what: str
    before: Any
    after: Any
    changes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a tool makes of the pairs: milliseconds for each, and how many changes it tells of each trap."""

    ms: float
    told: tuple[int, ...]


def _tools(*scopes: str) -> dict[str, Any]:
    return {"tools": [{"name": name, "allow": [scope]} for name, scope in zip("ab", scopes, strict=True)]}


_A, _B = _tools("read", "write")["tools"]
TRAPS = (
    Trap(what='["a"] to ["a", "a"]', before={"x-l": ["a"]}, after={"x-l": ["a", "a"]}, changes=1),
    Trap(what="[true] to [1]", before={"x-l": [True]}, after={"x-l": [1]}, changes=1),
    Trap(what="true to 1", before={"x-n": True}, after={"x-n": 1}, changes=1),
    Trap(what="1 written as 1.0", before={"x-n": 1}, after={"x-n": 1.0}, changes=0),
    Trap(what='"1.10" to "1.1"', before={"x-v": "1.10"}, after={"x-v": "1.1"}, changes=1),
    Trap(what="PT30M as PT1800S", before={"maxAge": "PT30M"}, after={"maxAge": "PT1800S"}, changes=0),
    Trap(what="PT30M to PT30S", before={"maxAge": "PT30M"}, after={"maxAge": "PT30S"}, changes=1),
    Trap(what="a set in another order", before={"allow": ["a", "b"]}, after={"allow": ["b", "a"]}, changes=0),
    Trap(what="tools in another order", before={"tools": [_A, _B]}, after={"tools": [_B, _A]}, changes=0),
    Trap(
        what="tools reordered, one edited",
        before={"tools": [_A, _B]},
        after={"tools": [{**_B, "access": "admin"}, _A]},
        changes=1,
    ),
    Trap(
        what="two tools swap scopes",
        before=_tools("read", "write"),
        after=_tools("write", "read"),
        changes=4,
    ),
    Trap(what="null and absent", before={"note": None}, after={}, changes=0),
    Trap(
        what="a block rewritten",
        before={"x": {"a": 1, "b": 2, "c": 3}},
        after={"x": {"a": 4, "b": 5, "c": 6}},
        changes=3,
    ),
    Trap(what="a fallback goes first", before={"fallbacks": [1, 2, 3]}, after={"fallbacks": [3, 1, 2]}, changes=1),
)  # fmt: skip
_TEXT = {"type": "string"}
SCHEMA = {
    "properties": {
        "allow": {"x-list": "set", "items": _TEXT},
        "maxAge": {**_TEXT, "x-unit": "duration"},
        "note": _TEXT,
        "fallbacks": {"x-list": "ordered", "items": {"type": "integer"}},
        "tools": {
            "x-list": "keyed(name)",
            "items": {
                "properties": {"name": _TEXT, "access": _TEXT, "allow": {"x-list": "set", "items": _TEXT}}
            },
        },
    },
    "patternProperties": {"^x-": True},
}


def compare(folder: Path, pairs: Sequence[Pair], known: Any) -> None:
    """Print both tables; *known* is the schema of the *pairs*."""
    from deepdiff import DeepDiff

    def deepdiff(**options: Any) -> Callable[[Any, Any], int]:
        return lambda one, two: sum(len(found) for found in DeepDiff(one, two, **options).values())

    answers: dict[str, Answer | str] = {
        "ours": Answer(
            ms=_ms(pairs, lambda one, two: len(walker.deltas(one, two, known))),
            told=tuple(len(walker.deltas(one.before, one.after, SCHEMA)) for one in TRAPS),
        ),
        "deepdiff": _here(pairs, deepdiff()),
        "deepdiff, no order": _here(pairs, deepdiff(ignore_order=True)),
        "jsondiffpatch": _elsewhere(folder, pairs, _jsondiffpatch),
        "graphtage": _elsewhere(folder, pairs, _graphtage),
    }
    ready = {name: one for name, one in answers.items() if isinstance(one, Answer)}
    print(
        f"{len(pairs)} pairs of manifests of which three values were edited, for each pair (target 0.2 ms):"
    )
    for name, one in ready.items():
        print(f"  {name:<20}{one.ms:10.3f} ms  {one.ms / ready['ours'].ms:7.1f} times")
    for name, reason in answers.items():
        if isinstance(reason, str):
            print(f"  {name:<20}left out: {reason}")
    print("changes told of telling pairs (a dash is right):")
    print(f"  {'':<29}{'there':>6}" + "".join(f"{name:>20}" for name in ready))
    for at, trap in enumerate(TRAPS):
        cells = (_cell(trap.changes, one.told[at]) for one in ready.values())
        print(f"  {trap.what:<29}{trap.changes:>6}" + "".join(f"{cell:>20}" for cell in cells))


def _cell(there: int, told: int) -> str:
    if there == told:
        return "-"
    if there == 0:
        return f"invents {told}"
    return "misses it" if told == 0 else f"tells {told}"


def _ms(pairs: Sequence[Pair], compared: Callable[[Any, Any], int]) -> float:
    """Milliseconds of processor time for one pair: the median of the rounds over all."""
    rounds = []
    for _ in range(ROUNDS):
        began = time.process_time()
        for one, two in pairs:
            compared(one, two)
        rounds.append((time.process_time() - began) / len(pairs) * 1_000)
    return statistics.median(rounds)


def _here(pairs: Sequence[Pair], compared: Callable[[Any, Any], int]) -> Answer:
    return Answer(ms=_ms(pairs, compared), told=tuple(compared(one.before, one.after) for one in TRAPS))


# Tools of others, each in a process of its own

Command = list[str]


def _elsewhere(folder: Path, pairs: Sequence[Pair], installed: Callable[[Path], Command]) -> Answer | str:
    """What the tool says, or why it could not be asked."""
    asked = json.dumps(
        {"pairs": pairs, "traps": [(one.before, one.after) for one in TRAPS], "rounds": ROUNDS}
    )
    try:
        command = installed(folder)
        done = subprocess.run(command, input=asked, capture_output=True, text=True, timeout=_ANSWER_S)
    except (OSError, LookupError, subprocess.SubprocessError) as error:
        return _reason(error)
    if done.returncode != 0:
        return (done.stderr.strip().splitlines() or ["it failed"])[-1]
    said = json.loads(done.stdout)
    return Answer(ms=said["ms"], told=tuple(said["told"]))


def _reason(error: Exception) -> str:
    if isinstance(error, subprocess.TimeoutExpired):
        return f"no answer within {error.timeout:.0f} s"
    if isinstance(error, subprocess.CalledProcessError):
        return f"{error.cmd[0]} ended with {error.returncode}: it cannot be installed here"
    return str(error)


_JAVASCRIPT = """
import { readFileSync } from 'node:fs';
import { create } from 'jsondiffpatch';
const differ = create({ objectHash: (item) => item.name ?? JSON.stringify(item) });
const { pairs, traps, rounds } = JSON.parse(readFileSync(0, 'utf8'));
const count = (delta) => delta === undefined ? 0 : Array.isArray(delta) ? 1
  : Object.entries(delta).reduce((sum, [key, inner]) => sum + (key === '_t' ? 0 : count(inner)), 0);
const taken = [];
for (let round = 0; round < rounds; round++) {
  const began = process.cpuUsage();
  for (const [one, two] of pairs) differ.diff(one, two);
  const used = process.cpuUsage(began);
  taken.push((used.user + used.system) / 1e3 / pairs.length);
}
taken.sort((a, b) => a - b);
console.log(JSON.stringify({ ms: taken[rounds >> 1], told: traps.map(([a, b]) => count(differ.diff(a, b))) }));
"""


def _jsondiffpatch(folder: Path) -> Command:
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        raise LookupError("npm and node are not installed")
    place = folder / "jsondiffpatch"
    place.mkdir()
    install = [npm, "install", "--no-audit", "--no-fund", "--silent", "--ignore-scripts", "jsondiffpatch@0.7"]
    subprocess.run(install, cwd=place, capture_output=True, timeout=_INSTALL_S, check=True)
    (place / "asked.mjs").write_text(_JAVASCRIPT)
    return [node, str(place / "asked.mjs")]


_PYTHON = """
import json, statistics, sys, time
from graphtage import json as shape
from graphtage.edits import AbstractCompoundEdit
from graphtage.printer import DEFAULT_PRINTER
DEFAULT_PRINTER.quiet = True

def count(one, two):
    edits = shape.build_tree(one).get_all_edits(shape.build_tree(two))
    return sum(not isinstance(edit, AbstractCompoundEdit) and edit.bounds().lower_bound > 0 for edit in edits)

asked = json.load(sys.stdin)
taken = []
for _ in range(asked["rounds"]):
    began = time.process_time()
    for one, two in asked["pairs"]:
        count(one, two)
    taken.append((time.process_time() - began) / len(asked["pairs"]) * 1e3)
print(json.dumps({"ms": statistics.median(taken), "told": [count(*pair) for pair in asked["traps"]]}))
"""


def _graphtage(folder: Path) -> Command:
    place = folder / "graphtage"
    venv.create(place, with_pip=True)
    python = str(place / "bin" / "python")
    install = [python, "-m", "pip", "install", "--quiet", "graphtage>=0.3,<0.4"]
    subprocess.run(install, capture_output=True, timeout=_INSTALL_S, check=True)
    return [python, "-c", _PYTHON]
