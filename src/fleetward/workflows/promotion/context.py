"""The context of a promotion: one commit of a fleet, the policy in force, the target and its ledger."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from fleetward.domain import layout
from fleetward.domain.batch_verdict import PendingGovernance
from fleetward.domain.break_glass import PromotionMode
from fleetward.domain.errors import FleetError, GovernanceInvalid, UsageError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.fleet import AgentKey, Environment, FleetConfig, Snapshot
from fleetward.domain.ledger import Ledger
from fleetward.domain.people import People
from fleetward.domain.policy import Policy
from fleetward.store.fleet.load import LoadedFleet
from fleetward.store.fleet.related_agents import related_keys
from fleetward.store.git.file_history import require_full_history
from fleetward.store.git.fleet_root import FleetRoot, find_fleet_root
from fleetward.store.git.governed_tree import GovernedTree
from fleetward.store.git.repository import Id, Repository
from fleetward.store.git.tree import Tree
from fleetward.store.records import load as records
from fleetward.store.records.invalid_entries import UNDO_HINT
from fleetward.workflows.context import RunContext
from fleetward.workflows.governance.history import GovernanceHistory, missing_requirements
from fleetward.workflows.governance.in_force import governance_in_force
from fleetward.workflows.load import load_fleet
from fleetward.workflows.suggestions import unknown_environment


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedCommit:
    """A commit to decide at instead of HEAD; its ledgers are known to be append-only up to here."""

    root: FleetRoot
    head: Id
    governance: GovernanceHistory | None = None
    """What the audit found to be in force; None: found here."""
    refused: frozenset[str] = frozenset()
    """Digests of ledger lines that were refused and taken out again."""
    is_replayed: bool = True
    """All of history up to here was replayed; else the ledger is compared with its earlier versions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionContext:
    """One commit of a fleet, and the governance in force there or at an earlier commit."""

    run: RunContext
    root: FleetRoot
    head: Id
    base: Id
    """The commit whose governance and records count: *head*, or that of ``--base``."""
    governance: GovernanceHistory
    reading: LoadedFleet
    fleet: Snapshot
    policy: Policy
    people: People
    target: Environment
    sources: tuple[str, ...]
    ledger: Ledger
    assumed_approvers: tuple[str, ...] = ()
    """Of ``--as``: who is assumed to have approved; empty where anything is written."""
    mode: PromotionMode = PromotionMode.NORMAL
    by_earlier_version: bool = False
    """Decides an entry of an earlier version again."""

    @property
    def policy_commit(self) -> Id:
        """The commit whose governance decides."""
        return self.governance.in_force.commit

    @property
    def pending(self) -> tuple[PendingGovernance, ...]:
        """The changes of governance that nobody agreed to yet."""
        return tuple(
            PendingGovernance(commit=change.commit, lacks=missing_requirements(change.promotion))
            for change in self.governance.pending
        )

    def for_brake(self) -> PromotionContext:
        """The same for rollback, suspension and broken glass: what is pending takes nobody away from them."""
        return replace(self, people=self.governance.in_force.people)


def load_context(
    run: RunContext,
    *,
    to: str,
    source: str | None = None,
    base: str | None = None,
    agents: Sequence[str] | None = None,
    at: VerifiedCommit | None = None,
) -> PromotionContext:
    """
    The context of promotions into *to*, at HEAD or *at* another commit, by the governance in force there or at *base*.

    With *agents*, only these and the agents related to them are read.
    Errors: UsageError for an unknown environment or one without a gate; GovernanceInvalid, GitError.
    """
    root = at.root if at else find_fleet_root(run.folder, run.environment)
    require_full_history(root.repository)
    head = at.head if at else root.head()
    base_commit = root.repository.resolve(base) if base is not None else head
    _require_written_by_git(root.commit_tree(base_commit))
    governance = (at and at.governance) or governance_in_force(root, base_commit, run.now)
    in_force = governance.in_force
    # no waiver, severity or overridable may come from what is decided on
    tree = GovernedTree(tree=root.commit_tree(head), governance=root.commit_tree(in_force.commit))
    only = None if agents is None else _agents_to_read(run, tree, root.repository, to, agents)
    reading = load_fleet(tree, only, documents=run.documents)
    fleet = reading.require_governance()
    target, sources = _target_and_sources(fleet, to, source)
    # an audit has checked already that the ledger only grew up to this commit
    if at and at.is_replayed:
        ledger = records.ledger(tree, to)
    else:
        ledger = _trusted_ledger(root, head, base_commit, to, at.refused if at else frozenset())
    _check_policy_version(in_force.policy, reading, ledger)
    return PromotionContext(
        run=run,
        root=root,
        head=head,
        base=base_commit,
        governance=governance,
        reading=reading,
        fleet=fleet,
        policy=in_force.policy,
        people=governance.present_people(root),
        target=target,
        sources=sources,
        ledger=ledger,
    )


