"""Files of an agent's folder: each is there for something."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from fleetward.domain import layout
from fleetward.domain.finding import Place, Severity
from fleetward.domain.fleet import Snapshot
from fleetward.domain.manifest import Agent, File, Manifest
from fleetward.rules.file_modes import EXECUTABLE
from fleetward.rules.rule import Violation, rule

_FOR_PEOPLE = re.compile(r"(?i)(.*/)?(\.git(keep|ignore|attributes)|(readme|licen[cs]e|changelog)(\.\w+)?)")
"""Files for readers and for git, which no program reads."""
_MAX_NAMES = 5


@rule("file-unreferenced", Severity.NOTE)
def file_unreferenced(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    A file of the agent is named neither by its manifest nor by a file that the manifest names.

    Why: it is part of the release and is approved with it, and nobody knows what it is for. An old prompt in the
    folder is easily taken for the one in use.
    Bad:
        # the folder has prompts/system.md and prompts/old.md
        prompts: [{name: system, file: prompts/system.md}]
    Good:
        # the folder has prompts/system.md
        prompts: [{name: system, file: prompts/system.md}]
    Fix: delete the file, or name it in the manifest. README, LICENSE, CHANGELOG and files for git may stay.
    """
    for agent in fleet.effective_agents:
        manifest = agent.manifest
        if manifest is None or manifest.unseen or not agent.readable:
            continue
        paths = _unreferenced(agent, manifest)
        if paths:
            listed = ", ".join(map(repr, paths[:_MAX_NAMES]))
            more = f" and {len(paths) - _MAX_NAMES} more" if len(paths) > _MAX_NAMES else ""
            verb = "is" if len(paths) == 1 else "are"
            first, *others = (Place(file=f"{agent.folder}/{path}") for path in paths)
            yield Violation(
                place=first,
                message=f"{listed}{more} {verb} named by nothing in the manifest",
                hint="delete it, or name it in the manifest"
                if len(paths) == 1
                else "delete them, or name them in the manifest",
                environment=agent.environment,
                agent=agent.name,
                related=tuple(others),
            )


def _unreferenced(agent: Agent, manifest: Manifest) -> list[str]:
    """The files that neither the manifest nor a named file mentions, sorted; none where a named file is missing."""
    referenced = _referenced(manifest)
    if any(agent.file(path) is None for path in referenced):
        # it was meant by a misspelt name, and prompt-missing or eval-suite-missing says so
        return []
    unnamed = {
        file.path: file
        for file in agent.files
        if file.path not in (layout.MANIFEST, layout.OVERRIDES)
        and not _FOR_PEOPLE.fullmatch(file.path)
        # an executable that is not listed is a finding of file-executable
        and file.mode != EXECUTABLE
    }
    named = [unnamed.pop(path) for path in sorted(referenced) if path in unnamed]
    # nearly always nothing is left
    if unnamed:
        names = frozenset(map(_file_name, _texts(manifest.data)))
        named += [unnamed.pop(path) for path in [*unnamed] if names.intersection(_names(path))]
    # a suite names its data, a prompt what it includes
    while named and unnamed:
        mentioned = [path for path in unnamed if any(_mentions(file, path) for file in named)]
        named = [unnamed.pop(path) for path in mentioned]
    return sorted(unnamed)


def _referenced(manifest: Manifest) -> frozenset[str]:
    """The paths in the fields for them."""
    fields = [prompt.get("file") for prompt in manifest.items("spec.prompts")]
    fields += [suite.get("suite") for suite in manifest.items("spec.evals")]
    return manifest.executables | {path for path in fields if isinstance(path, str)}


def _names(path: str) -> Iterator[str]:
    """The path, and the folders around it."""
    parts = path.split("/")
    return ("/".join(parts[:count]) for count in range(1, len(parts) + 1))


def _file_name(text: str) -> str:
    """The path of a text such as ``dir:docs/`` or ``file://./notes.md``."""
    return text.rpartition(":")[2].strip("/").removeprefix("./")


def _mentions(file: File, path: str) -> bool:
    text = file.text
    if text is None:
        return False
    beside = posixpath.relpath(path, posixpath.dirname(file.path) or ".")
    return any(
        re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", text) for name in {path, beside} if name in text
    )


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
