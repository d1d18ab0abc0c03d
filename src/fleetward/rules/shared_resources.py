"""Owners of knowledge and of shared state."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from fleetward.domain.finding import Severity
from fleetward.domain.fleet import Snapshot
from fleetward.domain.manifest import Manifest
from fleetward.rules.risk_tiers import missing_required
from fleetward.rules.rule import Violation, rule, violation
from fleetward.rules.selectors import (
    agents_by_environment,
    is_person_or_team,
    keyed_items,
    suggestion,
    unretired,
)

STATE = "spec.sharedState"


@rule("state-without-owner", Severity.ERROR, fleet_fields={STATE: ("name", "owner")})
def state_without_owner(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    A shared state has no owner, or one that is not an agent of the environment.

    Why: if two agents write and no agent is in charge, the last write wins, and nobody can say which value is
    right.
    Bad:
        sharedState: [{name: refund-queue, access: write}]
    Good:
        sharedState: [{name: refund-queue, access: write, owner: refund-bot}]
    Fix: name the one agent that owns the state.
    """
    agents = agents_by_environment(fleet)
    for manifest in unretired(fleet):
        names = agents[manifest.environment]
        for path, state in keyed_items(manifest, STATE):
            owner = state.get("owner")
            if owner is None:
                message = f"nobody owns the state {state.get('name')!r}"
                yield violation(manifest, path, message, "name the one agent that owns it")
            elif owner not in names:
                message = f"the state belongs to {owner!r}, which is no agent in {manifest.environment!r}"
                hint = f"name an agent of this environment{suggestion(owner, names)}"
                yield violation(manifest, f"{path}.owner", message, hint, missing_agent=owner)


@rule("state-two-owners", Severity.ERROR, fleet_fields={STATE: ("name", "owner")})
def state_two_owners(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    Two agents name different owners of the same state.

    Why: if two agents are in charge of the same data, nobody can say which value is right.
    Bad:
        # refund-bot:  sharedState: [{name: queue, access: write, owner: refund-bot}]
        # triage:      sharedState: [{name: queue, access: write, owner: triage}]
    Good:
        # triage:      sharedState: [{name: queue, access: read, owner: refund-bot}]
    Fix: agree on one owner and name it in both manifests.
    """
    agents = agents_by_environment(fleet)
    first: dict[tuple[str, str], tuple[str, Manifest, str]] = {}
    for manifest in unretired(fleet):
        for path, state in keyed_items(manifest, STATE):
            owner, where = state.get("owner"), f"{path}.owner"
            if owner not in agents[manifest.environment]:
                continue  # a finding of state-without-owner
            key = (manifest.environment, str(state.get("name")))
            first_owner, first_manifest, first_path = first.setdefault(key, (owner, manifest, where))
            if first_owner != owner:
                message = (
                    f"{key[1]!r} belongs to {owner!r} here, and to {first_owner!r} in {first_manifest.name!r}"
                )
                hint = "agree on one owner and name it in both"
                yield violation(manifest, where, message, hint, related=(first_manifest.place(first_path),))


@rule("state-foreign-write", Severity.ERROR, fleet_fields={STATE: ("name", "owner", "access")})
def state_foreign_write(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    An agent writes state that another agent owns, and the owner does not list that state.

    Why: the owner answers for every value. It cannot answer for one that it does not know to be shared.
    Bad:
        # triage: sharedState: [{name: queue, access: write, owner: refund-bot}]
        # refund-bot has no sharedState
    Good:
        # triage:     sharedState: [{name: queue, access: write, owner: refund-bot}]
        # refund-bot: sharedState: [{name: queue, access: write, owner: refund-bot}]
    Fix: list the state in the manifest of its owner, or only read it.
    """
    for manifest in unretired(fleet):
        for path, state in keyed_items(manifest, STATE):
            name, owner = state.get("name"), state.get("owner")
            if state.get("access") != "write" or owner in (None, manifest.name):
                continue
            owning = fleet.manifest(manifest.environment, str(owner))
            if owning is not None and name not in {
                item.get("name") for _, item in keyed_items(owning, STATE)
            }:
                message = f"it writes {name!r}, which belongs to {owner!r} and is not among its sharedState"
                hint = f"list {name!r} in spec.sharedState of {owner}, or write access: read"
                yield violation(manifest, f"{path}.access", message, hint)


@rule("knowledge-unowned", Severity.ERROR)
def knowledge_unowned(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    A source of knowledge has no owner, or an unknown one.

    Why: sources of knowledge become outdated. Somebody must notice before the users do.
    Bad:
        knowledge: [{name: policies, source: "kb:policies"}]
    Good:
        knowledge: [{name: policies, source: "kb:policies", owner: support}]
    Fix: name the person or team that keeps the source current.
    """
    for manifest in unretired(fleet):
        for path, source in keyed_items(manifest, "spec.knowledge"):
            owner = source.get("owner")
            if owner is None:
                message = f"nobody keeps {source.get('name')!r} current"
                yield violation(
                    manifest, path, message, "add owner: and a person or team of governance/people.yaml"
                )
            elif not is_person_or_team(fleet, owner):
                hint = (
                    f"name a person or team of governance/people.yaml{suggestion(owner, fleet.people.teams)}"
                )
                yield violation(manifest, f"{path}.owner", f"no person or team named {owner!r}", hint)


@rule("knowledge-incomplete", Severity.WARNING)
def knowledge_incomplete(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    A source of knowledge does not say how old it may be, or how sensitive it is.

    Why: without an age, nobody notices that it is stale. Without a classification, nobody knows who may read what the
    agent answers.
    Bad:
        knowledge: [{name: policies, source: "kb:policies", owner: support}]
    Good:
        knowledge: [{name: policies, source: "kb:policies", owner: support, classification: internal, maxAge: P30D}]
    Fix: write maxAge and classification.
    """
    for manifest in unretired(fleet):
        required = {field.path for field in missing_required(fleet, manifest)}
        for path, source in keyed_items(manifest, "spec.knowledge"):
            missing = [
                field
                for field in ("maxAge", "classification")
                if source.get(field) is None and f"{path}.{field}" not in required
            ]
            if missing:
                fields = " and ".join(missing)
                message = f"the source {source.get('name')!r} has no {fields}"
                yield violation(manifest, path, message, f"write {fields}")
