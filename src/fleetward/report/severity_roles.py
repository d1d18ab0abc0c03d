"""How severities and verdicts look on a page."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from fleetward.domain.finding import Severity
from fleetward.domain.verdict import RequirementStatus, Verdict
from fleetward.report.page import Role

SEVERITY_ROLES: Mapping[Severity, Role] = MappingProxyType(
    {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}
)
VERDICT_ROLES: Mapping[Verdict, Role] = MappingProxyType(
    {
        Verdict.UNCHANGED: "dim",
        Verdict.ALLOWED: "good",
        Verdict.PENDING: "warning",
        Verdict.BLOCKED: "error",
    }
)
STATUS_ROLES: Mapping[RequirementStatus, Role] = MappingProxyType(
    {
        RequirementStatus.MET: "good",
        RequirementStatus.MISSING: "warning",
        RequirementStatus.REFUSED: "error",
    }
)
