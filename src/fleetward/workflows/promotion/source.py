"""What a promotion takes from the environment before: its release, nothing where that is retired, or none at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from fleetward.domain import digest
from fleetward.domain.finding import Finding, Place, Severity
from fleetward.domain.fleet import Snapshot
from fleetward.domain.ledger import PromotionKind
from fleetward.domain.manifest import MANIFEST, Agent
from fleetward.domain.verdict import Promotion
from fleetward.store.fleet.agents import ENVIRONMENTS, PROPOSALS, candidate
from fleetward.store.fleet.load import Reading
from fleetward.store.formats.document import document
from fleetward.store.git.history import touching
from fleetward.workflows.promotion.context import Hearing

RETIRED = "retired"


def retires(source: Agent) -> bool:
    """
    Does the release itself say that the agent is at its end?

    Overrides cannot say so, nor take it back: what leaves an environment is decided where releases are made.
    """
    plain, _ = candidate(source, source.environment, None, proposed=False)
    return plain.manifest is not None and plain.manifest.lifecycle == RETIRED


def unheard(reading: Reading, fleet: Snapshot, environment: str, going: Sequence[str]) -> Iterator[Finding]:
    """
    The agents of *environment* beside those *going* that cannot be read: each may need the first of these.

    Shape: one finding an agent, at the first place that is wrong with it.
    """
    for env, name in sorted(fleet.agents):
        agent = fleet.agents[env, name]
        if env != environment or agent.manifest is not None or name in going:
            continue
        wrong = (one for one in reading.findings if (one.environment, one.agent) == (env, name))
        first = next((one for one in wrong if one.severity is Severity.ERROR), None)
        place = first.place if first else Place(file=f"{agent.folder}/{MANIFEST}")
        yield Finding(
            rule=first.rule if first else "manifest-missing",
            severity=Severity.ERROR,
            message=f"{first.message if first else 'it cannot be read'}, "
            f"so nobody can say whether {name!r} needs {going[0]!r}",
            place=place,
            environment=env,
            agent=name,
            hint=f"fleet validate {place.file}",
        )


def overridden(proposed: Agent | None) -> Iterator[Finding]:
    """A release that is not retired does not become so by overrides: it would stay, and nobody would look at it."""
    if proposed is not None and proposed.manifest is not None and proposed.manifest.lifecycle == RETIRED:
        yield Finding(
            rule="override-not-allowed",
            severity=Severity.ERROR,
            message="lifecycle 'retired' cannot come from overrides",
            place=proposed.manifest.place("spec.lifecycle"),
            hint=f"fleet retire {proposed.name} --write",
        )


def brakes(asked: Hearing, name: str) -> bool:
    """
    Is all that is proposed to suspend the agent that runs, or to let it go on?

    Then nothing else moves: a brake that took the newest release along would have to wait for what that is asked.
    What runs though it says that it is retired is not braked: it goes. So does what was retired where releases come
    from after the brake had been proposed: the later word counts, or a brake that waits would keep the agent there.
    """
    key = (asked.target.name, name)
    standing, wanted = asked.fleet.agents.get(key), asked.fleet.proposals.get(key)
    if standing is None or wanted is None or retires(standing) or _retired_since(asked, name):
        return False
    over = standing.file(digest.OVERRIDES)
    before, after = (_patch(one.content if one else None) for one in (over, wanted))
    return before is not None and after is not None and only_brake(before, after)


def passed_over(asked: Hearing, promotions: Iterable[Promotion]) -> str:
    """What is said where a brake goes ahead of a release that waits; empty where none does."""
    waits = [
        one.agent
        for one in promotions
        if one.kind is PromotionKind.OVERRIDE
        and (
            (source := asked.fleet.agents.get((asked.sources[0], one.agent))) is None
            or source.release != one.release
        )
    ]
    verb = "changes" if len(waits) > 1 else "change"
    where = asked.sources[0]
    return (
        f"only spec.suspended moves: the {verb} of {', '.join(waits)} in {where} will wait" if waits else ""
    )


def only_brake(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Do these two merge patches differ in ``spec.suspended``, and in nothing else?"""
    differs = _suspended(before) is not _suspended(after)
    return differs and _without(before) == _without(after)


def _retired_since(asked: Hearing, name: str) -> bool:
    """Is the agent gone from where releases come from, or retired there, and the proposal older than that?"""
    source = asked.fleet.agents.get((asked.sources[0], name))
    if source is not None and not (source.readable and retires(source)):
        return False
    ground, head = asked.ground, asked.head
    proposal, folder = f"{PROPOSALS}/{asked.target.name}/{name}", f"{ENVIRONMENTS}/{asked.sources[0]}/{name}"
    if not ground.commit(head).entries(proposal):  # it is about to be written
        return False
    return (
        touching(ground, head, None, [proposal])[-1:] != touching(ground, head, None, [proposal, folder])[-1:]
    )


def _patch(content: bytes | None) -> dict[str, Any] | None:
    """The merge patch in a file; empty where there is no file, None where it cannot be read."""
    if content is None:
        return {}
    found = document(content, digest.OVERRIDES, "overrides")
    return None if found.findings else found.data


def _suspended(patch: Mapping[str, Any]) -> Any:
    return (patch.get("spec") or {}).get("suspended", False)


def _without(patch: Mapping[str, Any]) -> dict[str, Any]:
    """The patch without the brake, and without a spec that is empty for it."""
    spec = {key: value for key, value in (patch.get("spec") or {}).items() if key != "suspended"}
    rest = {key: value for key, value in patch.items() if key != "spec"}
    return {**rest, **({"spec": spec} if spec else {})}
