"""
Each trick for speed, switched off and on in turns: what its absence costs.

A run without a trick is the command with a few lines before it that take the trick away. The figures of ADR 0003 are
printed here; a trick whose ratio is not above 1 has no reason to stay.

    python benchmarks/tricks.py [--runs 7] [--agents 300] [--entries 2000]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import fleets
import promote
from measuring import Measure, compare

MAIN = "import sys\nsys.argv[0] = 'fleet'\nfrom fleetward.__main__ import main\nmain()\n"
NOW = ("--now", fleets.NOW)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trick:
    """One trick: the code that takes it away, and the run in which it counts most."""

    name: str
    without: str
    run: str


TRICKS = (
    Trick(
        name="dataclass methods written when called",
        without="""
import functools, dataclasses, fleetward.domain.fast_dataclass as fast
fast.dataclass = functools.partial(dataclasses.dataclass)
""",
        run="validate 8 agents",
    ),
    Trick(
        name="process ends without freeing its values",
        without="""
import os, sys
os._exit = sys.exit
""",
        run="validate fleet",
    ),
    Trick(
        name="rare garbage collection",
        without="""
import gc
gc.set_threshold = lambda *_: None
""",
        run="promote with a long ledger",
    ),
    Trick(
        name="no garbage collection while comparing",
        without="""
import gc
gc.set_threshold = lambda *_: None
gc.disable = lambda: None
""",
        run="diff fleet",
    ),
    Trick(
        name="pure functions remember (lru_cache)",
        without="""
import functools
def plain(maxsize=128, typed=False):
    if callable(maxsize):
        maxsize.cache_clear = lambda: None
        return maxsize
    def decorate(function):
        def call(*arguments, **keywords):
            return function(*arguments, **keywords)
        call.cache_clear = lambda: None
        return call
    return decorate
functools.lru_cache = plain
""",
        run="validate fleet",
    ),
    Trick(
        name="jsonschema-rs accepts first",
        without="""
import fleetward.store.formats.schema_findings as schemas
schemas.is_accepted = lambda *_: False
""",
        run="validate fleet",
    ),
    Trick(
        name="ledger lines recognised by one pattern",
        without="""
import fleetward.store.records.ledger_line as ledger
ledger.parse_fast = lambda *_: None
""",
        run="promote with a long ledger",
    ),
    Trick(
        name="one cat-file answers for all objects",
        without="""
import fleetward.store.git.repository as repository
repository._MANY = 0
""",
        run="promote with a long ledger",
    ),
    Trick(
        name="several processes", without="import sys; sys.argv += ['--jobs', '1']\n", run="validate fleet"
    ),
    Trick(
        name="results of earlier validations",
        without="import sys; sys.argv.append('--no-cache')\n",
        run="again",
    ),
)


def main() -> int:
    """Print a row for each trick: seconds and processor seconds without and with it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--agents", type=int, default=300)
    parser.add_argument("--entries", type=int, default=2000)
    parser.add_argument("--only", default="", help="tricks whose name holds this text")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as above:
        runs = _runs(Path(above), options.agents, options.entries)
        print(f"{'trick':44} {'run':28} {'without s':>10} {'with s':>8} {'ratio':>6} {'cpu ratio':>9}")
        for trick in TRICKS:
            if options.only in trick.name:
                folder, arguments = runs[trick.run]
                print(_row(trick, _measured(trick, folder, arguments, options.runs)))
    return 0


def _runs(above: Path, agents: int, entries: int) -> dict[str, tuple[Path, list[str]]]:
    small, large = fleets.fleet(above / "small", 8), fleets.fleet(above / "large", agents)
    history = promote.made(above / "history", 20, entries)
    fleets.change_all(large)
    agent = next(path.name for path in sorted((history / "environments" / "staging").iterdir()))
    return {
        "validate 8 agents": (small, ["validate", "--no-cache", "-o", "json", *NOW]),
        "validate fleet": (large, ["validate", "--no-cache", "-o", "json", *NOW]),
        "again": (large, ["validate", "-o", "json", *NOW]),
        "diff fleet": (large, ["diff", "HEAD~1..HEAD", "-o", "json", *NOW]),
        "promote with a long ledger": (history, ["promote", agent, "--to", "production", "-o", "json", *NOW]),
    }


def _measured(trick: Trick, folder: Path, arguments: list[str], runs: int) -> dict[str, Measure]:
    commands = {
        "without": [sys.executable, "-c", trick.without + MAIN, *arguments],
        "with": [sys.executable, "-c", MAIN, *arguments],
    }
    return compare(commands, folder, runs)


def _row(trick: Trick, measures: dict[str, Measure]) -> str:
    without, usual = measures["without"], measures["with"]
    return (
        f"{trick.name:44} {trick.run:28} {without.seconds:10.3f} {usual.seconds:8.3f}"
        f" {without.seconds / usual.seconds:6.2f} {without.cpu / usual.cpu:9.2f}"
    )


if __name__ == "__main__":
    sys.exit(main())
