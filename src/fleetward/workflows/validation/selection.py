"""Which findings ``fleet validate PATH...`` reports: those that the named files contain or cause."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from shlex import quote

from fleetward.domain import layout
from fleetward.domain.errors import NotAFleet
from fleetward.domain.finding import Finding
from fleetward.domain.fleet import AgentKey
from fleetward.domain.names import is_name
from fleetward.store.git.fleet_root import FleetRoot
from fleetward.store.git.tree import Tree
from fleetward.workflows.context import RunContext


def selected_paths(
    paths: Sequence[str], run: RunContext, fleet_root: FleetRoot, tree: Tree
) -> frozenset[str]:
    """
    The named files and folders, relative to the fleet root; paths outside the fleet are ignored.

    Empty where everything is selected. Errors: NotAFleet for a path that neither the disk nor git knows.
    """
    root = fleet_root.path.resolve()
    selected = []
    for path in paths:
        absolute = Path(run.path(path)).absolute()
        place = absolute.parent.resolve() / absolute.name  # a link itself, not its target
        if place.resolve() == root:
            return frozenset()
        if place.is_relative_to(root):
            selected.append(place.relative_to(root).as_posix())
            if not os.path.lexists(place) and not _is_in_git(fleet_root, tree, selected[-1]):
                folders = " ".join(
                    quote(run.path_argument(fleet_root.path / folder))
                    for folder in _agent_folders(root, path)
                )
                hint = f"fleet validate{run.chdir} {folders}".rstrip()
                raise NotAFleet(f"no file or folder {path!r} in this fleet", hint=hint)
    if paths and not selected:
        raise NotAFleet(
            f"none of the paths is in the fleet at {str(fleet_root.path)!r}", hint="fleet validate"
        )
    return frozenset(selected)


def _agent_folders(root: Path, name: str) -> tuple[str, ...]:
    """The folders of the agent *name*: other commands take the name alone, so people type it here, too."""
    manifests = root.glob(f"{layout.ENVIRONMENTS}/*/{name}/{layout.MANIFEST}") if is_name(name) else ()
    return tuple(sorted(manifest.parent.relative_to(root).as_posix() for manifest in manifests))


def _is_in_git(root: FleetRoot, tree: Tree, path: str) -> bool:
    """Whether git knows a path that is missing on disk: a file that is being deleted."""
    head = root.repository.find_commit("HEAD")
    return bool(tree.entries(path) or (head and root.commit_tree(head).entries(path)))


def is_selected(agent: AgentKey, selected: frozenset[str]) -> bool:
    """Whether all findings of the agent are reported."""
    return not selected or any(_is_governance(path) or _belongs_to(path, agent) for path in selected)


def is_concerned(finding: Finding, selected: frozenset[str]) -> bool:
    """Whether one of these files contains or causes the finding: of its agent, related, governance, or missing."""
    touched = {finding.place.file, *(place.file for place in finding.related)}
    key = (finding.environment or "", finding.agent or "")
    return any(
        _is_governance(path)
        or any(file == path or file.startswith(f"{path}/") for file in touched)
        or any(f"{path}/".startswith(f"{folder}/") for folder in finding.missing_folders)
        or (finding.agent is not None and _belongs_to(path, key))
        for path in selected
    )


def _is_governance(path: str) -> bool:
    return path in (layout.CONFIG, layout.GOVERNANCE) or path.startswith(f"{layout.GOVERNANCE}/")


def _belongs_to(path: str, agent: AgentKey) -> bool:
    """Whether *path* is in the folder or the proposal of the agent, or is a folder around one of them."""
    inside = f"{path}/"
    folders = [f"{top}/{'/'.join(agent)}/" for top in (layout.ENVIRONMENTS, layout.PROPOSALS)]
    return any(inside.startswith(folder) or folder.startswith(inside) for folder in folders)
