"""The documentation of a rule as a value."""

from __future__ import annotations

from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """*bad* and *good* are YAML, the other texts are prose on one line."""

    rule: str
    severity: Severity
    """The default; a fleet may configure another one."""
    severity_exceptions: str
    """Where the default differs, in words; empty where it is the same everywhere."""
    fixed: bool
    """Found while loading: the severity cannot be changed, and the finding cannot be waived."""
    summary: str
    why: str
    bad: str
    good: str
    fix: str

    @property
    def severity_text(self) -> str:
        """The default severity in words."""
        return (
            f"{self.severity}, {self.severity_exceptions}" if self.severity_exceptions else str(self.severity)
        )
