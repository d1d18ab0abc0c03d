"""Names, and the people who are responsible for an agent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from fleetward.domain import layout
from fleetward.domain.finding import Severity
from fleetward.domain.fleet import Snapshot
from fleetward.domain.manifest import Manifest
from fleetward.domain.people import Person
from fleetward.rules.duty_fields import DUTY_KEYS, PERSON, connector_owners, duty_fields
from fleetward.rules.rule import Violation, rule, violation
from fleetward.rules.selectors import choices, is_person_or_team, is_staffed, suggestion, today

PEOPLE = layout.PEOPLE


@rule("name-mismatch", Severity.ERROR)
def name_mismatch(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    The name in the manifest is not the name of the agent's folder.

    Why: promotions, approvals and dependencies use the folder's name. A second name sends people to the wrong
    agent.
    Bad:
        # environments/staging/refund-bot/agent.yaml
        metadata: {name: refunds}
    Good:
        # environments/staging/refund-bot/agent.yaml
        metadata: {name: refund-bot}
    Fix: write the folder's name into metadata.name, or rename the folder.
    """
    for manifest in fleet.manifests:
        written = manifest.get("metadata.name")
        if written != manifest.name:
            hint = f"write name: {manifest.name}, or rename the folder to {written}"
            yield violation(
                manifest, "metadata.name", f"{written!r} lives in the folder {manifest.name!r}", hint
            )


