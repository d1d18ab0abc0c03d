"""What a look at a whole fleet found."""

from __future__ import annotations

from dataclasses import dataclass

from fleetward.domain.finding import Finding, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """Findings in order, waived ones among them, and how much was looked at."""

    findings: tuple[Finding, ...]
    agents: int
    """(environment, agent) pairs."""
    files: int

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
        return sum(one.waived for one in self.findings)

    def _count(self, severity: Severity) -> int:
        return sum(one.severity is severity and not one.waived for one in self.findings)
