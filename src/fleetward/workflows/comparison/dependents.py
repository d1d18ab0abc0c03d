"""The agents at the head that depend on a retired agent."""

from __future__ import annotations

import re
from functools import cached_property

from fleetward.domain import layout, limits
from fleetward.domain.fleet import AgentKey, FleetConfig
from fleetward.store.git.tree import REGULAR, Tree
from fleetward.workflows.comparison.agents import dependents
from fleetward.workflows.comparison.changed_files import AGENT_FOLDERS
from fleetward.workflows.load import load_fleet


class FleetFiles:
    """All agents of a tree, not only the compared ones; read once, and only if a comparison needs them."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree

    # lazy: only a retired agent asks for it
    @cached_property
    def agents(self) -> tuple[AgentKey, ...]:
        """Every agent."""
        paths = (entry.path.split("/") for entry in self.tree.entries(layout.ENVIRONMENTS))
        return tuple(sorted({(parts[1], parts[2]) for parts in paths if len(parts) > 3}))

    @cached_property
    def manifests(self) -> dict[str, dict[str, bytes]]:
        """Manifests and overrides as bytes, by environment and path."""
        names = (f"/{layout.MANIFEST}", f"/{layout.OVERRIDES}")
        entries = [
            entry
            for entry in self.tree.entries(*AGENT_FOLDERS)
            if entry.mode in REGULAR and entry.path.endswith(names)
        ]
        manifests: dict[str, dict[str, bytes]] = {}
        for path, content in self.tree.read(entries, limits.AGENT_FILE_BYTES).items():
            if isinstance(content, bytes):
                manifests.setdefault(path.split("/")[1], {})[path] = content
        return manifests


def find_dependents(files: FleetFiles, key: AgentKey, config: FleetConfig | None) -> tuple[str, ...]:
    """The agents that depend on *key*; only manifests whose text has its name are parsed."""
    environment, name = key
    manifests = files.manifests.get(environment, {})
    # parsing every manifest would make the cost follow the size of the fleet (SPEC 5)
    names = {path.split("/")[2] for path, content in manifests.items() if may_name(content, name)}
    if not names:
        return ()
    fleet = load_fleet(files.tree, {(environment, agent) for agent in names}, fallback_config=config)
    return dependents(fleet.snapshot, environment, name) if fleet.snapshot else ()


def may_name(content: bytes, name: str) -> bool:
    """Could the text name the agent? With a backslash, YAML can write a name in other characters."""
    text = name.encode("utf-8", "surrogateescape")
    if text not in content:
        # a name can be written with escapes: such a text is parsed to be sure
        return b"\\" in content
    # whole names: `pay` is not in `payroll`
    word = rb"(?<![A-Za-z0-9-])" + re.escape(text) + rb"(?![A-Za-z0-9-])"
    return re.search(word, content) is not None or b"\\" in content
