"""Run an audit: which commits it replays, under which governance, and what git would hide of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from fleetward.domain.audit import Break
from fleetward.domain.errors import FleetError, GitError, NotAFleet, UsageError
from fleetward.domain.finding import Severity
from fleetward.store.formats.document import DocumentCache
from fleetward.store.git.file_history import require_full_history
from fleetward.store.git.fleet_root import FleetRoot
from fleetward.store.git.indexed_history import index_history
from fleetward.store.git.repository import Id
from fleetward.workflows.audit.checkpoint import Checkpoint, rewritten_history
from fleetward.workflows.audit.replay import ReplayResult, replay_history
from fleetward.workflows.audit.replay_state import GovernanceReader, HistoryReplay
from fleetward.workflows.context import RunContext
from fleetward.workflows.governance.in_force import last_entry_of_version_1

_GRAFTS = "info/grafts"
_MAX_DOCUMENTS = 2_000
"""Parsed files that are kept at a time: the same governance is read for thousands of commits."""


def run_audit(
    run: RunContext,
    root: FleetRoot,
    *,
    revisions: str | None = None,
    base: str | None = None,
    checkpoint: Checkpoint | None = None,
) -> ReplayResult:
    """
    Audit ``A..B`` or everything up to a revision; with *base*, what HEAD adds to it, under its governance.

    Errors: UsageError for a bad range, GitError for a shallow clone, NotAFleet if no environment is gated.
    """
    require_full_history(root.repository)
    begin, end = _range(root, revisions)
    # one cache for the whole replay: most commits share their governance files
    run = replace(run, documents=DocumentCache(_MAX_DOCUMENTS))
    result = _replay_base(run, root, base, end) if base else replay_all(run, root, begin, end)
    if not result.environments:
        raise NotAFleet(
            "nothing to audit: no environment of fleet-config.yaml has a 'from', and there is no ledger",
            hint="say where production is promoted from: environments: [{name: production, from: staging}]",
        )
    breaks = [*result.audit.breaks, *_replaced_history(root, end)]
    if checkpoint is not None:
        breaks += rewritten_history(root, end, checkpoint)
    ordered = tuple(sorted(breaks, key=lambda item: item.severity.rank))
    return replace(result, audit=replace(result.audit, breaks=ordered))


def _range(root: FleetRoot, text: str | None) -> tuple[Id | None, Id]:
    """The commit to begin after, None for the beginning of history, and the last commit."""
    if text is None:
        return None, root.head()
    first, dots, last = text.partition("..")
    # three dots mean a symmetric difference, which is no line of commits
    if last.startswith("."):
        raise UsageError(
            f"{text!r}: an audit follows one line of history", hint=f"fleet audit {first}..{last[1:]}"
        )
    if not dots:
        return None, root.repository.resolve(first)
    end = root.repository.resolve(last) if last else root.head()
    return root.repository.resolve(first or "HEAD"), end


def replay_all(run: RunContext, root: FleetRoot, begin: Id | None, end: Id) -> ReplayResult:
    """Replay every commit of the first-parent line after *begin* up to *end*."""
    run = run if run.documents else replace(run, documents=DocumentCache(_MAX_DOCUMENTS))
    root, history = index_history(root, end)
    governance = GovernanceReader(root, run.documents)
    replay = HistoryReplay(
        run=run,
        root=root,
        history=history,
        governance=governance,
        begin=begin,
        last_old_line=_last_old_line(root, begin, end),
    )
    return replay_history(replay, history.first_parent_commits(begin))


def _last_old_line(root: FleetRoot, begin: Id | None, end: Id) -> str:
    """The last ledger line without ``governanceVersion`` that comes after *begin*; empty where there is none."""
    try:
        last = last_entry_of_version_1(root, end)
        before = last_entry_of_version_1(root, begin) if begin else None
    # a ledger that is broken is reported by the replay
    except FleetError:
        return ""
    return last.line if last and (before is None or before.line != last.line) else ""


def _replay_base(run: RunContext, root: FleetRoot, base: str, end: Id) -> ReplayResult:
    """All that *end* adds to *base*, as one commit."""
    policy_commit = root.repository.resolve(base)
    # --base without a merge base would compare with something else: exit 2 (SPEC 5)
    common = root.repository.run("merge-base", policy_commit, end)
    if common.code != 0:
        raise GitError(f"HEAD has no history in common with {base!r}", hint="git fetch --unshallow")
    root, history = index_history(root, end)
    replay = HistoryReplay(
        run=run,
        root=root,
        history=history,
        governance=GovernanceReader(root, run.documents),
        begin=common.text,
        base=policy_commit,
    )
    combined = history.combined_commit(common.text)
    # nothing added is nothing to check: the end state is still compared
    return replay_history(replay, [combined] if combined.changes else [])


def _replaced_history(root: FleetRoot, end: Id) -> Iterator[Break]:
    """Replace refs and grafts, which make git show another history than the audited one."""
    # our git runs with GIT_NO_REPLACE_OBJECTS=1: a person's git shows something else
    refs = root.repository.output("for-each-ref", "--format=%(refname)", "refs/replace/").decode().split()
    for ref in refs:
        commit = ref.rpartition("/")[2]
        yield _replacement(commit, ref, f"git replace -d {commit}")
    grafts = root.repository.git_dir / _GRAFTS
    if grafts.exists():
        yield _replacement(end, _GRAFTS, f"rm {grafts}")


def _replacement(commit: Id, file: str, hint: str) -> Break:
    return Break(
        rule="history-replaced",
        message="git shows another object in its place: the audit checked the original",
        commit=commit,
        file=file,
        severity=Severity.WARNING,
        hint=hint,
    )
