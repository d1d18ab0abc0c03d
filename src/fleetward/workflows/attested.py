"""Which attestations of a fleet count: their attester may attest that kind, on that day, of that agent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from fleetward.domain.attestation import EVERYWHERE, Attestation, kind_fault, right_fault
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.fleet import FleetConfig, Snapshot
from fleetward.domain.manifest import Manifest
from fleetward.domain.people import People
from fleetward.domain.policy import Policy
from fleetward.store.git.fleet_root import FleetRoot
from fleetward.store.git.repository import Id
from fleetward.store.records.load_attestations import LoadedAttestations, load_attestations
from fleetward.workflows.load import load_fleet


@dataclass(frozen=True, slots=True, kw_only=True)
class AttestationLaw:
    """The governance that attestations are judged by."""

    config: FleetConfig
    policy: Policy | None
    people: People
    now: datetime


def attestations_at(
    root: FleetRoot, commit: Id, law: AttestationLaw, fleet: Snapshot, agent: str | None = None
) -> LoadedAttestations:
    """The attestations about *agent* (None: about everything) at *commit*; those that count nothing have a fault."""
    loaded = load_attestations(root, commit, law.people, now=law.now, agent=agent)
    judged = tuple(_judged(attestation, law, root, fleet) for attestation in loaded.attestations)
    return replace(loaded, attestations=judged)


def _judged(attestation: Attestation, law: AttestationLaw, root: FleetRoot, fleet: Snapshot) -> Attestation:
    if attestation.fault is not None:
        return attestation
    manifests = _present_manifests(attestation, law, fleet)
    fault = attestation_fault(attestation, law, next(iter(manifests), None))
    if fault is not None and attestation.agent and attestation.commit:
        # owners change: who owned the agent when it was attested may have attested it
        earlier = _manifest_then(attestation, law, root, attestation.commit)
        fault = fault if earlier is None else attestation_fault(attestation, law, earlier)
    return replace(attestation, fault=fault)


def attestation_fault(attestation: Attestation, law: AttestationLaw, manifest: Manifest | None) -> str | None:
    """Why an attestation counts nothing, whoever committed it; None where it counts."""
    own = law.policy.attestations.get(attestation.kind) if law.policy else None
    if attestation.repository != law.config.repository:
        return f"it is of the repository {attestation.repository!r}"
    if attestation.on > law.now.date():
        return f"dated ahead ({attestation.on})"
    environment = attestation.environment
    if environment not in ("", EVERYWHERE) and law.config.environment(environment) is None:
        return f"no environment {environment!r}"
    of_fleet = own is not None and own.of_fleet
    if of_fleet != (not attestation.agent):
        return f"{attestation.kind} is attested of {'the whole fleet' if of_fleet else 'an agent'}"
    return kind_fault(attestation.kind, attestation.of, manifest, law.policy) or right_fault(
        attestation, manifest, law.policy, law.people
    )


def _environments(attestation: Attestation, law: AttestationLaw) -> Iterable[str]:
    """Where the attestation's agent is looked for, in this order."""
    if attestation.environment == EVERYWHERE:
        return [environment.name for environment in law.config.environments]
    return [attestation.environment]


def _present_manifests(attestation: Attestation, law: AttestationLaw, fleet: Snapshot) -> Iterable[Manifest]:
    found = (fleet.manifest(env, attestation.agent) for env in _environments(attestation, law))
    return (manifest for manifest in found if manifest is not None)


def _manifest_then(
    attestation: Attestation, law: AttestationLaw, root: FleetRoot, commit: Id
) -> Manifest | None:
    keys = {(environment, attestation.agent) for environment in _environments(attestation, law)}
    fleet = load_fleet(root.commit_tree(commit), only=keys, fallback_config=law.config).snapshot
    return next(iter(_present_manifests(attestation, law, fleet)), None) if fleet else None
