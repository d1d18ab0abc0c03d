"""The schema as the walk sees it: references resolved, annotations at hand, class handed down."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

_KEYED = re.compile(r"keyed\(([A-Za-z]+)\)")
_UNIONS = ("allOf", "anyOf", "oneOf")
_DEEPEST = 16
"""References that lead nowhere end here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One place of the schema; an unknown one has no keywords and a direction of unknown."""

    root: Mapping[str, Any]
    keywords: Mapping[str, Any]
    cls: str | None = None
    secret: bool = False
    known: bool = True
    presence: str | None = None
    """The stricter end for a block that came or went as a whole."""

    @property
    def better(self) -> str | None:
        """``higher`` or ``lower``: which end is stricter."""
        found = self.keywords.get("x-better")
        return found if found in ("higher", "lower") else None

    @property
    def order(self) -> tuple[str, ...]:
        """Values from lowest to highest, empty where they have no order."""
        return tuple(self.keywords.get("x-order", ()))

    @property
    def unit(self) -> str | None:
        """``duration``, ``date`` and the like."""
        found = self.keywords.get("x-unit") or self.keywords.get("format")
        return str(found) if found else None

    @property
    def list_kind(self) -> str:
        """``keyed``, ``set`` or ``ordered``; a list that says nothing is ordered."""
        said = str(self.keywords.get("x-list", "ordered"))
        return "keyed" if _KEYED.fullmatch(said) else said

    @property
    def list_key(self) -> str:
        """The key that the items of a keyed list go by."""
        match = _KEYED.fullmatch(str(self.keywords.get("x-list", "")))
        return match.group(1) if match else "name"

    def child(self, key: str) -> Node:
        """The schema of a mapping's *key*."""
        properties = self.keywords.get("properties", {})
        if key in properties:
            return self._under(properties[key])
        for pattern, schema in self.keywords.get("patternProperties", {}).items():
            if isinstance(schema, Mapping) and schema and re.search(pattern, key):
                return self._under(schema)
        rest = self.keywords.get("additionalProperties")
        return self._under(rest) if isinstance(rest, Mapping) and rest else self._unknown()

    def item(self) -> Node:
        """The schema of a list's items."""
        items = self.keywords.get("items")
        return self._under(items) if isinstance(items, Mapping) and items else self._unknown()

    def _under(self, schema: Any) -> Node:
        keywords = _resolved(schema, self.root)
        return replace(
            self,
            keywords=keywords,
            cls=keywords.get("x-class", self.cls),
            secret=self.secret or keywords.get("x-secret") is True,
            known=True,
        )

    def _unknown(self) -> Node:
        return replace(self, keywords={}, known=False)


def top(schema: Mapping[str, Any]) -> Node:
    """The node of the whole document."""
    keywords = _resolved(schema, schema)
    return Node(root=schema, keywords=keywords, cls=keywords.get("x-class"))


def _resolved(schema: Any, root: Mapping[str, Any], depth: int = 0) -> dict[str, Any]:
    """What *schema* says with its references and unions folded in; what stands nearest wins."""
    if not isinstance(schema, Mapping) or depth > _DEEPEST:
        return {}
    found = dict(schema)
    for part in _parts(schema, root):
        for keyword, value in _resolved(part, root, depth + 1).items():
            if keyword in ("properties", "patternProperties"):
                found[keyword] = {**value, **found.get(keyword, {})}
            else:
                found.setdefault(keyword, value)
    return found


def _parts(schema: Mapping[str, Any], root: Mapping[str, Any]) -> list[Any]:
    parts = [branch for union in _UNIONS for branch in schema.get(union, ())]
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference.startswith("#"):
        parts.insert(0, _pointed(root, reference))
    return parts


def _pointed(root: Mapping[str, Any], reference: str) -> Any:
    value: Any = root
    for part in reference.removeprefix("#").split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        value = value.get(key) if isinstance(value, Mapping) else None
    return value
