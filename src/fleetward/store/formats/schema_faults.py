"""What is readable of a document that its schema refuses: the document without what is wrong in it."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from typing import Any

from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.names import nearest_name
from fleetward.domain.path import Steps
from fleetward.store.formats.json_schema import load_schema, path_of_steps, reference_validator

_MAX_ROUNDS = 8
"""Taking one value out may make another wrong; each round takes out at least one."""
_GROUP_DEPTH = 2
"""``spec.owner`` stays without its team; an item of a list or a deeper mapping goes as a whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadablePart:
    """The part of *data* that the schema accepts, and the paths that were left out or are missing."""

    data: dict[str, Any]
    unread: tuple[str, ...]
    """As they are written."""
    unknown: tuple[str, ...]
    """Of which nothing can be said: the same, and the keys that were probably meant."""


def readable_part(data: dict[str, Any], name: str) -> ReadablePart | None:
    """
    The part of *data* that the schema *name* accepts, apart from missing keys of its groups.

    A misspelt key or word is read as the one that was probably meant, so that rules do not miss it. None where
    nothing consistent is left.
    """
    part = copy.deepcopy(data)
    unread: dict[str, None] = {}
    unknown: dict[str, None] = {}
    for _ in range(_MAX_ROUNDS):
        faults = list(_faults(part, name))
        if all(fault.is_missing for fault in faults):
            break
        for fault in sorted(faults, key=lambda fault: fault.order, reverse=True):
            path = path_of_steps(fault.steps, part, load_schema(name))
            unknown[path] = None
            if fault.meant is not None:
                unknown[path_of_steps((*fault.steps[:-1], fault.meant), part, load_schema(name))] = None
            if not fault.is_missing:
                unread[path] = None
                _take_out(part, fault)
    missing = list(_faults(part, name))
    if not all(fault.is_missing for fault in missing):
        return None
    unknown.update((path_of_steps(fault.steps, part, load_schema(name)), None) for fault in missing)
    return ReadablePart(data=part, unread=tuple(unread), unknown=tuple(unknown))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fault:
    steps: Steps
    is_missing: bool = False
    """Nothing is written there, and the mapping around it stays."""
    meant: str | None = None
    """The key that was probably meant."""
    instead: str | None = None
    """The word that was probably meant."""

    @property
    def order(self) -> tuple[tuple[int, str], ...]:
        """Later items of a list come after earlier ones, so that positions stay true from behind."""
        return tuple((step, "") if isinstance(step, int) else (-1, step) for step in self.steps)


def _faults(data: Any, name: str) -> Iterator[_Fault]:
    for error in reference_validator(name).iter_errors(data):
        steps = tuple(error.absolute_path)
        if error.validator in ("additionalProperties", "unevaluatedProperties"):
            properties = error.schema.get("properties", {})
            free = tuple(error.schema.get("patternProperties", {}))
            for key in error.instance:
                if key not in properties and not any(re.search(pattern, key) for pattern in free):
                    yield _Fault(steps=(*steps, key), meant=nearest_name(key, properties))
        elif "propertyNames" in error.absolute_schema_path:
            yield _Fault(steps=(*steps, str(error.instance)))
        elif error.validator == "required" and _stays(steps):
            missing = (key for key in error.validator_value if key not in error.instance)
            yield from (_Fault(steps=(*steps, key), is_missing=True) for key in missing)
        elif steps:
            yield _Fault(steps=steps, instead=_probable_word(error))


def _probable_word(error: Any) -> str | None:
    if not isinstance(error.instance, str):
        return None
    if error.validator == "enum":
        return nearest_name(error.instance, [str(item) for item in error.validator_value])
    lower = error.instance.lower()
    fits = error.validator == "pattern" and re.fullmatch(error.validator_value, lower)
    return lower if fits else None


def _stays(steps: Steps) -> bool:
    return len(steps) <= _GROUP_DEPTH and not any(isinstance(step, int) for step in steps)


def _take_out(data: Any, fault: _Fault) -> None:
    *above, last = fault.steps
    for step in above:
        if not _has(data, step):
            return
        data = data[step]
    if not _has(data, last):
        return
    value = data[last]
    if fault.instead is not None:
        data[last] = fault.instead
        return
    del data[last]
    if fault.meant is not None and fault.meant not in data:
        data[fault.meant] = value


def _has(data: Any, step: str | int) -> bool:
    if isinstance(step, int):
        return isinstance(data, list) and step < len(data)
    return isinstance(data, dict) and step in data
