"""The last ends of the ledgers that somebody saw, kept outside the repository: what shortened them is noticed."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from fleetward.domain import digest
from fleetward.domain.audit import Audit, Break, Seen
from fleetward.domain.errors import FleetError, Unwritten, UsageError
from fleetward.domain.json_text import json_text
from fleetward.store.formats.strict_json import Fields, decoded
from fleetward.store.git.fleet_root import Ground
from fleetward.store.git.repository import Id
from fleetward.store.records import load as records
from fleetward.store.records.ledger import file_name

FORMAT = "fleetward.heads/1"
_LARGEST = 1024 * 1024


def usable(ground: Ground, path: Path) -> Path:
    """
    The path, where it is fit to remember something.

    Errors: UsageError inside the repository, or where something else than a file lies.
    """
    whole = path.absolute()
    inside = [one.resolve() for one in (ground.repository.top, ground.repository.git_dir) if one is not None]
    if any(whole.parent.resolve().is_relative_to(one) for one in inside):
        raise UsageError(
            f"{str(path)!r} is inside the repository: whoever rewrites that would rewrite it, too",
            hint="--head-file FILE somewhere else",
        )
    with suppress(FileNotFoundError):
        if not stat.S_ISREG(os.lstat(whole).st_mode):
            raise UsageError(f"{str(path)!r} is no regular file", hint="--head-file FILE")
    return whole


def remembered(path: Path) -> tuple[Id, Mapping[str, Seen]] | None:
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
    where = str(path)
    top = Fields.of(decoded(content, where, limit=_LARGEST), where, ("format", "commit", "heads"))
    top.exactly("format", FORMAT)
    heads = {}
    for one in top.objects("heads", ("environment", "seq", "line", "commit")):
        seen = Seen(seq=one.count("seq", least=1), line=one.digest("line"), commit=one.text("commit"))
        heads[one.name("environment")] = seen
    return top.text("commit"), heads


def rewritten(ground: Ground, last: Id, seen: tuple[Id, Mapping[str, Seen]]) -> Iterator[Break]:
    """What is not there any more of what was seen: the commit itself, or the end of a ledger."""
    commit, heads = seen
    line = ground.repository.need("rev-list", "--first-parent", "--timestamp", last).decode().split()
    if commit not in line[1::2]:
        yield Break(
            rule="history-rewritten",
            message=f"the audit before ended at commit {commit}, which the branch does not have any more",
            commit=last,
            file="fleet-config.yaml",
            hint=f"git log --oneline --graph {last[:12]} {commit[:12]}",
        )
    tree = ground.commit(last)
    for environment, end in sorted(heads.items()):
        lines = records.ledger_bytes(tree, environment).split(b"\n")[:-1]
        held = digest.of_bytes(lines[end.seq - 1]) if len(lines) >= end.seq else "nothing"
        if held != end.line:
            yield Break(
                rule="history-rewritten",
                message=f"line {end.seq} was {end.line} when it was seen last (commit {end.commit}), it is {held}",
                commit=last,
                file=file_name(environment),
                line=max(1, min(end.seq, len(lines))),
                hint=f"git log --oneline {last[:12]} -- {file_name(environment)}",
                environment=environment,
            )


def remember(path: Path, audit: Audit) -> None:
    """
    Write down what a clean audit saw, in one step.

    Errors: Unwritten, with the file as it was.
    """
    content = json_text(data(audit)).encode()
    part = None
    try:
        handle, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(part).replace(path)
    except OSError as error:
        if part is not None:
            with suppress(OSError):
                Path(part).unlink()
        raise Unwritten(f"cannot write {str(path)!r}: {error.strerror}") from error


def data(audit: Audit) -> dict[str, Any]:
    """What is kept."""
    heads = [
        {"environment": name, "seq": seen.seq, "line": seen.line, "commit": seen.commit}
        for name, seen in sorted(audit.heads.items())
    ]
    return {"format": FORMAT, "commit": audit.last, "heads": heads}
