"""The schemas of the checkout, the nodes inside them, and YAML as version 1.2 reads it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import yaml
from jsonschema import Draft202012Validator, FormatChecker

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "schemas"
ANNOTATIONS = ("x-list", "x-order", "x-better", "x-class", "x-unit", "x-text", "x-secret")
_CORE = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float", "tag:yaml.org,2002:null")


class Loader(yaml.SafeLoader):
    """Without YAML 1.1's dates, times and yes or no."""

    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {
        first: [(tag, pattern) for tag, pattern in rows if tag in _CORE]
        for first, rows in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(true|false)$"), list("tf"))


def inputs() -> list[str]:
    """The names of the schemas of fleet files."""
    return sorted(file.name.removesuffix(".schema.json") for file in FOLDER.glob("*.schema.json"))


def outputs() -> list[str]:
    """The names of the schemas of JSON output."""
    return sorted(f"output/{f.name.removesuffix('.schema.json')}" for f in (FOLDER / "output").glob("*.json"))


def schema(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((FOLDER / f"{name}.schema.json").read_text())
    return loaded


def nodes(node: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every subschema that describes a value, with where it stands; conditions (anyOf of an object) too."""
    yield path, node
    for key, child in node.get("properties", {}).items():
        if isinstance(child, Mapping):
            yield from nodes(child, f"{path}.{key}")
    for key in ("items", "additionalProperties", "propertyNames"):
        if isinstance(node.get(key), Mapping):
            yield from nodes(node[key], f"{path}<{key}>")
    for key in ("anyOf", "oneOf", "allOf"):
        for index, child in enumerate(node.get(key, [])):
            yield from nodes(child, f"{path}<{key} {index}>")


def every_node(names: list[str]) -> list[tuple[str, Mapping[str, Any]]]:
    return [(f"{name}{path}", node) for name in names for path, node in nodes(schema(name))]


def kind_of(file: Path) -> str | None:
    """The schema of a file; None for other files in an agent's folder."""
    kinds = {"agent.yaml": "agent", "overrides.yaml": "overrides", "fleet-config.yaml": "fleet-config"}
    return kinds.get(file.name) or (file.stem if file.parent.name == "governance" else None)


def documents(fleet: Path) -> list[tuple[str, Path]]:
    """(schema, file) of every file of a fleet that has a schema."""
    pairs = [(kind_of(file), file) for file in sorted(fleet.rglob("*.yaml"))]
    return [(kind, file) for kind, file in pairs if kind is not None]


def load(text: str) -> Any:
    return yaml.load(text, Loader)  # noqa: S506 (a SafeLoader with fewer resolvers)


def violations(kind: str, data: Any) -> list[str]:
    """The errors of the schema, as ``path: message``."""
    judge = Draft202012Validator(schema(kind), format_checker=FormatChecker(["date"]))
    return [f"{error.json_path}: {error.message}" for error in judge.iter_errors(data)]
