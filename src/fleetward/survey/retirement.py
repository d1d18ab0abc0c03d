"""What hangs on an agent that is to go: who needs it, what it leaves behind, what stands in the way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from fleetward.domain import layout
from fleetward.domain.finding import Place
from fleetward.domain.fleet import Environment, Snapshot
from fleetward.domain.manifest import Manifest
from fleetward.domain.retirement_plan import Dependent, Deployment, Leftover, MetricValue, RetirementPlan
from fleetward.survey.criteria import criteria_results

DEPENDS_ON = "spec.dependsOn"
TRIGGERS = "spec.orchestration.triggers"


def retirement_plan(
    fleet: Snapshot, name: str, figures: Sequence[MetricValue], now: datetime
) -> RetirementPlan:
    """
    The plan for an agent of this fleet.

    It is blocked while another agent of an environment requires it there. One that names the replacement as well
    still does; it has moved over when it no longer requires this one. In a gated environment it is enough that its
    release in the environment before has: both are promoted together then.
    """
    deployments = tuple(_deployments(fleet, name))
    manifests = [
        item
        for item in (fleet.manifest(where.environment, name) for where in deployments)
        if item is not None
    ]
    successor = next(
        (
            str(item.get("spec.retirement.replacedBy"))
            for item in manifests
            if item.has("spec.retirement.replacedBy")
        ),
        None,
    )
    disposition = next((item.get("spec.retirement.dataDisposition") for item in manifests), None)
    other_manifests = [item for item in fleet.manifests if item.name != name and item.lifecycle != "retired"]
    where = {item.environment for item in deployments}
    return RetirementPlan(
        agent=name,
        deployments=deployments,
        dependents=tuple(item for env in deployments for item in _dependents(fleet, env, name, successor)),
        shared_states=tuple(_shared_states(manifests, other_manifests)),
        credentials=tuple(_credentials(manifests, other_manifests)),
        triggers=_sorted_names(trigger for manifest in manifests for trigger in _triggers(manifest)),
        unshared=tuple(_unshared(manifests, other_manifests)),
        disposition=disposition,
        successor=successor,
        successor_in=tuple(
            env for env in _environment_names(fleet) if env in where and successor in fleet.agent_names(env)
        ),
        criteria=criteria_results(fleet, figures, now, name),
        proposals=tuple(
            layout.proposal_file(env, agent) for env, agent in sorted(fleet.proposals) if agent == name
        ),
        waivers=tuple(item for item in fleet.waivers if item.agent == name),
    )


def _environment_names(fleet: Snapshot) -> Iterator[str]:
    return (environment.name for environment in fleet.config.environments)


def _deployments(fleet: Snapshot, name: str) -> Iterator[Deployment]:
    for environment in fleet.config.environments:
        if (environment.name, name) in fleet.agents:
            manifest = fleet.manifest(environment.name, name)
            life = manifest.lifecycle if manifest else None
            yield Deployment(environment=environment.name, gated=environment.gated, lifecycle=life)


def _dependents(
    fleet: Snapshot, deployment: Deployment, name: str, successor: str | None
) -> Iterator[Dependent]:
    environment = fleet.config.environment(deployment.environment)
    for manifest in fleet.manifests:
        if (
            manifest.environment != deployment.environment
            or manifest.name == name
            or manifest.lifecycle == "retired"
        ):
            continue
        called = {str(dependency.get("agent")) for dependency in manifest.items(DEPENDS_ON)}
        required = _requires(manifest, name)
        for path in _mentions(manifest, name):
            yield Dependent(
                environment=deployment.environment,
                agent=manifest.name,
                required=required and path.startswith(DEPENDS_ON),
                place=manifest.place(path),
                promoted_together=environment is not None
                and _source_does_without(fleet, environment, manifest.name, name),
                names_successor=successor in called,
                edits=tuple(_edits(fleet, environment, manifest, name)),
            )


def _mentions(manifest: Manifest, name: str) -> Iterator[str]:
    """Where it calls the agent, and where it is set off by it."""
    if any(item.get("agent") == name for item in manifest.items(DEPENDS_ON)):
        yield f"{DEPENDS_ON}[{name}]"
    for number, item in enumerate(manifest.items(TRIGGERS)):
        if item.get("of") == name:
            yield f"{TRIGGERS}[{number}]"


def _requires(manifest: Manifest, name: str) -> bool:
    return any(
        dependency.get("agent") == name and dependency.get("optional") is not True
        for dependency in manifest.items(DEPENDS_ON)
    )


def _source_does_without(fleet: Snapshot, environment: Environment, dependent: str, name: str) -> bool:
    """Is there a release of the dependent in the environment before, which does without?"""
    before = [fleet.manifest(source, dependent) for source in environment.sources]
    return bool(before) and all(manifest is not None and not _requires(manifest, name) for manifest in before)


def _edits(
    fleet: Snapshot, environment: Environment | None, dependent: Manifest, name: str
) -> Iterator[Place]:
    """Where it says that it needs this one: in place, or where its next release comes from."""
    sources = environment.sources if environment else ()
    manifests = [fleet.manifest(manifest, dependent.name) for manifest in sources] if sources else [dependent]
    for manifest in manifests:
        if manifest is not None and _requires(manifest, name):
            yield manifest.place(f"{DEPENDS_ON}[{name}]")


def _shared_states(manifests: Sequence[Manifest], other_manifests: Sequence[Manifest]) -> Iterator[Leftover]:
    """Shared state of which it is the owner, with those who touch it."""
    names = {
        str(s["name"]) for m in manifests for s in m.items("spec.sharedState") if s.get("owner") == m.name
    }
    for state in sorted(names):
        users = _sorted_names(
            m.name
            for m in other_manifests
            if any(s.get("name") == state for s in m.items("spec.sharedState"))
        )
        yield Leftover(kind="sharedState", name=state, users=users)


def _credentials(manifests: Sequence[Manifest], other_manifests: Sequence[Manifest]) -> Iterator[Leftover]:
    """Identities to revoke, with those who work under the same."""
    listed = {str(name) for m in manifests for name in m.get("spec.retirement.credentials", ())}
    for identity in sorted(listed | {name for m in manifests for name in _identities(m)}):
        kind = "listed" if identity in listed else "tool"
        yield Leftover(
            kind=kind,
            name=identity,
            users=_sorted_names(m.name for m in other_manifests if identity in _identities(m)),
        )


def _identities(manifest: Manifest) -> frozenset[str]:
    values = (value.get("identity") for value in manifest.items("spec.tools"))
    return frozenset(str(value) for value in values if value)


def _unshared(manifests: Sequence[Manifest], other_manifests: Sequence[Manifest]) -> Iterator[Leftover]:
    """Connectors and sources of knowledge that nobody else needs."""
    for kind, path, field in (
        ("connector", "spec.tools", "connector"),
        ("knowledge", "spec.knowledge", "source"),
    ):
        mine, theirs = (
            {str(item[field]) for m in group for item in m.items(path) if item.get(field)}
            for group in (manifests, other_manifests)
        )
        yield from (Leftover(kind=kind, name=name) for name in sorted(mine - theirs))


def _triggers(manifest: Manifest) -> Iterator[str]:
    """``schedule every PT1H``, ``completion of ticket-triage``."""
    for trigger in manifest.items(TRIGGERS):
        words = [str(trigger.get("on"))]
        words += [f"{key} {trigger[key]}" for key in ("of", "every", "source") if trigger.get(key)]
        yield " ".join(words)


def _sorted_names(names: Iterator[str]) -> tuple[str, ...]:
    return tuple(sorted(set(names)))
