"""
Verify ledger entries before anything builds on them, as an audit would: an entry is a claim until it is verified.

What was verified is remembered in the git directory. Without that memory, an entry that an applier of the policy
signed vouches for the lines that it chains to, and verification begins with that entry.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from fleetward.domain import layout
from fleetward.domain.audit import Break
from fleetward.domain.errors import FleetError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Severity
from fleetward.store.cache.verified_ledgers import VerifiedLedgers, verified_ledgers_file
from fleetward.store.git.cached_repository import cached
from fleetward.store.git.file_history import require_full_history
from fleetward.store.git.fleet_root import FleetRoot, find_fleet_root
from fleetward.store.git.line_commits import line_positions
from fleetward.store.git.plumbing_history import PlumbingHistory
from fleetward.store.git.repository import Id
from fleetward.store.git.soak_time import first_parent_commits_of
from fleetward.store.records.invalid_entries import UNDO_HINT
from fleetward.store.records.ledger_revisions import REWRITES
from fleetward.workflows.audit.recent_entries import Verification, check_recent_entries
from fleetward.workflows.audit.run import replay_all
from fleetward.workflows.audit.vouching import vouched_beginning
from fleetward.workflows.context import RunContext
from fleetward.workflows.governance.history import GovernanceHistory
from fleetward.workflows.governance.in_force import current_history
from fleetward.workflows.promotion.context import VerifiedCommit

_MANY = 50
"""From so many commits on, an index of all of history costs less than a question for each commit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Beginning:
    """The commit after which the entries of an environment are verified; None for the beginning of history."""

    commit: Id | None
    landings: tuple[Id, ...]
    """The commits since that changed its ledger, oldest first."""


def verified_head(run: RunContext, *, base: str | None = None) -> VerifiedCommit:
    """
    HEAD, with the entries of every ledger verified up to it, or up to *base* where that decides.

    Errors: FleetError for the first entry that an audit would refuse, with its commit and line.
    """
    root = find_fleet_root(run.folder, run.environment)
    require_full_history(root.repository)
    head = root.head()
    decisive = root.repository.resolve(base) if base is not None else head
    governance = current_history(root, decisive, run.now)
    refused = _verify(run, root, decisive, governance) if governance is not None else frozenset[str]()
    return VerifiedCommit(root=root, head=head, governance=governance, refused=refused, is_replayed=False)


def _verify(run: RunContext, root: FleetRoot, head: Id, governance: GovernanceHistory) -> frozenset[str]:
    """The digests of refused lines that were taken out again; what is verified is remembered."""
    names = sorted(item.name for item in governance.in_force.config.environments if item.gated)
    memory = verified_ledgers_file(
        root.repository.common_dir, root.prefix, run.environment, test_clock=run.test_clock
    )
    known = memory.read() if memory else None
    if known is not None and known.head == head and set(names) <= known.ledgers.keys():
        return known.refused
    ledgers = _ledger_ids(root, head, names)
    # what was verified on another line of commits says nothing of this one
    if known is not None and known.head not in line_positions(root, head):
        known = None
    # equal ledgers are not enough: a line may have come and gone
    if known is not None and known.ledgers == ledgers and not _landings(root, head, known.head, names):
        return known.refused
    verification = _verify_entries(run, root, head, governance, names, known)
    if verification.breaks:
        raise _refusal(verification.breaks[0])
    refused = verification.refused | (known.refused if known else frozenset())
    if memory is not None:
        memory.write(VerifiedLedgers(head=head, ledgers=ledgers, refused=refused))
    return refused


def _landings(root: FleetRoot, head: Id, since: Id | None, names: Sequence[str]) -> tuple[Id, ...]:
    """The commits that changed one of these ledgers, oldest first."""
    return first_parent_commits_of(root, head, since, tuple(map(layout.ledger_file, names)))


def _ledger_ids(root: FleetRoot, commit: Id, names: Sequence[str]) -> dict[str, str | None]:
    """By environment the object id of its ledger; None where it has none, or no regular file."""
    files = {layout.ledger_file(name): name for name in names}
    entries = root.commit_tree(commit).entries(*files) if files else ()
    ids = {files[entry.path]: entry.id for entry in entries if entry.path in files}
    return {name: ids.get(name) for name in names}


def _verify_entries(
    run: RunContext,
    root: FleetRoot,
    head: Id,
    governance: GovernanceHistory,
    names: Sequence[str],
    known: VerifiedLedgers | None,
) -> Verification:
    # each object once: a ledger of ten thousand entries is read for several questions
    repository = cached(root.repository, frozenset())
    history = PlumbingHistory(repository=repository, prefix=root.prefix)
    root = replace(root, repository=repository, history=history)
    beginnings = {name: _beginning(run, root, head, governance, name, known) for name in names}
    landings = {commit for beginning in beginnings.values() for commit in beginning.landings}
    since: Mapping[str, tuple[Id | None, tuple[Id, ...]]] = {
        name: (beginning.commit, beginning.landings) for name, beginning in beginnings.items()
    }
    if len(landings) <= _MANY and (few := check_recent_entries(run, root, head, since)) is not None:
        return few
    starts = {beginning.commit for beginning in beginnings.values()}
    result = replay_all(run, root, starts.pop() if len(starts) == 1 else None, head)
    errors = [
        item for item in result.entry_breaks if item.environment in names and item.severity is Severity.ERROR
    ]
    # a replay tells of a rewritten ledger for ever; commit by commit it shows what stands
    if any(item.rule in REWRITES for item in errors):
        return check_recent_entries(run, root, head, since) or Verification(breaks=tuple(errors))
    return Verification(breaks=tuple(errors))


def _beginning(
    run: RunContext,
    root: FleetRoot,
    head: Id,
    governance: GovernanceHistory,
    name: str,
    known: VerifiedLedgers | None,
) -> _Beginning:
    if known is not None and name in known.ledgers:
        return _Beginning(commit=known.head, landings=_landings(root, head, known.head, [name]))
    landings = _landings(root, head, None, [name])
    begin = vouched_beginning(run, root, head, governance, name, landings) if landings else None
    if begin is None:
        return _Beginning(commit=None, landings=landings)
    return _Beginning(commit=begin, landings=_landings(root, head, begin, [name]))


def _refusal(item: Break) -> FleetError:
    file = layout.ledger_file(item.environment) if item.environment else item.file
    where = f"{file}:{item.line if item.seq is None else item.seq}"
    message = f"{where}: commit {item.commit[:12]}: {item.message}"
    return FleetError(
        f"{message} ({item.rule}); nothing is built on a line that is not verified", hint=UNDO_HINT
    )
