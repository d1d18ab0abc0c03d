"""Statements of people about a change: approval, rejection, withdrawal, review."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.policy import Assurance

GOVERNANCE = "governance"
"""The subject of a statement about the governance folder; no environment may have this name."""


class Decision(StrEnum):
    """What a statement decides."""

    APPROVE = "approve"
    REJECT = "reject"
    WITHDRAW = "withdraw"
    REVIEW = "review"
    """The review of a break-glass promotion."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """
    The change that a statement is about; it counts for no other.

    A change of governance has no environment and generation 0. Its states are digests of the folder.
    """

    repository: str
    environment: str
    agent: str
    from_state: str | None
    to_state: str
    generation: int

    @property
    def subject(self) -> str:
        """``<environment>/<agent>``, or ``governance``."""
        return f"{self.environment}/{self.agent}" if self.environment else self.agent


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """
    A statement under ``approvals/``, with what its history and signature show.

    ``fault`` says why the file itself cannot count: committed by another person, changed afterwards, or unsigned
    where a signature is claimed. Everything else is decided by the gate.
    """

    file: str
    sha256: str
    decision: Decision
    approver: str
    binding: Binding
    issued: datetime
    expires: datetime | None
    note: str = ""
    policy_version: int | None = None
    policy_sha256: str | None = None
    assurance: Assurance = Assurance.RECORDED
    signature: str | None = None
    """The digest of the signature file beside it."""
    fault: str | None = None
    commit: str | None = None
    """The newest commit that wrote the file; None where it is not committed."""
    is_foreign: bool = False
    """With a fault: nothing shows that its approver ever wrote it, so it does not even restrict."""
