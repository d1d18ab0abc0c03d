"""JSON as reports and checkpoints are written."""

from __future__ import annotations

import json
from typing import Any


def json_text(data: Any, *, ascii_only: bool = False) -> str:
    """JSON of *data*, ending in a line feed: equal data gives equal bytes, and lone surrogates stay escaped."""
    # NaN and Infinity are no JSON (RFC 8259, section 6)
    text = json.dumps(data, indent=2, ensure_ascii=ascii_only, allow_nan=False)
    for command in ("##[", "##vso["):  # a CI runner obeys these in the middle of a line
        text = text.replace(command, f"#\\u0023{command[2:]}")
    return text.encode("utf-8", "backslashreplace").decode() + "\n"
