"""What the emergency brake finds: where it is to hold, what runs there, and what is proposed already."""

from __future__ import annotations

from datetime import date

from fleetward.domain.errors import FleetError, UsageError
from fleetward.domain.fleet import Environment, Snapshot
from fleetward.domain.invisible_characters import FORBIDDEN
from fleetward.domain.manifest import MANIFEST, Agent, File
from fleetward.domain.path import lookup
from fleetward.domain.suspension import Brake
from fleetward.store.fleet import suspension_override
from fleetward.store.fleet.agents import ENVIRONMENTS
from fleetward.store.formats.document import document
from fleetward.store.git.fleet_root import Ground
from fleetward.store.git.tree import Tree
from fleetward.workflows.load import read
from fleetward.workflows.promotion.source import only_brake
from fleetward.workflows.suggestions import no_agent, no_environment

_LONGEST = 500


def asked_reason(reason: str) -> str:
    """
    The reason as it goes into the file and the ledger.

    Errors: UsageError where it is none, too long, or more than one plain line.
    """
    words = reason.strip()
    if not words or len(words) > _LONGEST:
        raise UsageError(f"--reason takes 1 to {_LONGEST} characters, this has {len(words)}")
    if "\n" in words or "\r" in words or FORBIDDEN.search(words):
        raise UsageError("--reason holds a character that a reader cannot see", hint="write one plain line")
    return words


def environment_of(ground: Ground, name: str) -> Environment:
    """
    The environment of this name, in the work tree.

    Errors: UsageError where there is none.
    """
    fleet = read(ground.folder(), only=()).snapshot
    if fleet is None:
        raise FleetError("fleet-config.yaml cannot be read", hint="fleet validate")
    found = fleet.config.environment(name)
    if found is None:
        raise no_environment(name, [one.name for one in fleet.config.environments])
    return found


def standing(brake: Brake, fleet: Snapshot | None, tree: Tree) -> Agent:
    """
    The agent as it runs there.

    Errors: UsageError where there is none.
    """
    found = fleet.agents.get((brake.environment, brake.agent)) if fleet else None
    if found is None:
        paths = (one.path.split("/") for one in tree.entries(f"{ENVIRONMENTS}/{brake.environment}"))
        raise no_agent(brake.agent, brake.environment, {parts[2] for parts in paths if len(parts) > 3})
    return found


def suspended_now(agent: Agent) -> bool:
    """Does the brake hold? Where the manifest cannot be read, its overrides alone are asked."""
    if agent.manifest is not None:
        return agent.manifest.get("spec.suspended", False) is True
    return lookup(agent.overrides or {}, "spec.suspended")[1] is True


def braked(brake: Brake, today: date, agent: Agent, content: bytes | None) -> bytes:
    """The overrides *content* with the brake as it is asked for, everything else as it stands."""
    return suspension_override.braked(
        content,
        suspended=brake.suspended,
        released=_released(agent),
        reason=brake.reason,
        today=today,
        file=brake.file,
    )


def same(brake: Brake, agent: Agent, proposed: File) -> bool:
    """Is the very same already proposed? Then its approvals count, and a new text would lose them."""
    patch = document(proposed.content, brake.file, "overrides")
    if patch.findings or patch.data is None:
        return False
    wanted = lookup(patch.data, "spec.suspended")[1]
    wants = _released(agent) if wanted is None else wanted is True
    return wants is brake.suspended and only_brake(agent.overrides or {}, patch.data)


def _released(agent: Agent) -> bool:
    """Does the release itself say that it is suspended?"""
    own = agent.file(MANIFEST)
    data = document(own.content, MANIFEST, "agent").data if own else None
    return lookup(data, "spec.suspended")[1] is True
