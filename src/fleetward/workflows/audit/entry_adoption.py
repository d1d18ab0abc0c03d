"""Adoptions in a ledger: the first of all makes governance trusted, every later one needs approvals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from fleetward.domain import layout
from fleetward.domain.audit import Break
from fleetward.domain.errors import FleetError
from fleetward.domain.ledger import Entry
from fleetward.domain.verdict import Promotion
from fleetward.gate import entry_checks
from fleetward.store.git.contents import state_digest
from fleetward.workflows.audit.entry_claims import check_policy, check_requirements
from fleetward.workflows.audit.entry_commit import check_commit
from fleetward.workflows.audit.entry_context import EntryContext
from fleetward.workflows.promotion.adopt import decide_adoptions
from fleetward.workflows.promotion.context import VerifiedCommit, load_context


def check_adoption(context: EntryContext, group: Sequence[Entry]) -> Iterator[Break]:
    """An adoption is the first entry, changes no folder, and after the first ledger rests on approvals."""
    for entry in group:
        # a later adoption would bypass every approval
        if entry.seq != 1:
            message = "an adoption after the ledger had begun: nothing was approved"
            yield context.entry_break(entry, "adopted-again", message)
            continue
        for change in entry.agents:
            folder = layout.agent_folder(entry.environment, change.agent)
            state = state_digest(context.root.commit_tree(entry.commit), folder)
            if state != change.to_state:
                message = f"{change.agent} was {state or 'nothing'} when it was adopted"
                yield context.entry_break(entry, "state-mismatch", message, change.agent)
        yield from check_policy(context, entry)
        if context.governance is not None:
            yield from check_commit(context, group, context.governance.in_force.people)
        yield from _check_approvals(context, entry)


def _check_approvals(context: EntryContext, entry: Entry) -> Iterator[Break]:
    try:
        promotions = () if context.is_beginning else _decide(context, entry)
    # what cannot be decided again is a break, never a pass
    except FleetError as error:
        message = f"it cannot be decided again: {error.message}"
        yield context.entry_break(entry, "verdict-not-allowed", message)
        return
    if context.is_beginning:
        # it rests on nothing, so it names nothing
        yield from entry_checks.record_mismatches(context.commit, entry, ())
        yield from entry_checks.requirement_mismatches(context.commit, entry, (), keys=("agent", "rule"))
        return
    yield from entry_checks.denied_promotions(context.commit, entry, promotions)
    yield from entry_checks.record_mismatches(context.commit, entry, promotions)
    yield from check_requirements(context, entry, promotions)


def _decide(context: EntryContext, entry: Entry) -> tuple[Promotion, ...]:
    names = [change.agent for change in entry.agents]
    promotion = load_context(
        replace(context.run, now=entry.at),
        to=entry.environment,
        agents=names,
        at=VerifiedCommit(root=context.root, head=entry.commit, governance=context.governance),
    )
    return decide_adoptions(promotion, names)
