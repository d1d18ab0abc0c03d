"""The roles of a person in the files of a fleet, and the same files with another person in these roles."""

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
    """From whom to whom, and the day and the fleet."""

    giver: str
    taker: str
    today: date
    config: FleetConfig
    people: People


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferPlan:
    """The roles that were found, and the files to write, by path."""

    roles: tuple[AssignedRole, ...]
    contents: Mapping[str, bytes]


def plan_transfer(tree: Tree, request: TransferRequest) -> TransferPlan:
    """
    Every role of the giver in *tree*, and the edited files in which the taker has it.

    Errors: FleetError where the layout of a file is not one that can be edited.
    """
    texts, unreadable = _texts(tree, request.giver)
    roles = [
        _role(file, Place(file=file), TransferOutcome.OPEN, f"cannot be read: {reason}")
        for file, reason in unreadable.items()
    ]
    contents: dict[str, bytes] = {}
    for file, content in texts.items():
        kind, limits = _kind(file)
        document = read_document(content, file, kind, limits)
        if document.data is None or document.findings:
            first = document.findings[0]
            place = replace(first.place, path="")
            roles.append(_role(file, place, TransferOutcome.OPEN, f"cannot be read: {first.message}"))
            continue
        changes: dict[Steps, Any] = {}
        for steps, reference in person_references(document.data, kind, request.giver):
            outcome, note, change = _role_change(file, document.data, steps, reference, request, tree)
            changes |= change
            roles.append(_role(file, document.place(steps), outcome, note))
        if changes:
            at = _proposal_path(file) if _is_gated(file, request.config) else file
            contents[at] = edit_yaml(content, changes, file, limits)
    return TransferPlan(roles=tuple(roles), contents=contents)


def with_departure(tree: Tree, contents: Mapping[str, bytes], giver: str, left: date) -> Mapping[str, bytes]:
    """
    *contents* with the day on which the giver left in people.yaml.

    Errors: FleetError where the layout of the file is not one that can be edited.
    """
    people = layout.PEOPLE
    content = contents.get(people) or tree.read(tree.entries(people), GOVERNANCE_LIMITS.size)[people]
    # its governance was read before: it is a regular file
    assert isinstance(content, bytes)  # noqa: S101
    edit: Changes = {("people", giver, "left"): left.isoformat()}
    return {**contents, people: edit_yaml(content, edit, people, GOVERNANCE_LIMITS)}


def _texts(tree: Tree, word: str) -> tuple[dict[str, bytes], dict[str, str]]:
    """
    The files in which *word* may name a person, and why others cannot be read.

    A file with a backslash or a NUL counts, too: escapes and encodings can spell the word in another way.
    """
    entries = tree.entries(layout.ENVIRONMENTS, layout.PROPOSALS, layout.GOVERNANCE)
    regular = [entry for entry in entries if entry.mode in REGULAR and _kind(entry.path)[0]]
    unreadable = {
        entry.path: "not a regular file"
        for entry in entries
        if entry.mode not in REGULAR and (_kind(entry.path)[0] or _may_hide_files(entry.path))
    }
    sought = (word.encode(), b"\\", b"\0")
    texts: dict[str, bytes] = {}
    for path, text in tree.read(regular, GOVERNANCE_LIMITS.size).items():
        if not isinstance(text, bytes):
            unreadable[path] = unreadable_reason(text, AGENT_LIMITS.size)[1]
        elif any(token in text for token in sought):
            texts[path] = text
    return texts, unreadable


def _may_hide_files(path: str) -> bool:
    """Is it a link in place of a folder that could hold files of an agent?"""
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


def _role(file: str, place: Place, outcome: TransferOutcome, note: str) -> AssignedRole:
    role = AssignedRole(place=place, outcome=outcome, note=note)
    parts = file.split("/")
    return replace(role, environment=parts[1], agent=parts[2]) if len(parts) == 4 else role


_RoleChange = tuple[TransferOutcome, str, Changes]


def _role_change(
    file: str, data: Any, steps: Steps, reference: ReferenceKind, request: TransferRequest, tree: Tree
) -> _RoleChange:
    """What happens to one role, the reason, and the edits of its file."""
    plain: Changes = {steps: request.taker}
    if file.endswith("waivers.yaml") and reference is not ReferenceKind.FREE:
        return TransferOutcome.STAYS, "a decision keeps the name of whoever took it", {}
    if _is_gated(file, request.config):
        return _gated_role_change(file, plain, request, tree, free=reference is ReferenceKind.FREE)
    if reference is ReferenceKind.FREE:
        return TransferOutcome.OPEN, "free text: only you know what it means", {}
    if reference is ReferenceKind.SOMEBODY and request.giver in request.people.teams:
        return TransferOutcome.OPEN, f"{request.giver!r} is a team, too: only you know which is meant", {}
    if file.endswith("people.yaml") and steps[0] == "teams" and steps[2] == "members":
        return _membership_change(data, steps, request)
    other_role = _OWNERS.get(str(steps[-1])) if steps[:2] == ("spec", "owner") else None
    if other_role is not None and data["spec"]["owner"].get(other_role) == request.taker:
        # somebody has to answer for it from today; who stands in can be named later
        if steps[-1] == "accountable":
            return TransferOutcome.EDIT, f"{request.taker!r} is backup as well: name another backup", plain
        return TransferOutcome.OPEN, f"{request.taker!r} is {other_role} already: name somebody else", {}
    return TransferOutcome.EDIT, "", plain


def _gated_role_change(
    file: str, plain: Changes, request: TransferRequest, tree: Tree, *, free: bool
) -> _RoleChange:
    """A gated folder is not edited: releases come by promotion, overrides by a proposal."""
    _, env, name, last = file.split("/")
    environment = request.config.environment(env)
    if last == layout.OVERRIDES:
        if tree.entries(_proposal_path(file)):
            return TransferOutcome.PROMOTION, "the open proposal replaces this file", {}
        if free:
            return TransferOutcome.OPEN, "free text: only you know what it means", {}
        return TransferOutcome.PROPOSAL, "", plain
    source = environment.sources[0] if environment else ""
    if not tree.entries(layout.manifest_file(source, name)):
        return TransferOutcome.OPEN, f"not in {source!r}: bring it back there, or retire it", {}
    return TransferOutcome.PROMOTION, "", {}


def _membership_change(data: Any, steps: Steps, request: TransferRequest) -> _RoleChange:
    """
    The taker becomes a member from today on, so that approvals of the past do not change.

    Where the taker is a member already, the giver's membership is removed: one person fills one seat.
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
        return (
            TransferOutcome.EDIT,
            f"{request.taker!r} is in the team already: this membership is removed",
            {at: None},
        )
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
