"""``--partial``: the agents of a batch that can be promoted without the others."""

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
    The candidates that are allowed, and the verdicts on all *agents*.

    Whenever an agent drops out, the remaining ones are decided again, in a fleet in which it is not promoted.
    """
    names = tuple(dict.fromkeys(agents))
    by_agent: dict[str, Promotion] = {}
    remaining = names
    while remaining:
        candidates = build_candidates(context, remaining)
        promotions = hold_dependents(
            decide_all(context, candidates),
            {candidate.name: _required_agents(candidate) for candidate in candidates},
        )
        by_agent |= {promotion.agent: promotion for promotion in promotions}
        allowed = tuple(promotion.agent for promotion in promotions if promotion.verdict in PASSING)
        if allowed == remaining:
            return candidates, tuple(by_agent[name] for name in names)
        remaining = allowed
    return (), tuple(by_agent[name] for name in names)


def nothing_written_note(context: PromotionContext, promotions: Sequence[Promotion], *, apply: bool) -> str:
    """That nothing was written, because a batch is all or none, and which agents ``--partial`` would promote."""
    names = [promotion.agent for promotion in promotions]
    prefix = "nothing was written" if apply else ""
    if len(names) == 1 or all(promotion.verdict is not Verdict.ALLOWED for promotion in promotions):
        return prefix
    _, verdicts = allowed_subset(context, names)
    allowed = [promotion.agent for promotion in verdicts if promotion.verdict is Verdict.ALLOWED]
    alone = f"; --partial would promote {', '.join(allowed)}" if allowed else ""
    return f"{prefix or 'nothing would be written'}: a batch is promoted as a whole{alone}"


def _required_agents(candidate: Candidate) -> frozenset[str]:
    """The agents that the candidate depends on, and not optionally."""
    manifest = candidate.proposed.manifest if candidate.proposed else None
    calls = manifest.items("spec.dependsOn") if manifest else ()
    return frozenset(str(call.get("agent")) for call in calls if call.get("optional") is not True)
