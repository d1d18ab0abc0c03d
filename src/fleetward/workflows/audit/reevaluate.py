"""Decide a recorded promotion again, as of its time."""

from __future__ import annotations

from dataclasses import replace

from fleetward.domain.break_glass import PromotionMode
from fleetward.domain.ledger import AgentTransition, Entry, PromotionKind
from fleetward.domain.verdict import Promotion
from fleetward.store.records.ledger import ADOPT
from fleetward.workflows.promotion.candidates import Candidate, build_candidates, decide_all
from fleetward.workflows.promotion.context import PromotionContext
from fleetward.workflows.promotion.rollback import rollback_candidate
from fleetward.workflows.promotion.stop import stop_verdict


def reevaluate(context: PromotionContext, *entries: Entry) -> tuple[Promotion, ...]:
    """
    The verdicts on the agents of *entries*, in their order; adoptions have none.

    *context* is that of the decision: its head is the commit that the entries name, its clock their instant, its
    ledger ends before them. Entries of one commit were decided as one batch, so they are decided together again.
    Errors: FleetError, as ``--apply`` would have raised it.
    """
    promotions = [entry for entry in entries if entry.kind != ADOPT]
    if any(entry.break_glass and entry.break_glass.is_stop for entry in promotions):
        # one by one: a stop is never part of a batch
        return tuple(
            _original_stop(context, entry, change) for entry in promotions for change in entry.agents
        )
    is_break_glass = any(entry.break_glass is not None for entry in promotions)
    # the mode is a fact of the record: it cannot be seen in the states
    context = replace(context, mode=PromotionMode.BREAK_GLASS if is_break_glass else PromotionMode.NORMAL)
    is_brake = is_break_glass or any(entry.kind == PromotionKind.ROLLBACK for entry in promotions)
    context = context.for_brake() if is_brake else context
    context = replace(context, by_earlier_version=any(entry.governance_version == 1 for entry in promotions))
    rollbacks = [entry for entry in promotions if entry.kind == PromotionKind.ROLLBACK]
    agents = [change.agent for entry in promotions if entry not in rollbacks for change in entry.agents]
    candidates = (
        # rollbacks are no part of a batch: their release is not in the source
        *(_original_rollback(context, change) for entry in rollbacks for change in entry.agents),
        *(build_candidates(context, agents) if agents else ()),
    )
    by_agent = {promotion.agent: promotion for promotion in decide_all(context, candidates)}
    return tuple(by_agent[change.agent] for entry in promotions for change in entry.agents)


def _original_stop(context: PromotionContext, entry: Entry, change: AgentTransition) -> Promotion:
    _, promotion = stop_verdict(context.for_brake(), change.agent, entry.actor, entry.reason, entry.at)
    return promotion


def _original_rollback(context: PromotionContext, change: AgentTransition) -> Candidate:
    """The rollback that makes the state of the entry: with the overrides of the time, or those of the release."""
    candidate = rollback_candidate(context, change.agent, change.release)
    # the entry does not say which overrides were taken: the state tells
    if candidate.request.binding.to_state == change.to_state:
        return candidate
    return rollback_candidate(context, change.agent, change.release, with_overrides=True)
