"""Conditions of rows in the table of meanings: what a delta's values have to be."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from fleetward.changes.delta import Delta

_BREAK = re.compile(r"[^a-z0-9]+")


def unrestricted(delta: Delta) -> bool:
    """Does a new tool allow everything, or administration?"""
    tool = delta.after if isinstance(delta.after, Mapping) else {}
    return tool.get("access") == "admin" or any(map(wild, tool.get("allow") or ()))


def wild(entry: Any) -> bool:
    """Does the entry allow everything, or administration?"""
    if not isinstance(entry, str):
        return False
    words = _BREAK.split(entry.lower())
    # `admin` as a word: `administer` and `badmin` are other permissions
    return "*" in entry or "admin" in words or words == ["all"]


def wildcard(delta: Delta) -> bool:
    """Does the new value allow everything, or administration?"""
    return wild(delta.after)


def to_admin(delta: Delta) -> bool:
    """Is the new value ``admin``?"""
    return bool(delta.after == "admin")


def to_nothing(delta: Delta) -> bool:
    """Is the new value empty or absent?"""
    return delta.after in (None, "", [], ())


def had_halt(delta: Delta) -> bool:
    """Had the earlier budget a halt?"""
    return isinstance(delta.before, Mapping) and delta.before.get("haltAt") is not None


def from_nothing(delta: Delta) -> bool:
    """Was the earlier value empty or absent?"""
    return delta.before in (None, "", [], ())


def to_production(delta: Delta) -> bool:
    """Is the new value ``production``?"""
    return bool(delta.after == "production")


def pilot_to_production(delta: Delta) -> bool:
    """Does a pilot end in production?"""
    return bool(delta.before == "pilot" and delta.after == "production")
