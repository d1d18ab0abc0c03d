"""Decide on a change of governance by the governance before it (SPEC 7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from fleetward.domain.approval import GOVERNANCE, Approval, Binding
from fleetward.domain.contributor import Contributor
from fleetward.domain.finding import Finding
from fleetward.domain.people import People
from fleetward.domain.policy import Policy, PolicyRule, RequiredApprovals, RuleCondition
from fleetward.domain.verdict import Promotion, Unblock
from fleetward.gate.blockers import unknown_authors, unreadable_records, validation_errors
from fleetward.gate.decide import verdict_from
from fleetward.gate.quorum import assess_quorum
from fleetward.gate.request import PromotionRequest
from fleetward.gate.ways import Deadlock, ways_on

_EARLY = "given before the governance that it changes was in force"


def decide_governance_change(
    binding: Binding,
    statements: Sequence[Approval],
    contributors: Sequence[Contributor],
    *,
    policy: Policy,
    people: People,
    remaining: People | None = None,
    now: datetime,
    since: datetime | None = None,
    lost: Sequence[Finding] = (),
    unreadable: Sequence[Finding] = (),
    commit: str | None = None,
) -> Promotion:
    """
    The verdict on the change of the governance folder that *binding* names, by the *policy* and *people* before it.

    *policy* says by ``governance_rule`` what such a change needs; where it says nothing, nobody can agree. A
    statement issued before *since*, when the present governance began, does not count. Otherwise one approval
    would allow the same change again after it was reverted. *remaining* are the *people* whom no waiting change ends:
    only they may agree. *lost* are refusals that were taken away, and
    *unreadable* records count nothing and stop nobody.
    """
    request = PromotionRequest(
        binding=binding,
        kind=None,
        # a fault instead of dropping it: a veto with a fault still stands
        approvals=tuple(replace(s, fault=s.fault or _timing_fault(s, since)) for s in statements),
        contributors=tuple(contributors),
        errors=tuple(lost),
        governance_commit=commit,
    )
    rules = (governance_rule(policy) or _NOBODY,)
    remaining = remaining or people
    approved = assess_quorum(request, rules, policy=policy, people=remaining, now=now)
    requirements = (
        *unknown_authors(request, policy, people),
        *approved.requirements,
        *validation_errors(request),
    )
    eligible = {person for requirement in requirements for person in requirement.eligible}
    deadlock = Deadlock(request=request, rules=rules, tier="", policy=policy, people=remaining, now=now)
    return Promotion(
        agent=GOVERNANCE,
        kind=None,
        tier=None,
        release=None,
        from_state=binding.from_state,
        to_state=binding.to_state,
        generation=binding.generation,
        verdict=verdict_from(requirements),
        requirements=requirements,
        not_counted=(*approved.not_counted, *unreadable_records(unreadable)),
        unblock=Unblock(
            people=tuple(sorted(eligible)),
            minimal_approvers=approved.minimal_approvers,
            ways=ways_on(approved, deadlock),
        ),
        counted=approved.files,
    )


def _timing_fault(statement: Approval, since: datetime | None) -> str | None:
    return _EARLY if since is not None and statement.issued < since else None


def governance_rule(policy: Policy) -> PolicyRule | None:
    """
    What a change of governance needs: ``governance.require``, else two people of the teams with a veto.

    None where the policy has neither: nobody can agree to a change then.
    """
    # a policy without `governance` must not leave its own change free
    return policy.governance or (_rule_of(2, policy.veto) if policy.veto else None)


def _rule_of(count: int, teams: frozenset[str]) -> PolicyRule:
    required = RequiredApprovals(count=count, teams=teams)
    return PolicyRule(id=GOVERNANCE, when=RuleCondition(), require=(required,), replaces_all=True)


_NOBODY = _rule_of(1, frozenset())
"""Asks an approval of nobody, so it is never met."""
