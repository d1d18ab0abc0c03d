"""The verdict on a change of governance itself, by the governance before it (SPEC 7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from fleetward.domain.approval import GOVERNANCE, Approval, Binding
from fleetward.domain.contributor import Contributor
from fleetward.domain.finding import Finding
from fleetward.domain.people import People
from fleetward.domain.policy import ApprovalsAsked, Policy, Rule, When
from fleetward.domain.verdict import Promotion, Unblock
from fleetward.gate.blockers import invalid, unknown_authors
from fleetward.gate.decide import verdict_of
from fleetward.gate.quorum import approvals
from fleetward.gate.request import Question

_EARLY = "given before the governance that it changes was in place"


def amendment(
    binding: Binding,
    statements: Sequence[Approval],
    contributors: Sequence[Contributor],
    *,
    policy: Policy,
    people: People,
    now: datetime,
    since: datetime | None = None,
    unread: Sequence[Finding] = (),
) -> Promotion:
    """
    May the governance folder become what *binding* says, by the *policy* and *people* that it has?

    Where the policy does not say what this needs, somebody else of any team has to agree. A statement given
    before *since*, when that governance came to be, does not count: else going there and back and there again
    would need only one approval. *unread* are records that cannot be read, of which one might be a veto.
    """
    question = Question(
        binding=binding,
        kind=None,
        approvals=tuple(replace(one, fault=one.fault or _early(one, since)) for one in statements),
        contributors=tuple(contributors),
        errors=tuple(unread),
    )
    rules = (policy.governance or _four_eyes(people),)
    approved = approvals(question, rules, policy=policy, people=people, now=now)
    requirements = (
        *unknown_authors(question, policy, people),
        *approved.requirements,
        *invalid(question),
    )
    could = {person for one in requirements for person in one.could}
    return Promotion(
        agent=GOVERNANCE,
        kind=None,
        tier=None,
        release=None,
        from_state=binding.from_state,
        to_state=binding.to_state,
        generation=binding.generation,
        verdict=verdict_of(requirements),
        requirements=requirements,
        not_counted=approved.not_counted,
        unblock=Unblock(people=tuple(sorted(could)), fewest=approved.fewest),
        counted=approved.files,
    )


def _early(one: Approval, since: datetime | None) -> str | None:
    return _EARLY if since is not None and one.issued < since else None


def _four_eyes(people: People) -> Rule:
    asked = ApprovalsAsked(count=1, teams=frozenset(people.teams))
    return Rule(id=GOVERNANCE, when=When(), require=(asked,), replaces_all=True)
