"""JSON Schema: the words for what does not fit, the defaults, and the documents themselves."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from fleetward.domain.errors import UsageError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Finding, Place, Severity
from fleetward.domain.names import nearest_name
from fleetward.domain.path import ItemKey, Step, Steps, format_path


class PlaceLookup(Protocol):
    """Tells where raw steps stand in the source; at the key rather than the value where asked."""

    def __call__(self, steps: Steps, *, at_key: bool = False) -> Place:
        """The place."""


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


def schema_folder() -> Path:
    """Where the schemas lie: in the wheel, else in the checkout that an editable install points at."""
    packaged = Path(__file__).parents[2] / "schemas"
    return packaged if packaged.is_dir() else Path(__file__).parents[4] / "schemas"


def schema_names() -> tuple[str, ...]:
    """What ``fleet schema`` can print."""
    file_names = (
        entry.name for place in (schema_folder(), schema_folder() / "output") for entry in place.iterdir()
    )
    ending = ".schema.json"
    return tuple(sorted(name.removesuffix(ending) for name in file_names if name.endswith(ending)))


@cache
def schema_text(name: str) -> str:
    """
    The schema of this name as it is shipped.

    Errors: UsageError when there is none.
    """
    for place in (schema_folder(), schema_folder() / "output"):
        file = place / f"{name}.schema.json"
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


def schema_findings(
    data: Any, name: str, place: PlaceLookup, written: Callable[[Place], str]
) -> tuple[Finding, ...]:
    """
    What of *data* the schema refuses, in its order.

    *written* gives the source text of a place, for hints that quote it.
    """
    if _is_accepted(data, name):
        return ()
    root_schema = load_schema(name)
    unsorted: list[Finding] = []
    for error in _validator(name).iter_errors(data):
        for leaf in _leaves(error):
            unsorted.extend(_error_findings(leaf, data, root_schema, place, written))
    unique = {(finding.place, finding.message): finding for finding in unsorted}
    return tuple(sorted(unique.values(), key=lambda finding: finding.sort_key))


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


def with_defaults(data: Any, name: str) -> Any:
    """*data* with the schema's defaults where nothing is written; absent parents stay absent."""
    return _fill_defaults(data, _defaults(name))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Defaults:
    """What a node of the schema fills in, worked out once; None stands for nothing at all beneath."""

    fill: Mapping[str, Any]
    inside: Mapping[str, _Defaults]
    items: _Defaults | None


@cache
def _defaults(name: str) -> _Defaults | None:
    root_schema = load_schema(name)
    return _node_defaults(root_schema, root_schema)


def _node_defaults(node: Schema, root_schema: Schema) -> _Defaults | None:
    node = resolve_ref(node, root_schema)
    children = {key: resolve_ref(child, root_schema) for key, child in node.get("properties", {}).items()}
    plans = {
        key: plan
        for key, child in children.items()
        if (plan := _node_defaults(child, root_schema)) is not None
    }
    fill = {
        key: _fill_defaults(child["default"], plans.get(key))
        for key, child in children.items()
        if "default" in child
    }
    items = _node_defaults(node["items"], root_schema) if "items" in node else None
    return _Defaults(fill=fill, inside=plans, items=items) if fill or plans or items else None


def _fill_defaults(data: Any, plan: _Defaults | None) -> Any:
    if plan is None:
        return data
    if isinstance(data, dict):
        filled = {key: _fill_defaults(value, plan.inside.get(key)) for key, value in data.items()}
        for key, value in plan.fill.items():
            if filled.get(key) is None:
                filled[key] = value
        return filled
    return [_fill_defaults(value, plan.items) for value in data] if isinstance(data, list) else data


def resolve_ref(node: Schema, root_schema: Schema) -> Schema:
    """The node that a local ``$ref`` points at, its own keywords on top."""
    while isinstance(node, Mapping) and "$ref" in node:
        target: Any = root_schema
        for step in str(node["$ref"]).removeprefix("#/").split("/"):
            target = target[step]
        node = {**target, **{key: value for key, value in node.items() if key != "$ref"}}
    return node if isinstance(node, Mapping) else {}


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


def _is_accepted(data: Any, name: str) -> bool:
    """
    Does the fast validator find nothing to refuse?

    What it refuses, or stumbles over, is asked of the slow one, which is the reference and has the words.
    """
    validator = _fast_validator(name)
    if validator is None:
        return False
    try:
        return bool(validator.is_valid(data))
    except Exception:  # noqa: BLE001 - values that its language cannot hold: the reference decides
        return False


@cache
def _fast_validator(name: str) -> Any:
    """A compiled validator, a hundred times faster; None where it is not installed."""
    try:
        from jsonschema_rs import Draft202012Validator
    except ImportError:
        return None
    return Draft202012Validator(dict(load_schema(name)), validate_formats=True)


@cache
def _validator(name: str) -> Any:
    from jsonschema import Draft202012Validator, FormatChecker
    from jsonschema.validators import extend
    from referencing import Registry

    reference = extend(Draft202012Validator, {"pattern": _check_pattern})  # type: ignore[no-untyped-call]
    # An empty registry: a schema never makes us fetch another one.
    return reference(load_schema(name), registry=Registry(), format_checker=FormatChecker(["date"]))


