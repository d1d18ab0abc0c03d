"""What breaking the glass takes: a door in the policy, an incident, a reason; and what a reason may hold."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from shlex import quote

from fleetward.domain.break_glass import is_incident
from fleetward.domain.clock import written
from fleetward.domain.errors import GovernanceInvalid, UsageError
from fleetward.domain.invisible_characters import FORBIDDEN
from fleetward.domain.policy import BreakGlass
from fleetward.workflows.promotion.context import Hearing

_LONGEST = 500


def incident(text: str | None, reason: str, *, broken: bool) -> str | None:
    """
    The incident that the glass is broken for; None where it is whole.

    Errors: UsageError where an incident or a reason is missing, wrong, or there without --break-glass.
    """
    if not broken:
        if text is not None:
            raise UsageError("--incident goes with --break-glass", hint="add --break-glass")
        return None
    if text is None:
        raise UsageError("--break-glass needs an incident", hint="--incident INC-2041")
    if not is_incident(text):
        hint = "letters, digits and ._:/#- only, at most 80, such as INC-2041"
        raise UsageError(f"--incident {text!r} is no name of an incident", hint=hint)
    told(reason)
    return text


def told(reason: str) -> str:
    """
    A reason that says something, on one line.

    Errors: UsageError for an empty one, a longer one, or one with characters that nobody sees.
    """
    if not reason.strip():
        raise UsageError("a reason is needed", hint="--reason TEXT")
    if len(reason) > _LONGEST or FORBIDDEN.search(reason) or set(reason) & set("\t\r\n"):
        hint = f"one line of at most {_LONGEST} characters, none of them a control or hidden one"
        raise UsageError(f"--reason {reason[:80]!r} cannot be written down", hint=hint)
    return reason


def door(asked: Hearing) -> BreakGlass:
    """
    The policy's terms for an emergency.

    Errors: GovernanceInvalid where it has none.
    """
    if asked.policy.break_glass is None:
        message = "cannot decide: governance/policy.yaml says nothing of breakGlass"
        hint = (
            "add to governance/policy.yaml: breakGlass: {require: [{approvals: 2, from: TEAM}], skips: [soak], "
            "lasts: PT8H, reviewWithin: PT48H}; then fleet approve --governance"
        )
        raise GovernanceInvalid(message, hint=hint)
    return asked.policy.break_glass


def review_by(asked: Hearing) -> datetime:
    """When a promotion that breaks the glass now has to be reviewed."""
    return asked.run.now + door(asked).review_within


def preface(asked: Hearing, name: str | None, reason: str, closing: Iterable[str]) -> str:
    """What is done and why, in words, with those on who could review it; empty where the glass is whole."""
    if name is None:
        return ""
    skips = ", ".join(sorted(door(asked).skips)) or "nothing"
    head = f"break-glass for {name} ({reason}): may skip {skips}; review due by {written(review_by(asked))}"
    return "; ".join((head, *closing))


def flags(name: str | None, reason: str) -> str:
    """The options that say so again; empty where the glass is whole."""
    return f" --break-glass --incident {quote(name)} --reason {quote(reason)}" if name else ""
