"""Single commits of the first-parent line, by plumbing: for those who ask of a few of them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime

from fleetward.domain.audit import FileStep, FirstParentCommit
from fleetward.domain.layout import FLEET_PATHS
from fleetward.store.git.commit import instant, read_commits
from fleetward.store.git.fleet_root import FleetRoot
from fleetward.store.git.history import file_step
from fleetward.store.git.repository import Id


def line_positions(root: FleetRoot, head: Id) -> Mapping[Id, int]:
    """The commits of the first-parent line up to *head*, numbered from the oldest."""
    return {commit: number for number, (commit, _) in enumerate(root.history.first_parent_times(head))}


def first_parent_commit(root: FleetRoot, commit: Id) -> FirstParentCommit:
    """A commit with the fleet's files that differ from its first parent."""
    [read] = read_commits(root.repository, [commit])
    return FirstParentCommit(
        id=commit,
        parent=read.parents[0] if read.parents else None,
        committed=read.committed,
        changes=_changes(root, commit, read.parents[:1]),
        is_single=len(read.parents) < 2,
    )


def latest_date(root: FleetRoot, head: Id, commit: Id) -> tuple[Id, datetime] | None:
    """
    The commit with the latest date of those before which *commit* left the first-parent line of *head*, and the date.

    None for a commit with another beginning.
    """
    positions = line_positions(root, head)
    while commit not in positions:
        parents = read_commits(root.repository, [commit])[0].parents
        if not parents:
            return None
        commit = parents[0]
    line = list(root.history.first_parent_times(head))[: positions[commit] + 1]
    # of equal dates the newest commit
    latest = max(range(len(line)), key=lambda number: (line[number][1], number))
    return line[latest][0], instant(line[latest][1])


def _changes(root: FleetRoot, commit: Id, parents: tuple[Id, ...]) -> tuple[FileStep, ...]:
    prefix = root.prefix
    scope = [prefix + path for path in FLEET_PATHS]
    options = ("-r", "-z", "--raw", "--no-renames", *(() if parents else ("--root", "--no-commit-id")))
    out = root.repository.output("diff-tree", *options, *parents, commit, "--", *scope)
    parts, start = iter(out.split(b"\0")), len(os.fsencode(prefix))
    steps = (file_step(part, next(parts)[start:]) for part in parts if part)
    return tuple(sorted(steps, key=lambda step: step.path))
