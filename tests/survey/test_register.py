"""Where agents stand, and what a row of the register says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fleetward import survey
from fleetward.domain.fleet import Environment, FleetConfig, Snapshot
from fleetward.domain.manifest import Agent
from tests.build import agent, manifest

CONFIG = FleetConfig(
    repository="x/agents",
    environments=(Environment(name="staging"), Environment(name="production", sources=("staging",))),
)


def placed(environment: str, **spec: object) -> Agent:
    return replace(agent(manifest("desk", dict(spec), environment=environment)), environment=environment)


def state_of(*agents: Agent) -> list[str]:
    fleet = Snapshot(config=CONFIG, agents={(item.environment, item.name): item for item in agents})
    return [standing.state.value for standing in survey.standings(fleet)]


@pytest.mark.parametrize(
    ("agents", "states"),
    [
        ((placed("staging"),), ["new"]),
        ((placed("staging", lifecycle="retired"),), []),
        ((placed("staging"), placed("production")), ["drifted"]),
        ((replace(placed("staging"), manifest=None),), ["unreadable"]),
    ],
)
def test_without_an_entry_an_agent_is_new_or_was_never_promoted(
    agents: tuple[Agent, ...], states: list[str]
) -> None:
    assert state_of(*agents) == states


def test_a_row_says_what_the_last_environment_holds() -> None:
    agents = (
        placed("staging", lifecycle="production", suspended=False),
        placed("production", lifecycle="pilot", suspended=True, model={"provider": "acme", "name": "m-1"}),
    )
    fleet = Snapshot(config=CONFIG, agents={(item.environment, item.name): item for item in agents})

    [row] = survey.registered_agents(fleet)

    assert [placement.suspended for placement in row.placements] == [False, True]
    assert (row.last.lifecycle, row.last.model) == ("pilot", "acme/m-1")
