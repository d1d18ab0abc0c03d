"""Files that are only looked things up in: allowed models, shared connectors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fleetward.domain.finding import Finding
from fleetward.domain.fleet import LookupFile
from fleetward.store.fleet.governance.source import Source


def parse_lookup_file(
    data: Mapping[str, Any], source: Source
) -> tuple[LookupFile | None, tuple[Finding, ...]]:
    """The file as it is; what its entries mean is the business of rules."""
    return LookupFile(file=source.file, data=data, locate=source.locate), ()
