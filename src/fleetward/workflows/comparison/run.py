"""What moved between two sides of a fleet."""

from __future__ import annotations

from fleetward.domain.change import Change, Comparison, Unreadable
from fleetward.domain.errors import NotAFleet
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.fleet import Environment
from fleetward.store.fleet.agents import PROPOSALS
from fleetward.store.git.fleet_root import Ground
from fleetward.workflows.comparison.changed_files import TOPS, contents, paths, touched
from fleetward.workflows.comparison.pair import Both, in_the_way
from fleetward.workflows.comparison.revisions import Side


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Everything that moved, and what cannot be told."""

    agents: tuple[Comparison, ...]
    governance: tuple[Change, ...]
    unreadable: tuple[Unreadable, ...]
    environments: tuple[Environment, ...] = ()
    """Of the fleet that was looked at."""

    @property
    def all(self) -> tuple[Change, ...]:
        """Every change."""
        return (*self.governance, *(change for one in self.agents for change in one.changes))


def between(ground: Ground, base: Side, head: Side) -> Found:
    """
    What moved from *base* to *head*, agents paired by environment and name.

    Errors: FleetError where neither side is a fleet.
    """
    differing = touched(ground, base.tree, head.tree)
    keys = {tuple(path.split("/")[1:3]) for path in differing if path.split("/")[0] in TOPS}
    pairs = [((env, name), (env, name)) for env, name in sorted(key for key in keys if len(key) == 2)]
    sides = Both(base, head)
    agents, unread = sides.agents(pairs)
    governance = (change for path in sorted(differing) for change in sides.governance(path))
    return Found(
        agents=agents,
        governance=tuple(sorted(governance, key=lambda change: change.order)),
        unreadable=_in_order(*unread, *sides.unreadable(), *in_the_way(differing)),
        environments=sides.law.config.environments,
    )


def across(base: Side, head: Side, first: str, second: str) -> Found:
    """
    What sets the environment *second* at *head* apart from *first* at *base*, agents paired by name.

    Errors: UsageError for an environment that the fleet has not, NotAFleet where neither holds agents.
    """
    here, there = contents(base.tree, first), contents(head.tree, second)
    proposed = {path.split("/")[2] for path in paths(head.tree, f"{PROPOSALS}/{second}")}
    names = {name for name in here.keys() | there.keys() if here.get(name) != there.get(name)} | proposed
    sides = Both(base, head)
    sides.must_know(first, second)
    if not here and not there:
        raise NotAFleet(
            f"neither {first!r} nor {second!r} holds agents", hint=f"fleet new NAME --env {first}"
        )
    agents, unread = sides.agents([((first, name), (second, name)) for name in sorted(names)])
    return Found(
        agents=agents,
        governance=(),
        unreadable=_in_order(*unread, *sides.unreadable()),
        environments=sides.law.config.environments,
    )


def _in_order(*unread: Unreadable) -> tuple[Unreadable, ...]:
    return tuple(sorted(unread, key=lambda one: one.order))
