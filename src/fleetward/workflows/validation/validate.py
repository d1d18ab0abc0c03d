"""Validate the fleet at one place: work tree, index or revision."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from shlex import quote
from typing import TYPE_CHECKING

from fleetward import rules
from fleetward.domain import layout
from fleetward.domain.errors import GitError, NotAFleet, UsageError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Finding
from fleetward.domain.fleet import WAIVABLE_TEXT
from fleetward.domain.validation import Validation
from fleetward.store.git.discovery import NoRepository
from fleetward.store.git.fleet_root import FleetRoot, find_fleet_root
from fleetward.store.git.plain_folder import FolderTree, find_plain_folder
from fleetward.store.git.process import GitMissing
from fleetward.store.git.tree import Tree
from fleetward.workflows.context import RunContext
from fleetward.workflows.validation.policy_version import reused_since_last_entry
from fleetward.workflows.validation.run import Attestations, ValidationRun, validate_fleet
from fleetward.workflows.validation.selection import is_concerned, is_selected, selected_paths

if TYPE_CHECKING:
    from fleetward.store.cache.validation_cache import ValidationCache


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidateOptions:
    """What to validate, and how."""

    paths: tuple[str, ...] = ()
    staged: bool = False
    revision: str | None = None
    allow_empty: bool = False
    processes: int | None = None
    cached: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationResult:
    """The findings, and the files that they are in."""

    validation: Validation
    governance_valid: bool
    """Whether rules could run at all."""
    text: Callable[[str], str]
    """The text of a file by its path; reports quote lines of it."""
    root: FleetRoot | None
    """None in a folder that is in no repository."""
    staged: bool


def validate(run: RunContext, options: ValidateOptions) -> ValidationResult:
    """
    Validate the fleet, and keep the findings that the named paths contain or cause.

    Errors: UsageError, GitError; NotAFleet where there is no fleet, or no agent and no leave to be empty.
    """
    if options.staged and options.revision:
        raise UsageError("--staged and --rev exclude each other", hint="leave one of them out")
    try:
        root = find_fleet_root(run.folder, run.environment)
    except (NoRepository, GitMissing):
        plain = find_plain_folder(run.folder)
        if plain is None or options.staged or options.revision or options.paths:
            raise
        return _validate_folder(plain, run, options)
    tree = _tree(root, options)
    cache = _open_cache(root, run) if options.cached else None
    try:
        checked = validate_fleet(
            tree,
            run.now,
            cache=cache,
            processes=options.processes,
            attestations=lambda: _attestations(root, run, options.revision),
        )
    except NotAFleet as error:
        raise _missing_fleet(error, run, options) from None
    selected = selected_paths(options.paths, run, root, tree)
    findings = (
        *_with_drift(_with_foreign_waivers(checked, root, run, options), root, tree),
        *_reused_version(checked, root),
        *_invalid(checked),
    )
    checked = replace(checked, findings=findings)
    validation = _validation(checked, selected, run, root.prefix)
    if not validation.agents and not checked.findings and not options.allow_empty:
        raise NotAFleet("no agents to check", hint="fleet new AGENT, or --allow-empty")
    return ValidationResult(
        validation=validation,
        governance_valid=checked.governance_valid,
        text=checked.text,
        root=root,
        staged=options.staged,
    )


def _validate_folder(tree: FolderTree, run: RunContext, options: ValidateOptions) -> ValidationResult:
    """The result for a folder without git, which has neither history nor cache."""
    checked = validate_fleet(tree, run.now, processes=options.processes)
    validation = _validation(checked, frozenset(), run, "")
    if not validation.agents and not checked.findings and not options.allow_empty:
        raise NotAFleet("no agents to check", hint="fleet new AGENT, or --allow-empty")
    return ValidationResult(
        validation=validation,
        governance_valid=checked.governance_valid,
        text=checked.text,
        root=None,
        staged=False,
    )


def next_command(run: RunContext, result: ValidationResult) -> str:
    """The command after this report: for the first finding, else a first commit, else a comparison."""
    validation, root = result.validation, result.root
    if root is None:
        return f"git{run.chdir} init && git{run.chdir} add -A"
    first = next((finding for finding in validation.findings if not finding.waived), None)
    if validation.errors and first is not None:
        return f"fleet validate{run.chdir} {quote(run.path_argument(root.path / first.place.file))}"
    if root.repository.find_commit("HEAD") is None:
        return f"git{run.chdir} add -A && git{run.chdir} commit -m 'the fleet as it is'"
    return f"fleet diff{run.chdir} {'--staged' if result.staged else '--worktree'}"


def _tree(root: FleetRoot, options: ValidateOptions) -> Tree:
    if options.revision is not None:
        return root.tree_at(options.revision)
    if options.staged and root.repository.top is None:
        raise GitError("a bare repository has no index", hint="name a revision with --rev")
    return root.staged_tree() if options.staged else root.work_tree()


def _open_cache(root: FleetRoot, run: RunContext) -> ValidationCache | None:
    from fleetward.store.cache import validation_cache

    return validation_cache.open_cache(root.repository.common_dir, root.prefix, run.environment)


def _missing_fleet(error: NotAFleet, run: RunContext, options: ValidateOptions) -> NotAFleet:
    """The error where the work tree has a fleet, and the index or the revision has none."""
    if options.staged:
        return NotAFleet(f"no {layout.CONFIG} is staged", hint=f"git{run.chdir} add -A")
    if options.revision:
        return NotAFleet(f"no {layout.CONFIG} in {options.revision!r}", hint=f"fleet validate{run.chdir}")
    return error


def _with_drift(findings: tuple[Finding, ...], root: FleetRoot, tree: Tree) -> tuple[Finding, ...]:
    """The findings, with the first differing file where a gated folder differs from its promoted release."""
    if all(finding.rule != "unpromoted-state" for finding in findings):
        return findings
    from fleetward.workflows.validation.drift import with_drift

    return tuple(with_drift(findings, root, tree))


def _with_foreign_waivers(
    checked: ValidationRun, root: FleetRoot, run: RunContext, options: ValidateOptions
) -> tuple[Finding, ...]:
    """The findings; a waiver of a text that its approver wrote excuses nothing."""
    if checked.governance is None or not any(
        finding.waived and finding.rule in WAIVABLE_TEXT for finding in checked.findings
    ):
        return checked.findings
    from fleetward.store.git.discovery import author_identity
    from fleetward.workflows.waived_text import Unwritten, without_own_waivers

    head = root.repository.find_commit(options.revision or "HEAD")
    unwritten = None
    if options.revision is None:
        unwritten = Unwritten(
            text=checked.text, author=lambda: author_identity(root.path, run.environment)[1]
        )
    waivers = [waiver for waiver in checked.waivers if rules.in_force(waiver, run.now)]
    return tuple(without_own_waivers(checked.findings, checked.governance, waivers, root, head, unwritten))


def _attestations(root: FleetRoot, run: RunContext, revision: str | None) -> Attestations:
    from fleetward.workflows.validation.attested_work import committed_attestations

    return committed_attestations(root, run, revision)


def _invalid(checked: ValidationRun) -> tuple[Finding, ...]:
    if checked.governance is None or not checked.governance.attestations:
        return ()
    from fleetward.workflows.validation.attested_work import invalid_attestations

    return tuple(invalid_attestations(checked.governance.attestations))


def _reused_version(checked: ValidationRun, root: FleetRoot) -> tuple[Finding, ...]:
    if checked.governance is None:
        return ()
    return reused_since_last_entry(root, checked.governance.policy, checked.governance.ledgers.values())


def _validation(checked: ValidationRun, selected: frozenset[str], run: RunContext, prefix: str) -> Validation:
    findings = [finding for finding in checked.findings if not selected or is_concerned(finding, selected)]
    return Validation(
        findings=tuple(sorted(findings, key=lambda finding: finding.sort_key)),
        agents=len(checked.agents),
        files=checked.files,
        checked=tuple(key for key in checked.agents if is_selected(key, selected)),
        skipped=tuple(key for key in checked.skipped if is_selected(key, selected)),
        unread={key: paths for key, paths in checked.unread.items() if is_selected(key, selected)},
        waivers=tuple(waiver for waiver in checked.waivers if rules.in_force(waiver, run.now)),
        prefix=prefix,
    )
