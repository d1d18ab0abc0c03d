"""Records and ledger lines that a merged branch had and the merge commit lacks."""

from __future__ import annotations

from collections.abc import Iterator

from fleetward.domain import layout, limits
from fleetward.domain.audit import Break, FirstParentCommit
from fleetward.store.git.contents import contents
from fleetward.store.git.tree import REGULAR
from fleetward.store.records import load as records
from fleetward.store.records.invalid_entries import never_took_effect
from fleetward.workflows.audit.replay_state import HistoryReplay

_FOLDERS = (layout.APPROVALS, layout.EVIDENCE, layout.ATTESTATIONS)


def dropped_records(replay: HistoryReplay, commit: FirstParentCommit) -> Iterator[Break]:
    """Approvals and evidence of a merged branch that the merge commit lacks."""
    # a commit with one parent cannot leave anything of a second one out
    if commit.is_single:
        return
    merged = {
        (path, blob)
        for path, blob in replay.history.merged_versions(commit)
        if path.startswith(tuple(f"{folder}/" for folder in _FOLDERS))
    }
    entries = replay.root.commit_tree(commit.id).entries(*_FOLDERS)
    dropped = sorted(merged - {(entry.path, entry.id) for entry in entries})
    loaded = replay.root.repository.blobs((blob for _, blob in dropped), limits.APPROVAL_BYTES)
    for path, blob in dropped:
        content = loaded[blob]
        # an unreadable file binds nobody, and a file in another format is no record
        if isinstance(content, bytes) and records.is_binding_record(content, path):
            message = f"the merged branch had this record (blob {blob[:12]}), the merge left it out"
            yield _dropped(commit, path, blob, message)


def unreadable_before(replay: HistoryReplay, commit: FirstParentCommit) -> frozenset[str]:
    """The files among approvals and evidence that *commit* changed and that were no readable records before it."""
    folders = (f"{layout.APPROVALS}/", f"{layout.EVIDENCE}/")
    blobs = {
        change.path: change.old.id
        for change in commit.changes
        if change.path.startswith(folders) and change.old is not None and change.old.mode in REGULAR
    }
    changed = {change.path for change in commit.changes if change.path.startswith(folders) and change.old}
    contents_by_blob = replay.root.repository.blobs(blobs.values(), limits.EVIDENCE_BYTES) if blobs else {}
    readable = {
        path
        for path, blob in blobs.items()
        if isinstance(content := contents_by_blob[blob], bytes) and records.is_readable_record(content, path)
    }
    unreadable = changed - readable
    # a signature goes with its record, and not without it
    kept = {path for path in unreadable if path.endswith(".sig") and path[: -len(".sig")] not in unreadable}
    return frozenset(unreadable - kept)


def dropped_lines(replay: HistoryReplay, commit: FirstParentCommit) -> Iterator[Break]:
    """Ledger lines of a merged branch that took effect and that the merge commit lacks."""
    merged = set() if commit.is_single else set(replay.history.merged_versions(commit))
    tree = replay.root.commit_tree(commit.id)
    for path, blob in sorted((path, blob) for path, blob in merged if layout.ledger_environment(path)):
        content = contents(tree, path).get(path, b"")
        version = replay.root.repository.blobs([blob], limits.LEDGER_BYTES)[blob]
        # lines were only appended: the merged file is a prefix of the present one
        has_all = isinstance(version, bytes) and content.startswith(version)
        if not has_all and not never_took_effect(replay.root, commit.id, blob, content, path):
            message = f"the merged branch had lines (blob {blob[:12]}) that the merge left out"
            yield _dropped(commit, path, blob, message, layout.ledger_environment(path))


def _dropped(
    commit: FirstParentCommit, path: str, blob: str, message: str, environment: str | None = None
) -> Break:
    return Break(
        rule="record-dropped",
        message=message,
        commit=commit.id,
        file=path,
        hint=f"git cat-file blob {blob[:12]}",
        environment=environment,
    )
