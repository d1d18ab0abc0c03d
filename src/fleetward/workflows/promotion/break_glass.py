"""What breaking the glass takes: a door in the policy, an incident, a reason; and what a reason may hold."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from shlex import quote

from fleetward.domain import limits
from fleetward.domain.break_glass import is_incident
from fleetward.domain.clock import format_instant
from fleetward.domain.errors import GovernanceInvalid, UsageError
from fleetward.domain.invisible_characters import FORBIDDEN
from fleetward.domain.policy import BreakGlassPolicy
from fleetward.workflows.promotion.context import PromotionContext


def checked_incident(text: str | None, reason: str, *, broken: bool) -> str | None:
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
    checked_reason(reason)
    return text


def checked_reason(reason: str) -> str:
    """
    A reason that says something, on one line.

    Errors: UsageError for an empty one, a longer one, or one with characters that nobody sees.
    """
    if not reason.strip():
        raise UsageError("a reason is needed", hint="--reason TEXT")
    if len(reason) > limits.REASON_CHARACTERS or FORBIDDEN.search(reason) or set(reason) & set("\t\r\n"):
        hint = (
            f"one line of at most {limits.REASON_CHARACTERS} characters, none of them a control or hidden one"
        )
        raise UsageError(f"--reason {reason[:80]!r} cannot be written down", hint=hint)
    return reason


def break_glass_terms(context: PromotionContext) -> BreakGlassPolicy:
    """
    The policy's terms for an emergency.

    Errors: GovernanceInvalid where it has none.
    """
    if context.policy.break_glass is None:
        message = "cannot decide: governance/policy.yaml says nothing of breakGlass"
        hint = (
            "add to governance/policy.yaml: breakGlass: {require: [{approvals: 2, from: TEAM}], skips: [soak], "
            "lasts: PT8H, reviewWithin: PT48H}; then fleet approve --governance"
        )
        raise GovernanceInvalid(message, hint=hint)
    return context.policy.break_glass


def review_by(context: PromotionContext) -> datetime:
    """When a promotion that breaks the glass now has to be reviewed."""
    return context.run.now + break_glass_terms(context).review_within


def break_glass_summary(
    context: PromotionContext, incident_id: str | None, reason: str, review_notes: Iterable[str]
) -> str:
    """What is done and why, in words, with those on who could review it; empty where the glass is whole."""
    if incident_id is None:
        return ""
    skips = ", ".join(sorted(break_glass_terms(context).skips)) or "nothing"
    head = f"break-glass for {incident_id} ({reason}): may skip {skips}; review due by {format_instant(review_by(context))}"
    return "; ".join((head, *review_notes))


def break_glass_options(incident_id: str | None, reason: str) -> str:
    """The options that say so again; empty where the glass is whole."""
    return f" --break-glass --incident {quote(incident_id)} --reason {quote(reason)}" if incident_id else ""
