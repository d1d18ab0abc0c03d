"""What the checks of a commit's ledger entries know."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from fleetward.domain.audit import Break, FirstParentCommit
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.fleet import FleetConfig
from fleetward.domain.ledger import Entry
from fleetward.gate import entry_checks
from fleetward.store.git.fleet_root import FleetRoot
from fleetward.store.git.repository import Id
from fleetward.store.records.ledger_revisions import LedgerRevision
from fleetward.workflows.approval.review_status import LedgerEntryAt
from fleetward.workflows.context import RunContext
from fleetward.workflows.governance.history import GovernanceHistory


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryContext:
    """A commit that added entries to one ledger, and what came before it."""

    run: RunContext
    root: FleetRoot
    commit: FirstParentCommit
    before: LedgerRevision
    after: LedgerRevision
    policy_commit: Id | None
    """The commit whose ledgers and records count for *commit*: the base, else its parent."""
    governance: GovernanceHistory | None
    """The governance in force for *commit*; None where there was none to begin with."""
    config: FleetConfig | None
    """The configuration in force."""
    latest_date: Callable[[Id], tuple[Id, datetime] | None]
    """The branch's commit of the latest date, up to where a commit left the branch; None if it never was on it."""
    earlier_entries: Sequence[LedgerEntryAt] = ()
    is_beginning: bool = False
    """No ledger had begun before *commit*: an adoption makes the governance of its commit trusted."""

    def entries_before(self, entry: Entry) -> Sequence[Entry]:
        """The entries of the same ledger before *entry*, none of them decoded yet."""
        heads, count = self.after.ledger.heads, len(self.after.entries)
        # by heads and from the end: a ledger of ten thousand entries is not decoded for one
        while count and heads[count - 1].seq >= entry.seq:
            count -= 1
        return self.after.entries[:count]

    def names_attestations(self, entry: Entry) -> bool:
        """Is *entry* of a version that names attestations? It or an entry above it names one."""
        # no key is two: within a text its quotes would be escaped
        lines = self.after.content.split(b"\n", entry.seq)[: entry.seq]
        return any(b'"attestations":' in line for line in lines)

    def entry_break(self, entry: Entry, rule: str, message: str, agent: str | None = None) -> Break:
        """A break at the line of *entry*."""
        return entry_checks.entry_break(self.commit, entry, rule, message, agent)
