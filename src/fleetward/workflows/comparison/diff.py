"""Compare two revisions of a fleet, or two of its environments."""

from __future__ import annotations

from fleetward.domain.errors import UsageError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.fleet_diff import FleetDiff
from fleetward.store.git.fleet_root import FleetRoot, find_fleet_root
from fleetward.workflows.comparison import changed_files, next_step
from fleetward.workflows.comparison.revisions import (
    Side,
    resolve_environments,
    resolve_head,
    resolve_revisions,
)
from fleetward.workflows.comparison.run import compare_environments, compare_fleets
from fleetward.workflows.context import RunContext


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffOptions:
    """What to compare; the work tree, the index and two environments exclude each other."""

    revisions: tuple[str, ...] = ()
    staged: bool = False
    worktree: bool = False
    environments: str | None = None
    """``A..B``"""
    root: str | None = None
    """The fleet's folder in a bare repository."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffResult:
    """The differences, and the two sides that were compared."""

    fleet_diff: FleetDiff
    base: Side
    head: Side
    fleet_root: FleetRoot
    options: DiffOptions

    @property
    def same_commit(self) -> bool:
        """Whether a base that nobody named is the very commit it was compared with."""
        is_explicit = self.options.revisions or self.options.environments
        return not is_explicit and self.head.commit is not None and self.base.commit == self.head.commit

    def uncommitted(self) -> int:
        """How many changed files of the work tree the comparison ignores."""
        return changed_files.count_uncommitted(self.fleet_root, self.head)


def diff(run: RunContext, options: DiffOptions) -> DiffResult:
    """
    The differences between the two sides that *options* name.

    Errors: UsageError for options that exclude each other; GitError; FleetError where neither side is a fleet.
    """
    fleet_root = find_fleet_root(run.folder, run.environment, root=options.root)
    if options.environments is not None:
        if options.staged or options.worktree:
            raise UsageError(
                "--env excludes --staged and --worktree", hint="leave --staged and --worktree out"
            )
        base, head = resolve_environments(fleet_root, options.environments, options.revisions)
        first, _, second = options.environments.partition("..")
        fleet_diff = compare_environments(fleet_root, base, head, first, second)
    else:
        if options.staged or options.worktree:
            base, head = resolve_head(
                fleet_root, options.revisions, staged=options.staged, worktree=options.worktree
            )
        else:
            base, head = resolve_revisions(fleet_root, options.revisions, run.environment)
        fleet_diff = compare_fleets(fleet_root, base, head)
    return DiffResult(fleet_diff=fleet_diff, base=base, head=head, fleet_root=fleet_root, options=options)


def next_command(run: RunContext, result: DiffResult) -> str:
    """The command after this comparison."""
    if result.fleet_root.repository.top is None:
        return "fleet diff --rules"
    across = result.options.environments is not None
    return next_step.next_command(run, result.fleet_root, result.head, result.fleet_diff, across=across)
