"""What moved in the other files of an agent's folder: prompts, eval suites, whatever else is part of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from fleetward.changes.masking import masked_name, named
from fleetward.changes.text_diff import Prose, compared
from fleetward.domain.change import Change, ChangeClass, Direction, Kind, Significance
from fleetward.domain.digest import OVERRIDES
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Place
from fleetward.domain.manifest import MANIFEST, Agent, File

HIGH, MEDIUM, LOW = Significance.HIGH, Significance.MEDIUM, Significance.LOW


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """What a file is to its agent, and what it means that it came, went or changed."""

    name: str
    cls: ChangeClass
    what: str
    added: tuple[Significance, Direction]
    removed: tuple[Significance, Direction]
    changed: tuple[Significance, Direction]
    remark: str = "low where line ends or white space alone did"


PROMPT = Role(
    name="prompt",
    cls=ChangeClass.BEHAVIOUR,
    what="prompt",
    added=(HIGH, Direction.UNKNOWN),
    removed=(HIGH, Direction.UNKNOWN),
    changed=(MEDIUM, Direction.UNKNOWN),
    remark="high where a number, a negation or a variable did, low where line ends or white space alone did",
)
SUITE = Role(
    name="eval suite",
    cls=ChangeClass.GUARDRAIL,
    what="eval-suite",
    added=(LOW, Direction.STRICTER),
    removed=(HIGH, Direction.LOOSER),
    changed=(MEDIUM, Direction.UNKNOWN),
)
OTHER = Role(
    name="file",
    cls=ChangeClass.UNKNOWN,
    what="file",
    added=(MEDIUM, Direction.UNKNOWN),
    removed=(MEDIUM, Direction.UNKNOWN),
    changed=(MEDIUM, Direction.UNKNOWN),
)

ROLES = (PROMPT, SUITE, OTHER)


def changes(before: Agent | None, after: Agent | None) -> Iterator[Change]:
    """Every file that came, went or changed; manifest and overrides aside, which are read for meaning."""
    first, second = _files(before), _files(after)
    tools = _tools(before, after)
    for path in sorted({*first, *second}):
        was, now = first.get(path), second.get(path)
        if path not in (MANIFEST, OVERRIDES) and (was is None or now is None or was.content != now.content):
            role = _role(path, before, after)
            folder = _folder(now, before, after)
            yield _change(path, was, now, role, folder, tools if role is PROMPT else frozenset())
        if was and now and was.mode != now.mode:
            yield _mode(path, was, now, _folder(now, before, after))


def _files(agent: Agent | None) -> dict[str, File]:
    return {file.path: file for file in agent.files} if agent else {}


def _tools(*agents: Agent | None) -> frozenset[str]:
    """What the tools are called, and what they allow: a prompt that speaks of one of them says when to use it."""
    tools = [
        tool for agent in agents if agent and agent.manifest for tool in agent.manifest.items("spec.tools")
    ]
    named = {str(tool["name"]) for tool in tools if tool.get("name")}
    return frozenset(
        named | {one for tool in tools for one in tool.get("allow") or () if isinstance(one, str)}
    )


def _folder(now: File | None, before: Agent | None, after: Agent | None) -> str:
    agent = after if now is not None else before
    return agent.folder if agent else ""


def _role(path: str, *agents: Agent | None) -> Role:
    manifests = [agent.manifest for agent in agents if agent is not None and agent.manifest is not None]
    for listed, key, role in (("spec.prompts", "file", PROMPT), ("spec.evals", "suite", SUITE)):
        if any(item.get(key) == path for manifest in manifests for item in manifest.items(listed)):
            return role
    return OTHER


def _change(
    path: str, was: File | None, now: File | None, role: Role, folder: str, tools: frozenset[str]
) -> Change:
    before, after = (None if file is None else file.text for file in (was, now))
    if (was and before is None) or (now and after is None):
        return _bytes(path, was, now, role, folder)
    prose = compared(before or "", after or "", tools)
    kind = Kind.ADDED if was is None else Kind.REMOVED if now is None else Kind.TEXT
    significance, direction = _weight(kind, role, prose)
    what = "hidden-characters" if prose.hidden else f"{role.what}-{'changed' if kind is Kind.TEXT else kind}"
    return Change(
        environment=None,
        agent=None,
        path=named(path),
        kind=kind,
        before=None if was is None else prose.gone,
        after=None if now is None else prose.come,
        rule=f"{role.cls}/{what}",
        cls=role.cls,
        direction=direction,
        significance=significance,
        reason=_reason(path, kind, role, prose),
        place=_place(folder, path, prose.first_line),
        lines=prose.lines,
    )


def _weight(kind: Kind, role: Role, prose: Prose) -> tuple[Significance, Direction]:
    if prose.hidden:
        return Significance.CRITICAL, Direction.UNKNOWN
    if kind is not Kind.TEXT:
        return role.added if kind is Kind.ADDED else role.removed
    if prose.only_line_ends or prose.only_spaces:
        return LOW, Direction.NEUTRAL
    significance, direction = role.changed
    return (HIGH if role is PROMPT and prose.turned else significance), direction


def _reason(path: str, kind: Kind, role: Role, prose: Prose) -> str:
    verb = {Kind.ADDED: "is new", Kind.REMOVED: "is gone"}.get(kind, "reads differently")
    remarks = prose.remarks if kind is Kind.TEXT or prose.hidden else ()
    said = f"{role.name} {named(path)!r} {verb}"
    return f"{said}; {'; '.join(remarks)}" if remarks else said


def _bytes(path: str, was: File | None, now: File | None, role: Role, folder: str) -> Change:
    kind = Kind.ADDED if was is None else Kind.REMOVED if now is None else Kind.CHANGED
    weights = {Kind.ADDED: role.added, Kind.REMOVED: role.removed}
    significance, direction = weights.get(kind, role.changed)
    unseen = role is PROMPT and now is not None and now.text is None  # it may hold anything
    if unseen:
        significance, direction = Significance.CRITICAL, Direction.UNKNOWN
    return Change(
        environment=None,
        agent=None,
        path=named(path),
        kind=kind,
        before=_digest(was),
        after=_digest(now),
        rule=f"{role.cls}/hidden-characters" if unseen else f"{role.cls}/{role.what}-{kind}",
        cls=role.cls,
        direction=direction,
        significance=significance,
        reason=f"{role.name} {named(path)!r} is no text: {_digest(now)}, before {_digest(was)}",
        place=_place(folder, path, 1),
    )


def _digest(file: File | None) -> str | None:
    return None if file is None else f"sha256:{hashlib.sha256(file.content).hexdigest()}"


def _mode(path: str, was: File, now: File, folder: str) -> Change:
    return Change(
        environment=None,
        agent=None,
        path=named(path),
        kind=Kind.CHANGED,
        before=was.mode,
        after=now.mode,
        rule="unknown/file-mode-changed",
        cls=ChangeClass.UNKNOWN,
        direction=Direction.UNKNOWN,
        significance=MEDIUM,
        reason=f"the mode of {named(path)!r} is {now.mode}, before {was.mode}",
        place=_place(folder, path, 1),
    )


def _place(folder: str, path: str, line: int) -> Place:
    return Place(file=f"{folder}/{masked_name(path)}", line=line, end_line=line)
