"""What a look at a whole fleet found."""

from __future__ import annotations

from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Finding, Severity
from fleetward.domain.fleet import AgentKey, Waiver


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """Findings in order, waived ones among them, and how much was looked at."""

    findings: tuple[Finding, ...]
    agents: int
    """(environment, agent) pairs."""
    files: int
    checked: tuple[AgentKey, ...] = ()
    """Which agents those were."""
    skipped: tuple[AgentKey, ...] = ()
    """Those of them whose manifest is not right, so that no rule was asked of it."""
    waivers: tuple[Waiver, ...] = ()
    """The exceptions that are in force."""
    prefix: str = ""
    """The fleet root inside its repository: empty, or with a trailing slash."""

    @property
    def errors(self) -> int:
        """Findings that say no."""
        return self._count(Severity.ERROR)

    @property
    def warnings(self) -> int:
        """Findings that ask for care."""
        return self._count(Severity.WARNING)

    @property
    def notes(self) -> int:
        """Findings that tell."""
        return self._count(Severity.NOTE)

    @property
    def waived(self) -> int:
        """Findings that a dated exception covers."""
        return sum(f.waived for f in self.findings)

    @property
    def unwaived(self) -> tuple[Finding, ...]:
        """The findings that no exception covers, worst first."""
        return tuple(f for f in self.findings if not f.waived)

    def waiver_for(self, finding: Finding) -> Waiver | None:
        """The exception that covers a finding."""
        return next((waiver for waiver in self.waivers if waiver.covers(finding)), None)

    def repository_path(self, file: str) -> str:
        """A file of the fleet as forges name it: from the top of the repository."""
        return self.prefix + file

    def _count(self, severity: Severity) -> int:
        return sum(f.severity is severity and not f.waived for f in self.findings)
