"""
How long ``fleet validate`` takes with all its rules, beside tools that check the schema alone.

    .venv/bin/python benchmarks/validate.py [SIZE...]

Whole processes, alternating in one run, medians of five. ``check-jsonschema`` takes part where it is installed.
The floor reads libyaml's events and does nothing with them.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from fleets import NOW, fleet
from measuring import compare

SCHEMA = Path(__file__).parents[1] / "schemas" / "agent.schema.json"
PLAIN = """
import json, pathlib, sys, yaml, jsonschema
validator = jsonschema.Draft202012Validator(json.load(open(sys.argv[1])))
for path in sorted(pathlib.Path("environments").rglob("agent.yaml")):
    list(validator.iter_errors(yaml.load(path.read_bytes(), yaml.CBaseLoader)))
"""
FLOOR = """
import pathlib, yaml
for path in sorted(pathlib.Path("environments").rglob("agent.yaml")):
    for event in yaml.parse(path.read_bytes(), yaml.CLoader): pass
"""


def main() -> None:
    sizes = [int(size) for size in sys.argv[1:]] or [1, 10, 100, 1000]
    print(f"{'agents':>7}  {'command':<22} {'seconds':>8} {'of check':>9} {'of floor':>9} {'MB':>6}")
    with tempfile.TemporaryDirectory(prefix="fleet-bench-") as above:
        for size in sizes:
            report(size, fleet(Path(above) / str(size), size))


def report(size: int, folder: Path) -> None:
    python = sys.executable
    manifests = [str(path) for path in sorted((folder / "environments").rglob("agent.yaml"))]
    commands = {
        "fleet validate": [python, "-m", "fleetward", "validate", "-q", "--now", NOW],
        "yaml and jsonschema": [python, "-c", PLAIN, str(SCHEMA)],
        "floor": [python, "-c", FLOOR],
    }
    checker = shutil.which("check-jsonschema", path=str(Path(python).parent)) or shutil.which(
        "check-jsonschema"
    )
    if checker:
        commands["check-jsonschema"] = [checker, "--schemafile", str(SCHEMA), *manifests]
    measured = compare(commands, folder)
    for name, one in measured.items():
        check = f"{one.seconds / measured['check-jsonschema'].seconds:9.3f}" if checker else f"{'-':>9}"
        floor = f"{one.seconds / measured['floor'].seconds:9.2f}"
        print(f"{size:>7}  {name:<22} {one.seconds:8.3f} {check} {floor} {one.megabytes:6.0f}", flush=True)


if __name__ == "__main__":
    main()
