"""Characters that nobody sees: controls, directions, zero widths; shown as their code points."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from fleetward.changes.alike import is_list
from fleetward.domain.characters import FORBIDDEN, codepoint


def code_points(value: Any) -> Counter[str]:
    """How often each hidden character, as ``U+202E``, stands anywhere in *value*, keys included."""
    if isinstance(value, str):
        return Counter(map(codepoint, FORBIDDEN.findall(value)))
    if isinstance(value, Mapping):
        return sum((code_points(part) for pair in value.items() for part in pair), Counter())
    return sum(map(code_points, value), Counter()) if is_list(value) else Counter()


def visible(value: Any) -> Any:
    """The same value with hidden characters written out, ``<U+202E>``."""
    if isinstance(value, str):
        return FORBIDDEN.sub(lambda found: f"<{codepoint(found.group())}>", value)
    if isinstance(value, Mapping):
        return {visible(key): visible(item) for key, item in value.items()}
    return [visible(item) for item in value] if is_list(value) else value
