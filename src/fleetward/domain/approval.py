"""What a person said about one change of one agent: approve, reject, withdraw, or reviewed afterwards."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.policy import Assurance

GOVERNANCE = "governance"
"""The subject of a decision on the governance folder as a whole; no environment is called so."""


class Decision(StrEnum):
    """What was said."""

    APPROVE = "approve"
    REJECT = "reject"
    WITHDRAW = "withdraw"
    REVIEW = "review"
    """Looked at after it went through the emergency door."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """
    The one thing an approval is for; it counts for nothing else.

    A change of governance has no environment and no generation: the states are digests of the folder.
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
    A statement under ``approvals/``, with what its surroundings say of it.

    ``fault`` is why the file itself cannot count (committed by another, changed afterwards, unsigned where
    a signature is claimed), found by the reader; the rest is judged by the gate.
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
