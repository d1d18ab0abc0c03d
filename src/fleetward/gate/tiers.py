"""The risk tier that a change is judged by, and whether the change moves the agent's own."""

from __future__ import annotations

from fleetward.domain import risk
from fleetward.domain.policy import Policy
from fleetward.gate.request import PromotionRequest


def effective_tier(request: PromotionRequest, policy: Policy) -> str:
    """
    The highest of four tiers: those that the running agent and the candidate declare, and the floor of each.

    A tier that the policy does not define counts as its highest, and so does a running agent that cannot be read.
    """
    if request.running_unreadable:
        # fail closed: what cannot be read might have any risk
        return policy.tiers[-1]
    # the running tier counts too: a change must not lower its own requirements (SPEC 6.1)
    manifests = [manifest for manifest in (request.running, request.candidate) if manifest is not None]
    tier = policy.highest_tier(*(risk.own_tier(manifest, policy) for manifest in manifests))
    # an unknown tier must not escape the rules for high tiers
    return tier if tier in policy.tiers else policy.tiers[-1]


def is_tier_moved(request: PromotionRequest, policy: Policy) -> bool:
    """Has the candidate another tier than the running agent, by its own word or by its factors and tools?"""
    if request.running is None or request.candidate is None:
        return False
    before, after = request.running, request.candidate
    return before.tier != after.tier or risk.own_tier(before, policy) != risk.own_tier(after, policy)
