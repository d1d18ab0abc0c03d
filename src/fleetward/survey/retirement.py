"""What hangs on an agent that is to go: who needs it, what it leaves behind, what stands in the way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from fleetward.domain.finding import Place
from fleetward.domain.fleet import Environment, Snapshot
from fleetward.domain.manifest import Manifest
from fleetward.domain.retirement_plan import Departure, Dependent, Figure, Left, Standing
from fleetward.survey.criteria import due

CALLED = "spec.dependsOn"
TRIGGERS = "spec.orchestration.triggers"


def departure(fleet: Snapshot, name: str, figures: Sequence[Figure], now: datetime) -> Departure:
    """
    The plan for an agent of this fleet.

    It is blocked while another agent of an environment requires it there. One that names the replacement as well
    still does; it has moved over when it no longer requires this one. In a gated environment it is enough that its
    release in the environment before has: both are promoted together then.
    """
    standing = tuple(_standing(fleet, name))
    own = [one for one in (fleet.manifest(where.environment, name) for where in standing) if one is not None]
    successor = next(
        (str(one.get("spec.retirement.replacedBy")) for one in own if one.has("spec.retirement.replacedBy")),
        None,
    )
    disposition = next((one.get("spec.retirement.dataDisposition") for one in own), None)
    others = [one for one in fleet.manifests if one.name != name and one.lifecycle != "retired"]
    where = {one.environment for one in standing}
    return Departure(
        agent=name,
        standing=standing,
        dependents=tuple(one for env in standing for one in _dependents(fleet, env, name, successor)),
        states=tuple(_states(own, others)),
        credentials=tuple(_credentials(own, others)),
        triggers=_named(trigger for manifest in own for trigger in _triggers(manifest)),
        alone=tuple(_alone(own, others)),
        disposition=disposition,
        successor=successor,
        successor_in=tuple(env for env in _names(fleet) if env in where and successor in fleet.names(env)),
        criteria=due(fleet, figures, now, name),
        proposals=tuple(
            f"proposals/{env}/{agent}/overrides.yaml"
            for env, agent in sorted(fleet.proposals)
            if agent == name
        ),
        waivers=tuple(one for one in fleet.waivers if one.agent == name),
    )


def _names(fleet: Snapshot) -> Iterator[str]:
    return (one.name for one in fleet.config.environments)


def _standing(fleet: Snapshot, name: str) -> Iterator[Standing]:
    for one in fleet.config.environments:
        if (one.name, name) in fleet.agents:
            manifest = fleet.manifest(one.name, name)
            life = manifest.lifecycle if manifest else None
            yield Standing(environment=one.name, gated=one.gated, lifecycle=life)


def _dependents(fleet: Snapshot, where: Standing, name: str, successor: str | None) -> Iterator[Dependent]:
    environment = fleet.config.environment(where.environment)
    for manifest in fleet.manifests:
        if (
            manifest.environment != where.environment
            or manifest.name == name
            or manifest.lifecycle == "retired"
        ):
            continue
        called = {str(one.get("agent")) for one in manifest.items(CALLED)}
        required = _requires(manifest, name)
        for path in _mentions(manifest, name):
            yield Dependent(
                environment=where.environment,
                agent=manifest.name,
                required=required and path.startswith(CALLED),
                place=manifest.place(path),
                along=environment is not None and _moved(fleet, environment, manifest.name, name),
                names_successor=successor in called,
                edits=tuple(_edits(fleet, environment, manifest, name)),
            )


def _mentions(manifest: Manifest, name: str) -> Iterator[str]:
    """Where it calls the agent, and where it is set off by it."""
    if any(one.get("agent") == name for one in manifest.items(CALLED)):
        yield f"{CALLED}[{name}]"
    for number, one in enumerate(manifest.items(TRIGGERS)):
        if one.get("of") == name:
            yield f"{TRIGGERS}[{number}]"


def _requires(manifest: Manifest, name: str) -> bool:
    return any(one.get("agent") == name and one.get("optional") is not True for one in manifest.items(CALLED))


def _moved(fleet: Snapshot, environment: Environment, dependent: str, name: str) -> bool:
    """Is there a release of the dependent in the environment before, which does without?"""
    before = [fleet.manifest(source, dependent) for source in environment.sources]
    return bool(before) and all(one is not None and not _requires(one, name) for one in before)


def _edits(
    fleet: Snapshot, environment: Environment | None, dependent: Manifest, name: str
) -> Iterator[Place]:
    """Where it says that it needs this one: in place, or where its next release comes from."""
    sources = environment.sources if environment else ()
    made = [fleet.manifest(one, dependent.name) for one in sources] if sources else [dependent]
    for one in made:
        if one is not None and _requires(one, name):
            yield one.place(f"{CALLED}[{name}]")


def _states(own: Sequence[Manifest], others: Sequence[Manifest]) -> Iterator[Left]:
    """Shared state of which it is the owner, with those who touch it."""
    touched = {str(s["name"]) for m in own for s in m.items("spec.sharedState") if s.get("owner") == m.name}
    for state in sorted(touched):
        users = _named(
            m.name for m in others if any(s.get("name") == state for s in m.items("spec.sharedState"))
        )
        yield Left(kind="sharedState", name=state, others=users)


def _credentials(own: Sequence[Manifest], others: Sequence[Manifest]) -> Iterator[Left]:
    """Identities to revoke, with those who work under the same."""
    listed = {str(one) for m in own for one in m.get("spec.retirement.credentials", ())}
    for identity in sorted(listed | {one for m in own for one in _identities(m)}):
        kind = "listed" if identity in listed else "tool"
        yield Left(
            kind=kind, name=identity, others=_named(m.name for m in others if identity in _identities(m))
        )


def _identities(manifest: Manifest) -> frozenset[str]:
    found = (one.get("identity") for one in manifest.items("spec.tools"))
    return frozenset(str(one) for one in found if one)


def _alone(own: Sequence[Manifest], others: Sequence[Manifest]) -> Iterator[Left]:
    """Connectors and sources of knowledge that nobody else needs."""
    for kind, path, field in (
        ("connector", "spec.tools", "connector"),
        ("knowledge", "spec.knowledge", "source"),
    ):
        mine, theirs = (
            {str(one[field]) for m in some for one in m.items(path) if one.get(field)}
            for some in (own, others)
        )
        yield from (Left(kind=kind, name=name) for name in sorted(mine - theirs))


def _triggers(manifest: Manifest) -> Iterator[str]:
    """``schedule every PT1H``, ``completion of ticket-triage``."""
    for one in manifest.items(TRIGGERS):
        words = [str(one.get("on"))]
        words += [f"{key} {one[key]}" for key in ("of", "every", "source") if one.get(key)]
        yield " ".join(words)


def _named(names: Iterator[str]) -> tuple[str, ...]:
    return tuple(sorted(set(names)))
