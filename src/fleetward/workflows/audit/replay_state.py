"""The inputs of a replay, and what it knows after each commit."""

from __future__ import annotations

from collections.abc import Mapping

from fleetward.domain import layout
from fleetward.domain.audit import Break
from fleetward.domain.errors import FleetError, GovernanceInvalid
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.fleet import FleetConfig
from fleetward.store.formats.document import DocumentCache
from fleetward.store.git.fleet_root import FleetRoot
from fleetward.store.git.indexed_history import IndexedHistory
from fleetward.store.git.repository import Id
from fleetward.store.records.ledger_revisions import LedgerRevision
from fleetward.workflows.approval.review_status import LedgerEntryAt
from fleetward.workflows.context import RunContext
from fleetward.workflows.governance.history import GovernanceHistory
from fleetward.workflows.load import load_fleet


@dataclass(frozen=True, slots=True, kw_only=True)
class Governance:
    """``fleet-config.yaml`` at one commit, None where it cannot be read, and why its governance decides nothing."""

    config: FleetConfig | None = None
    error: str | None = None

    @property
    def gated(self) -> frozenset[str]:
        """The environments that need a promotion."""
        return gated_environments(self.config)


class GovernanceReader:
    """Governance by commit. Commits with the same files are read once."""

    def __init__(self, root: FleetRoot, documents: DocumentCache | None) -> None:
        self._root, self._documents = root, documents
        self._by_files: dict[tuple[tuple[str, str], ...], Governance] = {}

    def at(self, commit: Id | None) -> Governance:
        """The governance of *commit*; empty for None."""
        if commit is None:
            return Governance()
        entries = self._root.commit_tree(commit).entries(layout.CONFIG, layout.GOVERNANCE)
        files = tuple((entry.path, entry.id or "") for entry in entries)
        # by blob ids: equal files are parsed once, whatever commit holds them
        if files not in self._by_files:
            self._by_files[files] = _read_governance(self._root, commit, self._documents)
        return self._by_files[files]


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryReplay:
    """What every step of one audit may read."""

    run: RunContext
    root: FleetRoot
    history: IndexedHistory
    governance: GovernanceReader
    begin: Id | None = None
    """The commit before the first that is checked; None for the beginning of history."""
    last_old_line: str = ""
    """The last ledger line without ``governanceVersion``; empty where all that is checked comes after it."""
    base: Id | None = None
    """The commit whose governance decides for a pull request; None for that of each commit's parent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayState:
    """What is known after a commit; each step returns a new state."""

    ledgers: Mapping[str, LedgerRevision]
    """By environment."""
    started: frozenset[str] = frozenset()
    """The environments whose ledger has begun."""
    damaged: frozenset[str] = frozenset()
    """The environments whose ledger did not only grow."""
    config: FleetConfig | None = None
    followed: GovernanceHistory | None = None
    """The governance in force and what is pending; None before the first entry of a ledger."""
    is_governed: bool = True
    """Whether ``fleet-config.yaml`` is governance already; False up to the last entry of an earlier version."""
    begun: bool = False
    """Whether a ledger had begun before the present commit."""
    entries: tuple[LedgerEntryAt, ...] = ()
    entry_breaks: tuple[Break, ...] = ()
    """The breaks of ledgers and of their entries, in the order of history."""
    promotions: int = 0
    adoptions: int = 0
    governance_changes: int = 0


Step = tuple[ReplayState, tuple[Break, ...]]
"""The state after a step, and what the step found."""


def gated_environments(config: FleetConfig | None) -> frozenset[str]:
    """The environments of *config* that need a promotion."""
    return frozenset(item.name for item in config.environments if item.gated) if config else frozenset()


def _read_governance(root: FleetRoot, commit: Id, documents: DocumentCache | None) -> Governance:
    try:
        fleet = load_fleet(root.commit_tree(commit), only=(), documents=documents)
        config = fleet.snapshot.config if fleet.snapshot else None
    except FleetError:
        return Governance(error=f"no {layout.CONFIG}")
    try:
        fleet.require_governance()
    except GovernanceInvalid as error:
        # the configuration alone still says what is gated
        return Governance(config=config, error=error.message)
    return Governance(config=config)
