"""What the gate says to a promotion that is written: the same questions, asked again as of then."""

from __future__ import annotations

from dataclasses import replace

from fleetward.domain.break_glass import Way
from fleetward.domain.ledger import Entry, Moved, PromotionKind
from fleetward.domain.verdict import Promotion
from fleetward.store.records.ledger import ADOPT
from fleetward.workflows.promotion.candidates import Case, cases, decided
from fleetward.workflows.promotion.context import Hearing
from fleetward.workflows.promotion.rollback import restored


def replayed(asked: Hearing, *entries: Entry) -> tuple[Promotion, ...]:
    """
    The verdicts on what *entries* moved, in the order of the entries; none on what was adopted.

    *asked* is the hearing of that time: its head the commit that they name, its clock at their instant, its ledger
    without them. Entries of one commit were one unit, and are judged right together only.
    Errors: FleetError as those who applied them would have got it.
    """
    judged = [entry for entry in entries if entry.kind != ADOPT]
    broken = any(entry.break_glass is not None for entry in judged)
    asked = replace(asked, way=Way.BREAK_GLASS if broken else Way.NORMAL)
    back = [moved for entry in judged if entry.kind == PromotionKind.ROLLBACK for moved in entry.agents]
    on = [moved.agent for entry in judged if entry.kind != PromotionKind.ROLLBACK for moved in entry.agents]
    gone_on = cases(asked, on) if on else ()
    told = decided(asked, (*(_as_it_went(asked, moved) for moved in back), *gone_on))
    by_agent = {one.agent: one for one in told}
    return tuple(by_agent[moved.agent] for entry in judged for moved in entry.agents)


def _as_it_went(asked: Hearing, moved: Moved) -> Case:
    """The overrides stayed, unless only those of that time make the state that the entry names."""
    case = restored(asked, moved.agent, moved.release)
    if case.question.binding.to_state == moved.to_state:
        return case
    return restored(asked, moved.agent, moved.release, overrides_too=True)
