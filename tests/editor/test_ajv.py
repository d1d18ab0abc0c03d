"""ajv in strict mode accepts our schemas, and agrees with the gate on every mutated file."""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from fleetward.domain.finding import Place
from fleetward.store.formats.schema_findings import schema_findings
from tests.editor.mutations import mutations
from tests.editor.node import MODULES, NODE, needs
from tests.schemas.reading import ANNOTATIONS, FOLDER, ROOT, documents, inputs, load, outputs
from tests.schemas.reading import schema as raw
from tests.schemas.test_accepting import EXAMPLE, FILES

pytestmark = needs("ajv", "ajv-formats")

PROGRAM = Path(__file__).with_name("ajv.cjs")
EVERY = int(os.environ.get("FLEETWARD_MUTATIONS", "23"))
"""One mutation in so many is judged; with 1 it is 80,000 and three minutes."""
DIFFERENCES: Mapping[str, str] = {}
"""Mutations of which ajv and the gate say different things, with the reason. There is none."""

KINDS = {kind for kind, _ in FILES}
SILENT = {"title", "description", "examples", "default", "properties", "patternProperties", "items"}
"""Keywords that never refuse by themselves."""

Judged = tuple[str, str, Any]
"""A schema's name, what was done, a document."""


@cache
def mutated() -> tuple[Judged, ...]:
    files = {(kind, file.read_text()): file for kind, file in documents(EXAMPLE)}
    return tuple(
        (kind, f"{file.relative_to(ROOT)}: {name}", data)
        for (kind, text), file in files.items()
        for name, data in mutations(load(text), EVERY)
    )


def ajv(judged: Iterator[tuple[str, Any]], names: list[str]) -> list[list[list[str]]]:
    """For each document the keywords that refuse it, with where."""
    lines = "\n".join(json.dumps(document) for document in judged)
    command = [NODE, str(PROGRAM), str(FOLDER), MODULES, ",".join(ANNOTATIONS), *names]
    done = subprocess.run(command, input=lines, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@cache
def refusals() -> tuple[list[list[str]], ...]:
    return tuple(ajv(((kind, data) for kind, _, data in mutated()), inputs()))


def gate(kind: str, data: Any) -> bool:
    """Does the gate accept it?"""
    return not schema_findings(data, kind, lambda steps, **_: Place(file=""), lambda place: "")


def keywords(node: Any) -> Iterator[str]:
    """The keywords of a schema that can refuse."""
    if node is False:
        yield "false schema"
    elif isinstance(node, dict):
        for key, child in node.items():
            if key in ("properties", "patternProperties"):
                for inner in child.values():
                    yield from keywords(inner)
            elif key not in ("examples", "default", "enum", "const", "dependentRequired"):
                yield from keywords(child)
        yield from (key for key in node if key not in SILENT and not key.startswith(("x-", "$")))
    elif isinstance(node, list):
        for inner in node:
            yield from keywords(inner)


def test_in_strict_mode_it_compiles_every_schema_and_accepts_both_fleets() -> None:
    read = ((kind, load(file.read_text())) for kind, file in FILES)

    refused = ajv(read, [*inputs(), *outputs()])

    assert refused == [[] for _ in FILES]


def test_at_least_two_thousand_manifests_are_mutated_and_neither_verdict_is_rare() -> None:
    kinds = Counter(kind for kind, _, _ in mutated())
    accepted = sum(not refused for refused in refusals())

    assert kinds["agent"] >= 2_000
    assert set(kinds) == KINDS
    assert 0.1 < accepted / len(mutated()) < 0.9


def test_every_keyword_that_can_refuse_has_refused_something() -> None:
    used = {key for name in KINDS for key in keywords(raw(name))}
    policy = load((EXAMPLE / "governance" / "policy.yaml").read_text())
    # few mutations put a key where another requirement has it
    policy["rules"][0]["require"] = [{"approvals": 1, "from": "owner", "maxAge": "P1D"}]
    [misplaced] = ajv(iter([("policy", policy)]), inputs())

    assert used == {keyword for refused in (*refusals(), misplaced) for keyword, _ in refused}


def test_the_verdict_on_every_mutated_file_is_the_gates() -> None:
    judged = zip(mutated(), refusals(), strict=True)

    differing = {name for (kind, name, data), refused in judged if gate(kind, data) == bool(refused)}

    assert differing == set(DIFFERENCES)
