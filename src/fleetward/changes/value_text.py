"""Values in sentences: texts are quoted, long values are shortened."""

from __future__ import annotations

import json
from typing import Any

_LONGEST = 160


def value_text(value: Any) -> str:
    """The value as it stands in a reason; None is ``none``."""
    if value is None:
        return "none"
    text = repr(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
