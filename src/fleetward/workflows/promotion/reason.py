"""The reason of a promotion, as it is recorded in the ledger."""

from __future__ import annotations

from fleetward.domain import limits
from fleetward.domain.errors import UsageError
from fleetward.domain.invisible_characters import hidden_characters


def checked_reason(reason: str) -> str:
    """
    The reason without spaces around it.

    Errors: UsageError where it is empty, too long, or more than one line of visible characters.
    """
    text = reason.strip()
    if not text:
        raise UsageError("--reason is empty", hint="--reason TEXT")
    if len(text) > limits.REASON_CHARACTERS:
        message = f"--reason has {len(text)} characters, the limit is {limits.REASON_CHARACTERS}"
        raise UsageError(message, hint="--reason with a shorter text")
    if hidden_characters(text) or set(text) & set("\t\r\n"):
        message = f"--reason {text[:80]!r} has a line break, a control or an invisible character"
        raise UsageError(message, hint="--reason with one plain line")
    return text
