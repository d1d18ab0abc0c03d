"""YAML scalars: the value of an unquoted one, and a text written as one."""

from __future__ import annotations

import json
import math
import re
from typing import Any

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9]*([._/@+-][A-Za-z0-9]+)*")
# YAML 1.1 reads these as null or boolean, also where 1.2 does not
_WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
# YAML 1.2.2, section 10.3.2: only these spellings, so that "no" and "on" are texts
_BOOLEAN = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
# no leading zero: 010 is 8 in YAML 1.1 and 10 in YAML 1.2
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_HEX = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]+)?")


# Scalars that YAML 1.1 and 1.2, or two parsers of either, read as different values.
_AMBIGUOUS = re.compile(
    r"[-+]?0[0-9_]+(\.[0-9_]*)?([eE][-+]?[0-9]+)?|0o[0-7_]+|[-+]?0b[01_]+|[-+]?0x[0-9a-fA-F_]+"
    r"|[-+]?[0-9](?=[0-9.]*_)[0-9_]*(\.[0-9_]*)?"  # looks ahead: two open runs of _ would be quadratic
    r"|[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?"
    r"|\.(nan|NaN|NAN)|[-+]?\.(inf|Inf|INF)"
)


_MAX_EXACT_INTEGER = 2**53
"""Larger integers differ in readers that use floating point."""


class AmbiguousScalar(ValueError):
    """A plain scalar that YAML parsers read as different values."""


def plain_scalar(text: str) -> Any:
    """
    The value of an unquoted scalar by the YAML 1.2 core schema.

    Errors: AmbiguousScalar where YAML parsers give different values.
    """
    if text in _NULL:
        return None
    if text in _BOOLEAN:
        return _BOOLEAN[text]
    if text[0] not in "+-.0123456789":
        return text
    if _INTEGER.fullmatch(text):
        # the length first: int() is slow on long texts, and refuses more than 4,300 digits
        return _exact_integer(int(text) if len(text) < 20 else _MAX_EXACT_INTEGER + 1, text)
    if _HEX.fullmatch(text):
        return _exact_integer(int(text, 16) if len(text) < 20 else _MAX_EXACT_INTEGER + 1, text)
    if _AMBIGUOUS.fullmatch(text):
        raise AmbiguousScalar(f"{text} is read as different things by different readers")
    if _FLOAT.fullmatch(text):
        value = float(text)
        # 1e999 is infinity for Python, and infinity passes a minimum
        if not math.isfinite(value):
            raise AmbiguousScalar(f"{text} is larger than any number")
        return value
    return text


def yaml_scalar(text: str) -> str:
    """*text* as a YAML scalar that every YAML parser reads as this string."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    # a JSON string is a double-quoted scalar of YAML 1.2, which contains JSON
    return json.dumps(text, ensure_ascii=False)


def _exact_integer(value: int, text: str) -> int:
    if abs(value) > _MAX_EXACT_INTEGER:
        raise AmbiguousScalar(f"{text} is too large to be read exactly everywhere")
    return value
