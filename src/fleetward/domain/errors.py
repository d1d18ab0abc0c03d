"""Errors that prevent an answer, and the exit codes."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fleetward.domain.finding import Finding


class ExitCode(IntEnum):
    """The exit codes (SPEC 3); only SUCCESS allows."""

    SUCCESS = 0
    DENIED = 1
    ERROR = 2
    INTERNAL_ERROR = 3
    BRANCH_MOVED = 4
    HANGUP = 129
    INTERRUPTED = 130
    TERMINATED = 143


class FleetError(Exception):
    """The command cannot give an answer; *hint* is the next thing to do or type."""

    code = ExitCode.ERROR

    def __init__(self, message: str, *, hint: str = "", findings: tuple[Finding, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.findings = findings


class UsageError(FleetError):
    """The command line asks for something that the command does not offer."""


class GitError(FleetError):
    """git is missing, failed, or does not know a revision."""


class NotAFleet(FleetError):
    """There is no fleet here, or it has no agents."""


class GovernanceInvalid(FleetError):
    """A governance file is invalid; *findings* say where."""


class WriteFailed(FleetError):
    """A write could not be done; nothing was changed."""


class OutputClosed(WriteFailed):
    """The reader of the output has closed it; the command did not succeed."""


class BranchMoved(FleetError):
    """The branch moved meanwhile; nothing was written."""

    code = ExitCode.BRANCH_MOVED
