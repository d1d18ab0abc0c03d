"""The files of a fleet in which an agent has another name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from fleetward.domain import layout, limits
from fleetward.domain.errors import FleetError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Place
from fleetward.domain.fleet import FleetConfig
from fleetward.domain.rename import OpenReference
from fleetward.store.fleet.agent_references import agent_references, renamed_text
from fleetward.store.formats.document import read_document
from fleetward.store.formats.strict_yaml import AGENT_LIMITS, GOVERNANCE_LIMITS
from fleetward.store.git.tree import REGULAR, Tree

_GOVERNANCE = {layout.WAIVERS: "waivers", layout.POLICY: "policy"}


@dataclass(frozen=True, slots=True, kw_only=True)
class RenamePlan:
    """The contents to write by path, None where a file goes; the folders that move, and the places that name it."""

    before: Mapping[str, bytes]
    contents: Mapping[str, bytes | None]
    moves: tuple[tuple[str, str], ...]
    edits: tuple[Place, ...]
    open: tuple[OpenReference, ...]
    executables: tuple[str, ...]
    """The files that may be run as programs, where they go."""


def plan_rename(tree: Tree, config: FleetConfig, old: str, new: str) -> RenamePlan:
    """
    The files after *old* was renamed to *new*; folders of gated environments stay as they are.

    Errors: FleetError where a file is no regular one, or cannot be edited without risk.
    """
    gated = [environment.name for environment in config.environments if environment.gated]
    sources = {
        layout.agent_folder(environment.name, old): layout.agent_folder(environment.name, new)
        for environment in config.environments
        if not environment.gated
    } | {layout.proposal_folder(name, old): layout.proposal_folder(name, new) for name in gated}
    texts = _texts(tree, sources)
    moves = tuple(
        (source, target)
        for source, target in sources.items()
        if any(path.startswith(f"{source}/") for path in texts)
    )
    contents: dict[str, bytes | None] = {}
    edits: list[Place] = []
    unedited: list[OpenReference] = []
    for path, content in texts.items():
        source = next((source for source, _ in moves if path.startswith(f"{source}/")), None)
        is_gated = path.split("/")[0] == layout.ENVIRONMENTS and path.split("/")[1] in gated
        places = list(_named_places(path, content, old))
        if is_gated:
            if path.split("/")[2] != old:
                unedited += (
                    OpenReference(place=place, note="changes with its next promotion") for place in places
                )
            continue
        text = renamed_text(content, old, new, path) if places else content
        edits += places
        if source is not None:
            contents[path] = None
            contents[f"{sources[source]}{path[len(source) :]}"] = text
        elif text != content:
            contents[path] = text
    contents |= _kept_overrides(texts, gated, old, new, contents)
    unedited += _governance_references(tree, old)
    return RenamePlan(
        before=texts,
        contents=contents,
        moves=moves,
        edits=tuple(edits),
        open=tuple(unedited),
        executables=tuple(_executables(tree, moves)),
    )


def _executables(tree: Tree, moves: Iterable[tuple[str, str]]) -> Iterator[str]:
    for source, target in moves:
        for entry in tree.entries(source):
            if entry.mode == "100755":
                yield f"{target}{entry.path[len(source) :]}"


def _texts(tree: Tree, sources: Mapping[str, str]) -> dict[str, bytes]:
    """All files of the folders that move, and every manifest and overrides of the others."""
    names = (f"/{layout.MANIFEST}", f"/{layout.OVERRIDES}")
    entries = [
        entry
        for entry in tree.entries(layout.ENVIRONMENTS, layout.PROPOSALS)
        if entry.path.endswith(names) or any(entry.path.startswith(f"{source}/") for source in sources)
    ]
    texts: dict[str, bytes] = {}
    contents = tree.read([entry for entry in entries if entry.mode in REGULAR], limits.AGENT_FILE_BYTES)
    for entry in entries:
        content = contents.get(entry.path)
        if isinstance(content, bytes):
            texts[entry.path] = content
        elif any(entry.path.startswith(f"{source}/") for source in sources):
            raise FleetError(f"{entry.path} is no regular file", hint=f"fleet validate {entry.path}")
    return texts


def _named_places(path: str, content: bytes, name: str) -> Iterator[Place]:
    last = path.rsplit("/", 1)[-1]
    if path.count("/") != 3 or last not in (layout.MANIFEST, layout.OVERRIDES):
        return
    # most manifests do not name it: those are not parsed
    if name.encode() not in content and b"\\" not in content:
        return
    kind = "agent" if last == layout.MANIFEST else "overrides"
    document = read_document(content, path, kind, AGENT_LIMITS)
    for steps in agent_references(document.data, name):
        yield document.place(steps)


def _kept_overrides(
    texts: Mapping[str, bytes], gated: list[str], old: str, new: str, contents: Mapping[str, bytes | None]
) -> dict[str, bytes | None]:
    """The overrides that run in gated environments, as proposals for the new name."""
    kept: dict[str, bytes | None] = {}
    for environment in gated:
        running = texts.get(f"{layout.agent_folder(environment, old)}/{layout.OVERRIDES}")
        target = layout.proposal_file(environment, new)
        if running is not None and target not in contents:
            kept[target] = renamed_text(running, old, new, target)
    return kept


def _governance_references(tree: Tree, name: str) -> Iterator[OpenReference]:
    """Waivers and rules of the policy that name the agent: they are changed by people who agree to it."""
    for path, kind in _GOVERNANCE.items():
        for content in tree.read(tree.entries(path), GOVERNANCE_LIMITS.size).values():
            if not isinstance(content, bytes):
                continue
            document = read_document(content, path, kind, GOVERNANCE_LIMITS)
            rows = (document.data or {}).get("waivers" if kind == "waivers" else "rules")
            for position, row in enumerate(rows if isinstance(rows, list) else ()):
                steps = ("agent",) if kind == "waivers" else ("when", "agent")
                value = row
                for step in steps:
                    value = value.get(step) if isinstance(value, Mapping) else None
                if value == name or (isinstance(value, list) and name in value):
                    key = "waivers" if kind == "waivers" else "rules"
                    place = document.place((key, position, *steps))
                    yield OpenReference(
                        place=place, note="governance: a change of it is approved by its people"
                    )
