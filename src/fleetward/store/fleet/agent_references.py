"""Where a manifest names an agent, and the same file with another name there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fleetward.domain.errors import FleetError
from fleetward.domain.path import Steps
from fleetward.store.formats.strict_yaml import parse_yaml
from fleetward.store.formats.yaml_edit import edit_yaml

_SINGLE: tuple[tuple[str, ...], ...] = (("metadata", "name"), ("spec", "retirement", "replacedBy"))
_IN_LISTS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("spec", "dependsOn"), "agent"),
    (("spec", "sharedState"), "owner"),
    (("spec", "orchestration", "triggers"), "of"),
)
"""Lists whose items name an agent, and the key that does."""


def agent_references(data: Any, name: str) -> Iterator[Steps]:
    """The raw steps of every value of a manifest or of overrides that names the agent *name*."""
    for steps in _SINGLE:
        if _value(data, steps) == name:
            yield steps
    for steps, key in _IN_LISTS:
        items = _value(data, steps)
        for position, item in enumerate(items if isinstance(items, list) else ()):
            if isinstance(item, Mapping) and item.get(key) == name:
                yield (*steps, position, key)


def _value(data: Any, steps: tuple[str, ...]) -> Any:
    for step in steps:
        data = data.get(step) if isinstance(data, Mapping) else None
    return data


def renamed_text(content: bytes, old: str, new: str, file: str) -> bytes:
    """
    A manifest or overrides with *new* wherever it names *old*; nothing else changes, no byte.

    Errors: FleetError where the file cannot be read, or edited without risk.
    """
    parsed = parse_yaml(content, file)
    if parsed.data is None or parsed.findings:
        raise FleetError(f"{file} cannot be read", hint=f"fleet validate {file}")
    changes: dict[Steps, Any] = dict.fromkeys(agent_references(parsed.data, old), new)
    return edit_yaml(content, changes, file) if changes else content


def is_renamed(before: Mapping[str, bytes], after: Mapping[str, bytes], old: str, new: str) -> bool:
    """
    Are these the same files but for the name? By path inside the folder the files that may name an agent.

    The name alone may differ: whatever else moved is other content, which nobody evaluated.
    """
    try:
        return before.keys() == after.keys() and all(
            renamed_text(content, old, new, path) == after[path] for path, content in before.items()
        )
    except FleetError:
        return False
