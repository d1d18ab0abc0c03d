"""What a script can hold of the layout: telling names, short functions and files, one file of a name."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from tests.paths import CHECKOUT

SRC = CHECKOUT / "src" / "fleetward"
EMPTY_NAMES = (
    "one ones found told asked said says shown known held wanted what which this these those rest both "
    "each other others given same gone kept left seen named meant had has there here made begun own over "
    "then more less wrong some "
)
"""Names that say nothing of what they hold; write finding, message, requirement, commit, path instead."""
EMPTY_SHARE = 0.01
FUNCTION_LINES = 60
FILE_LINES = 400
LONG_FUNCTIONS: frozenset[str] = frozenset()
LONG_FILES = frozenset({"gate/history_checks.py"})
SHARED_NAMES = (
    "agents.py blockers.py context.py criteria.py documentation.py history.py load.py next_step.py "
    "run.py sign.py source.py waivers.py what_if.py "
)
"""What is still to be mended in these three; nothing is added to them."""


def local_names(file: Path) -> Iterator[tuple[str, int]]:
    """Parameters and assignment targets of a file, each with its line."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.arg) and node.arg not in ("self", "cls"):
            yield node.arg, node.lineno
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id != "_":
            yield node.id, node.lineno


def in_package(file: Path) -> str:
    return file.relative_to(SRC).as_posix()


FILES = sorted(SRC.rglob("*.py"))


def test_less_than_one_local_name_in_a_hundred_is_empty() -> None:
    names = [(name, f"{in_package(file)}:{line}") for file in FILES for name, line in local_names(file)]

    words = frozenset(EMPTY_NAMES.split())
    empty = [f"{place}: {name}" for name, place in names if name.strip("_") in words]

    assert len(names) > 5000
    assert len(empty) < EMPTY_SHARE * len(names), "\n".join(["name what these hold:", *empty])


def test_no_function_is_longer_than_sixty_lines() -> None:
    long = [
        f"{in_package(file)}: {node.name}"
        for file in FILES
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno >= FUNCTION_LINES
    ]

    new = [function for function in long if function not in LONG_FUNCTIONS]
    assert not new, "\n".join([f"longer than {FUNCTION_LINES} lines; take a step out:", *new])


def test_no_file_is_longer_than_four_hundred_lines() -> None:
    long = [in_package(file) for file in FILES if file.read_bytes().count(b"\n") > FILE_LINES]

    new = [file for file in long if file not in LONG_FILES]
    assert not new, "\n".join([f"longer than {FILE_LINES} lines; look for the second idea:", *new])


def is_allowed(folders: set[str]) -> bool:
    """True for a verb or a report beside one workflow, or for a value beside the files that read or show it."""
    layers = sorted(folder.split("/")[0] for folder in folders)
    return len(layers) == len(set(layers)) and ("cli" in layers or "domain" in layers)


def test_a_file_name_occurs_once_but_for_a_verb_or_a_value_and_what_handles_it() -> None:
    folders = defaultdict(set)
    for file in FILES:
        if not file.name.startswith("__"):
            folders[file.name].add(file.parent.relative_to(SRC).as_posix())

    repeated = {
        name: places for name, places in folders.items() if len(places) > 1 and not is_allowed(places)
    }
    unexpected = [
        f"{name}: {', '.join(sorted(repeated[name]))}"
        for name in sorted(repeated.keys() - set(SHARED_NAMES.split()))
    ]
    assert not unexpected, "\n".join(["one name, several meanings; rename one:", *unexpected])
