"""Attestations that count nothing, at the end of a history."""

from __future__ import annotations

from collections.abc import Iterator

from fleetward.domain import layout
from fleetward.domain.audit import Break
from fleetward.domain.finding import Severity
from fleetward.store.git.fleet_root import FleetRoot
from fleetward.store.git.repository import Id
from fleetward.workflows.attested import AttestationLaw, attestations_at
from fleetward.workflows.context import RunContext
from fleetward.workflows.load import load_fleet


def invalid_attestations(run: RunContext, root: FleetRoot, last: Id) -> Iterator[Break]:
    """A warning for each attestation that cannot be read, or that its attester may not make."""
    if not root.commit_tree(last).entries(layout.ATTESTATIONS):
        return
    fleet = load_fleet(root.commit_tree(last), only=()).snapshot
    if fleet is None:
        return
    law = AttestationLaw(config=fleet.config, policy=fleet.policy, people=fleet.people, now=run.now)
    loaded = attestations_at(root, last, law, fleet)
    faults = [(item.file, item.fault) for item in loaded.attestations if item.fault is not None]
    for file, fault in sorted((*faults, *loaded.unreadable)):
        yield Break(
            rule="attestation-invalid",
            message=f"it counts nothing: {fault}",
            commit=last,
            file=file,
            severity=Severity.WARNING,
            hint=f"git log -- {file}",
        )
