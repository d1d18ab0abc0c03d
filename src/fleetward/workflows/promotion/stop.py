"""Stop an agent with one hand: its overrides with the suspension, and nothing else, at once."""

from __future__ import annotations

from datetime import datetime

from fleetward import gate
from fleetward.domain import layout
from fleetward.domain.approval import Binding
from fleetward.domain.break_glass import PromotionMode
from fleetward.domain.errors import FleetError
from fleetward.domain.ledger import PromotionKind
from fleetward.domain.manifest import Agent, File
from fleetward.domain.people import Person
from fleetward.domain.suspension import Suspension
from fleetward.domain.verdict import Promotion, Verdict
from fleetward.store.fleet.agent_assembly import build_candidate
from fleetward.workflows.promotion.candidates import Candidate, running_agent
from fleetward.workflows.promotion.context import PromotionContext
from fleetward.workflows.promotion.suspension import suspension_overrides


def stop_verdict(
    context: PromotionContext, name: str, actor: str, reason: str, now: datetime
) -> tuple[Candidate, Promotion]:
    """
    The running agent *name* with the suspension in its overrides, and whether *actor*, an address, may do that alone.

    A waiting proposal stays where it is. The content follows from the reason and the day, so that an audit can make
    it again.
    Errors: FleetError where it does not run, or cannot be suspended by an override.
    """
    running = running_agent(context, name)
    if running is None:
        raise FleetError(f"{name} does not run in {context.target.name}", hint="fleet log")
    candidate = _candidate(context, running, actor, reason, now)
    verdict = gate.decide(candidate.request, policy=context.policy, people=context.people, now=now)
    return candidate, verdict


def own_stop(
    context: PromotionContext, suspension: Suspension, actor: str
) -> tuple[Candidate, Promotion] | None:
    """The stop of *actor*, an address, where they may make it alone; None where it takes the usual way."""
    if not suspension.suspended or context.policy.stop is None:
        return None
    stop = stop_verdict(context, suspension.agent, actor, suspension.reason, context.run.now)
    return stop if stop[1].verdict is Verdict.ALLOWED else None


def _candidate(
    context: PromotionContext, running: Agent, actor: str, reason: str, now: datetime
) -> Candidate:
    to, name = context.target.name, running.name
    last = context.ledger.last_transition(name)
    current = running.file(layout.OVERRIDES)
    file = f"{layout.agent_folder(to, name)}/{layout.OVERRIDES}"
    wanted = Suspension(agent=name, environment=to, gated=True, suspended=True, reason=reason, file=file)
    content = suspension_overrides(wanted, now.date(), running, current.content if current else None)
    overrides = File(path=layout.OVERRIDES, content=content)
    stopped, _ = build_candidate(running, to, overrides, proposed=False, documents=context.run.documents)
    account = context.people.by_email(actor)
    request = gate.PromotionRequest(
        binding=Binding(
            repository=context.fleet.config.repository,
            environment=to,
            agent=name,
            from_state=last[1].to_state if last else None,
            to_state=stopped.state,
            generation=context.ledger.next_generation(name),
        ),
        kind=PromotionKind.OVERRIDE,
        release=stopped.release,
        running=running.manifest,
        running_unreadable=running.manifest is None,
        candidate=stopped.manifest,
        mode=PromotionMode.STOP,
        stopped_by=account.id if isinstance(account, Person) else None,
    )
    return Candidate(request=request, running=running, source=running, proposed=stopped)
