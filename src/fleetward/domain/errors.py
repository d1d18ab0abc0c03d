"""Why there is no answer, and the exit codes that say so."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fleetward.domain.finding import Finding


class ExitCode(IntEnum):
    """What the process says to its caller; only YES allows."""

    SUCCESS = 0
    DENIED = 1
    ERROR = 2
    INTERNAL_ERROR = 3
    BRANCH_MOVED = 4
    INTERRUPTED = 130
    TERMINATED = 143


class FleetError(Exception):
    """No answer could be given; *hint* is the next thing to do or type."""

    code = ExitCode.ERROR

    def __init__(self, message: str, *, hint: str = "", findings: tuple[Finding, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.findings = findings


class UsageError(FleetError):
    """The command was asked something that it does not offer."""


class GitError(FleetError):
    """git is missing, refused, or does not know what was named."""


class NotAFleet(FleetError):
    """There is no fleet here, or nothing in it to look at."""


class GovernanceInvalid(FleetError):
    """A file that decisions rest on is wrong; *findings* say where."""


class WriteFailed(FleetError):
    """A write could not be done; nothing was changed."""


class OutputClosed(WriteFailed):
    """Whoever read the report has gone: nothing is left to be said, and it was no yes."""


class BranchMoved(FleetError):
    """Somebody else was faster; nothing was written."""

    code = ExitCode.BRANCH_MOVED
