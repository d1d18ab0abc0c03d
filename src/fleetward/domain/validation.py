"""The result of validating a fleet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Finding, Severity
from fleetward.domain.fleet import AgentKey, Waiver


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """Findings in order, with the waived ones, and how much was checked."""

    findings: tuple[Finding, ...]
    agents: int
    """(environment, agent) pairs."""
    files: int
    checked: tuple[AgentKey, ...] = ()
    """The agents that were checked."""
    skipped: tuple[AgentKey, ...] = ()
    """The agents that no rule checked, because their manifest is invalid."""
    unread: Mapping[AgentKey, tuple[str, ...]] = field(default_factory=dict)
    """By agent the wrong values that no rule saw, by path."""
    waivers: tuple[Waiver, ...] = ()
    """The waivers in force."""
    prefix: str = ""
    """The fleet root inside its repository: empty, or with a trailing slash."""

    @property
    def errors(self) -> int:
        """How many errors are not waived."""
        return self._count(Severity.ERROR)

    @property
    def warnings(self) -> int:
        """How many warnings are not waived."""
        return self._count(Severity.WARNING)

    @property
    def notes(self) -> int:
        """How many notes are not waived."""
        return self._count(Severity.NOTE)

    @property
    def waived(self) -> int:
        """How many findings are waived."""
        return sum(f.waived for f in self.findings)

    @property
    def unwaived(self) -> tuple[Finding, ...]:
        """The findings that are not waived, worst first."""
        return tuple(f for f in self.findings if not f.waived)

    def waiver_for(self, finding: Finding) -> Waiver | None:
        """The waiver that covers a finding."""
        return next((waiver for waiver in self.waivers if waiver.covers(finding)), None)

    def repository_path(self, file: str) -> str:
        """The path of a fleet file from the top of the repository, as forges need it."""
        return self.prefix + file

    def _count(self, severity: Severity) -> int:
        return sum(f.severity is severity and not f.waived for f in self.findings)
