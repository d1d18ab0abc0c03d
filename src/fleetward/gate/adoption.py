"""May an environment be adopted that came after the first ledger: has somebody approved each state in it?"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from fleetward.domain.ledger import PromotionKind
from fleetward.domain.people import People
from fleetward.domain.policy import OWNER, Assurance, Policy, PolicyRule, RequiredApprovals, RuleCondition
from fleetward.domain.verdict import Promotion
from fleetward.gate.decide import decide
from fleetward.gate.matching_rules import agent_traits, applicable_rules
from fleetward.gate.request import PromotionRequest
from fleetward.gate.tiers import effective_tier

RULE = "adoption"


def decide_adoption(request: PromotionRequest, *, policy: Policy, people: People, now: datetime) -> Promotion:
    """
    The verdict on adopting the state of *request*: one approval of its owner, or of anybody whom its rules ask.

    Its assurance is that of the strictest of these rules. Nothing is evaluated and nothing soaks: the state runs
    already, and governance agreed to its environment.
    """
    rules = applicable_rules(
        policy,
        to=request.binding.environment,
        tier=effective_tier(request, policy),
        comparison=None,
        kind=PromotionKind.CREATE,
        agent=request.binding.agent,
        traits=agent_traits(None, request.candidate),
    )
    required = (item for rule in rules for item in rule.require if isinstance(item, RequiredApprovals))
    teams = frozenset({OWNER}).union(*(item.teams for item in required))
    rule = PolicyRule(
        id=RULE,
        when=RuleCondition(),
        require=(RequiredApprovals(count=1, teams=teams),),
        assurance=max((rule.assurance for rule in rules), default=Assurance.RECORDED),
    )
    return decide(request, policy=replace(policy, rules=(rule,), freezes=()), people=people, now=now)
