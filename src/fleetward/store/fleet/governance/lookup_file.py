"""Governance files that rules look things up in: language models, connectors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fleetward.domain.finding import Finding
from fleetward.domain.fleet import LookupFile
from fleetward.store.fleet.governance.source import Source


def parse_lookup_file(
    data: Mapping[str, Any], source: Source
) -> tuple[LookupFile | None, tuple[Finding, ...]]:
    """The data as it is; rules interpret the entries."""
    return LookupFile(file=source.file, data=data, locate=source.locate), ()
