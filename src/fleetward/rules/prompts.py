"""Prompts: files that exist inside the agent's folder and are not empty."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from fleetward.domain.finding import Severity
from fleetward.domain.fleet import Snapshot
from fleetward.domain.manifest import Agent, File, Manifest
from fleetward.rules.rule import Violation, rule, violation
from fleetward.rules.selectors import keyed_items


@rule("prompt-missing", Severity.ERROR)
def prompt_missing(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    A prompt names a file that is not in the agent's folder.

    Why: a prompt is part of the release. A file outside the folder is neither reviewed nor promoted.
    Bad:
        prompts: [{name: system, file: prompts/sytem.md}]
    Good:
        prompts: [{name: system, file: prompts/system.md}]
    Fix: add the file, or correct the name. A file that git ignores counts as missing.
    """
    for agent, manifest, path, name in _prompt_references(fleet):
        if is_inside(name) and agent.file(name) is None:
            hint = f"add {agent.folder}/{name}, or name a file that is there"
            yield violation(manifest, path, f"no file {name!r} in the agent's folder", hint)


@rule("prompt-outside", Severity.ERROR)
def prompt_outside(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    A prompt names a file that is not inside the agent's folder.

    Why: a promotion copies the folder. A prompt outside it could change in production without a promotion.
    Bad:
        prompts: [{name: system, file: ../shared/system.md}]
    Good:
        prompts: [{name: system, file: prompts/system.md}]
    Fix: copy the text into the agent's folder, and name it by a path such as prompts/system.md.
    """
    for _, manifest, path, name in _prompt_references(fleet):
        if not is_inside(name):
            hint = "copy the file into the agent's folder and name it by a path such as prompts/system.md"
            yield violation(manifest, path, f"{name!r} is not a path inside the agent's folder", hint)


@rule("prompt-empty", Severity.ERROR)
def prompt_empty(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    A prompt's file is empty or holds only white space.

    Why: an agent without instructions still answers, with the default behaviour of the model.
    Bad:
        prompts: [{name: system, file: prompts/system.md}]   # 0 bytes
    Good:
        prompts: [{name: system, file: prompts/system.md}]   # says what the agent is for
    Fix: write the prompt, or remove the entry.
    """
    for agent, manifest, path, name in _prompt_references(fleet):
        file = agent.file(name) if is_inside(name) else None
        if file is not None and file.text is not None and not file.text.strip():
            yield violation(
                manifest, path, f"{name!r} is empty", f"write the prompt into {agent.folder}/{name}"
            )


def is_inside(name: str) -> bool:
    """True for a relative path that stays in its folder, without `.`, `..` or `.git` parts and backslashes."""
    parts = name.split("/")
    return "\\" not in name and "\0" not in name and not any(_leaves_folder(part) for part in parts)


def file_references(
    agent: Agent, manifest: Manifest, group: str, field: str
) -> Iterator[tuple[str, str, File | None]]:
    """The files that a keyed list names in *field*: path of the field, name, and the file if it exists."""
    for path, item in keyed_items(manifest, group):
        name = item.get(field)
        if isinstance(name, str):
            yield f"{path}.{field}", name, agent.file(name) if is_inside(name) else None


def _leaves_folder(part: str) -> bool:
    """An empty part means an absolute path or ``//``; a drive letter is an absolute path on Windows."""
    return part in ("", ".", "..") or part.casefold() == ".git" or part[1:2] == ":"


def _prompt_references(fleet: Snapshot) -> Iterator[tuple[Agent, Manifest, str, str]]:
    for agent in fleet.effective_agents:
        if agent.manifest is not None:
            for path, name, _ in file_references(agent, agent.manifest, "spec.prompts", "file"):
                yield agent, agent.manifest, path, name