@rule("owner-unknown", Severity.ERROR)
def owner_unknown(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    The owner team is not one of the fleet's teams.

    Why: nobody can approve changes of this agent, and nobody can be called about it.
    Bad:
        owner: {team: paymets, accountable: carla}
    Good:
        owner: {team: payments, accountable: carla}
    Fix: name a team of governance/people.yaml, or add the team there.
    """
    for manifest in fleet.manifests:
        team = manifest.get("spec.owner.team")
        if team not in fleet.people.teams:
            choices_hint = choices(str(team), fleet.people.teams, "teams")
            hint = f"name a team of {PEOPLE}, or add {team!r} there{choices_hint}"
            yield violation(manifest, "spec.owner.team", f"no team named {team!r}", hint)


def _unknown_connector_owners(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    for owner, name, place in connector_owners(fleet):
        if not is_person_or_team(fleet, owner):
            message = f"no person or team named {owner!r} owns the connector {name!r}"
            hint = f"name a person or team of {PEOPLE}{suggestion(owner, fleet.people.teams)}"
            yield Violation(place=place, message=message, hint=hint)


@rule("role-unknown", Severity.ERROR, governance_check=_unknown_connector_owners)
def role_unknown(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    A duty names somebody who is neither a person nor a team of this fleet.

    Why: if the name is misspelt, nobody has the duty.
    Bad:
        owner: {team: payments, accountable: karla}
    Good:
        owner: {team: payments, accountable: carla}
    Fix: name a person of governance/people.yaml for accountable and backup, and a person or a team for every
    other duty: roles, contact, approvers, output reviews, escalations, owners of connectors.
    """
    for manifest in fleet.manifests:
        for duty in duty_fields(manifest):
            if duty.has_own_rule_for_unknown:
                continue
            is_person = duty.names == PERSON
            listed = (
                duty.name in fleet.people.people if is_person else is_person_or_team(fleet, str(duty.name))
            )
            if not listed:
                everybody = {**fleet.people.people, **({} if is_person else fleet.people.teams)}
                hint = f"name a {duty.names} of {PEOPLE}{suggestion(str(duty.name), everybody)}"
                yield violation(manifest, duty.path, f"no {duty.names} named {duty.name!r}", hint)


def _departed_connector_owners(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    for owner, name, place in connector_owners(fleet):
        person = fleet.people.people.get(owner)
        if person is not None and not person.is_active(now):
            message = f"{_absence(person, now)}, and owns the connector {name!r}"
            yield Violation(place=place, message=message, hint="name a team, or an active person")


@rule(
    "owner-left",
    Severity.ERROR,
    severity_exceptions="warning where the source environment names an active person already, and waits for promotion",
    fleet_fields=DUTY_KEYS,
    governance_check=_departed_connector_owners,
)
def owner_left(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    A person who is responsible for the agent has left, or has not started yet.

    Why: agents stay when the people who built them leave. An agent without an owner keeps working, and nobody
    looks after it.
    Bad:
        # people.yaml: alice left on 2026-10-01
        owner: {team: payments, accountable: alice}
    Good:
        owner: {team: payments, accountable: carla}
    Fix: give the duty to an active person or a team, and write the name into the manifest. `fleet transfer` does it
    for all agents. In an environment with a gate it is a warning once the source environment has the new name.
    """
    absent = {name: person for name, person in fleet.people.people.items() if not person.is_active(now)}
    for manifest in fleet.manifests if absent else ():
        for duty in duty_fields(manifest):
            person = absent.get(duty.name)
            if person is None or duty.is_escalation:
                continue
            absence = _absence(person, now)
            successor = _waiting_successor(fleet, manifest, duty.path, now)
            if successor is None:
                yield violation(manifest, duty.path, absence, "name an active person")
                continue
            message = f"{absence}; {successor!r} takes over with the promotion that waits"
            hint = f"fleet promote {manifest.name} --to {manifest.environment}"
            yield violation(manifest, duty.path, message, hint, severity=Severity.WARNING)


@rule("owner-alone", Severity.WARNING)
def owner_alone(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    Only one person is responsible for the agent.

    Why: holidays and resignations come without notice. Besides, nobody may approve a change that they wrote
    themselves.
    Bad:
        # people.yaml: payments: {members: [carla]}
        owner: {team: payments, accountable: carla}
    Good:
        owner: {team: payments, accountable: carla, backup: dina}
    Fix: name another person as backup, or add a second person to the team.
    """
    for manifest in fleet.manifests:
        members = fleet.people.members(str(manifest.get("spec.owner.team")), now)
        accountable, backup = manifest.get("spec.owner.accountable"), manifest.get("spec.owner.backup")
        deputies = {p for p in (accountable, backup) if p and fleet.people.is_active(p, now)}
        if accountable is not None and accountable == backup:
            message = f"{backup!r} is accountable and backup at once"
            yield violation(manifest, "spec.owner.backup", message, "name somebody else as backup")
        elif members and len(members | deputies) == 1:
            [alone] = members | deputies
            hint = f"name a backup, or add a second person to the team in {PEOPLE}"
            yield violation(
                manifest, "spec.owner.team", f"{alone!r} is the only person responsible for this agent", hint
            )


def _empty_connector_owners(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    for owner, name, place in connector_owners(fleet):
        if owner in fleet.people.teams and not fleet.people.members(owner, now):
            message = f"the team {owner!r}, which owns the connector {name!r}, has no active member"
            yield Violation(
                place=place, message=message, hint=f"name another team, or fill this one in {PEOPLE}"
            )


@rule("team-empty", Severity.ERROR, governance_check=_empty_connector_owners)
def team_empty(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    The owner team, or a team with another duty, has no active member.

    Why: a team without people approves nothing and answers no call.
    Bad:
        # people.yaml: payments: {members: []}
        owner: {team: payments}
    Good:
        # people.yaml: payments: {members: [carla, dina]}
        owner: {team: payments}
    Fix: name a team that has active members, or add members to the team in governance/people.yaml.
    """
    for manifest in fleet.manifests:
        duties = ((duty.path, duty.name) for duty in duty_fields(manifest) if not duty.is_escalation)
        for path, team in (("spec.owner.team", manifest.get("spec.owner.team")), *duties):
            if team in fleet.people.teams and not fleet.people.members(team, now):
                hint = f"name another team, or fill this one in {PEOPLE}"
                yield violation(manifest, path, f"the team {team!r} has no active member", hint)


def _absence(person: Person, now: datetime) -> str:
    has_left = person.departed is not None and not (person.since and person.since > today(now))
    return (
        f"{person.id!r} left on {person.departed}" if has_left else f"{person.id!r} starts on {person.since}"
    )


def _waiting_successor(fleet: Snapshot, manifest: Manifest, path: str, now: datetime) -> str | None:
    """The active person or team that an environment on the way to this one names in the same field already."""
    above, environments = [manifest.environment], set[str]()
    while above:
        environment = fleet.config.environment(above.pop())
        sources = set(environment.sources if environment else ()) - environments
        environments |= sources
        above += sorted(sources)
    for source in sorted(environments):
        waiting = fleet.manifest(source, manifest.name)
        name = waiting.get(path) if waiting else None
        if isinstance(name, str) and is_staffed(fleet, name, now):
            return name
    return None
