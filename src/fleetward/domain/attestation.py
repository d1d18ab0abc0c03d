"""Attestations: what was done about an agent without touching what runs, and who may say so (register.md 1)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from enum import StrEnum

from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.manifest import Manifest
from fleetward.domain.ownership import named_somebody, owners
from fleetward.domain.people import People, Person, Robot
from fleetward.domain.policy import OWNER, Assurance, Policy

EVERYWHERE = "*"
"""The environment of an attestation that counts in every environment."""
FLEET = "fleet"
"""The subject of an attestation about the whole fleet."""
SEEN = "seen"
KNOWLEDGE_CHECK = "knowledge-check"


class Outcome(StrEnum):
    """What a review decided."""

    KEEP = "keep"
    EXPAND = "expand"
    MERGE = "merge"
    RETIRE = "retire"


class Result(StrEnum):
    """How a test ended; a failed one never renews anything."""

    PASSED = "passed"
    FAILED = "failed"


KINDS = (
    *("review", "risk-assessment", "escalation-test", "kill-switch-test", "output-review"),
    *(KNOWLEDGE_CHECK, "heartbeat", "incident", SEEN),
)
"""The kinds that every fleet has; a policy may define more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attestation:
    """
    A statement under ``attestations/``, with what its history and signature show.

    ``fault`` says why it counts nothing; None where it counts.
    """

    file: str
    sha256: str
    environment: str
    """``*``: it counts in every environment; empty: it is about the whole fleet."""
    agent: str
    """Empty where it is about the whole fleet."""
    state: str
    """The digest of the agent's release, or of the governance folder."""
    kind: str
    of: str | None
    person: str
    """A person or a robot."""
    on: date
    result: Result
    outcome: Outcome | None
    incident: str | None
    note: str
    repository: str
    assurance: Assurance = Assurance.RECORDED
    signature: str | None = None
    """The digest of the signature file beside it."""
    commit: str | None = None
    """The oldest commit that wrote its file; None where none did."""
    committed: datetime | None = None
    """The date of that commit."""
    fault: str | None = None

    @property
    def subject(self) -> str:
        """``<environment or *>/<agent>``, or ``fleet``."""
        return f"{self.environment}/{self.agent}" if self.agent else FLEET

    @property
    def counts(self) -> bool:
        """Does it renew anything?"""
        return self.fault is None and self.result is Result.PASSED

    def is_about(self, environment: str) -> bool:
        """Does it speak of the agent in this environment?"""
        return self.environment in (EVERYWHERE, environment)


def instant_of(day: date) -> datetime:
    """The beginning of *day*, in UTC."""
    return datetime.combine(day, time(), UTC)


def kind_fault(kind: str, of: str | None, manifest: Manifest | None, policy: Policy | None) -> str | None:
    """Why there is no such kind, or what ``of`` should name; None where both fit."""
    if kind not in KINDS and not (policy and kind in policy.attestations):
        return f"no kind {kind!r} of attestation: {', '.join((*KINDS, *(policy.attestations if policy else ())))}"
    if kind != KNOWLEDGE_CHECK:
        return None if of is None else f"{kind} is not of one part of an agent"
    names = [str(item["name"]) for item in manifest.items("spec.knowledge")] if manifest else []
    if of not in names:
        listed = ", ".join(names) or "nothing"
        missing = "no source is named" if of is None else f"no source {of!r}"
        return f"{missing}: spec.knowledge has {listed}"
    return None


def right_fault(
    attestation: Attestation, manifest: Manifest | None, policy: Policy | None, people: People
) -> str | None:
    """
    Why the attester may not attest this kind, judged on the date attested; None where they may.

    Leaving later undoes nothing.
    """
    kind, name, when = attestation.kind, attestation.person, instant_of(attestation.on)
    robot = people.robots.get(name)
    if kind == SEEN:
        if robot is None:
            return f"{name} is no robot: {SEEN} is attested by robots"
        return None if attestation.assurance is Assurance.SIGNED else f"{SEEN} has to be signed"
    if kind == "incident":
        known = robot is not None or people.is_active(name, when)
        return None if known else f"{name} was not in people.yaml on {attestation.on}"
    attesters = _attesters(attestation, manifest, policy, people)
    if kind == "heartbeat" and robot is not None:
        return None if robot.operated_by in attesters else f"{name} is operated by nobody of the owner team"
    if name not in attesters:
        could = ", ".join(sorted(attesters)) or "nobody"
        return f"{name} may not attest {kind} on {attestation.on}: {could} could"
    return None


def _attesters(
    attestation: Attestation, manifest: Manifest | None, policy: Policy | None, people: People
) -> frozenset[str]:
    """The people who may attest this kind on its date."""
    when = instant_of(attestation.on)
    own = policy.attestations.get(attestation.kind) if policy else None
    if own is not None:
        teams = (owners(manifest, people, when) if t == OWNER else people.members(t, when) for t in own.by)
        return frozenset[str]().union(*teams)
    team = manifest.get("spec.owner.team") if manifest else None
    members = people.members(team, when) if isinstance(team, str) else frozenset[str]()
    if attestation.kind == "risk-assessment" and policy and policy.veto:
        teams = (
            owners(manifest, people, when) if t == OWNER else people.members(t, when) for t in policy.veto
        )
        return frozenset[str]().union(*teams)
    if attestation.kind == "review":
        return owners(manifest, people, when)
    if attestation.kind in ("output-review", KNOWLEDGE_CHECK):
        return frozenset[str]().union(
            *(named_somebody(name, people, when) for name in _named(attestation, manifest))
        )
    if attestation.kind == "escalation-test" and manifest:
        return members | named_somebody(manifest.get("spec.escalation.responsible"), people, when)
    return members


def _named(attestation: Attestation, manifest: Manifest | None) -> Iterator[str]:
    """Whom the manifest names for this kind: the reader of outputs, or the owner of the source."""
    if manifest is None:
        return
    if attestation.kind == "output-review":
        yield manifest.get("spec.observability.outputReview.by", "")
        return
    for item in manifest.items("spec.knowledge"):
        if item.get("name") == attestation.of:
            yield str(item.get("owner") or "")


def account(people: People, name: str) -> Person | Robot | None:
    """The person or robot of this id."""
    return people.people.get(name) or people.robots.get(name)
