"""Changes of the other files in an agent's folder: prompts, eval suites, and any other file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from fleetward.changes.masking import masked_name, printable_name
from fleetward.changes.text_diff import TextDiff, diff_text
from fleetward.domain import layout
from fleetward.domain.change import Change, ChangeClass, ChangeKind, Direction, Significance
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Place
from fleetward.domain.manifest import Agent, File

HIGH, MEDIUM, LOW = Significance.HIGH, Significance.MEDIUM, Significance.LOW


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRole:
    """The role of a file, and the significance and direction of its changes."""

    name: str
    cls: ChangeClass
    rule_name: str
    added: tuple[Significance, Direction]
    removed: tuple[Significance, Direction]
    changed: tuple[Significance, Direction]
    remark: str = "low where line ends or white space alone did"


PROMPT = FileRole(
    name="prompt",
    cls=ChangeClass.BEHAVIOUR,
    rule_name="prompt",
    added=(HIGH, Direction.UNKNOWN),
    removed=(HIGH, Direction.UNKNOWN),
    changed=(MEDIUM, Direction.UNKNOWN),
    remark="high where a number, a negation or a variable did, low where line ends or white space alone did",
)
SUITE = FileRole(
    name="eval suite",
    cls=ChangeClass.GUARDRAIL,
    rule_name="eval-suite",
    added=(LOW, Direction.STRICTER),
    removed=(HIGH, Direction.LOOSER),
    changed=(MEDIUM, Direction.UNKNOWN),
)
OTHER = FileRole(
    name="file",
    cls=ChangeClass.UNKNOWN,
    rule_name="file",
    added=(MEDIUM, Direction.UNKNOWN),
    removed=(MEDIUM, Direction.UNKNOWN),
    changed=(MEDIUM, Direction.UNKNOWN),
)

ROLES = (PROMPT, SUITE, OTHER)


def file_changes(before: Agent | None, after: Agent | None) -> Iterator[Change]:
    """The files that were added, removed or changed, without the manifest and overrides."""
    first, second = _files_by_path(before), _files_by_path(after)
    tools = _tool_names(before, after)
    for path in sorted({*first, *second}):
        was, now = first.get(path), second.get(path)
        # the manifest and overrides are compared by the walker, as values
        if path not in (layout.MANIFEST, layout.OVERRIDES) and (
            was is None or now is None or was.content != now.content
        ):
            role = _role(path, before, after)
            folder = _folder(now, before, after)
            yield _text_file_change(path, was, now, role, folder, tools if role is PROMPT else frozenset())
        if was and now and was.mode != now.mode:
            yield _mode_change(path, was, now, _folder(now, before, after))


def _files_by_path(agent: Agent | None) -> dict[str, File]:
    return {file.path: file for file in agent.files} if agent else {}


def _tool_names(*agents: Agent | None) -> frozenset[str]:
    """The names of tools and of their permissions: a prompt that names one says when to use it."""
    # tools of both sides: a removed one may still be named in the prompt
    tools = [
        tool for agent in agents if agent and agent.manifest for tool in agent.manifest.items("spec.tools")
    ]
    names = {str(tool["name"]) for tool in tools if tool.get("name")}
    return frozenset(
        names | {entry for tool in tools for entry in tool.get("allow") or () if isinstance(entry, str)}
    )


def _folder(now: File | None, before: Agent | None, after: Agent | None) -> str:
    agent = after if now is not None else before
    return agent.folder if agent else ""


def _role(path: str, *agents: Agent | None) -> FileRole:
    manifests = [agent.manifest for agent in agents if agent is not None and agent.manifest is not None]
    # a role at either side: a prompt that is dropped from the manifest stays a prompt
    for listed, key, role in (("spec.prompts", "file", PROMPT), ("spec.evals", "suite", SUITE)):
        if any(item.get(key) == path for manifest in manifests for item in manifest.items(listed)):
            return role
    return OTHER


def _text_file_change(
    path: str, was: File | None, now: File | None, role: FileRole, folder: str, tools: frozenset[str]
) -> Change:
    before, after = (None if file is None else file.text for file in (was, now))
    # not text at one side: a line diff would show noise
    if (was and before is None) or (now and after is None):
        return _binary_file_change(path, was, now, role, folder)
    diff = diff_text(before or "", after or "", tools)
    kind = ChangeKind.ADDED if was is None else ChangeKind.REMOVED if now is None else ChangeKind.TEXT
    significance, direction = _weight_of(kind, role, diff)
    ending = (
        "hidden-characters"
        if diff.hidden
        else f"{role.rule_name}-{'changed' if kind is ChangeKind.TEXT else kind}"
    )
    return Change(
        environment=None,
        agent=None,
        path=printable_name(path),
        kind=kind,
        before=None if was is None else diff.removed,
        after=None if now is None else diff.added,
        rule=f"{role.cls}/{ending}",
        cls=role.cls,
        direction=direction,
        significance=significance,
        reason=_reason(path, kind, role, diff),
        place=_place(folder, path, diff.first_line),
        lines=diff.lines,
    )


def _weight_of(kind: ChangeKind, role: FileRole, diff: TextDiff) -> tuple[Significance, Direction]:
    # hidden characters outweigh all: a reader cannot see what was added
    if diff.hidden:
        return Significance.CRITICAL, Direction.UNKNOWN
    if kind is not ChangeKind.TEXT:
        return role.added if kind is ChangeKind.ADDED else role.removed
    # CRLF to LF alone changes no word
    if diff.only_line_ends or diff.only_spaces:
        return LOW, Direction.NEUTRAL
    significance, direction = role.changed
    return (HIGH if role is PROMPT and diff.changes_sense else significance), direction


def _reason(path: str, kind: ChangeKind, role: FileRole, diff: TextDiff) -> str:
    verb = {ChangeKind.ADDED: "is new", ChangeKind.REMOVED: "is gone"}.get(kind, "reads differently")
    remarks = diff.remarks if kind is ChangeKind.TEXT or diff.hidden else ()
    sentence = f"{role.name} {printable_name(path)!r} {verb}"
    return f"{sentence}; {'; '.join(remarks)}" if remarks else sentence


def _binary_file_change(path: str, was: File | None, now: File | None, role: FileRole, folder: str) -> Change:
    kind = ChangeKind.ADDED if was is None else ChangeKind.REMOVED if now is None else ChangeKind.CHANGED
    weights = {ChangeKind.ADDED: role.added, ChangeKind.REMOVED: role.removed}
    significance, direction = weights.get(kind, role.changed)
    is_opaque = role is PROMPT and now is not None and now.text is None  # it may contain anything
    if is_opaque:
        significance, direction = Significance.CRITICAL, Direction.UNKNOWN
    return Change(
        environment=None,
        agent=None,
        path=printable_name(path),
        kind=kind,
        before=_digest(was),
        after=_digest(now),
        rule=f"{role.cls}/hidden-characters" if is_opaque else f"{role.cls}/{role.rule_name}-{kind}",
        cls=role.cls,
        direction=direction,
        significance=significance,
        reason=f"{role.name} {printable_name(path)!r} is not text: {_digest(now)}, before {_digest(was)}",
        place=_place(folder, path, 1),
    )


def _digest(file: File | None) -> str | None:
    return None if file is None else f"sha256:{hashlib.sha256(file.content).hexdigest()}"


def _mode_change(path: str, was: File, now: File, folder: str) -> Change:
    return Change(
        environment=None,
        agent=None,
        path=printable_name(path),
        kind=ChangeKind.CHANGED,
        before=was.mode,
        after=now.mode,
        rule="unknown/file-mode-changed",
        cls=ChangeClass.UNKNOWN,
        direction=Direction.UNKNOWN,
        significance=MEDIUM,
        reason=f"the mode of {printable_name(path)!r} is {now.mode}, before {was.mode}",
        place=_place(folder, path, 1),
    )


def _place(folder: str, path: str, line: int) -> Place:
    return Place(file=f"{folder}/{masked_name(path)}", line=line, end_line=line)
