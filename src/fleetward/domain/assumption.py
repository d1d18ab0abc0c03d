"""What ``--as`` and ``--at`` assume for one evaluation."""

from __future__ import annotations

from datetime import datetime

from fleetward.domain.fast_dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumption:
    """The people who are assumed to have approved, and the assumed time; nothing of it is ever written."""

    approvers: tuple[str, ...] = ()
    at: datetime | None = None
    """None: the clock as it is."""
    now: datetime
    """The time of the evaluation, assumed or not."""

    @property
    def is_empty(self) -> bool:
        """Nothing is assumed."""
        return not self.approvers and self.at is None
