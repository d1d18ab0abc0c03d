"""What validation found about one agent, with a summary of it for rules that compare agents."""

from __future__ import annotations

from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Finding
from fleetward.domain.fleet import AgentKey
from fleetward.domain.manifest import Agent


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentCheck:
    """*agent* and *proposed_agent* are summaries: no files, and of the manifest only what rules compare."""

    key: AgentKey
    load_findings: tuple[Finding, ...]
    """Findings of loading."""
    rule_findings: tuple[Finding, ...]
    """Findings of rules that check one agent at a time, before waivers."""
    files: int
    agent: Agent | None
    proposed_agent: Agent | None = None
