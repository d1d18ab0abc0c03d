"""The forms that patterns of the schemas ask for, in words: which characters a value may have."""

from __future__ import annotations

import re

from fleetward.domain.names import NAME_FORM

_NAME = "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"
_FORMS = (
    (
        "^P",
        "a duration has weeks, days, hours, minutes or seconds: P7D, PT30M; months and years have no fixed length",
    ),
    ("^[1-9][0-9]{3}-", "a date is year-month-day, such as 2026-11-20, and has to exist"),
    ("^[0-9]{4}-[0-9]{2}-[0-9]{2}T", "an instant is a date, T and a time, such as 2026-11-20T12:00"),
    ("^(https?|wss?)://", "an address begins with https:// or wss://, has no user and no blanks"),
    ("^https?://", "an address begins with https://, and has no blanks"),
    ("^[a-z0-9][a-z0-9._-]{0,62}", "lower-case letters, digits, '.', '_' and '-' are allowed, at most 63"),
    ("^(sha256:", "a digest is sha256: and 64 hex digits, or a commit of 40 hex digits, in lower case"),
    ("^sha256:", "a digest is sha256: and 64 hex digits in lower case"),
    ("^[!-?A-~]{1,128}@", "an address has the form name@host, in ASCII and without blanks"),
    ("^[!-~]{1,2", "printable ASCII without blanks is allowed"),
    ("^[A-Z]{3}", "a currency is three capital letters, such as EUR"),
    (
        "^[a-z0-9][A-Za-z0-9._:/-]{0,263}",
        "a tool or a tool and its operation: letters, digits, '.', '_', ':', '/' and '-' are allowed",
    ),
)
"""By how a pattern begins; the first that fits."""


def form_words(pattern: str) -> str | None:
    """What a pattern of the schemas asks for, in words; None where it is used once only."""
    if is_name_pattern(pattern):
        return NAME_FORM
    inner = pattern.replace("^(TODO|", "^", 1)
    return next((words for start, words in _FORMS if inner.startswith(start)), None)


def probable_name(text: str) -> str | None:
    """The name that was probably meant; None where nothing of a name is left."""
    words = re.findall(r"[a-z0-9]+", text.lower()) if text.isascii() else []
    name = "-".join(words)
    return name if name and len(name) <= 63 else None


def is_name_pattern(pattern: str) -> bool:
    """Is this the pattern of names?"""
    return pattern in (_NAME, f"^(TODO|{_NAME[1:-1]})$")
