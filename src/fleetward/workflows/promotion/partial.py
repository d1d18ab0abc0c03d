"""Those of a unit that stand on their own, when the others have to wait."""

from __future__ import annotations

from collections.abc import Sequence

from fleetward.domain.verdict import Promotion, Verdict
from fleetward.gate.batch import PASSING, hold_dependents
from fleetward.workflows.promotion.candidates import Candidate, build_candidates, decide_all
from fleetward.workflows.promotion.context import PromotionContext


def allowed_subset(
    context: PromotionContext, agents: Sequence[str]
) -> tuple[tuple[Candidate, ...], tuple[Promotion, ...]]:
    """
    The cases that may go, and the verdicts on all that were asked for.

    Every time that one is held, the rest is judged again, in a fleet in which that one has not moved.
    """
    names = tuple(dict.fromkeys(agents))
    by_agent: dict[str, Promotion] = {}
    remaining = names
    while remaining:
        candidates = build_candidates(context, remaining)
        promotions = hold_dependents(
            decide_all(context, candidates),
            {name: _required_agents(candidate) for name, candidate in _with_names(candidates)},
        )
        by_agent |= {promotion.agent: promotion for promotion in promotions}
        allowed = tuple(promotion.agent for promotion in promotions if promotion.verdict in PASSING)
        if allowed == remaining:
            return candidates, tuple(by_agent[name] for name in names)
        remaining = allowed
    return (), tuple(by_agent[name] for name in names)


def nothing_written_note(context: PromotionContext, promotions: Sequence[Promotion], *, apply: bool) -> str:
    """What is said of a call that is held as a whole: that nothing was written, and who could go alone."""
    names = [promotion.agent for promotion in promotions]
    prefix = "nothing was written" if apply else ""
    if len(names) == 1 or all(promotion.verdict is not Verdict.ALLOWED for promotion in promotions):
        return prefix
    _, verdicts = allowed_subset(context, names)
    allowed = [promotion.agent for promotion in verdicts if promotion.verdict is Verdict.ALLOWED]
    alone = f"; --partial would promote {', '.join(allowed)}" if allowed else ""
    return f"{prefix or 'nothing would be written'}: all of a call go, or none{alone}"


def _with_names(candidates: Sequence[Candidate]) -> list[tuple[str, Candidate]]:
    return [(candidate.request.binding.agent, candidate) for candidate in candidates]


def _required_agents(candidate: Candidate) -> frozenset[str]:
    """The agents that the candidate cannot do without."""
    manifest = candidate.proposed.manifest if candidate.proposed else None
    calls = manifest.items("spec.dependsOn") if manifest else ()
    return frozenset(str(call.get("agent")) for call in calls if call.get("optional") is not True)