def _require_written_by_git(tree: Tree) -> None:
    """
    Refuse governance in a folder that git does not write: who reads it in another way sees another policy.

    Errors: GovernanceInvalid, naming the file.
    """
    for entry in tree.entries(*layout.GOVERNED):
        if entry.fault is not None:
            message = f"cannot decide: {entry.path!r}: {entry.fault}"
            raise GovernanceInvalid(message, hint="git fsck --strict, then write the folder again")


def _check_policy_version(policy: Policy, reading: LoadedFleet, ledger: Ledger) -> None:
    """
    Check that the version of the policy has not decreased.

    Errors: FleetError, naming its line.
    """
    last_version = ledger.entries[-1].policy_version if ledger.entries else None
    # an older policy could be looser: its version only ever increases (SPEC 6.1)
    if last_version is not None and policy.version < last_version:
        where = f"{layout.POLICY}:{reading.line(layout.POLICY, 'policy', 'version')}"
        message = f"{where}: version is {policy.version}, the ledger's last entry used {last_version}"
        hint = f"raise version in {layout.POLICY}: it only ever increases; {UNDO_HINT}"
        raise FleetError(message, hint=hint)


def only_gated_environment(run: RunContext, governance: GovernanceHistory | None = None) -> str:
    """
    The environment that is meant where ``--to`` is left out, by *governance* or by the one in force at HEAD.

    Errors: UsageError unless there is exactly one with a gate.
    """
    if governance is None:
        root = find_fleet_root(run.folder, run.environment)
        governance = governance_in_force(root, root.head(), run.now)
    config = governance.in_force.config
    names = [environment.name for environment in config.environments if environment.gated]
    if len(names) == 1:
        return names[0]
    if not names:
        raise UsageError("no environment in fleet-config.yaml has 'from'", hint="fleet validate")
    raise UsageError("several environments take promotions", hint=f"--to one of: {', '.join(names)}")


def _agents_to_read(
    run: RunContext, tree: Tree, repository: Repository, to: str, names: Sequence[str]
) -> Callable[[FleetConfig], Collection[AgentKey]]:
    """The agents to read; all of *to* where it has no ledger yet."""
    empty_blob = repository.object_id(b"")

    def keys(config: FleetConfig) -> Collection[AgentKey]:
        target = config.environment(to)
        if target is None or not target.gated:
            return ()
        # an empty ledger file is none: the promotion asks for an adoption
        has_ledger = any(entry.id != empty_blob for entry in tree.entries(layout.ledger_file(to)))
        read = names if has_ledger else (*names, *_agent_names(tree, to))
        return related_keys(tree, config, to, read, run.documents)

    return keys


def _agent_names(tree: Tree, environment: str) -> frozenset[str]:
    """The names of all agents in *environment*, read or not."""
    paths = (entry.path.split("/") for entry in tree.entries(layout.environment_folder(environment)))
    return frozenset(parts[2] for parts in paths if len(parts) > 2)


def promotable_agents(context: PromotionContext) -> frozenset[str]:
    """The names of all agents that could be promoted, read or not; one that only the target has is retired."""
    tree = context.root.commit_tree(context.head)
    environments = (*context.sources, context.target.name)
    return frozenset(name for environment in environments for name in _agent_names(tree, environment))


def _trusted_ledger(root: FleetRoot, head: Id, base: Id, to: str, refused: frozenset[str]) -> Ledger:
    """
    The ledger at *head*.

    Errors: FleetError where it is broken, lost lines, or has lines that *base* lacks: a change cannot bring
    its own entries.
    """
    ledger = records.append_only_ledger(root, head, to, refused)
    if head == base:
        return ledger
    head_lines, base_lines = (records.ledger_bytes(root.commit_tree(commit), to) for commit in (head, base))
    # an invented line could set generations, holds or the running state
    if not base_lines.startswith(head_lines):
        raise FleetError(
            f"ledger/{to}.jsonl has lines that the base does not have: only --apply writes them",
            hint="take them out, or name the newest state of the branch as --base",
        )
    return ledger


def _target_and_sources(fleet: Snapshot, to: str, source: str | None) -> tuple[Environment, tuple[str, ...]]:
    names = [environment.name for environment in fleet.config.environments]
    target = fleet.config.environment(to)
    if target is None:
        raise unknown_environment(to, names)
    if not target.gated:
        gated = (
            ", ".join(environment.name for environment in fleet.config.environments if environment.gated)
            or "none"
        )
        message = f"{to!r} takes no promotions: it has no 'from' in fleet-config.yaml"
        raise UsageError(message, hint=f"environments with a gate: {gated}")
    if source is not None and source not in names:
        raise unknown_environment(source, target.sources)
    # `--from` selects nothing: all sources must hold the release, it only has to be one of them
    if source is not None and source not in target.sources:
        raise UsageError(f"{to!r} is not promoted from {source!r}", hint=f"--from {target.sources[0]}")
    return target, target.sources
