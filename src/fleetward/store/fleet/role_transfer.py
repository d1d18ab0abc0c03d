"""Where one person is named in a fleet, and the same files with another in that place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from fleetward.domain import layout
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Place
from fleetward.domain.fleet import FleetConfig
from fleetward.domain.path import Steps
from fleetward.domain.people import People
from fleetward.domain.transfer import AssignedRole, TransferOutcome
from fleetward.store.fleet.file_checks import unreadable_reason
from fleetward.store.fleet.person_references import ReferenceKind, person_references
from fleetward.store.formats.document import read_document
from fleetward.store.formats.strict_yaml import AGENT_LIMITS, GOVERNANCE_LIMITS, Limits
from fleetward.store.formats.yaml_edit import Changes, edit_yaml
from fleetward.store.git.tree import REGULAR, Tree

_GOVERNANCE = {
    f"{layout.GOVERNANCE}/{kind}.yaml": kind
    for kind in ("people", "connectors", "models", "waivers", "policy")
}
_OWNERS = {"accountable": "backup", "backup": "accountable"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferRequest:
    """From whom, to whom, on which day, in which fleet."""

    giver: str
    taker: str
    today: date
    config: FleetConfig
    people: People


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferPlan:
    """The roles that were found, and the files that are to be written, by path."""

    roles: tuple[AssignedRole, ...]
    contents: Mapping[str, bytes]


def plan_transfer(tree: Tree, request: TransferRequest) -> TransferPlan:
    """
    Every role of the giver in *tree*, and the files in which the taker has those that can be edited.

    Errors: FleetError where a file is written in a way that cannot be edited without risk.
    """
    texts, unread = _texts(tree, request.giver)
    roles = [
        _role(file, Place(file=file), TransferOutcome.OPEN, f"cannot be read: {why}")
        for file, why in unread.items()
    ]
    contents: dict[str, bytes] = {}
    for file, content in texts.items():
        kind, limits = _kind(file)
        doc = read_document(content, file, kind, limits)
        if doc.data is None or doc.findings:
            first = doc.findings[0]
            place = replace(first.place, path="")
            roles.append(_role(file, place, TransferOutcome.OPEN, f"cannot be read: {first.message}"))
            continue
        changes: dict[Steps, Any] = {}
        for steps, naming in person_references(doc.data, kind, request.giver):
            fate, note, change = _role_change(file, doc.data, steps, naming, request, tree)
            changes |= change
            roles.append(_role(file, doc.place(steps), fate, note))
        if changes:
            at = _proposal_path(file) if _is_gated(file, request.config) else file
            contents[at] = edit_yaml(content, changes, file, limits)
    return TransferPlan(roles=tuple(roles), contents=contents)


def _texts(tree: Tree, word: str) -> tuple[dict[str, bytes], dict[str, str]]:
    """
    The files that may name somebody and in which the word stands, and why others cannot be had.

    A backslash may spell it in another way, and so may an encoding that has a NUL in it.
    """
    entries = tree.entries(layout.ENVIRONMENTS, layout.PROPOSALS, layout.GOVERNANCE)
    links = [
        item
        for item in entries
        if item.mode not in REGULAR and (_kind(item.path)[0] or _may_hide_files(item.path))
    ]
    texts = tree.read(
        [item for item in entries if item.mode in REGULAR and _kind(item.path)[0]], GOVERNANCE_LIMITS.size
    )
    sought = (word.encode(), b"\\", b"\0")
    read = {path: text for path, text in texts.items() if isinstance(text, bytes)}
    unread = {
        path: unreadable_reason(text, AGENT_LIMITS.size)[1]
        for path, text in texts.items()
        if path not in read
    }
    return (
        {path: text for path, text in read.items() if any(item in text for item in sought)},
        {**unread, **{item.path: "no regular file" for item in links}},
    )


def _may_hide_files(path: str) -> bool:
    """Would a folder be here that may hold what names somebody?"""
    return path.count("/") < 3


def _kind(file: str) -> tuple[str, Limits]:
    parts = file.split("/")
    if len(parts) == 4 and parts[3] in (layout.MANIFEST, layout.OVERRIDES):
        return ("agent" if parts[3] == layout.MANIFEST else "overrides"), AGENT_LIMITS
    return _GOVERNANCE.get(file, ""), GOVERNANCE_LIMITS


def _is_gated(file: str, config: FleetConfig) -> bool:
    parts = file.split("/")
    environment = config.environment(parts[1])
    return parts[0] == layout.ENVIRONMENTS and environment is not None and environment.gated


def _proposal_path(file: str) -> str:
    return file.replace(layout.ENVIRONMENTS, layout.PROPOSALS, 1)


def _role(file: str, place: Place, fate: TransferOutcome, note: str) -> AssignedRole:
    role = AssignedRole(place=place, outcome=fate, note=note)
    parts = file.split("/")
    return replace(role, environment=parts[1], agent=parts[2]) if len(parts) == 4 else role


_RoleChange = tuple[TransferOutcome, str, Changes]


def _role_change(
    file: str, data: Any, steps: Steps, naming: ReferenceKind, request: TransferRequest, tree: Tree
) -> _RoleChange:
    """What becomes of one place, why, and the changes that it asks of its file."""
    plain: Changes = {steps: request.taker}
    if file.endswith("waivers.yaml") and naming is not ReferenceKind.FREE:
        return TransferOutcome.STAYS, "what was decided stays the decision of whoever took it", {}
    if _is_gated(file, request.config):
        return _gated_role_change(file, plain, request, tree, free=naming is ReferenceKind.FREE)
    if naming is ReferenceKind.FREE:
        return TransferOutcome.OPEN, "free text: only you know what it means", {}
    if naming is ReferenceKind.SOMEBODY and request.giver in request.people.teams:
        return TransferOutcome.OPEN, f"{request.giver!r} is a team, too: only you know which is meant", {}
    if file.endswith("people.yaml") and steps[0] == "teams" and steps[2] == "members":
        return _membership_change(data, steps, request)
    other_role = _OWNERS.get(str(steps[-1])) if steps[:2] == ("spec", "owner") else None
    if other_role is not None and data["spec"]["owner"].get(other_role) == request.taker:
        return TransferOutcome.OPEN, f"{request.taker!r} is {other_role} already: name somebody else", {}
    return TransferOutcome.EDIT, "", plain


def _gated_role_change(
    file: str, plain: Changes, request: TransferRequest, tree: Tree, *, free: bool
) -> _RoleChange:
    """Nobody edits such a folder: a release comes by promotion, what is its own by a proposal."""
    _, env, name, last = file.split("/")
    environment = request.config.environment(env)
    if last == layout.OVERRIDES:
        if tree.entries(_proposal_path(file)):
            return TransferOutcome.PROMOTION, "the open proposal takes its place", {}
        return (
            (TransferOutcome.OPEN, "free text: only you know what it means", {})
            if free
            else (TransferOutcome.PROPOSAL, "", plain)
        )
    source = environment.sources[0] if environment else ""
    if not tree.entries(layout.manifest_file(source, name)):
        return TransferOutcome.OPEN, f"not in {source!r}: bring it back there, or retire it", {}
    return TransferOutcome.PROMOTION, "", {}


def _membership_change(data: Any, steps: Steps, request: TransferRequest) -> _RoleChange:
    """
    A place in a team, from today on: nobody is to have been a member before they were.

    Where the taker is in it already, the place goes: one person fills one seat.
    """
    members, at = data["teams"][steps[1]]["members"], steps[:4]
    item = members[steps[3]]
    attributes = item if isinstance(item, dict) else {}
    today = request.today.isoformat()
    if attributes.get("until", today) < today:
        return TransferOutcome.STAYS, f"ended on {attributes['until']}", {}
    taker_memberships = [
        member
        for member in members
        if member is not item and _is_active_membership(member, request.taker, today)
    ]
    earlier_memberships = [
        member for member in members[: int(steps[3])] if _is_active_membership(member, request.giver, today)
    ]
    if taker_memberships or earlier_memberships:
        return TransferOutcome.EDIT, f"{request.taker!r} is in the team already: this place goes", {at: None}
    since = max(today, attributes.get("since", today))
    until = f" until {attributes['until']}" if "until" in attributes else ""
    if attributes:
        return TransferOutcome.EDIT, f"from {since} on{until}", {steps: request.taker, (*at, "since"): since}
    return TransferOutcome.EDIT, f"from {since} on", {steps: {"person": request.taker, "since": since}}


def _is_active_membership(item: Any, person: str, today: str) -> bool:
    """Is this a membership of that person which has not ended?"""
    if isinstance(item, dict):
        return item["person"] == person and bool(item.get("until", today) >= today)
    return bool(item == person)
