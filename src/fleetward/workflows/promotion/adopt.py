"""The first ledger entry of environments, for the agents that they hold already."""

from __future__ import annotations

from collections.abc import Sequence

from fleetward import gate
from fleetward.domain import digest, layout
from fleetward.domain.approval import Binding
from fleetward.domain.errors import FleetError, NotAFleet, UsageError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.ledger import AgentTransition, Entry, PromotionKind
from fleetward.domain.manifest import Agent
from fleetward.domain.verdict import Promotion, Verdict
from fleetward.store.git import commit_writer
from fleetward.store.git.repository import Id
from fleetward.store.records import ledger, ledger_line
from fleetward.store.records import load as records
from fleetward.workflows.context import RunContext
from fleetward.workflows.governance.history import require_rule
from fleetward.workflows.promotion.apply import commit_edits, tool
from fleetward.workflows.promotion.context import PromotionContext, VerifiedCommit, load_context
from fleetward.workflows.promotion.contributors import folder_contributors
from fleetward.workflows.promotion.sign import entry_signer


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptedEnvironment:
    """The agents of one environment as its first ledger entry names them."""

    name: str
    agents: tuple[AgentTransition, ...]
    without_source: tuple[str, ...] = ()
    """Those of the agents that no source environment holds: their next promotion would retire them."""
    sources: tuple[str, ...] = ()
    promotions: tuple[Promotion, ...] = ()
    """The verdicts on their states; none where no ledger has begun, because adoption is then what is trusted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption:
    """Environments that are adopted together, in one commit."""

    environments: tuple[AdoptedEnvironment, ...]
    head: Id
    written: Id | None = None
    """The commit with the ledgers; None where it was not applied."""

    @property
    def waiting(self) -> tuple[tuple[str, Promotion], ...]:
        """The states that nobody has approved yet, each with its environment."""
        return tuple(
            (environment.name, promotion)
            for environment in self.environments
            for promotion in environment.promotions
            if promotion.verdict is not Verdict.ALLOWED
        )


def adopt_environments(
    run: RunContext, names: Sequence[str], verified: VerifiedCommit, *, apply: bool, key: str | None
) -> Adoption:
    """
    Start the ledgers of *names*; written only with *apply* and where every state is approved, signed with *key*.

    The first adoption of all needs no approvals: it makes the governance of its commit trusted.
    Errors: UsageError where there is a ledger already; NotAFleet where there are no agents.
    """
    contexts = [load_context(run, to=name, at=verified) for name in dict.fromkeys(names)]
    is_beginning = verified.governance is None
    # afterwards nobody could add it
    require_rule(contexts[0].policy)
    environments = tuple(_environment(context, is_beginning=is_beginning) for context in contexts)
    adoption = Adoption(environments=environments, head=contexts[0].head)
    if not apply or adoption.waiting:
        return adoption
    return Adoption(
        environments=environments, head=adoption.head, written=_write(contexts, environments, key)
    )


def adoption_request(context: PromotionContext, agent: Agent) -> gate.PromotionRequest:
    """What an approval of *agent*, as it lies in an environment without a ledger, is about."""
    to = context.target.name
    approvals, lost, _ = records.approvals(
        context.root, context.base, to, agent.name, context.people, now=context.run.now
    )
    return gate.PromotionRequest(
        binding=Binding(
            repository=context.fleet.config.repository,
            environment=to,
            agent=agent.name,
            from_state=None,
            to_state=agent.state,
            generation=1,
        ),
        kind=PromotionKind.CREATE,
        release=agent.release,
        candidate=agent.manifest,
        # whoever filled the folder cannot approve what lies in it
        contributors=folder_contributors(context, agent),
        approvals=approvals,
        # a rejection that was taken out must not be missed
        errors=lost,
    )


def decide_adoptions(context: PromotionContext, names: Sequence[str]) -> tuple[Promotion, ...]:
    """
    The verdicts on adopting these agents of the target environment.

    Errors: FleetError where one of them cannot be read.
    """
    agents = {agent.name: agent for agent in _readable_agents(context)}
    return tuple(
        gate.decide_adoption(
            adoption_request(context, agents[name]),
            policy=context.policy,
            people=context.people,
            now=context.run.now,
        )
        for name in names
        if name in agents
    )


def _environment(context: PromotionContext, *, is_beginning: bool) -> AdoptedEnvironment:
    to, entries = context.target.name, context.ledger.entries
    # once: a second adoption would write states that nobody approved
    if entries:
        message = f"{to} has a ledger since {entries[0].at:%Y-%m-%d}: an environment is adopted once"
        raise UsageError(message, hint=f"fleet promote AGENT --to {to}")
    agents = _readable_agents(context)
    if not agents:
        folder = layout.agent_folder(to, "AGENT")
        raise NotAFleet(
            f"{to} has no agents to adopt",
            hint=f"copy the files that run there to {folder}/ and commit them; "
            f"where nothing runs yet: fleet promote AGENT --to {to}",
        )
    names = [agent.name for agent in agents]
    return AdoptedEnvironment(
        name=to,
        agents=tuple(
            AgentTransition(
                agent=agent.name,
                from_state=None,
                to_state=agent.state,
                release=agent.release,
                generation=1,
            )
            for agent in agents
        ),
        without_source=tuple(
            name
            for name in names
            if not any((source, name) in context.fleet.agents for source in context.sources)
        ),
        sources=context.sources,
        promotions=() if is_beginning else decide_adoptions(context, names),
    )


def _readable_agents(context: PromotionContext) -> tuple[Agent, ...]:
    to = context.target.name
    agents = tuple(agent for (env, _), agent in sorted(context.fleet.agents.items()) if env == to)
    # a state without a digest could never be compared with its folder again
    for agent in agents:
        if not agent.readable:
            message = f"the release of {to}/{agent.name} has no digest: its files are invalid"
            raise FleetError(message, hint=f"fleet validate {agent.folder}")
    return agents


def _write(
    contexts: Sequence[PromotionContext], environments: Sequence[AdoptedEnvironment], key: str | None
) -> Id:
    first = contexts[0]
    signer = entry_signer(first, key)
    edits: dict[str, commit_writer.Blob | None] = {}
    trailers: list[str] = []
    for context, environment in zip(contexts, environments, strict=True):
        entry, content = _entry(context, environment)
        edits[layout.ledger_file(environment.name)] = commit_writer.Blob(content=content)
        edits.update(signer.signatures([entry]) if signer else {})
        trailers += (
            f"Fleet-Promotion: {environment.name}/{agent.agent} adopt {agent.to_state}"
            for agent in environment.agents
        )
        trailers.append(f"Fleet-Ledger: {entry.seq} {digest.of_bytes(entry.line.encode())}")
    names = " and ".join(environment.name for environment in environments)
    verb = "hold" if len(environments) > 1 else "holds"
    message = f"adopt what {names} {verb}\n\n" + "\n".join(trailers) + "\n"
    return commit_edits(first.run, first.root, first.head, edits, message, signer=signer)


def _entry(context: PromotionContext, environment: AdoptedEnvironment) -> tuple[Entry, bytes]:
    counted = {file for promotion in environment.promotions for file in promotion.counted}
    agents = {agent.name: agent for agent in _readable_agents(context)}
    requests = [adoption_request(context, agents[item.agent]) for item in environment.promotions]
    return ledger.append(
        context.ledger,
        kind=ledger.ADOPT,
        at=context.run.now,
        governance=context.governance.in_force.digest,
        commit=context.head,
        actor=commit_writer.committer_email(context.root.repository),
        agents=environment.agents,
        policy_version=context.policy.version,
        policy_sha256=context.policy.sha256,
        approvals=tuple(
            ledger_line.encode_approval(approval)
            for request in requests
            for approval in request.approvals
            if approval.file in counted
        ),
        requirements=tuple(
            ledger_line.encode_requirement(promotion.agent, requirement)
            for promotion in environment.promotions
            for requirement in promotion.requirements
        ),
        tool=tool(context.run),
    )
