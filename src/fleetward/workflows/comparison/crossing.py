"""Two environments that are compared: whether promotions lead from the first to the second, and what that one held."""

from __future__ import annotations

from collections.abc import Iterable

from fleetward.domain import layout
from fleetward.domain.errors import FleetError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.fleet import FleetConfig
from fleetward.domain.manifest import Agent
from fleetward.store.git.fleet_root import FleetRoot
from fleetward.store.records import load as records
from fleetward.workflows.comparison.revisions import Side

LonePair = tuple[Agent | None, Agent | None, str]
"""The agent before and after, one of them None, and the first words of the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """The way from environment *first* to *second*."""

    first: str
    second: str
    downstream: bool
    """Promotions lead from the first to the second."""
    formerly_held: frozenset[str]
    """The agents that the second held once, and does not hold now."""

    def lone_pair(self, first: Agent | None, second: Agent | None) -> LonePair:
        """
        An agent of one environment alone, as added or as retired.

        What the second environment never held is added by a promotion; what the first no longer holds is retired by it.
        """
        if second is None and first is not None:
            if first.name in self.formerly_held:
                return first, None, f"the agent is gone from {self.second}"
            return None, first, f"the agent is not in {self.second} yet"
        if self.downstream:
            return second, None, f"the agent is not in {self.first}: a promotion retires it in {self.second}"
        return None, second, f"the agent is not in {self.first}"


def crossing(
    root: FleetRoot, config: FleetConfig, head: Side, first: str, second: str, only_first: Iterable[str]
) -> Crossing:
    """The way between two environments; *only_first* are the agents that the second one does not hold."""
    missing = frozenset(only_first)
    return Crossing(
        first=first,
        second=second,
        downstream=first in _upstream(config, second),
        # history is asked only where it makes a difference
        formerly_held=missing & _held_once(root, head, second) if missing else frozenset(),
    )


def _upstream(config: FleetConfig, name: str) -> set[str]:
    """The environments that releases come from on their way to *name*."""
    upstream: set[str] = set()
    waiting = [name]
    while waiting:
        environment = config.environment(waiting.pop())
        for source in environment.sources if environment else ():
            if source not in upstream:
                upstream.add(source)
                waiting.append(source)
    return upstream


def _held_once(root: FleetRoot, head: Side, environment: str) -> frozenset[str]:
    """By the ledger where there is one, else by the commits that removed files; unknown is never held."""
    try:
        if head.tree.entries(layout.ledger_file(environment)):
            heads = records.ledger(head.tree, environment).heads
            return frozenset(
                transition.agent for entry in heads for transition in entry.agents if transition.to_state
            )
        return frozenset(_removed_agents(root, head, environment))
    except FleetError:
        return frozenset()


def _removed_agents(root: FleetRoot, head: Side, environment: str) -> Iterable[str]:
    folder = root.prefix + layout.environment_folder(environment)
    commits = root.repository.output("rev-list", head.commit or "HEAD", "--", folder)
    removed = root.repository.output(
        *("diff-tree", "--stdin", "-m", "-r", "-z", "--name-only", "--diff-filter=D", "--no-renames"),
        *("--no-commit-id", "--", folder),
        stdin=commits,
    )
    start = f"{folder}/".encode()
    for path in removed.split(b"\0"):
        if path.startswith(start):
            yield path[len(start) :].partition(b"/")[0].decode("utf-8", "surrogateescape")
