"""The agent that a new one begins as: one of the fleet, or a manifest elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from fleetward.domain import layout, limits
from fleetward.domain.errors import FleetError, UsageError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.fleet import Snapshot
from fleetward.domain.manifest import Agent
from fleetward.store.formats.document import read_document
from fleetward.workflows.context import RunContext
from fleetward.workflows.suggestions import unknown_agent

_MAX_PATH = 500
"""Characters of a text that could be a path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSource:
    """The name and the files of the agent; its overrides are not among them."""

    name: str
    contents: Mapping[str, bytes]


def find_source(run: RunContext, fleet: Snapshot, text: str) -> AgentSource:
    """
    The agent that *text* names, as the last environment has it, or the one of the manifest at that path.

    Errors: UsageError where there is neither; FleetError where the manifest is invalid.
    """
    held = [
        agent
        for environment in fleet.config.environments
        if (agent := fleet.agents.get((environment.name, text))) is not None
    ]
    if held:
        return _fleet_source(held[-1])
    path = run.path(text)
    manifest = path / layout.MANIFEST if path.is_dir() else path
    if not manifest.is_file():
        raise unknown_agent(text, "this fleet, and no such file", {name for _, name in fleet.agents})
    return _file_source(manifest, text)


def _fleet_source(agent: Agent) -> AgentSource:
    if agent.manifest is None:
        file = f"{agent.folder}/{layout.MANIFEST}"
        raise FleetError(f"{file} is invalid, and no beginning", hint="fleet validate")
    contents = {file.path: file.content for file in agent.files if file.path != layout.OVERRIDES}
    return AgentSource(name=agent.name, contents=contents)


def _file_source(manifest: Path, text: str) -> AgentSource:
    """The manifest and the files beside it that it names."""
    content = _read(manifest, text)
    document = read_document(content, text, "agent")
    if document.data is None or document.findings:
        first = document.findings[0]
        message = f"{text}:{first.place.line}: {first.message}"
        raise FleetError(message, hint="name an agent of this fleet, or mend the file")
    contents = {layout.MANIFEST: content}
    folder = manifest.parent.resolve()
    for name in sorted(set(_texts(document.data["spec"]))):
        place = folder / name
        # nothing from outside of the folder, also not by a link
        if place.is_file() and place.resolve().is_relative_to(folder) and place != manifest.resolve():
            contents[name] = _read(place, name)
    return AgentSource(name=str(document.data["metadata"]["name"]), contents=contents)


def _texts(value: Any) -> Iterator[str]:
    """Every text that could be a path."""
    if isinstance(value, str):
        is_short = 0 < len(value) <= _MAX_PATH
        if is_short and "\0" not in value and value[0] != "/" and ".." not in value.split("/"):
            yield value
    elif isinstance(value, Mapping):
        for child in value.values():
            yield from _texts(child)
    elif isinstance(value, list):
        for child in value:
            yield from _texts(child)


def _read(path: Path, text: str) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {text!r}: {error.strerror}", hint="name another file") from error
    if len(content) > limits.AGENT_FILE_BYTES:
        raise UsageError(f"{text!r} is too large for an agent", hint="name another file")
    return content
