"""The JSON Schemas that are shipped: their text, their paths, and whether they accept a document."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from fleetward.domain.errors import UsageError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.names import nearest_name
from fleetward.domain.path import ItemKey, Step, Steps, format_path

Schema = Mapping[str, Any]
KINDS = {
    "Agent": "agent",
    "FleetConfig": "fleet-config",
    "Policy": "policy",
    "People": "people",
    "Connectors": "connectors",
    "Models": "models",
    "Waivers": "waivers",
    "PolicyTest": "policy-test",
}


_STEP = re.compile(r"\[([^\[\]]*)\]|\.?([^.\[\]]+)")
_PATH = re.compile(r"[^.\[\]]+(\[[^\[\]]*\]|\.[^.\[\]]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownPath:
    """A path that no document can have."""

    suggestion: str | None = None
    """A similar path, which may be known."""


def schema_folder() -> Path:
    """The folder of the schemas: in the wheel, or in the checkout of an editable install."""
    # force-include puts them into wheels and not into editable installs
    packaged = Path(__file__).parents[2] / "schemas"
    return packaged if packaged.is_dir() else Path(__file__).parents[4] / "schemas"


def schema_names() -> tuple[str, ...]:
    """The names that ``fleet schema`` accepts."""
    file_names = (
        entry.name for place in (schema_folder(), schema_folder() / "output") for entry in place.iterdir()
    )
    ending = ".schema.json"
    return tuple(sorted(name.removesuffix(ending) for name in file_names if name.endswith(ending)))


@cache
def schema_text(name: str) -> str:
    """
    The schema of this name as it is shipped.

    Errors: UsageError for an unknown name.
    """
    for place in (schema_folder(), schema_folder() / "output"):
        file = place / f"{name}.schema.json"
        # a name is no path: it must not lead out of the folder
        if "/" not in name and file.is_file():
            return file.read_text(encoding="utf-8")
    close = nearest_name(name, schema_names())
    hint = f"fleet schema {close}" if close else f"one of: {', '.join(schema_names())}"
    raise UsageError(f"no schema named {name!r}", hint=hint)


@cache
def load_schema(name: str) -> Schema:
    """The schema of this name as data."""
    loaded: Schema = json.loads(schema_text(name))
    return loaded


def path_of_steps(steps: Steps, data: Any, root_schema: Schema) -> str:
    """Raw steps as a path, items of keyed lists by their key."""
    shaped: list[Step] = []
    node: Schema = root_schema
    value = data
    for step in steps:
        node = resolve_ref(node, root_schema)
        if isinstance(step, int):
            shaped.append(_item_step(step, value, node))
            node = node.get("items", {})
        else:
            shaped.append(step)
            node = _property_schema(node, step)
        try:
            value = value[step]
        except (LookupError, TypeError):
            value = None
    return format_path(shaped)


def resolve_ref(node: Schema, root_schema: Schema) -> Schema:
    """The node that a local ``$ref`` points at, merged with the keywords beside the ``$ref``."""
    while isinstance(node, Mapping) and "$ref" in node:
        target: Any = root_schema
        for step in str(node["$ref"]).removeprefix("#/").split("/"):
            target = target[step]
        node = {**target, **{key: value for key, value in node.items() if key != "$ref"}}
    return node if isinstance(node, Mapping) else {}


def unknown_path(path: str, name: str) -> UnknownPath | None:
    """
    Why no document of the schema *name* can have a value at *path*; None where one can.

    Items of a list stand in brackets: ``spec.knowledge[].maxAge``, ``spec.tools[crm].allow``. Free space has any path.
    """
    root_schema = load_schema(name)
    if not _PATH.fullmatch(path):
        return UnknownPath()
    node, end = root_schema, 0
    for match in _STEP.finditer(path):
        node = resolve_ref(node, root_schema)
        step = match[2] if match[1] is None else match[1].strip('"')
        if "items" in node:
            if match[1] is None:
                return UnknownPath(suggestion=f"{path[:end]}[]{path[end:]}")
            node = node["items"]
        elif step in node.get("properties", {}):
            node = node["properties"][step]
        elif any(re.search(pattern, step) for pattern in node.get("patternProperties", {})):
            return None
        else:
            extra = node.get("additionalProperties", node.get("type") == "object")
            if not isinstance(extra, Mapping):
                return None if extra else _misspelt(path, match, node)
            node = extra
        end = match.end()
    return None


def _misspelt(path: str, match: re.Match[str], node: Schema) -> UnknownPath:
    """The path with the nearest key in place of the one that the schema does not know."""
    group = 2 if match[1] is None else 1
    close = nearest_name(match[group], node.get("properties", {}))
    return UnknownPath(
        suggestion=path[: match.start(group)] + close + path[match.end(group) :] if close else None
    )


def _property_schema(node: Schema, key: str) -> Schema:
    child: Schema = node.get("properties", {}).get(key)
    if child is not None:
        return child
    extra = node.get("additionalProperties")
    return extra if isinstance(extra, Mapping) else {}


def _item_step(index: int, value: Any, node: Schema) -> Step:
    keyed = str(node.get("x-list", ""))
    if keyed.startswith("keyed("):
        try:
            key = value[index][keyed[6:-1]]
        except (LookupError, TypeError):
            return index
        if isinstance(key, str):
            return ItemKey(key)
    return index


def is_accepted(data: Any, name: str) -> bool:
    """
    Does the fast validator accept *data*?

    A document that it refuses, or fails on, goes to the reference validator, which has the messages.
    """
    # accept fast, word slowly: 8 us instead of 1.1 ms a document
    validator = _fast_validator(name)
    if validator is None:
        return False
    try:
        return bool(validator.is_valid(data))
    except Exception:  # noqa: BLE001 - values that Rust cannot hold: the reference decides
        return False


@cache
def _fast_validator(name: str) -> Any:
    """A compiled validator, a hundred times faster; None if it is not installed."""
    try:
        from jsonschema_rs import Draft202012Validator
    except ImportError:
        return None
    # without it the fast way accepts dates that the reference refuses
    return Draft202012Validator(dict(load_schema(name)), validate_formats=True)


@cache
def reference_validator(name: str) -> Any:
    """The validator of ``jsonschema``, which finds the errors and their messages."""
    # imported late: 80 ms, and only a refused document needs it
    from jsonschema import Draft202012Validator, FormatChecker
    from jsonschema.validators import extend
    from referencing import Registry

    reference = extend(Draft202012Validator, {"pattern": _check_pattern})  # type: ignore[no-untyped-call]
    # with an empty registry a remote $ref is not fetched
    return reference(load_schema(name), registry=Registry(), format_checker=FormatChecker(["date"]))


def _check_pattern(validator: Any, pattern: str, value: Any, _: Schema) -> Iterator[Any]:
    """As in ECMA 262 and the fast validator, ``$`` is the end of the text; Python allows a line feed after it."""
    from jsonschema import ValidationError

    # a name with a line feed at its end would pass the reference alone
    whole = rf"{pattern[:-1]}\Z" if pattern.endswith("$") else pattern
    if validator.is_type(value, "string") and not re.search(whole, value):
        yield ValidationError(f"{value!r} does not match {pattern!r}")
