"""The schema as the walk sees it: references resolved, annotations at hand, class handed down."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

_KEYED = re.compile(r"keyed\(([A-Za-z]+)\)")
_UNIONS = ("allOf", "anyOf", "oneOf")
_DEEPEST = 16
"""References that lead nowhere end here."""
_SAYS_NOTHING: Mapping[str, Any] = {"description": ""}
_MOST_CHILDREN = 1_000
"""Keys are free in some places: what a hostile manifest thinks up is not kept for ever."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Node:
    """
    One place of the schema, made once; an unknown one has no keywords and a direction of unknown.

    What the keywords say is read when the node is made: a walk comes by many times.
    """

    root: Mapping[str, Any]
    keywords: Mapping[str, Any]
    cls: str | None = None
    secret: bool = False
    known: bool = True
    presence: str | None = None
    """The stricter end for a block that came or went as a whole."""
    better: str | None = None
    """``higher`` or ``lower``: which end is stricter."""
    order: tuple[Any, ...] = ()
    """Values from lowest to highest, empty where they have no order."""
    unit: str | None = None
    """``duration``, ``date`` and the like."""
    list_kind: str = "ordered"
    """``keyed``, ``set`` or ``ordered``; a list that says nothing is ordered."""
    list_key: str = "name"
    """The key that the items of a keyed list go by."""
    _made: dict[tuple[str, str | None], Node] = field(default_factory=dict, repr=False)

    def child(self, key: str) -> Node:
        """The schema of a mapping's *key*."""
        return self._made.get(("key", key)) or self._make("key", key, self._property(key))

    def item(self) -> Node:
        """The schema of a list's items."""
        return self._made.get(("item", None)) or self._make("item", None, self.keywords.get("items"))

    def whole(self, presence: str | None) -> Node:
        """The same place of a block that came or went as a whole, or (None) of one that stayed."""
        if presence == self.presence:
            return self
        known = self._made.get(("whole", presence))
        if known is None:
            known = _node(self.root, self.keywords, self.cls, self.secret, self.known, presence)
            self._made["whole", presence] = known
        return known

    def _property(self, key: str) -> Any:
        properties = self.keywords.get("properties", {})
        if key in properties:
            # one that says nothing is known all the same
            return (
                properties[key] if isinstance(properties[key], Mapping) and properties[key] else _SAYS_NOTHING
            )
        for pattern, schema in self.keywords.get("patternProperties", {}).items():
            if isinstance(schema, Mapping) and schema and re.search(pattern, key):
                return schema
        return self.keywords.get("additionalProperties")

    def _make(self, relation: str, key: str | None, schema: Any) -> Node:
        if isinstance(schema, Mapping) and schema:
            said = _resolved(schema, self.root)
            secret = self.secret or said.get("x-secret") is True
            made = _node(self.root, said, said.get("x-class", self.cls), secret, True, self.presence)
        else:
            made = _node(self.root, {}, self.cls, self.secret, False, self.presence)
        if len(self._made) < _MOST_CHILDREN:
            self._made[relation, key] = made
        return made


def top(schema: Mapping[str, Any]) -> Node:
    """The node of the whole document; the same for the same schema object."""
    return _top(_Same(schema))


class _Same:
    """A schema as a cache key: it is what it is, not what it says."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self.schema = schema

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.schema is self.schema

    def __hash__(self) -> int:
        return id(self.schema)


@lru_cache(maxsize=64)
def _top(same: _Same) -> Node:
    keywords = _resolved(same.schema, same.schema)
    return _node(same.schema, keywords, keywords.get("x-class"), False, True, None)


def _node(
    root: Mapping[str, Any],
    keywords: Mapping[str, Any],
    cls: str | None,
    secret: bool,
    known: bool,
    presence: str | None,
) -> Node:
    better, unit = keywords.get("x-better"), keywords.get("x-unit") or keywords.get("format")
    listed = str(keywords.get("x-list", "ordered"))
    keyed = _KEYED.fullmatch(listed)
    return Node(
        root=root,
        keywords=keywords,
        cls=cls,
        secret=secret,
        known=known,
        presence=presence,
        better=better if better in ("higher", "lower") else None,
        order=tuple(keywords.get("x-order", ())),
        unit=str(unit) if unit else None,
        list_kind="keyed" if keyed else listed,
        list_key=keyed.group(1) if keyed else "name",
    )


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
