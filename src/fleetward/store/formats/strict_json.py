"""Strict JSON: no duplicate keys, no NaN, no infinity, limits on size and depth."""

from __future__ import annotations

import json
import math
import re
import reprlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NoReturn

from fleetward.domain import clock, limits
from fleetward.domain.errors import FleetError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.names import is_name

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_MAX_SHOWN = 80
"""Levels of a JSON text; more than any record has, fewer than Python can recurse."""
_SHORT = reprlib.Repr()
_SHORT.maxlevel, _SHORT.maxstring, _SHORT.maxlong, _SHORT.maxother = 2, _MAX_SHOWN, _MAX_SHOWN, _MAX_SHOWN


def parse_json(content: bytes, name: str, *, limit: int) -> Any:
    """
    The value of a JSON text.

    Errors: FleetError that begins with *name* when the text is longer than *limit* bytes, is not UTF-8,
    not JSON, repeats a key, nests too deep, or holds a number that is not finite.
    """
    # before parsing: the parser takes many times the memory of the text
    if len(content) > limit:
        raise FleetError(f"{name}: {len(content)} bytes, the limit is {limit}")
    try:
        value = json.loads(
            content.decode("utf-8-sig"),
            # json keeps the last of two equal keys without a word (RFC 8259, section 4)
            object_pairs_hook=_unique,
            # json reads NaN and Infinity, which JSON does not have (RFC 8259, section 6)
            parse_constant=_not_finite,
            # 1e999 would become infinity without passing parse_constant
            parse_float=_finite,
        )
    # deep brackets end json's recursion, and must not end the run
    except RecursionError:
        raise FleetError(f"{name}: nested too deep to be read") from None
    # before ValueError, whose subclass it is
    except UnicodeDecodeError as error:
        raise FleetError(f"{name}: not UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        raise FleetError(f"{name}:{error.lineno}:{error.colno}: not JSON: {error.msg.lower()}") from None
    except ValueError as error:
        raise FleetError(f"{name}: {error}") from None
    # fewer brackets cannot nest deeper, and most records stop here
    if content.count(b"[") + content.count(b"{") > limits.JSON_DEPTH and _too_deep([[value]]):
        raise FleetError(f"{name}: nested too deep to be read, the limit is {limits.JSON_DEPTH} levels")
    return value


def _too_deep(level: list[Any]) -> bool:
    """Counted here: the depth at which the parser itself stops depends on the version of Python."""
    for _ in range(limits.JSON_DEPTH + 1):
        inner = [container.values() if isinstance(container, dict) else container for container in level]
        level = [child for container in inner for child in container if isinstance(child, dict | list)]
        if not level:
            return False
    return True


def json_bytes(value: Mapping[str, Any], name: str) -> bytes:
    """
    The stable text of a record: sorted keys, two spaces, ASCII, a line feed at the end.

    Errors: FleetError when a text in it is not Unicode, or a number not finite.
    """
    return (ascii_json(value, name, sort_keys=True, indent=2) + "\n").encode()


def ascii_json(value: Mapping[str, Any], name: str, **layout: Any) -> str:
    """JSON in ASCII, so that a reviewer sees every character."""
    try:
        # half of a surrogate pair passes as an ASCII escape, and other readers refuse it
        json.dumps(value, ensure_ascii=False).encode()
        return json.dumps(value, allow_nan=False, **layout)
    except ValueError as error:
        raise FleetError(f"{name}: cannot be written as JSON: {error}") from None
    except RecursionError:
        raise FleetError(f"{name}: nested too deep to be written") from None


def short(value: object) -> str:
    """The value for a message: one line, however large it is."""
    text = _SHORT.repr(value)
    return text if len(text) <= _MAX_SHOWN else text[:_MAX_SHOWN] + "..."


def finite_number(value: object) -> float | None:
    """*value* as a finite number; None for anything else, and for true and false."""
    # bool is an int in Python: true would count as 1
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


@dataclass(frozen=True, slots=True)
class Fields:
    """A JSON object whose fields are read by name and type; ``where`` begins every message."""

    data: Mapping[str, Any]
    where: str

    @classmethod
    def from_value(
        cls, value: object, where: str, keys: tuple[str, ...], optional: tuple[str, ...] = ()
    ) -> Fields:
        """
        *value* as an object with exactly these keys, and perhaps the optional ones.

        Errors: FleetError when it is not an object, lacks a key, or has another.
        """
        if not isinstance(value, dict):
            raise FleetError(f"{where}: expected an object, found {short(value)}")
        # an unknown key is refused: a newer format could give it a meaning that is lost here
        for key in value:
            if key not in keys and key not in optional:
                raise FleetError(f"{where}: unknown key {short(key)}")
        for key in keys:
            if key not in value:
                raise FleetError(f"{where}: {key!r} is missing")
        return cls(value, where)

    def child(self, key: str, keys: tuple[str, ...]) -> Fields:
        """The object under *key*."""
        return Fields.from_value(self.data[key], f"{self.where}: {key}", keys)

    def items(self, key: str) -> tuple[Any, ...]:
        """The members of the list under *key*."""
        value = self.data[key]
        return tuple(value) if isinstance(value, list) else self.reject(key, "a list")

    def objects(self, key: str, keys: tuple[str, ...], optional: tuple[str, ...] = ()) -> tuple[Fields, ...]:
        """The objects of the list under *key*."""
        return tuple(
            Fields.from_value(item, f"{self.where}: {key}[{index}]", keys, optional)
            for index, item in enumerate(self.items(key))
        )

    def constant(self, key: str, expected: str) -> str:
        """The text under *key*, which has to be *expected*."""
        return expected if self.data[key] == expected else self.reject(key, repr(expected))

    def text(self, key: str, *, empty: bool = False) -> str:
        """The text under *key*."""
        value = self.data[key]
        if not isinstance(value, str) or not (value or empty):
            self.reject(key, "a text")
        try:
            # a lone surrogate could be read, and not be written again
            value.encode()
        except UnicodeEncodeError:
            self.reject(key, "Unicode without half characters")
        return str(value)

    def name(self, key: str) -> str:
        """The name under *key*."""
        value = self.text(key)
        return value if is_name(value) else self.reject(key, "a name such as 'refund-bot'")

    def digest(self, key: str) -> str:
        """The digest under *key*: ``sha256:`` and 64 hex digits."""
        value = self.text(key)
        return value if _DIGEST.fullmatch(value) else self.reject(key, "'sha256:' and 64 hex digits")

    def instant(self, key: str) -> datetime:
        """The instant with its zone under *key*."""
        value = self.text(key)
        try:
            return clock.parse_instant(value)
        except (ValueError, OverflowError):
            return self.reject(key, "an instant such as 2026-11-20T12:00:00Z")

    def count(self, key: str, *, least: int = 0) -> int:
        """The whole number under *key*, *least* or more."""
        value = self.data[key]
        # from 2**53 on readers with floating point see another number
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value < 2**53:
            self.reject(key, f"a whole number from {least}")
        return int(value)

    def number(self, key: str) -> float:
        """The finite number under *key*."""
        value = finite_number(self.data[key])
        return self.reject(key, "a number") if value is None else value

    def is_null(self, key: str) -> bool:
        """Is the value under *key* null?"""
        return self.data[key] is None

    def reject(self, key: str, expected: str) -> NoReturn:
        """Raise a FleetError that says what was expected under *key*, and what is there."""
        raise FleetError(f"{self.where}: {key}: expected {expected}, found {short(self.data[key])}")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        keys: set[str] = set()
        twice = next(key for key, _ in pairs if key in keys or keys.add(key))  # type: ignore[func-returns-value]
        raise ValueError(f"the key {short(twice)} is there twice")
    return result


def _not_finite(text: str) -> NoReturn:
    raise ValueError(f"{text} is not a JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"the number {text[:_MAX_SHOWN]} is too large")
    return number
