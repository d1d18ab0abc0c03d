"""The emergency brake of one agent: what was asked, and what came of it."""

from __future__ import annotations

from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.verdict import Promotion, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspension:
    """
    On or off, in one environment.

    Shape: ``content`` is the overrides.yaml as it would be, or is; None where there would be none. ``outlook`` is
    the verdict on it, None where no gate is asked.
    """

    agent: str
    environment: str
    gated: bool
    suspended: bool
    reason: str
    file: str
    content: bytes | None = None
    has_changes: bool = True
    """Is there anything to change?"""
    already_proposed: bool = False
    """The same is proposed already."""
    contradicting_proposal: bool = False
    """Nothing to change, but what is proposed would change it."""
    written: bool = False
    committed: str | None = None
    predicted: Promotion | None = None
    promoted: str | None = None

    @property
    def verb(self) -> str:
        """``suspend`` or ``resume``."""
        return "suspend" if self.suspended else "resume"

    @property
    def is_pending(self) -> bool:
        """Is it proposed, and nothing has changed yet because somebody has still to say or show something?"""
        proposed = self.already_proposed or self.committed is not None
        return proposed and self.predicted is not None and self.predicted.verdict is Verdict.PENDING
