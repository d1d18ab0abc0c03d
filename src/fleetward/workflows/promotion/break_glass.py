"""The preconditions of ``--break-glass``: terms in the policy, an incident and a reason."""

from __future__ import annotations

from datetime import datetime
from shlex import quote

from fleetward.domain.break_glass import STOP, BreakGlassUse, is_incident
from fleetward.domain.errors import GovernanceInvalid, UsageError
from fleetward.domain.policy import BreakGlassPolicy
from fleetward.workflows.promotion.context import PromotionContext
from fleetward.workflows.promotion.reason import checked_reason


def checked_incident(text: str | None, reason: str, *, break_glass: bool) -> str | None:
    """
    The incident of a break-glass promotion; None for an ordinary one.

    Errors: UsageError where incident or reason is missing or invalid, or there is one without --break-glass.
    """
    if not break_glass:
        if text is not None:
            raise UsageError("--incident goes with --break-glass", hint="add --break-glass")
        return None
    if text is None:
        raise UsageError("--break-glass needs an incident", hint="--incident INC-2041")
    # the id becomes a trailer of the commit: one strict alphabet keeps it one line
    # the word of a suspension by one person in the ledger
    if not is_incident(text) or text == STOP:
        hint = "letters, digits and ._:/#- only, at most 80, such as INC-2041"
        raise UsageError(f"--incident {text!r} is no incident id", hint=hint)
    checked_reason(reason)
    return text


def break_glass_terms(context: PromotionContext) -> BreakGlassPolicy:
    """
    The policy's terms for break-glass promotions.

    Errors: GovernanceInvalid where it has none.
    """
    if context.policy.break_glass is None:
        message = "cannot decide: governance/policy.yaml has no 'breakGlass'"
        hint = (
            "add to governance/policy.yaml: breakGlass: {require: [{approvals: 2, from: TEAM}], skips: [soak], "
            "lasts: PT8H, reviewWithin: PT48H}; then fleet approve --governance"
        )
        raise GovernanceInvalid(message, hint=hint)
    return context.policy.break_glass


def review_by(context: PromotionContext) -> datetime:
    """The time by which a break-glass promotion of now has to be reviewed."""
    return context.run.now + break_glass_terms(context).review_within


def break_glass_options(use: BreakGlassUse | None) -> str:
    """The options that repeat the call; empty without ``--break-glass``."""
    return f" --break-glass --incident {quote(use.incident)} --reason {quote(use.reason)}" if use else ""
