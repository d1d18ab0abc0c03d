"""What must not be printed: masks that stay the same for the same value, so that a change is still seen."""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from fleetward.changes.alike import is_list

_KNOWN = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?:[\s\S]{0,8000}?-----END [A-Z ]*PRIVATE KEY-----)?"
    r"|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"
    r"|\b(?:sk|pk|rk)[-_][A-Za-z0-9_-]{16,}"
    r"|\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_\w{20,}|\bglpat-[\w-]{16,}"
    r"|\bxox[abeprs]-[A-Za-z0-9-]{10,}"
    r"|\bAIza[\w-]{30,}"
    r"|\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"
    r"|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"
    r"|(?i:(?<=bearer )[\w.~+/=-]{12,})"
)
_ASSIGNED = re.compile(
    r"(?i)\b(password|passwd|secret|api[_-]?key|access[_-]?token|auth[_-]?token)(\s*[:=]\s*)([^\s,;'\"{<]{6,})"
)
_TOKEN = re.compile(r"[A-Za-z0-9+/_=-]{24,200}")
_NAMED = re.compile(
    r"(?i)(?:^|[-_.])(?:password|passwd|secret|token|credential|api[-_]?key|private[-_]?key)$"
)
_PUBLIC_KEY = re.compile(r"^(?:ssh-|ecdsa-|sk-ssh-|sk-ecdsa-)")
_BITS = 4.0
"""Shannon entropy a character from which a long token looks drawn at random."""


def masked(value: Any, *, key: str = "", secret: bool = False) -> Any:
    """The value without its secrets; *secret* says that the whole of it is one."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Mapping):
        return {name: masked(item, key=str(name), secret=secret) for name, item in value.items()}
    if is_list(value):
        return [masked(item, key=key, secret=secret) for item in value]
    if secret or (isinstance(value, str) and value and _NAMED.search(_dashed(key))):
        return mask(str(value))
    return masked_text(value) if isinstance(value, str) else value


def masked_text(text: str) -> str:
    """The text with whatever looks like a credential masked."""
    if _PUBLIC_KEY.match(text):
        return text
    # line ends stay, so that lines keep their numbers
    text = _KNOWN.sub(lambda found: mask(found.group()) + "\n" * found.group().count("\n"), text)
    text = _ASSIGNED.sub(lambda found: found[1] + found[2] + mask(found[3]), text)
    return _TOKEN.sub(lambda found: mask(found.group()) if _random(found.group()) else found.group(), text)


def mask(text: str) -> str:
    """``<secret sha256:1234abcd>``."""
    return f"<secret sha256:{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}>"


def _dashed(key: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", key)


def _random(token: str) -> bool:
    mixed = (
        token != token.lower() and token != token.upper() and any(digit in token for digit in "0123456789")
    )
    return mixed and _entropy(token) >= _BITS


def _entropy(token: str) -> float:
    return -sum(n / len(token) * math.log2(n / len(token)) for n in Counter(token).values())
