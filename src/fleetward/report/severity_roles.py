"""How a severity looks on a page."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from fleetward.domain.finding import Severity
from fleetward.report.page import Role

SEVERITY_ROLES: Mapping[Severity, Role] = MappingProxyType(
    {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}
)
