"""Places of a JSON Schema, with references resolved and annotations inherited."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

_KEYED = re.compile(r"keyed\(([A-Za-z]+)\)")
_UNIONS = ("allOf", "anyOf", "oneOf")
_DEEPEST = 16
"""References are followed this deep: they may point to themselves."""
_EMPTY_SCHEMA: Mapping[str, Any] = {"description": ""}
_MOST_CHILDREN = 1_000
"""Children that are cached: a hostile manifest may invent any number of keys."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SchemaNode:
    """
    One place of the schema; a place outside of the schema has no keywords.

    Keywords are read when the node is made, because it is visited many times.
    """

    root: Mapping[str, Any]
    keywords: Mapping[str, Any]
    cls: str | None = None
    secret: bool = False
    in_schema: bool = True
    presence: str | None = None
    """The stricter end of a block that was added or removed as a whole."""
    better: str | None = None
    """``higher`` or ``lower``: which end is stricter."""
    order: tuple[Any, ...] = ()
    """Values from lowest to highest, empty where they have no order."""
    unit: str | None = None
    """``duration``, ``date`` and the like."""
    list_kind: str = "ordered"
    """``keyed``, ``set`` or ``ordered``, the default."""
    list_key: str = "name"
    """The key that identifies the items of a keyed list."""
    _children: dict[tuple[str, str | None], SchemaNode] = field(default_factory=dict, repr=False)

    def child(self, key: str) -> SchemaNode:
        """The schema of a mapping's *key*."""
        return self._children.get(("key", key)) or self._create("key", key, self._property(key))

    def item(self) -> SchemaNode:
        """The schema of a list's items."""
        return self._children.get(("item", None)) or self._create("item", None, self.keywords.get("items"))

    def with_presence(self, presence: str | None) -> SchemaNode:
        """The same place in a block that was added or removed as a whole; None: in one that stayed."""
        if presence == self.presence:
            return self
        cached = self._children.get(("whole", presence))
        if cached is None:
            cached = _create_node(self.root, self.keywords, self.cls, self.secret, self.in_schema, presence)
            self._children["whole", presence] = cached
        return cached

    def _property(self, key: str) -> Any:
        properties = self.keywords.get("properties", {})
        # a property is asked before patterns and additionalProperties, as JSON Schema does
        if key in properties:
            # a property without keywords is still in the schema
            return (
                properties[key] if isinstance(properties[key], Mapping) and properties[key] else _EMPTY_SCHEMA
            )
        # search, not fullmatch: that is what patternProperties means
        for pattern, schema in self.keywords.get("patternProperties", {}).items():
            if isinstance(schema, Mapping) and schema and re.search(pattern, key):
                return schema
        return self.keywords.get("additionalProperties")

    def _create(self, relation: str, key: str | None, schema: Any) -> SchemaNode:
        if isinstance(schema, Mapping) and schema:
            keywords = _resolved(schema, self.root)
            # inherited: everything below a secret is secret
            secret = self.secret or keywords.get("x-secret") is True
            node = _create_node(
                self.root, keywords, keywords.get("x-class", self.cls), secret, True, self.presence
            )
        else:
            node = _create_node(self.root, {}, self.cls, self.secret, False, self.presence)
        # a hostile manifest may invent keys: the cache must not grow with them
        if len(self._children) < _MOST_CHILDREN:
            self._children[relation, key] = node
        return node


def root_node(schema: Mapping[str, Any]) -> SchemaNode:
    """The node of the whole document; cached for each schema object."""
    return _cached_root(_IdentityKey(schema))


class _IdentityKey:
    """A schema as a cache key, compared by identity."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self.schema = schema

    def __eq__(self, value: object) -> bool:
        # equality of two large schemas would cost more than the comparison
        return isinstance(value, _IdentityKey) and value.schema is self.schema

    def __hash__(self) -> int:
        return id(self.schema)


@lru_cache(maxsize=64)
def _cached_root(identity: _IdentityKey) -> SchemaNode:
    keywords = _resolved(identity.schema, identity.schema)
    return _create_node(identity.schema, keywords, keywords.get("x-class"), False, True, None)


def _create_node(
    root: Mapping[str, Any],
    keywords: Mapping[str, Any],
    cls: str | None,
    secret: bool,
    in_schema: bool,
    presence: str | None,
) -> SchemaNode:
    better, unit = keywords.get("x-better"), keywords.get("x-unit") or keywords.get("format")
    listed = str(keywords.get("x-list", "ordered"))
    keyed = _KEYED.fullmatch(listed)
    return SchemaNode(
        root=root,
        keywords=keywords,
        cls=cls,
        secret=secret,
        in_schema=in_schema,
        presence=presence,
        better=better if better in ("higher", "lower") else None,
        order=tuple(keywords.get("x-order", ())),
        unit=str(unit) if unit else None,
        list_kind="keyed" if keyed else listed,
        list_key=keyed.group(1) if keyed else "name",
    )


def _resolved(schema: Any, root: Mapping[str, Any], depth: int = 0) -> dict[str, Any]:
    """The keywords of *schema* with its references and unions merged; the nearest keyword wins."""
    # references may point to themselves
    if not isinstance(schema, Mapping) or depth > _DEEPEST:
        return {}
    keywords = dict(schema)
    for part in _subschemas(schema, root):
        for keyword, value in _resolved(part, root, depth + 1).items():
            # properties are merged; of other keywords the nearest wins, as an annotation beside a
            # $ref
            if keyword in ("properties", "patternProperties"):
                keywords[keyword] = {**value, **keywords.get(keyword, {})}
            else:
                keywords.setdefault(keyword, value)
    return keywords


def _subschemas(schema: Mapping[str, Any], root: Mapping[str, Any]) -> list[Any]:
    parts = [branch for union in _UNIONS for branch in schema.get(union, ())]
    reference = schema.get("$ref")
    # local references only: nothing is ever fetched
    if isinstance(reference, str) and reference.startswith("#"):
        parts.insert(0, _pointer_target(root, reference))
    return parts


def _pointer_target(root: Mapping[str, Any], reference: str) -> Any:
    value: Any = root
    for part in reference.removeprefix("#").split("/")[1:]:
        # the order of JSON Pointer: ~1 first, or ~01 would become a slash
        key = part.replace("~1", "/").replace("~0", "~")
        value = value.get(key) if isinstance(value, Mapping) else None
    return value
