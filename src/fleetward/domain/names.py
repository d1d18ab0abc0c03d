"""Valid names, and the nearest known name for a typing error."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TypeGuard

from fleetward.domain import limits

NAME_FORM = "a name has lower-case letters a-z, digits and hyphens, no hyphen at either end, and at most 63 characters"
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")


def is_name(text: object) -> TypeGuard[str]:
    """Is *text* a name of an agent, environment, person, team, rule or tool?"""
    # fullmatch: $ lets a line feed at the end through; \w takes Cyrillic letters
    return isinstance(text, str) and len(text) <= limits.NAME_CHARACTERS and _NAME.fullmatch(text) is not None


def nearest_name(text: str, names: Iterable[str]) -> str | None:
    """The one of *names* that is most similar to *text*, or None."""
    from difflib import get_close_matches

    words = sorted(set(names))
    folded = {word.lower(): word for word in words}
    if text.lower() in folded:
        return folded[text.lower()]
    # cut: difflib takes quadratic time, and the text may be hostile
    close = get_close_matches(text.lower()[: limits.NAME_CHARACTERS], list(folded), n=1, cutoff=0.6)
    return folded[close[0]] if close else None
