"""What the gate says to a promotion that is written: the same questions, asked again as of then."""

from __future__ import annotations

from dataclasses import replace

from fleetward.domain.break_glass import PromotionMode
from fleetward.domain.ledger import AgentTransition, Entry, PromotionKind
from fleetward.domain.verdict import Promotion
from fleetward.store.records.ledger import ADOPT
from fleetward.workflows.promotion.candidates import Candidate, build_candidates, decide_all
from fleetward.workflows.promotion.context import PromotionContext
from fleetward.workflows.promotion.rollback import rollback_candidate


def reevaluate(context: PromotionContext, *entries: Entry) -> tuple[Promotion, ...]:
    """
    The verdicts on what *entries* moved, in the order of the entries; none on what was adopted.

    *context* is the hearing of that time: its head the commit that they name, its clock at their instant, its ledger
    without them. Entries of one commit were one unit, and are judged right together only.
    Errors: FleetError as those who applied them would have got it.
    """
    promoted_entries = [entry for entry in entries if entry.kind != ADOPT]
    break_glass = any(entry.break_glass is not None for entry in promoted_entries)
    context = replace(context, mode=PromotionMode.BREAK_GLASS if break_glass else PromotionMode.NORMAL)
    rollbacks = [
        moved for entry in promoted_entries if entry.kind == PromotionKind.ROLLBACK for moved in entry.agents
    ]
    agents = [
        moved.agent
        for entry in promoted_entries
        if entry.kind != PromotionKind.ROLLBACK
        for moved in entry.agents
    ]
    candidates = build_candidates(context, agents) if agents else ()
    promotions = decide_all(
        context, (*(_rollback_candidate(context, moved) for moved in rollbacks), *candidates)
    )
    by_agent = {promotion.agent: promotion for promotion in promotions}
    return tuple(by_agent[moved.agent] for entry in promoted_entries for moved in entry.agents)


def _rollback_candidate(context: PromotionContext, change: AgentTransition) -> Candidate:
    """The overrides stayed, unless only those of that time make the state that the entry names."""
    candidate = rollback_candidate(context, change.agent, change.release)
    if candidate.request.binding.to_state == change.to_state:
        return candidate
    return rollback_candidate(context, change.agent, change.release, with_overrides=True)
