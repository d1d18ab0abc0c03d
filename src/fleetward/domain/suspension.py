"""The suspension of one agent: the request and its result."""

from __future__ import annotations

from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.verdict import Promotion, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspension:
    """
    Suspend or resume an agent in one environment.

    Shape: ``content`` is the new content of overrides.yaml, None where the file goes away. ``predicted`` is the
    verdict on it, None where the environment is not gated.
    """

    agent: str
    environment: str
    gated: bool
    suspended: bool
    reason: str
    file: str
    content: bytes | None = None
    has_changes: bool = True
    """Does the file have to change?"""
    already_proposed: bool = False
    """The same content is already proposed."""
    contradicting_proposal: bool = False
    """The file is as requested, but a proposal would change that."""
    written: bool = False
    committed: str | None = None
    predicted: Promotion | None = None
    promoted: str | None = None
    contacts: tuple[str, ...] = ()
    """Whom to call, each with what they are to the agent."""
    kill_switch: str | None = None
    """How the agent is switched off, in the words of its manifest."""
    dependents: tuple[str, ...] = ()
    """The agents of the environment that call it."""
    review_seq: int | None = None
    """Of a suspension by one person: the ledger entry that somebody else has to review."""

    @property
    def verb(self) -> str:
        """``suspend`` or ``resume``."""
        return "suspend" if self.suspended else "resume"

    @property
    def is_pending(self) -> bool:
        """Is it proposed, and waiting for an approval or another requirement?"""
        proposed = self.already_proposed or self.committed is not None
        return proposed and self.predicted is not None and self.predicted.verdict is Verdict.PENDING
