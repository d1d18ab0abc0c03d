"""What a JSON Schema refuses, as findings with a place and a hint."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from fleetward.domain.finding import Finding, Place, Severity
from fleetward.domain.names import nearest_name
from fleetward.domain.path import Steps
from fleetward.domain.placeholder import TODO
from fleetward.store.formats.json_schema import (
    Schema,
    is_accepted,
    load_schema,
    path_of_steps,
    reference_validator,
)


class PlaceLookup(Protocol):
    """Gives the place of raw steps in the source, of the value or of its key."""

    def __call__(self, steps: Steps, *, at_key: bool = False) -> Place:
        """The place."""


def schema_findings(
    data: Any, name: str, place: PlaceLookup, written: Callable[[Place], str]
) -> tuple[Finding, ...]:
    """
    The errors of *data* by the schema *name*, in the order of their places.

    *written* gives the source text of a place, for hints that quote it.
    """
    # clean documents never load jsonschema
    if is_accepted(data, name):
        return ()
    root_schema = load_schema(name)
    unsorted: list[Finding] = []
    for error in reference_validator(name).iter_errors(data):
        for leaf in _leaves(error):
            unsorted.extend(_error_findings(leaf, data, root_schema, place, written))
    unique = {(finding.place, finding.message): finding for finding in unsorted}
    return tuple(sorted(unique.values(), key=lambda finding: finding.sort_key))


def _leaves(error: Any) -> Iterator[Any]:
    """The errors of the only alternative of anyOf or oneOf with a fitting type, else the error itself."""
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
        message=f"the key {_brief(key)} under {where or 'the top'} does not have the right form",
        place=place((*steps, key), at_key=True),
        hint="a name: lower-case letters, digits and hyphens, such as 'refund-bot'",
    )


def _choices(word: str, values: Any) -> str:
    # accepted, and never what one should write
    listed = [str(value) for value in values if value != TODO]
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
    """Message and hint for a validator of the schemas; the message of jsonschema for any other."""
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
        return f"{where} is {_brief(value)}, which does not have the right form", _choices(
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
        return f"{where} has an item twice", "delete the second one"
    if name in ("anyOf", "oneOf"):
        return f"{where} has none of the forms that are allowed here", error.schema.get("description", "")
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
