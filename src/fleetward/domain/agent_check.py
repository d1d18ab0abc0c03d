"""One agent's part of a look at a whole fleet: what is wrong with it alone, and what others compare it by."""

from __future__ import annotations

from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Finding
from fleetward.domain.fleet import AgentKey
from fleetward.domain.manifest import Agent


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentCheck:
    """*agent* and *proposed* are sketches: without their files, and of the manifest what rules compare."""

    key: AgentKey
    load_findings: tuple[Finding, ...]
    """What reading found."""
    rule_findings: tuple[Finding, ...]
    """What rules found that look at each agent alone, before waivers."""
    files: int
    agent: Agent | None
    proposed_agent: Agent | None = None
