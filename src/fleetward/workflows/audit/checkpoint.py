"""The audit checkpoint: the last verified ledger heads, in a file outside the repository."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from fleetward.domain import digest, layout, limits
from fleetward.domain.audit import Audit, Break, LedgerHead
from fleetward.domain.errors import FleetError, UsageError, WriteFailed
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.json_text import json_text
from fleetward.store.formats.strict_json import Fields, parse_json
from fleetward.store.git.atomic_files import write_file
from fleetward.store.git.fleet_root import FleetRoot
from fleetward.store.git.repository import Id
from fleetward.store.records import load as records

FORMAT = "fleetward.heads/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """What the last clean audit saw: the commit at its end, and the last line of each ledger by environment."""

    commit: Id
    heads: Mapping[str, LedgerHead]


def checkpoint_path(root: FleetRoot, path: Path) -> Path:
    """
    The absolute path of a checkpoint file.

    Errors: UsageError if it is inside the repository, or is not a regular file.
    """
    absolute = path.absolute()
    # resolved: a link beside the repository may lead into it
    folders = [folder.resolve() for folder in (root.repository.top, root.repository.git_dir) if folder]
    # whoever can rewrite the history must not reach the file that would show it
    if any(absolute.parent.resolve().is_relative_to(folder) for folder in folders):
        raise UsageError(
            f"{str(path)!r} is inside the repository: whoever rewrites history could rewrite it, too",
            hint="--head-file FILE somewhere else",
        )
    with suppress(FileNotFoundError):
        if not stat.S_ISREG(os.lstat(absolute).st_mode):
            raise UsageError(f"{str(path)!r} is not a regular file", hint="--head-file FILE")
    return absolute


def read_checkpoint(path: Path) -> Checkpoint | None:
    """
    The checkpoint of an earlier audit; None if there is no file.

    Errors: FleetError if the file is not what an audit wrote.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise FleetError(f"cannot read {str(path)!r}: {error.strerror}") from error
    name = str(path)
    data = parse_json(content, name, limit=limits.CHECKPOINT_BYTES)
    fields = Fields.from_value(data, name, ("format", "commit", "heads"))
    fields.constant("format", FORMAT)
    heads = {}
    for row in fields.objects("heads", ("environment", "seq", "line", "commit")):
        head = LedgerHead(seq=row.count("seq", least=1), line=row.digest("line"), commit=row.text("commit"))
        heads[row.name("environment")] = head
    return Checkpoint(commit=fields.text("commit"), heads=heads)


def rewritten_history(root: FleetRoot, last: Id, checkpoint: Checkpoint) -> Iterator[Break]:
    """What the branch up to *last* lacks of the checkpoint: its commit, or the line of a ledger."""
    history = root.repository.output("rev-list", "--first-parent", "--timestamp", last).decode().split()
    # first-parent: a commit that was only merged in is no proof of the branch's own line
    if checkpoint.commit not in history[1::2]:
        yield Break(
            rule="history-rewritten",
            message=(
                f"the previous audit ended at commit {checkpoint.commit}, which the branch no longer has"
            ),
            commit=last,
            file=layout.CONFIG,
            hint=f"git log --oneline --graph {last[:12]} {checkpoint.commit[:12]}",
        )
    tree = root.commit_tree(last)
    for environment, head in sorted(checkpoint.heads.items()):
        # the last element is empty: every ledger line ends with a line feed
        lines = records.ledger_bytes(tree, environment).split(b"\n")[:-1]
        line = digest.of_bytes(lines[head.seq - 1]) if len(lines) >= head.seq else "nothing"
        if line != head.line:
            change = f"was {head.line} at the last audit (commit {head.commit})"
            yield Break(
                rule="history-rewritten",
                message=f"line {head.seq} {change}, and is {line} now",
                commit=last,
                file=layout.ledger_file(environment),
                line=max(1, min(head.seq, len(lines))),
                hint=f"git log --oneline {last[:12]} -- {layout.ledger_file(environment)}",
                environment=environment,
            )


def write_checkpoint(path: Path, audit: Audit) -> None:
    """
    Write the checkpoint of a clean audit, atomically.

    Errors: WriteFailed, with the file as it was.
    """
    content = json_text(_encode(audit)).encode()
    try:
        # readable by its owner alone, and replaced as a whole: a half-written file would accuse
        write_file(path, content, mode=0o600)
    except OSError as error:
        raise WriteFailed(f"cannot write {str(path)!r}: {error.strerror}") from error


def _encode(audit: Audit) -> dict[str, Any]:
    heads = [
        {"environment": name, "seq": head.seq, "line": head.line, "commit": head.commit}
        for name, head in sorted(audit.heads.items())
    ]
    return {"format": FORMAT, "commit": audit.last, "heads": heads}
