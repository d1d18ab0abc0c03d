"""What promote, approve and their kin begin with: one commit of a fleet, and the law that it is judged by."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from fleetward.domain.break_glass import Way
from fleetward.domain.errors import FleetError, NotAFleet, UsageError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.fleet import Environment, FleetConfig, Key, Snapshot
from fleetward.domain.ledger import Ledger
from fleetward.domain.people import People
from fleetward.domain.policy import Policy
from fleetward.store.fleet.agents import ENVIRONMENTS
from fleetward.store.fleet.load import Reading
from fleetward.store.fleet.related_agents import together
from fleetward.store.git.fleet_root import Ground, find
from fleetward.store.git.history import whole
from fleetward.store.git.repository import Id
from fleetward.store.git.tree import Tree
from fleetward.store.records import load as records
from fleetward.store.records.invalid_entries import UNDO
from fleetward.store.records.ledger import file_name
from fleetward.workflows.context import RunContext
from fleetward.workflows.load import read
from fleetward.workflows.suggestions import no_environment


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A commit to be judged in place of HEAD, by one who has seen that the ledgers before it only grew."""

    ground: Ground
    head: Id


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """One commit of a fleet, before the law of the same or an earlier one."""

    run: RunContext
    ground: Ground
    head: Id
    law: Id
    reading: Reading
    fleet: Snapshot
    policy: Policy
    people: People
    target: Environment
    sources: tuple[str, ...]
    ledger: Ledger
    supposed: tuple[str, ...] = ()
    """Who is taken to have approved now, though nobody wrote that down; never where anything is written."""
    way: Way = Way.NORMAL


def hearing(
    run: RunContext,
    *,
    to: str,
    source: str | None = None,
    base: str | None = None,
    agents: Sequence[str] | None = None,
    at: Moment | None = None,
) -> Hearing:
    """
    The fleet at HEAD, or *at* another moment, and what promotions into *to* are decided by.

    Where *agents* are named, no more of it is read than hangs together with them.
    Errors: UsageError for an environment that is none, or takes no promotions; GovernanceInvalid, GitError.
    """
    ground = at.ground if at else find(run.folder, run.environment)
    whole(ground.repository)
    head = at.head if at else ground.head()
    reading = read(ground.commit(head), None if agents is None else _narrow(ground, head, to, agents))
    fleet = reading.governed()
    law, judge, ruling = head, fleet, reading
    if base is not None:
        law = ground.repository.resolve(base)
        ruling = read(ground.commit(law), only=())
        judge = ruling.governed()
        # nothing of the law may come from what is judged: no waiver, no severity, no wider overridable
        fleet = replace(judge, agents=fleet.agents, proposals=fleet.proposals, proposed=fleet.proposed)
    if judge.policy is None:
        raise NotAFleet(
            "no governance/policy.yaml: nothing can be promoted without a policy", hint="fleet init"
        )
    target, sources = _route(fleet, to, source)
    ledger = records.ledger(ground.commit(head), to) if at else _ledger(ground, head, law, to)
    last = ledger.entries[-1].policy_version if ledger.entries else None
    if last is not None and judge.policy.version < last:
        file = "governance/policy.yaml"
        where = f"{file}:{ruling.line(file, 'policy', 'version')}"
        message = f"{where}: version is {judge.policy.version}, the ledger's last entry used {last}"
        raise FleetError(
            message, hint=f"raise version in governance/policy.yaml: it only ever increases; {UNDO}"
        )
    return Hearing(
        run=run,
        ground=ground,
        head=head,
        law=law,
        reading=reading,
        fleet=fleet,
        policy=judge.policy,
        people=judge.people,
        target=target,
        sources=sources,
        ledger=ledger,
    )


def _narrow(
    ground: Ground, head: Id, to: str, names: Sequence[str]
) -> Callable[[FleetConfig], Collection[Key]]:
    """What to read of the fleet; all of *to* where there is no ledger yet that would know what stands there."""
    tree, nothing = ground.commit(head), ground.repository.hashed(b"")

    def keys(config: FleetConfig) -> Collection[Key]:
        target = config.environment(to)
        if target is None or not target.gated:
            return ()
        begun = any(one.id != nothing for one in tree.entries(file_name(to)))
        return together(tree, config, to, names if begun else (*names, *_standing(tree, to)))

    return keys


def _standing(tree: Tree, environment: str) -> frozenset[str]:
    """The names of the agents in *environment*, read or not."""
    paths = (one.path.split("/") for one in tree.entries(f"{ENVIRONMENTS}/{environment}"))
    return frozenset(parts[2] for parts in paths if len(parts) > 2)


def known(asked: Hearing) -> frozenset[str]:
    """The names of all agents that could be promoted, read or not."""
    tree = asked.ground.commit(asked.head)
    return frozenset(name for source in asked.sources for name in _standing(tree, source))


def _ledger(ground: Ground, head: Id, law: Id, to: str) -> Ledger:
    """
    The ledger at *head*.

    Errors: FleetError where it is broken, lost lines, or holds lines that *law* does not know: what is to be
    judged cannot bring its own.
    """
    ledger = records.grown(ground, head, to)
    if head == law:
        return ledger
    own, known = (records.ledger_bytes(ground.commit(one), to) for one in (head, law))
    if not known.startswith(own):
        raise FleetError(
            f"ledger/{to}.jsonl has lines that the base does not have: only --apply writes them",
            hint="take them out, or name the newest state of the branch as --base",
        )
    return ledger


def _route(fleet: Snapshot, to: str, source: str | None) -> tuple[Environment, tuple[str, ...]]:
    names = [one.name for one in fleet.config.environments]
    target = fleet.config.environment(to)
    if target is None:
        raise no_environment(to, names)
    if not target.gated:
        gated = ", ".join(one.name for one in fleet.config.environments if one.gated) or "none"
        message = f"{to!r} takes no promotions: it has no 'from' in fleet-config.yaml"
        raise UsageError(message, hint=f"one that has: {gated}")
    if source is not None and source not in names:
        raise no_environment(source, target.sources)
    if source is not None and source not in target.sources:
        raise UsageError(f"{to!r} is not promoted from {source!r}", hint=f"--from {target.sources[0]}")
    return target, target.sources
