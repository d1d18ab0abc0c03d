"""Load attestations from a commit, and find those that count nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from fleetward.domain import digest, layout, limits
from fleetward.domain.attestation import Attestation, account, instant_of
from fleetward.domain.errors import FleetError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.people import People
from fleetward.domain.policy import Assurance
from fleetward.store.git.commit import Commit
from fleetward.store.git.contents import contents
from fleetward.store.git.file_history import commits_by_path
from fleetward.store.git.fleet_root import FleetRoot
from fleetward.store.git.repository import Id
from fleetward.store.records import attestations as statements
from fleetward.store.records.authenticity import own_commits_fault, signature_fault
from fleetward.store.records.load import signature_name, signatures_under


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedAttestations:
    """The attestations of a folder, and by file why the others cannot be read."""

    attestations: tuple[Attestation, ...] = ()
    unreadable: tuple[tuple[str, str], ...] = ()


def load_attestations(
    root: FleetRoot, commit: Id, people: People, *, now: datetime, agent: str | None = None
) -> LoadedAttestations:
    """
    The attestations about *agent* at *commit*, of all agents and the fleet where that is None.

    Whether each is its attester's own is in its ``fault``; who may attest what, the caller checks. Signatures are
    checked against the keys that are in force at *now*.
    """
    tree = root.commit_tree(commit)
    folder = layout.attestations_folder(agent) if agent else layout.ATTESTATIONS
    files = {
        file: content
        for file, content in contents(tree, folder, limit=limits.ATTESTATION_BYTES).items()
        if file.endswith(".json")
    }
    # no process of git where nobody attested anything
    if not files:
        return LoadedAttestations()
    signatures = signatures_under(tree, folder)
    commits = commits_by_path(root, commit, folder)
    loaded: list[Attestation] = []
    unreadable: list[tuple[str, str]] = []
    digests: dict[str, str] = {}
    # by length first: -10 comes after -9
    for file, content in sorted(files.items(), key=lambda pair: (len(pair[0]), pair[0])):
        try:
            attestation = statements.decode(content, file)
        except FleetError as error:
            unreadable.append((file, error.message))
            continue
        attestation = _with_origin(attestation, commits.get(file, ()))
        name = signature_name(file)
        # a signature that fails is worse than none: it does not fall back to the commit's author
        if name in signatures:
            attestation = _signed(attestation, content, signatures[name], people, now)
        else:
            fault = own_commits_fault(commits.get(file, ()), attestation.person, people)
            attestation = replace(attestation, fault=fault)
        if attestation.fault is None and (first := digests.setdefault(attestation.sha256, file)) != file:
            attestation = replace(attestation, fault=f"a copy of {first}")
        loaded.append(attestation)
    return LoadedAttestations(attestations=tuple(loaded), unreadable=tuple(unreadable))


def attestation_key_fault(
    attestation: Attestation, content: bytes, signature: bytes | int | None, people: People, now: datetime
) -> str | None:
    """Why *signature* is not its attester's; None where it is."""
    return signature_fault(
        content,
        signature,
        account(people, attestation.person),
        attestation.person,
        people,
        (now, instant_of(attestation.on)),
    )


def _signed(
    attestation: Attestation, content: bytes, signature: bytes | int | None, people: People, now: datetime
) -> Attestation:
    fault = attestation_key_fault(attestation, content, signature, people, now)
    return replace(
        attestation,
        fault=fault,
        assurance=Assurance.RECORDED if fault else Assurance.SIGNED,
        signature=digest.of_bytes(signature) if isinstance(signature, bytes) else None,
    )


def _with_origin(attestation: Attestation, commits: Sequence[Commit]) -> Attestation:
    """With the commit that brought it: the oldest that wrote its file."""
    if not commits:
        return attestation
    return replace(attestation, commit=commits[-1].id, committed=commits[-1].committed)
