"""What was attested of the agents of a fleet, for its validation, and what of it counts nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from fleetward.domain import layout
from fleetward.domain.attestation import Attestation
from fleetward.domain.finding import Finding, Place, Severity
from fleetward.store.git.fleet_root import FleetRoot
from fleetward.workflows.attested import AttestationLaw, attestations_at
from fleetward.workflows.context import RunContext
from fleetward.workflows.load import load_fleet
from fleetward.workflows.validation.run import Attestations

RULE = "attestation-invalid"


def committed_attestations(root: FleetRoot, run: RunContext, revision: str | None) -> Attestations:
    """By agent what was attested of it at *revision*, or at HEAD: what is not committed yet counts nothing."""
    commit = root.repository.find_commit(revision or "HEAD")
    if commit is None:
        return {}
    tree = root.commit_tree(commit)
    names = {entry.path.split("/")[1] for entry in tree.entries(layout.ATTESTATIONS)}
    fleet = load_fleet(
        tree, only=lambda config: [(env.name, name) for env in config.environments for name in names]
    ).snapshot
    if fleet is None:
        return {}
    law = AttestationLaw(config=fleet.config, policy=fleet.policy, people=fleet.people, now=run.now)
    by_agent: dict[str, list[Attestation]] = defaultdict(list)
    for attestation in attestations_at(root, commit, law, fleet).attestations:
        by_agent[attestation.agent].append(attestation)
    return {name: tuple(attestations) for name, attestations in by_agent.items()}


def invalid_attestations(attestations: Attestations) -> Iterator[Finding]:
    """A warning for each that counts nothing."""
    for _, items in sorted(attestations.items()):
        for attestation in items:
            if attestation.fault is not None:
                yield Finding(
                    rule=RULE,
                    severity=Severity.WARNING,
                    message=f"it counts nothing: {attestation.fault}",
                    place=Place(file=attestation.file),
                    hint=f"git log -- {attestation.file}",
                )
