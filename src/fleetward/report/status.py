"""Where the agents of a fleet stand, for people and for programs (``fleetward.status/1``)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from fleetward.domain.register import AgentStanding, Standing
from fleetward.report.page import Line, Page, Role, line, page, span

FORMAT = "fleetward.status/1"
_ROLES: dict[Standing, Role] = {
    Standing.UNREADABLE: "error",
    Standing.DRIFTED: "error",
    Standing.MISSING: "error",
    Standing.IN_SYNC: "good",
}


def render_page(agents: Sequence[AgentStanding], chdir: str) -> Page:
    """What is not in sync, each with the command that brings it on; then the counts."""
    lines: list[Line] = []
    for standing in agents:
        if standing.state is Standing.IN_SYNC:
            continue
        lines.append(
            line(
                span(standing.state.value, _ROLES.get(standing.state, "warning")),
                f"  {standing.agent}  ",
                span(standing.environment, "place"),
            )
        )
        if standing.next_command:
            lines.append(line("  ", span(_in_folder(standing.next_command, chdir), "dim"), hang=4))
    counts = ", ".join(f"{number} {state}" for state, number in _summary(agents).items() if number)
    return page([*lines, *([line()] if lines else []), line(counts or "no agent in a gated environment")])


def _in_folder(command: str, chdir: str) -> str:
    verb, _, arguments = command.removeprefix("fleet ").partition(" ")
    return f"fleet {verb}{chdir}{' ' if arguments else ''}{arguments}"


def render_data(environments: Sequence[str], agents: Sequence[AgentStanding], chdir: str) -> dict[str, Any]:
    """The agents as data, with how many stand where."""
    return {
        "format": FORMAT,
        "environments": list(environments),
        "agents": [
            {
                "agent": standing.agent,
                "environment": standing.environment,
                "state": standing.state.value,
                "next": _in_folder(standing.next_command, chdir) if standing.next_command else None,
            }
            for standing in agents
        ],
        "summary": _summary(agents),
    }


def _summary(agents: Sequence[AgentStanding]) -> dict[str, int]:
    counts = Counter(standing.state for standing in agents)
    return {state.value: counts[state] for state in Standing}
