"""
How long ``fleet validate`` takes with all its rules, beside tools that check the schema alone.

    .venv/bin/python benchmarks/validate.py [--runs N] [SIZE...]

Whole processes, alternating in one run, medians of five. ``check-jsonschema`` takes part where it is installed.
The floor reads libyaml's events and does nothing with them. Processor seconds stand beside those on the wall: on
a machine that others use, they are what can be compared. Memory is summed over all processes of a run.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from fleets import NOW, fleet
from measuring import FLEET, compare, once

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


TARGETS = {
    (1, "fleet, cold"): 0.40,
    (1000, "fleet, cold"): 0.14,
    (10_000, "fleet, one process"): 0.13,
    (10_000, "fleet, cold"): 0.07,
    (10_000, "fleet, warm"): 0.01,
    (10_000, "fleet, one changed"): 0.012,
}
"""Of what check-jsonschema takes on the wall."""


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--runs", type=int, default=5)
    arguments.add_argument("sizes", metavar="SIZE", type=int, nargs="*", default=[1, 10, 100, 1000])
    asked = arguments.parse_args()
    print(
        f"{'agents':>7}  {'command':<20} {'seconds':>8} {'cpu':>8} {'of check':>9} {'(cpu)':>8} {'of floor':>9}"
        f" {'MB':>5}  target"
    )
    with tempfile.TemporaryDirectory(prefix="fleet-bench-") as above:
        for size in asked.sizes:
            report(size, fleet(Path(above) / str(size), size), asked.runs)


def report(size: int, folder: Path, runs: int) -> None:
    python = sys.executable
    validate = [FLEET, "validate", "-q", "--now", NOW]
    manifests = [str(path.relative_to(folder)) for path in sorted(folder.glob("environments/*/*/agent.yaml"))]
    commands = {
        "fleet, cold": [*validate, "--no-cache"],
        "fleet, one process": [*validate, "--no-cache", "--jobs", "1"],
        "fleet, warm": validate,
        "fleet, one changed": validate,
        "yaml and jsonschema": [python, "-c", PLAIN, str(SCHEMA)],
        "floor": [python, "-c", FLOOR],
    }
    beside = str(Path(python).parent)
    checker = shutil.which("check-jsonschema", path=beside) or shutil.which("check-jsonschema")
    if checker:
        commands["check-jsonschema"] = [checker, "--schemafile", str(SCHEMA), *manifests]
    prompt = folder / "environments" / "staging" / "agent-00000" / "prompts" / "system.md"
    once(validate, folder)
    before = {
        "fleet, warm": lambda: once(validate, folder),
        "fleet, one changed": lambda: prompt.write_text(f"{prompt.read_text()}Be brief.\n"),
    }
    measured = compare(commands, folder, runs, before)
    check, floor = measured.get("check-jsonschema"), measured["floor"]
    for name, one in measured.items():
        of_check = f"{one.seconds / check.seconds:9.4f} {one.cpu / check.cpu:8.4f}" if check else f"{'-':>18}"
        target = TARGETS.get((size, name))
        print(
            f"{size:>7}  {name:<20} {one.seconds:8.3f} {one.cpu:8.3f} {of_check} {one.cpu / floor.cpu:9.2f}"
            f" {one.megabytes:5.0f}  {f'<= {target}' if target else ''}",
            flush=True,
        )


if __name__ == "__main__":
    main()
