"""A manifest with its overrides merged in: whole, or what can be read of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fleetward.domain.finding import Place
from fleetward.domain.fixed_tools import FixedTools, inherit_fixed
from fleetward.domain.manifest import Manifest
from fleetward.domain.path import lookup
from fleetward.domain.secrets import mask_name
from fleetward.store.formats.document import Document
from fleetward.store.formats.schema_defaults import with_defaults
from fleetward.store.formats.schema_faults import readable_part

_LEAST = {"spec": {"lifecycle": "draft", "risk": {"tier": "low"}}}


def readable_manifest(
    env: str, name: str, base: Document, patch: Document | None, fixed: FixedTools
) -> Manifest | None:
    """What can be read of an invalid manifest; None where the YAML itself is wrong."""
    if base.data is None or (patch is not None and patch.data is None):
        return None
    data, unread, unseen = base.data, tuple[str, ...](), tuple[str, ...]()
    locate: Callable[[str], Place] = base.locate
    if patch is not None and patch.data is not None:
        override = readable_part(patch.data, "overrides")
        if override is None:
            return None
        data, locate = merge_patch(data, override.data), overlaid_location(base, patch)
        unread, unseen = override.unread, override.unknown
    part = readable_part(data, "agent")
    if part is None:
        return None
    stand_in = inherit_fixed(_with_stand_ins(part.data), fixed)
    return Manifest(
        environment=env,
        name=name,
        data=stand_in,
        effective=with_defaults(stand_in, "agent"),
        locate=locate,
        # a credential may stand where a key is expected
        unread=tuple(dict.fromkeys(map(mask_name, (*unread, *part.unread)))),
        unseen=(*unseen, *part.unknown),
    )


def _with_stand_ins(data: dict[str, Any]) -> dict[str, Any]:
    """*data* with what asks least where lifecycle and tier could not be read: no rule then asks too much."""
    return merge_patch(_LEAST, data)  # type: ignore[no-any-return]


def overlaid_location(base: Document, patch: Document) -> Callable[[str], Place]:
    """Places of the effective manifest: in the overrides where they set the value, else in the manifest."""

    def locate(path: str) -> Place:
        override = patch.locate(path)
        if override.path and (
            override.path == path or not isinstance(_value(patch.data, override.path), dict)
        ):
            return override
        return base.locate(path)

    return locate


def _value(data: Any, path: str) -> Any:
    return lookup(data, path)[1]


def merge_patch(target: Any, patch: Any) -> Any:
    """JSON Merge Patch: mappings merge, null removes, all else replaces. Source: RFC 7396, section 2."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merge_patch(result.get(key), value)
    return result
