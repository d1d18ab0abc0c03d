"""check-jsonschema, a validator for CI and pre-commit, accepts our schemas and the example."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli.outside import BIN
from tests.schemas.reading import FOLDER, inputs, outputs
from tests.schemas.test_accepting import EXAMPLE, FILES

PROGRAM = shutil.which("check-jsonschema", path=f"{BIN}{os.pathsep}{os.environ['PATH']}")

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="needs check-jsonschema")

DESK = EXAMPLE / "environments" / "staging" / "delivery-desk" / "agent.yaml"


def checked(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [str(PROGRAM), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def by_schema(kind: str) -> tuple[str, Path]:
    return "--schemafile", FOLDER / f"{kind}.schema.json"


def test_every_schema_is_a_schema() -> None:
    files = [FOLDER / f"{name}.schema.json" for name in (*inputs(), *outputs())]

    done = checked("--check-metaschema", *files, FOLDER / "vocabulary.json")

    assert len(files) >= 12
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("kind", sorted({kind for kind, _ in FILES}))
def test_the_files_of_both_fleets_are_accepted(kind: str) -> None:
    files = [file for file_kind, file in FILES if file_kind == kind]

    done = checked(*by_schema(kind), *files)

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("right", "faulty"),
    [
        ("lifecycle: production", "lifecycle: live"),
        ("accountable: nadia", "acountable: nadia"),
        ("assessedAt: 2026-09-14", "assessedAt: 2026-02-30"),
        ("onTimeout: deny", "onTimeout: yes"),
    ],
)
def test_it_refuses_what_the_gate_refuses(right: str, faulty: str, tmp_path: Path) -> None:
    assert right in DESK.read_text()
    file = tmp_path / "agent.yaml"
    file.write_text(DESK.read_text().replace(right, faulty), encoding="utf-8")

    assert checked(*by_schema("agent"), file).returncode == 1
