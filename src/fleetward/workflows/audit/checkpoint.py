"""The last ends of the ledgers that somebody saw, kept outside the repository: what shortened them is noticed."""

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
from fleetward.domain.json_text import json_text
from fleetward.store.formats.strict_json import Fields, parse_json
from fleetward.store.git.atomic_files import write_file
from fleetward.store.git.fleet_root import FleetRoot
from fleetward.store.git.repository import Id
from fleetward.store.records import load as records

FORMAT = "fleetward.heads/1"


def checkpoint_path(ground: FleetRoot, path: Path) -> Path:
    """
    The path, where it is fit to remember something.

    Errors: UsageError inside the repository, or where something else than a file lies.
    """
    absolute = path.absolute()
    folders = [
        folder.resolve()
        for folder in (ground.repository.top, ground.repository.git_dir)
        if folder is not None
    ]
    if any(absolute.parent.resolve().is_relative_to(folder) for folder in folders):
        raise UsageError(
            f"{str(path)!r} is inside the repository: whoever rewrites that would rewrite it, too",
            hint="--head-file FILE somewhere else",
        )
    with suppress(FileNotFoundError):
        if not stat.S_ISREG(os.lstat(absolute).st_mode):
            raise UsageError(f"{str(path)!r} is no regular file", hint="--head-file FILE")
    return absolute


def read_checkpoint(path: Path) -> tuple[Id, Mapping[str, LedgerHead]] | None:
    """
    What was seen last: the commit, and by environment the end of its ledger; None where nothing was yet.

    Errors: FleetError where the file is not what an audit wrote.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise FleetError(f"cannot read {str(path)!r}: {error.strerror}") from error
    name = str(path)
    fields = Fields.from_value(
        parse_json(content, name, limit=limits.CHECKPOINT_BYTES), name, ("format", "commit", "heads")
    )
    fields.constant("format", FORMAT)
    heads = {}
    for row in fields.objects("heads", ("environment", "seq", "line", "commit")):
        head = LedgerHead(seq=row.count("seq", least=1), line=row.digest("line"), commit=row.text("commit"))
        heads[row.name("environment")] = head
    return fields.text("commit"), heads


def rewritten_history(
    ground: FleetRoot, last: Id, checkpoint: tuple[Id, Mapping[str, LedgerHead]]
) -> Iterator[Break]:
    """What is not there any more of what was seen: the commit itself, or the end of a ledger."""
    commit, heads = checkpoint
    history = ground.repository.output("rev-list", "--first-parent", "--timestamp", last).decode().split()
    if commit not in history[1::2]:
        yield Break(
            rule="history-rewritten",
            message=f"the audit before ended at commit {commit}, which the branch does not have any more",
            commit=last,
            file=layout.CONFIG,
            hint=f"git log --oneline --graph {last[:12]} {commit[:12]}",
        )
    tree = ground.commit_tree(last)
    for environment, head in sorted(heads.items()):
        lines = records.ledger_bytes(tree, environment).split(b"\n")[:-1]
        line_digest = digest.of_bytes(lines[head.seq - 1]) if len(lines) >= head.seq else "nothing"
        if line_digest != head.line:
            yield Break(
                rule="history-rewritten",
                message=f"line {head.seq} was {head.line} when it was seen last (commit {head.commit}), it is {line_digest}",
                commit=last,
                file=layout.ledger_file(environment),
                line=max(1, min(head.seq, len(lines))),
                hint=f"git log --oneline {last[:12]} -- {layout.ledger_file(environment)}",
                environment=environment,
            )


def write_checkpoint(path: Path, audit: Audit) -> None:
    """
    Write down what a clean audit saw, in one step.

    Errors: Unwritten, with the file as it was.
    """
    content = json_text(as_json(audit)).encode()
    try:
        write_file(path, content, mode=0o600)
    except OSError as error:
        raise WriteFailed(f"cannot write {str(path)!r}: {error.strerror}") from error


def as_json(audit: Audit) -> dict[str, Any]:
    """What is kept."""
    heads = [
        {"environment": name, "seq": head.seq, "line": head.line, "commit": head.commit}
        for name, head in sorted(audit.heads.items())
    ]
    return {"format": FORMAT, "commit": audit.last, "heads": heads}
