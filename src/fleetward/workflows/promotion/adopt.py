"""The first ledger entry of an environment, for the agents that it holds already."""

from __future__ import annotations

from fleetward.domain import digest, layout
from fleetward.domain.errors import FleetError, NotAFleet, UsageError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.ledger import AgentTransition
from fleetward.store.git import commit_writer
from fleetward.store.git.repository import Id
from fleetward.store.records import ledger
from fleetward.workflows.context import RunContext
from fleetward.workflows.promotion.apply import commit_edits, tool
from fleetward.workflows.promotion.context import PromotionContext, load_context
from fleetward.workflows.promotion.sign import EntrySigner, entry_signer


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption:
    """The agents of one environment as its first ledger entry names them."""

    environment: str
    head: Id
    agents: tuple[AgentTransition, ...]
    written: Id | None = None
    """The commit with the ledger; None where it was not applied."""


def adopt_environment(run: RunContext, to: str, *, apply: bool, key: str | None) -> Adoption:
    """
    Start the ledger of *to*; written only with *apply*, signed where *key* is not None.

    Errors: UsageError where there is a ledger already; NotAFleet where there are no agents.
    """
    context = load_context(run, to=to)
    agents = _agents(context)
    written = _write(context, agents, entry_signer(context, key)) if apply else None
    return Adoption(environment=to, head=context.head, agents=agents, written=written)


def _agents(context: PromotionContext) -> tuple[AgentTransition, ...]:
    to, entries = context.target.name, context.ledger.entries
    # once: a second adoption would write states that nobody approved
    if entries:
        message = f"{to} has a ledger since {entries[0].at:%Y-%m-%d}: an environment is adopted once"
        raise UsageError(message, hint=f"fleet promote AGENT --to {to}")
    agents = [agent for (env, _), agent in sorted(context.fleet.agents.items()) if env == to]
    if not agents:
        raise NotAFleet(f"{to} has no agents to adopt", hint=f"fleet promote AGENT --to {to}")
    # a state without a digest could never be compared with its folder again
    for agent in agents:
        if not agent.readable:
            message = f"the release of {to}/{agent.name} has no digest: its files are invalid"
            raise FleetError(message, hint=f"fleet validate {agent.folder}")
    return tuple(
        AgentTransition(
            agent=agent.name, from_state=None, to_state=agent.state, release=agent.release, generation=1
        )
        for agent in agents
    )


def _write(context: PromotionContext, agents: tuple[AgentTransition, ...], signer: EntrySigner | None) -> Id:
    to = context.target.name
    entry, content = ledger.append(
        context.ledger,
        kind=ledger.ADOPT,
        at=context.run.now,
        governance=context.governance.in_force.digest,
        commit=context.head,
        actor=commit_writer.committer_email(context.root.repository),
        agents=agents,
        policy_version=context.policy.version,
        policy_sha256=context.policy.sha256,
        tool=tool(context.run),
    )
    trailers = [f"Fleet-Promotion: {to}/{agent.agent} adopt {agent.to_state}" for agent in agents]
    trailers.append(f"Fleet-Ledger: {entry.seq} {digest.of_bytes(entry.line.encode())}")
    message = f"adopt what {to} holds\n\n" + "\n".join(trailers) + "\n"
    edits = {
        layout.ledger_file(to): commit_writer.Blob(content=content),
        **(signer.signatures([entry]) if signer else {}),
    }
    return commit_edits(context.run, context.root, context.head, edits, message, signer=signer)
