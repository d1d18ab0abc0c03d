"""A policy that says other things under the version of the policy before it."""

from __future__ import annotations

from collections.abc import Iterable

from fleetward.domain import layout
from fleetward.domain.errors import FleetError
from fleetward.domain.finding import Finding, Place, Severity
from fleetward.domain.ledger import Ledger
from fleetward.domain.policy import Policy
from fleetward.store.git.fleet_root import FleetRoot
from fleetward.workflows.load import load_fleet

RULE = "policy-version-reused"


def reused_since_last_entry(
    root: FleetRoot, policy: Policy | None, ledgers: Iterable[Ledger]
) -> tuple[Finding, ...]:
    """The finding where *policy* differs from the one that decided the newest entry, and has its version."""
    newest = max(
        (entry for ledger in ledgers for entry in ledger.entries[-1:]), key=lambda e: e.at, default=None
    )
    if policy is None or newest is None or newest.policy_version != policy.version:
        return ()
    # the usual case costs no reading: the digest is the one that the ledger names
    if newest.policy_sha256 == policy.sha256 or root.repository.find_commit(newest.commit) != newest.commit:
        return ()
    try:
        snapshot = load_fleet(root.commit_tree(newest.commit), only=()).snapshot
    except FleetError:
        return ()
    before = snapshot.policy if snapshot else None
    return reused_version(before, policy, f"at commit {newest.commit[:12]}")


def reused_version(before: Policy | None, policy: Policy, where: str) -> tuple[Finding, ...]:
    """The finding where *policy* says other things than *before*, which is in force *where*, under its version."""
    if before is None or not policy.reuses_version_of(before):
        return ()
    return (
        Finding(
            rule=RULE,
            severity=Severity.ERROR,
            message=f"the policy says other things than version {before.version} {where}, and has its version",
            place=policy.place or Place(file=layout.POLICY, path="version"),
            hint=f"write version: {before.version + 1}",
        ),
    )
