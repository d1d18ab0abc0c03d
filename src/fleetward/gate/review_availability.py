"""Who could close what breaking the glass opens: told before it is broken, and before anybody has to."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from fleetward.domain.break_glass import BrokenGlass, Due
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.manifest import Manifest
from fleetward.domain.people import People
from fleetward.domain.policy import OWNER, ApprovalsAsked, Policy
from fleetward.domain.verdict import Promotion
from fleetward.gate.assignment import seated
from fleetward.gate.eligibility import Circle
from fleetward.gate.matching_rules import about
from fleetward.gate.request import Question
from fleetward.gate.reviews import bench, could


@dataclass(frozen=True, slots=True, kw_only=True)
class Stuck:
    """*bench* may review; *never* can one of them, whoever wrote it, or only not where one of *authors* did."""

    bench: tuple[str, ...]
    never: bool
    authors: tuple[str, ...]


def closers(
    question: Question, told: Promotion, *, policy: Policy, people: People, actor: str, now: datetime
) -> tuple[str, ...]:
    """
    Who could review this emergency, were it applied now by *actor*, an e-mail address or nothing.

    Those who have approved it are out, and where approvals are missing, the fewest who could complete them.
    """
    asked = (one for one in told.requirements if one.kind == "approvals")
    due = Due(
        seq=0,
        at=now,
        glass=BrokenGlass(incident="", skipped=(), review_by=now),
        binding=question.binding,
        actor=actor,
        approvers=frozenset(told.unblock.fewest or ()).union(*(one.by for one in asked)),
        contributors=question.contributors,
    )
    return could(due, bench(question, policy=policy, people=people, tier=told.tier or "", now=now))


def stuck(
    policy: Policy, people: People, owned: Manifest | None, *, to: str, tier: str, agent: str, now: datetime
) -> Stuck | None:
    """
    Would the review of an emergency be left to nobody? None where there is no glass, or always somebody.

    As far as teams tell: an author and those whose approvals the glass asks review nothing, and whoever could take
    a seat that another could take as well is taken for free. The robot that applies it may take one more away.
    """
    if policy.break_glass is None:
        return None
    circle = Circle(people, owned)
    rules = about(policy, to=to, tier=tier, agent=agent)
    named = (one.teams for rule in rules for one in rule.require if isinstance(one, ApprovalsAsked))
    sitting = circle.members(frozenset({OWNER}).union(*named), now)
    asked = [one for one in policy.break_glass.rule.require if isinstance(one, ApprovalsAsked)]
    groups = [circle.members(one.teams, now) for one in asked]

    def opens(without: Iterable[str]) -> bool:
        free = frozenset[str]().union(*groups) - frozenset(without)
        fits = {who: frozenset(n for n, group in enumerate(groups) if who in group) for who in free}
        return len(seated([one.count for one in asked], fits).at) == sum(one.count for one in asked)

    def closes(*without: str) -> bool:
        return any(opens((*without, one)) for one in sitting - set(without))

    authors = tuple(sorted(one for one in people.people if opens((one,)) and not closes(one)))
    never = opens(()) and not closes()
    return Stuck(bench=tuple(sorted(sitting)), never=never, authors=authors) if never or authors else None
