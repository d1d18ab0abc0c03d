"""What a JSON Schema refuses, as findings with a place and a hint."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from fleetward.domain.finding import Finding, Place, Severity
from fleetward.domain.names import NAME_FORM, nearest_name
from fleetward.domain.path import Steps
from fleetward.domain.placeholder import TODO
from fleetward.store.formats.json_schema import (
    Schema,
    is_accepted,
    load_schema,
    path_of_steps,
    reference_validator,
)
from fleetward.store.formats.value_forms import form_words, probable_name


class PlaceLookup(Protocol):
    """Gives the place of raw steps in the source, of the value or of its key."""

    def __call__(self, steps: Steps, *, at_key: bool = False, at_first_word: bool = False) -> Place:
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
    unique = {(finding.place, finding.message): finding for finding in _said_once(unsorted)}
    return tuple(sorted(unique.values(), key=lambda finding: finding.sort_key))


def _said_once(findings: list[Finding]) -> Iterator[Finding]:
    """Without the length of a value whose form is wrong anyway: who mends the form mends the length."""
    otherwise_wrong = {finding.place for finding in findings if _TOO_LONG not in finding.message}
    return (
        finding
        for finding in findings
        if finding.place not in otherwise_wrong or _TOO_LONG not in finding.message
    )


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
    lacks_a_key = error.validator in ("required", "anyOf", "oneOf") and isinstance(error.instance, dict)
    spot = place(steps, at_first_word=lacks_a_key)
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
    form = form_words(error.validator_value) if error.validator == "pattern" else None
    near = probable_name(key) if form == NAME_FORM else None
    return Finding(
        rule="schema",
        severity=Severity.ERROR,
        message=f"the key {_brief(key)} under {where or 'the top'} does not have the right form"
        + (f": {form}" if form else ""),
        place=place((*steps, key), at_key=True),
        hint=f"write {near!r}" if near else "write a key of the right form",
    )


def _choices(word: str, values: Any) -> str:
    # accepted, and never what one should write
    listed = [str(value) for value in values if value != TODO]
    return f"{word}: {', '.join(listed)}" if listed else ""


_TOO_LONG = " is longer than "
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
        missing = [key for key in expected if key not in value]
        words = " and no ".join(repr(key) for key in missing)
        return f"{where} has no {words}", f"add {' and '.join(f'{key}: ...' for key in missing)}"
    if name == "enum":
        close = nearest_name(str(value), [str(item) for item in expected])
        hint = f"write {close!r}" if close else ""
        return f"{where} is {_brief(value)}", " - ".join(filter(None, (hint, _choices("one of", expected))))
    if name == "const":
        return f"{where} must be {expected!r}, not {_brief(value)}", f"write {expected}"
    if name in ("pattern", "format"):
        form = form_words(error.schema.get("pattern", ""))
        near = probable_name(value) if form == NAME_FORM else None
        hint = (
            f"write {near!r}" if near else _choices("for example", (error.schema.get("examples") or [])[:2])
        )
        words = f": {form}" if form else ", which does not have the right form"
        return f"{where} is {_brief(value)}{words}", hint
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
        return f"{where}{_TOO_LONG}{expected}", "shorten it"
    if name == "uniqueItems":
        return f"{where} has an item twice", "delete the second one"
    if name in ("anyOf", "oneOf") and isinstance(value, dict) and (keys := _alternative_keys(expected)):
        if not any(key in value for key in keys):
            words = " and no ".join(repr(key) for key in keys)
            return f"{where} has no {words}", " or ".join(f"add {key}: ..." for key in keys)
        return f"{where} has {' and '.join(repr(key) for key in keys)} at once", "delete one of them"
    if name in ("anyOf", "oneOf"):
        return f"{where} has none of the forms that are allowed here", error.schema.get("description", "")
    return f"{where}: {str(error.message)[:200]}", ""


def _alternative_keys(alternatives: Any) -> list[str]:
    """The keys of which one has to be there, where the alternatives ask for no more than that."""
    keys = [branch.get("required") for branch in alternatives]
    only_keys = all(set(branch) <= {"required", "properties"} for branch in alternatives)
    return [key for (key,) in keys] if only_keys and all(key and len(key) == 1 for key in keys) else []


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