def _check_pattern(validator: Any, pattern: str, value: Any, _: Schema) -> Iterator[Any]:
    """As ECMA 262 and the fast validator read it: ``$`` is the very end; Python's lets one line feed follow."""
    from jsonschema import ValidationError

    whole = rf"{pattern[:-1]}\Z" if pattern.endswith("$") else pattern
    if validator.is_type(value, "string") and not re.search(whole, value):
        yield ValidationError(f"{value!r} does not match {pattern!r}")


def _leaves(error: Any) -> Iterator[Any]:
    """The errors beneath anyOf and oneOf that come closest, else the error itself."""
    if error.validator in ("anyOf", "oneOf") and error.context:
        branches: dict[Any, list[Any]] = {}
        for child in error.context:
            branches.setdefault(child.schema_path[0], []).append(child)
        fitting = [b for b in branches.values() if not any(_wrong_type(cause, error) for cause in b)]
        if len(fitting) == 1:
            for child in fitting[0]:
                yield from _leaves(child)
            return
    yield error


def _wrong_type(child: Any, parent: Any) -> bool:
    return child.validator in ("type", "const", "required") and child.absolute_path == parent.absolute_path


def _error_findings(
    error: Any, data: Any, root_schema: Schema, place: PlaceLookup, written: Any
) -> Iterator[Finding]:
    steps = tuple(error.absolute_path)
    where = path_of_steps(steps, data, root_schema)
    if error.validator in ("additionalProperties", "unevaluatedProperties"):
        yield from _unknown_keys(error, steps, where, place)
        return
    if "propertyNames" in error.absolute_schema_path:
        yield _invalid_key(error, steps, where, place)
        return
    spot = place(steps)
    message, hint = _message(error, where, written(spot))
    yield Finding(rule="schema", severity=Severity.ERROR, message=message, place=spot, hint=hint)


def _unknown_keys(error: Any, steps: Steps, where: str, place: PlaceLookup) -> Iterator[Finding]:
    properties = error.schema.get("properties", {})
    free = tuple(error.schema.get("patternProperties", {}))
    for key in error.instance:
        if key in properties or any(re.search(pattern, key) for pattern in free):
            continue
        close = nearest_name(key, properties)
        hint = f"write {close!r}" if close else _choices("one of", properties)
        message = f"no key {key!r} under {where or 'the top'}"
        yield Finding(
            rule="unknown-key",
            severity=Severity.ERROR,
            message=message,
            place=place((*steps, key), at_key=True),
            hint=hint,
        )


def _invalid_key(error: Any, steps: Steps, where: str, place: PlaceLookup) -> Finding:
    key = error.instance
    return Finding(
        rule="schema",
        severity=Severity.ERROR,
        message=f"the key {_brief(key)} under {where or 'the top'} has not the right form",
        place=place((*steps, key), at_key=True),
        hint="a name: lower-case letters, digits and hyphens, such as 'refund-bot'",
    )


def _choices(word: str, values: Any) -> str:
    listed = [str(value) for value in values]
    return f"{word}: {', '.join(listed)}" if listed else ""


_TYPES = {
    "string": "text",
    "object": "a mapping",
    "array": "a list",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "null": "nothing",
}


def _message(error: Any, where: str, written: str) -> tuple[str, str]:
    """What is wrong and what to write; the few validators that need own words, else what jsonschema says."""
    name, expected, value = error.validator, error.validator_value, error.instance
    where = where or "the file"
    if name == "type":
        types = [expected] if isinstance(expected, str) else list(expected)
        words = " or ".join(_TYPES.get(item, item) for item in types)
        hint = f"write {words}"
        if "string" in types and isinstance(value, int | float | bool):
            hint = f'write "{written}"'
        elif value is None:
            hint = "write a value, or delete the key"
        elif "array" in types and not isinstance(value, dict):
            hint = f"write [{written}]"
        return f"{where} must be {words}, not {_brief(value)}", hint
    if name == "required":
        missing = next((key for key in expected if key not in value), "?")
        return f"{where} has no {missing!r}", f"add {missing}: ..."
    if name == "enum":
        close = nearest_name(str(value), [str(item) for item in expected])
        hint = f"write {close!r}" if close else ""
        return f"{where} is {_brief(value)}", " - ".join(filter(None, (hint, _choices("one of", expected))))
    if name == "const":
        return f"{where} must be {expected!r}, not {_brief(value)}", f"write {expected}"
    if name in ("pattern", "format"):
        examples = error.schema.get("examples") or []
        return f"{where} is {_brief(value)}, which has not the right form", _choices(
            "for example", examples[:2]
        )
    if name in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"):
        word = {"minimum": "at least", "maximum": "at most", "exclusiveMinimum": "above"}.get(name, "below")
        return (
            f"{where} is {_brief(value)}, and must be {word} {expected}",
            f"write a number {word} {expected}",
        )
    if name in ("minItems", "minLength", "minProperties"):
        if expected == 1:
            return f"{where} is empty", "write something, or delete the key"
        return f"{where} needs at least {expected}", f"write at least {expected}"
    if name in ("maxItems", "maxLength", "maxProperties"):
        return f"{where} is longer than {expected}", "shorten it"
    if name == "uniqueItems":
        return f"{where} says something twice", "delete the second one"
    if name in ("anyOf", "oneOf"):
        return f"{where} fits none of the forms that are allowed here", error.schema.get("description", "")
    return f"{where}: {str(error.message)[:200]}", ""


def _brief(value: Any) -> str:
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    shown_text = repr(value)
    return shown_text if len(shown_text) <= 60 else shown_text[:57] + "...'"
