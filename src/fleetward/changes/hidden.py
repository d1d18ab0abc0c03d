"""Characters that nobody sees: controls, directions, zero widths; shown as their code points."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from fleetward.changes.alike import is_list

# the set that reading refuses (SPEC 2); U+FE0F stays out, emoji need it
_HIDDEN = re.compile(
    "[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\ufffe\uffff\ud800-\udfff"
    "\U000e0000-\U000e0fff]"
)


def code_points(value: Any) -> Counter[str]:
    """How often each hidden character, as ``U+202E``, stands anywhere in *value*, keys included."""
    if isinstance(value, str):
        return Counter(f"U+{ord(found):04X}" for found in _HIDDEN.findall(value))
    if isinstance(value, Mapping):
        return sum((code_points(part) for pair in value.items() for part in pair), Counter())
    return sum(map(code_points, value), Counter()) if is_list(value) else Counter()


def visible(value: Any) -> Any:
    """The same value with hidden characters written out, ``<U+202E>``."""
    if isinstance(value, str):
        return _HIDDEN.sub(lambda found: f"<U+{ord(found.group()):04X}>", value)
    if isinstance(value, Mapping):
        return {visible(key): visible(item) for key, item in value.items()}
    return [visible(item) for item in value] if is_list(value) else value
