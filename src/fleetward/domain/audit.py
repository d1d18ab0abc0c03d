"""What an audit looks at, and what it finds: commits as they landed, breaks, and how much was looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime

from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Finding, Place, Severity

REGULAR_MODES = frozenset({"100644", "100755"})


@dataclass(frozen=True, slots=True)
class FileVersion:
    """How a tree keeps a file: git's mode and the id of its content."""

    mode: str
    id: str


@dataclass(frozen=True, slots=True)
class FileStep:
    """What became of one file: None where it was not there, or is not any more; the path is the fleet's."""

    path: str
    old: FileVersion | None
    new: FileVersion | None

    @property
    def mode_only(self) -> bool:
        """Is the content the same?"""
        return self.old is not None and self.new is not None and self.old.id == self.new.id


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstParentCommit:
    """
    A commit of the branch by its result: what differs from its first parent.

    *alone* is False for a merge, and where several commits are taken as one.
    """

    id: str
    parent: str | None
    committed: datetime
    changes: tuple[FileStep, ...] = ()
    is_single: bool = True

    def changes_under(self, folder: str) -> tuple[FileStep, ...]:
        """The steps inside *folder*, which has no slash at its end, or of the file of this name."""
        return tuple(
            change for change in self.changes if change.path == folder or change.path.startswith(f"{folder}/")
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """Something that the promise does not allow: the rule, the commit that did it, the file that shows it."""

    rule: str
    message: str
    commit: str
    file: str
    line: int = 1
    hint: str = ""
    severity: Severity = Severity.ERROR
    environment: str | None = None
    agent: str | None = None

    @property
    def finding(self) -> Finding:
        """The same as a finding, for reports that know only these."""
        return Finding(
            rule=self.rule,
            severity=self.severity,
            message=f"commit {self.commit[:12]}: {self.message}",
            place=Place(file=self.file, line=self.line, end_line=self.line),
            hint=self.hint,
            environment=self.environment,
            agent=self.agent,
        )

    @property
    def sort_key(self) -> tuple[int, str, str]:
        """Worst first, then as history and files go; breaks of one weight come in the order of their commits."""
        return (self.severity.rank, self.file, self.rule)


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerHead:
    """The end of one ledger: its last line by number and digest, and the commit that the audit ended at."""

    seq: int
    line: str
    commit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What an audit looked at and found; *breaks* worst first."""

    first: str | None
    """The commit that it began after; None where it began with the history."""
    last: str
    commits: int
    promotions: int
    adoptions: int
    governance: int
    """Landings that changed the governance folder."""
    breaks: tuple[Break, ...] = ()
    heads: Mapping[str, LedgerHead] = field(default_factory=dict)

    @property
    def clean(self) -> bool:
        """Did nothing say no?"""
        return not any(b.severity is Severity.ERROR for b in self.breaks)

    def count(self, severity: Severity) -> int:
        """How many breaks weigh this much."""
        return sum(b.severity is severity for b in self.breaks)
