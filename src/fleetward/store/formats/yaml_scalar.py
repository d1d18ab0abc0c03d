"""A text as a YAML scalar: plain where every reader takes it for this string, else in quotes."""

from __future__ import annotations

import json
import re

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9]*([._/@+-][A-Za-z0-9]+)*")
_WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})


def yaml_scalar(text: str) -> str:
    """*text* as a YAML scalar that every reader takes for exactly this string."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return json.dumps(text, ensure_ascii=False)
