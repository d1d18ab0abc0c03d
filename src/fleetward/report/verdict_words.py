"""The words for verdicts that text and Markdown share."""

from __future__ import annotations

from fleetward.domain.batch_verdict import BatchVerdict
from fleetward.domain.break_glass import PromotionMode
from fleetward.domain.ledger import PromotionKind
from fleetward.domain.verdict import NotCounted, NotCountedCause, Promotion, Requirement

TOO_FEW = "the approvals cannot be completed: too few eligible approvers are left"
MINIMAL_APPROVERS = "smallest set of approvers"


def governance(batch: BatchVerdict) -> str:
    """``policy version 3 of commit 1a2b3c4d5e6f``: whose governance decided."""
    of_commit = f" of commit {batch.policy_commit[:12]}" if batch.policy_commit else ""
    return f"policy version {batch.policy.version}{of_commit}"


def summary(promotion: Promotion, tier: str) -> str:
    """``update, tier high, generation 3``; *tier* is the tier as the format writes it."""
    if promotion.kind is None:
        return "nothing to promote"
    tier_text = f", tier {tier}" if promotion.tier else ""
    mode = "" if promotion.mode is PromotionMode.NORMAL else f", {promotion.mode}"
    return f"{promotion.kind}{tier_text}, generation {promotion.generation}{mode}"


def ending(promotion: Promotion) -> str:
    """What follows the new state: a retirement says so."""
    return ", the agent is retired" if promotion.kind is PromotionKind.RETIRE else ""


def eligible_label(requirement: Requirement) -> str:
    """What the eligible people could do."""
    return "can lift it" if requirement.kind == "veto" else "could approve"


def unnamed_people(requirement: Requirement) -> tuple[str, ...]:
    """The people who met or refused the requirement, unless its detail names them all."""
    return () if all(person in requirement.detail for person in requirement.by) else requirement.by


def about_this_change(promotion: Promotion) -> tuple[NotCounted, ...]:
    """The statements that do not count, without those on other changes."""
    return tuple(item for item in unlisted(promotion) if item.cause is not NotCountedCause.ELSEWHERE)


def about_other_changes(promotion: Promotion) -> int:
    """The number of statements on other changes."""
    elsewhere = (item for item in unlisted(promotion) if item.cause is NotCountedCause.ELSEWHERE)
    return sum(len(item.files) or 1 for item in elsewhere)


def unlisted(promotion: Promotion) -> tuple[NotCounted, ...]:
    """The statements that do not count, without those whose reason a requirement gives already."""
    given = {(person.person, person.reason) for item in promotion.requirements for person in item.excluded}
    return tuple(item for item in promotion.not_counted if (item.approver, item.reason) not in given)
