"""The defaults of a JSON Schema, filled in where nothing is written."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from fleetward.domain.fast_dataclass import dataclass
from fleetward.store.formats.json_schema import Schema, load_schema, resolve_ref


def with_defaults(data: Any, name: str) -> Any:
    """*data* with the schema's defaults for absent keys; absent parents stay absent."""
    return _fill_defaults(data, _defaults(name))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Defaults:
    """The defaults beneath a node of the schema; None where there is none."""

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
