"""The commit that brought each ledger entry, and what it changed in the folders of its agents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from fleetward.domain import layout, limits
from fleetward.domain.audit import FileStep, FileVersion
from fleetward.domain.errors import FleetError
from fleetward.domain.landed_change import LandedChange
from fleetward.domain.ledger import Entry
from fleetward.store.formats.strict_yaml import parse_yaml
from fleetward.store.git.commit import read_commits
from fleetward.store.git.fleet_root import FleetRoot
from fleetward.store.git.repository import Id

_DEPTH = 3
"""Keys below ``spec`` that name a change: deeper ones are counted as one."""
_VALUES = (layout.MANIFEST, layout.OVERRIDES)


def landed_changes(
    root: FleetRoot, head: Id, entries: Sequence[Entry]
) -> Mapping[tuple[str, int], LandedChange]:
    """By environment and number what each entry brought."""
    commits = {
        (entry.environment, entry.seq): commit
        for environment in dict.fromkeys(entry.environment for entry in entries)
        for entry, commit in _landings(root, head, [e for e in entries if e.environment == environment])
    }
    environments = [layout.environment_folder(name) for name in {entry.environment for entry in entries}]
    steps: dict[Id, list[FileStep]] = {}
    for changed_by, step in root.history.changes({id_ for id_ in commits.values() if id_}, environments):
        steps.setdefault(changed_by, []).append(step)
    data = _values(root, [step for listed in steps.values() for step in listed])
    return {
        (entry.environment, entry.seq): LandedChange(
            commit=(commit := commits[entry.environment, entry.seq]),
            agents={
                item.agent: tuple(
                    _paths(
                        steps.get(commit or "", ()), layout.agent_folder(entry.environment, item.agent), data
                    )
                )
                for item in entry.agents
            },
            resumed=frozenset(
                item.agent
                for item in entry.agents
                if _is_resumed(
                    steps.get(commit or "", ()), layout.agent_folder(entry.environment, item.agent), data
                )
            ),
        )
        for entry in entries
    }


def _landings(root: FleetRoot, head: Id, entries: Sequence[Entry]) -> Iterator[tuple[Entry, Id | None]]:
    """Each entry of one environment with the commit that has its line."""
    file = layout.ledger_file(entries[0].environment)
    touching = read_commits(root.repository, root.history.commits_changing(head, [file]))
    # an entry names the commit that was judged: its own commit comes right after that
    by_parent = {commit.parents: commit.id for commit in reversed(touching)}
    line: Sequence[Id] | None = None
    for entry in entries:
        commit = by_parent.get((entry.commit,))
        if commit is None:
            # squashed or rebased: looked for in the ledger, which only grows
            line = line if line is not None else root.history.first_parent_commits_changing(head, [file])
            commit = _first_with(root, line, file, entry.line.encode())
        yield entry, commit


def _first_with(root: FleetRoot, commits: Sequence[Id], file: str, line: bytes) -> Id | None:
    """The first of *commits*, oldest first, whose *file* has *line*."""
    low, high = 0, len(commits)
    while low < high:
        middle = (low + high) // 2
        tree = root.commit_tree(commits[middle])
        content = tree.read(tree.entries(file), limits.LEDGER_BYTES).get(file)
        if isinstance(content, bytes) and line in content.split(b"\n"):
            high = middle
        else:
            low = middle + 1
    return commits[low] if low < len(commits) else None


def _values(root: FleetRoot, steps: Iterable[FileStep]) -> Mapping[Id, Any]:
    """By blob the data of every manifest and every overrides file that changed."""
    ids = {
        version.id
        for step in steps
        if step.path.rpartition("/")[2] in _VALUES
        for version in (step.old, step.new)
        if version is not None
    }
    try:
        blobs = root.repository.blobs(ids, limits.AGENT_FILE_BYTES)
    except FleetError:
        # a clone without old files: their names are still told
        return {}
    return {
        blob: parse_yaml(content, layout.MANIFEST).data
        for blob, content in blobs.items()
        if isinstance(content, bytes)
    }


def _paths(steps: Iterable[FileStep], folder: str, data: Mapping[Id, Any]) -> Iterator[str]:
    """The values and files that changed under *folder*, values first."""
    files = []
    for step in sorted(steps, key=lambda item: item.path):
        if not step.path.startswith(f"{folder}/"):
            continue
        name = step.path.removeprefix(f"{folder}/")
        if name not in _VALUES:
            files.append(name)
            continue
        before, after = (_data(version, data) for version in (step.old, step.new))
        if before is None or after is None:
            files.append(name)
            continue
        yield from (path.removeprefix("spec.") for path in _differing(before, after))
    yield from files


def _is_resumed(steps: Iterable[FileStep], folder: str, data: Mapping[Id, Any]) -> bool:
    """Whether an agent that was suspended runs again."""
    file = f"{folder}/{layout.OVERRIDES}"
    return any(
        step.path == file
        and _is_suspended(_data(step.old, data))
        and not _is_suspended(_data(step.new, data))
        for step in steps
    )


def _is_suspended(overrides: Any) -> bool:
    spec = overrides.get("spec") if isinstance(overrides, dict) else None
    return isinstance(spec, dict) and spec.get("suspended") is True


def _data(version: FileVersion | None, data: Mapping[Id, Any]) -> Any:
    """A file that is not there has no values; None for one that could not be read."""
    return {} if version is None else data.get(version.id)


def _differing(before: Any, after: Any, path: str = "", depth: int = 0) -> Iterator[str]:
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict) and depth < _DEPTH:
        for key in {**before, **after}:
            yield from _differing(
                before.get(key), after.get(key), f"{path}.{key}" if path else str(key), depth + 1
            )
        return
    if isinstance(before or after, dict) and depth < _DEPTH and not (before and after):
        side = before or after
        yield from (f"{path}.{key}" if path else str(key) for key in side)
        return
    yield path
