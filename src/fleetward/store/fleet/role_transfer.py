"""Where one person is named in a fleet, and the same files with another in that place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from fleetward.domain.digest import OVERRIDES
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Place
from fleetward.domain.fleet import FleetConfig
from fleetward.domain.manifest import MANIFEST
from fleetward.domain.path import Steps
from fleetward.domain.people import People
from fleetward.domain.transfer import Fate, Role
from fleetward.store.fleet.agents import ENVIRONMENTS, PROPOSALS
from fleetward.store.fleet.file_checks import why_not
from fleetward.store.fleet.person_references import Naming, named
from fleetward.store.formats.document import document
from fleetward.store.formats.strict_yaml import AGENT_LIMITS, GOVERNANCE_LIMITS, Limits
from fleetward.store.formats.yaml_edit import Changes, edited
from fleetward.store.git.tree import REGULAR, Tree

_GOVERNANCE = {
    f"governance/{kind}.yaml": kind for kind in ("people", "connectors", "models", "waivers", "policy")
}
_OWNERS = {"accountable": "backup", "backup": "accountable"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """From whom, to whom, on which day, in which fleet."""

    giver: str
    taker: str
    today: date
    config: FleetConfig
    people: People


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """The roles that were found, and the files that are to be written, by path."""

    roles: tuple[Role, ...]
    contents: Mapping[str, bytes]


def handed(tree: Tree, asked: Handover) -> Handed:
    """
    Every role of the giver in *tree*, and the files in which the taker has those that can be edited.

    Errors: FleetError where a file is written in a way that cannot be edited without risk.
    """
    texts, unread = _texts(tree, asked.giver)
    roles = [
        _role(file, Place(file=file), Fate.OPEN, f"cannot be read: {why}") for file, why in unread.items()
    ]
    contents: dict[str, bytes] = {}
    for file, content in texts.items():
        kind, limits = _kind(file)
        known = document(content, file, kind, limits)
        if known.data is None or known.findings:
            first = known.findings[0]
            place = replace(first.place, path="")
            roles.append(_role(file, place, Fate.OPEN, f"cannot be read: {first.message}"))
            continue
        changes: dict[Steps, Any] = {}
        for steps, naming in named(known.data, kind, asked.giver):
            fate, note, change = _fate(file, known.data, steps, naming, asked, tree)
            changes |= change
            roles.append(_role(file, known.place(steps), fate, note))
        if changes:
            at = _proposal(file) if _gated(file, asked.config) else file
            contents[at] = edited(content, changes, file, limits)
    return Handed(roles=tuple(roles), contents=contents)


def _texts(tree: Tree, word: str) -> tuple[dict[str, bytes], dict[str, str]]:
    """
    The files that may name somebody and in which the word stands, and why others cannot be had.

    A backslash may spell it in another way, and so may an encoding that has a NUL in it.
    """
    entries = tree.entries(ENVIRONMENTS, PROPOSALS, "governance")
    links = [one for one in entries if one.mode not in REGULAR and (_kind(one.path)[0] or _hides(one.path))]
    texts = tree.read(
        [one for one in entries if one.mode in REGULAR and _kind(one.path)[0]], GOVERNANCE_LIMITS.size
    )
    sought = (word.encode(), b"\\", b"\0")
    read = {path: text for path, text in texts.items() if isinstance(text, bytes)}
    unread = {path: why_not(text, AGENT_LIMITS.size)[1] for path, text in texts.items() if path not in read}
    return (
        {path: text for path, text in read.items() if any(one in text for one in sought)},
        {**unread, **{one.path: "no regular file" for one in links}},
    )


def _hides(path: str) -> bool:
    """Would a folder be here that may hold what names somebody?"""
    return path.count("/") < 3


def _kind(file: str) -> tuple[str, Limits]:
    parts = file.split("/")
    if len(parts) == 4 and parts[3] in (MANIFEST, OVERRIDES):
        return ("agent" if parts[3] == MANIFEST else "overrides"), AGENT_LIMITS
    return _GOVERNANCE.get(file, ""), GOVERNANCE_LIMITS


def _gated(file: str, config: FleetConfig) -> bool:
    parts = file.split("/")
    environment = config.environment(parts[1])
    return parts[0] == ENVIRONMENTS and environment is not None and environment.gated


def _proposal(file: str) -> str:
    return file.replace(ENVIRONMENTS, PROPOSALS, 1)


def _role(file: str, place: Place, fate: Fate, note: str) -> Role:
    role = Role(place=place, fate=fate, note=note)
    parts = file.split("/")
    return replace(role, environment=parts[1], agent=parts[2]) if len(parts) == 4 else role


_Fate = tuple[Fate, str, Changes]


def _fate(file: str, data: Any, steps: Steps, naming: Naming, asked: Handover, tree: Tree) -> _Fate:
    """What becomes of one place, why, and the changes that it asks of its file."""
    plain: Changes = {steps: asked.taker}
    if file.endswith("waivers.yaml") and naming is not Naming.FREE:
        return Fate.STAYS, "what was decided stays the decision of whoever took it", {}
    if _gated(file, asked.config):
        return _in_gated(file, plain, asked, tree, free=naming is Naming.FREE)
    if naming is Naming.FREE:
        return Fate.OPEN, "free text: only you know what it means", {}
    if naming is Naming.SOMEBODY and asked.giver in asked.people.teams:
        return Fate.OPEN, f"{asked.giver!r} is a team, too: only you know which is meant", {}
    if file.endswith("people.yaml") and steps[0] == "teams" and steps[2] == "members":
        return _member(data, steps, asked)
    other = _OWNERS.get(str(steps[-1])) if steps[:2] == ("spec", "owner") else None
    if other is not None and data["spec"]["owner"].get(other) == asked.taker:
        return Fate.OPEN, f"{asked.taker!r} is {other} already: name somebody else", {}
    return Fate.EDIT, "", plain


def _in_gated(file: str, plain: Changes, asked: Handover, tree: Tree, *, free: bool) -> _Fate:
    """Nobody edits such a folder: a release comes by promotion, what is its own by a proposal."""
    _, env, name, last = file.split("/")
    environment = asked.config.environment(env)
    if last == OVERRIDES:
        if tree.entries(_proposal(file)):
            return Fate.PROMOTION, "the open proposal takes its place", {}
        return (
            (Fate.OPEN, "free text: only you know what it means", {}) if free else (Fate.PROPOSAL, "", plain)
        )
    source = environment.sources[0] if environment else ""
    if not tree.entries(f"{ENVIRONMENTS}/{source}/{name}/{MANIFEST}"):
        return Fate.OPEN, f"not in {source!r}: bring it back there, or retire it", {}
    return Fate.PROMOTION, "", {}


def _member(data: Any, steps: Steps, asked: Handover) -> _Fate:
    """
    A place in a team, from today on: nobody is to have been a member before they were.

    Where the taker is in it already, the place goes: one person fills one seat.
    """
    members, at = data["teams"][steps[1]]["members"], steps[:4]
    item = members[steps[3]]
    own = item if isinstance(item, dict) else {}
    today = asked.today.isoformat()
    if own.get("until", today) < today:
        return Fate.STAYS, f"ended on {own['until']}", {}
    others = [one for one in members if one is not item and _runs(one, asked.taker, today)]
    before = [one for one in members[: int(steps[3])] if _runs(one, asked.giver, today)]
    if others or before:
        return Fate.EDIT, f"{asked.taker!r} is in the team already: this place goes", {at: None}
    since = max(today, own.get("since", today))
    until = f" until {own['until']}" if "until" in own else ""
    if own:
        return Fate.EDIT, f"from {since} on{until}", {steps: asked.taker, (*at, "since"): since}
    return Fate.EDIT, f"from {since} on", {steps: {"person": asked.taker, "since": since}}


def _runs(item: Any, person: str, today: str) -> bool:
    """Is this a membership of that person which has not ended?"""
    if isinstance(item, dict):
        return item["person"] == person and bool(item.get("until", today) >= today)
    return bool(item == person)
