"""The fields of manifests and registers that name a person or a team."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Place
from fleetward.domain.fleet import Snapshot
from fleetward.domain.manifest import Manifest
from fleetward.rules.selectors import keyed_items

ROLES = "spec.owner.roles"
ESCALATION = "spec.escalation"
PERSON = "person"
PERSON_OR_TEAM = "person or team"
DUTY_KEYS: Mapping[str, tuple[str, ...]] = {
    "spec.owner": ("accountable", "backup", "contact", "roles"),
    "spec.guardrails.humanReview": ("approvers",),
    "spec.observability.outputReview": ("by",),
    ESCALATION: ("default", "responsible", "triggers"),
    "spec.knowledge": ("name", "owner"),
}
"""The keys that hold a duty, for rules that compare agents."""
_FIELDS = (
    "spec.owner.contact.onCall",
    "spec.guardrails.humanReview.approvers",
    "spec.observability.outputReview.by",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyField:
    """A field that names somebody, and what it may name."""

    path: str
    name: str
    names: str = PERSON_OR_TEAM
    is_escalation: bool = False
    """True where escalation-nobody says that they are away."""
    has_own_rule_for_unknown: bool = False
    """True where escalation-nobody or knowledge-unowned says that there is no such name."""


def escalates(manifest: Manifest) -> bool:
    """True if anything can be handed to a human: ``default: act`` without triggers hands over nothing."""
    if not manifest.has(ESCALATION):
        return False
    return manifest.get(f"{ESCALATION}.default") != "act" or bool(manifest.items(f"{ESCALATION}.triggers"))


def duty_fields(manifest: Manifest) -> Iterator[DutyField]:
    """The fields of a manifest that name a person or a team, without the owner team."""
    for path in ("spec.owner.accountable", "spec.owner.backup"):
        if name := manifest.get(path):
            yield DutyField(path=path, name=name, names=PERSON)
    for role, name in manifest.get(ROLES, {}).items():
        if not role.startswith("x-"):
            yield DutyField(path=f"{ROLES}.{role}", name=name, is_escalation=role == "escalation")
    for path in _FIELDS:
        if name := manifest.get(path):
            yield DutyField(path=path, name=name)
    in_use = manifest.lifecycle != "retired"
    if name := manifest.get(f"{ESCALATION}.responsible"):
        answers = in_use and escalates(manifest)
        yield DutyField(
            path=f"{ESCALATION}.responsible",
            name=name,
            is_escalation=answers,
            has_own_rule_for_unknown=answers,
        )
    for path, source in keyed_items(manifest, "spec.knowledge"):
        if name := source.get("owner"):
            yield DutyField(path=f"{path}.owner", name=name, has_own_rule_for_unknown=in_use)


def connector_owners(fleet: Snapshot) -> Iterator[tuple[str, str, Place]]:
    """Who owns each shared connector: the owner, the connector, and where that is written."""
    register = fleet.connectors
    for name, connector in (register.data.get("connectors") or {}).items() if register else ():
        owner = connector.get("owner")
        if register and owner is not None:
            yield owner, name, register.locate(f"connectors.{name}.owner")
