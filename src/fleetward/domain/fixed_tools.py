"""What a connector fixes for every tool that uses it: its kind, its server, its operations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

FixedTools = Mapping[str, Mapping[str, Any]]
"""By connector the values of ``fixed`` in governance/connectors.yaml."""


def fixed_tools(connectors: Mapping[str, Any]) -> FixedTools:
    """What the connectors of the register fix; those that fix nothing are left out."""
    entries = connectors.get("connectors") or {}
    return {name: fixed for name, connector in entries.items() if (fixed := _fixed(connector))}


def _fixed(connector: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the connector fixes, without the free space of keys that begin with ``x-``."""
    values = connector.get("fixed") or {}
    return {
        key: _fixed({"fixed": value}) if isinstance(value, Mapping) else value
        for key, value in values.items()
        if not key.startswith("x-")
    }


def inherit_fixed(data: dict[str, Any], fixed: FixedTools) -> dict[str, Any]:
    """The manifest with the fixed values in the tools that leave them out; the same one where nothing is inherited."""
    spec = data.get("spec")
    tools = spec.get("tools") if isinstance(spec, Mapping) else None
    if not fixed or not tools or not any(tool.get("connector") in fixed for tool in tools):
        return data
    completed = [_completed(tool, fixed.get(tool.get("connector")) or {}) for tool in tools]
    return {**data, "spec": {**data["spec"], "tools": completed}}


def contradictions(tool: Mapping[str, Any], fixed: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """Where a tool says something else than its connector fixes: path in the tool, its value, the fixed value."""
    for key, value in fixed.items():
        own = tool.get(key)
        if isinstance(value, Mapping) and isinstance(own, Mapping):
            for inner, own_value, fixed_value in contradictions(own, value):
                yield f"{key}.{inner}", own_value, fixed_value
        elif own is not None and not _is_same(own, value):
            yield key, own, value


def _completed(tool: Mapping[str, Any], fixed: Mapping[str, Any]) -> Mapping[str, Any]:
    """*tool* with what it leaves out; of a server each part alone."""
    merged = {**fixed, **tool}
    for key, value in fixed.items():
        if isinstance(value, Mapping) and isinstance(tool.get(key), Mapping):
            merged[key] = _completed(tool[key], value)
    return merged


def _is_same(own: Any, fixed: Any) -> bool:
    if isinstance(own, list) and isinstance(fixed, list):
        return set(own) == set(fixed)
    return bool(own == fixed)
