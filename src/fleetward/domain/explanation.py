"""A rule in words: what it finds, why that matters, what to write instead."""

from __future__ import annotations

from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What a rule's documentation says; *bad* and *good* are YAML, the rest is prose on one line."""

    rule: str
    severity: Severity
    """By default; a fleet may weigh it otherwise."""
    severity_exceptions: str
    """Where the default is another one, in words; empty where it is the same everywhere."""
    fixed: bool
    """Found while reading: it can be neither turned down nor waived."""
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
