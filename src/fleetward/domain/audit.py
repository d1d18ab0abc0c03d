"""Values of an audit: first-parent commits, the files that they changed, breaks, ledger heads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime

from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Finding, Place, Severity

REGULAR_MODES = frozenset({"100644", "100755"})


@dataclass(frozen=True, slots=True)
class FileVersion:
    """A file in one tree: git's mode and the object id of its content."""

    mode: str
    id: str


@dataclass(frozen=True, slots=True)
class FileStep:
    """The change of one file, its path relative to the fleet root; None where the file does not exist."""

    path: str
    old: FileVersion | None
    new: FileVersion | None

    @property
    def mode_only(self) -> bool:
        """Did the mode change and the content stay the same?"""
        return self.old is not None and self.new is not None and self.old.id == self.new.id


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstParentCommit:
    """
    A commit of the branch, with the files that differ from its first parent.

    *is_single* is False for a merge, and for several commits that are checked as one.
    """

    id: str
    parent: str | None
    committed: datetime
    changes: tuple[FileStep, ...] = ()
    is_single: bool = True

    def changes_under(self, folder: str) -> tuple[FileStep, ...]:
        """The changes of the file *folder*, or inside the folder of this name (without a trailing slash)."""
        return tuple(
            change for change in self.changes if change.path == folder or change.path.startswith(f"{folder}/")
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """A break of a rule for histories: the rule, the commit, and the file that shows it."""

    rule: str
    message: str
    commit: str
    file: str
    line: int = 1
    hint: str = ""
    severity: Severity = Severity.ERROR
    environment: str | None = None
    agent: str | None = None
    seq: int | None = None
    """The ledger entry that it is about."""

    @property
    def finding(self) -> Finding:
        """The same as a finding, for reports that print findings."""
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
        """Worst first, then by file and rule; a stable sort keeps the order of commits."""
        return (self.severity.rank, self.file, self.rule)


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerHead:
    """The end of one ledger: number and digest of its last line, and the last audited commit."""

    seq: int
    line: str
    commit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """The result of an audit; *breaks* worst first."""

    first: str | None
    """The commit after which it began; None where it began with the first commit."""
    last: str
    commits: int
    promotions: int
    adoptions: int
    governance: int
    """How many commits changed the governance folder."""
    breaks: tuple[Break, ...] = ()
    heads: Mapping[str, LedgerHead] = field(default_factory=dict)

    @property
    def clean(self) -> bool:
        """Has the audit found no error?"""
        return not any(b.severity is Severity.ERROR for b in self.breaks)

    def count(self, severity: Severity) -> int:
        """How many breaks have this severity."""
        return sum(b.severity is severity for b in self.breaks)
