"""Plan a retirement: which agents depend on it, what it leaves behind, what blocks it."""

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
    The retirement plan of an agent of this fleet.

    It is blocked while another agent requires this one in the same environment, even if that one names the
    successor as well. In a gated environment it is enough that the dependent's release in the source environment no
    longer requires it, because both are promoted together.
    """
    deployments = tuple(_deployments(fleet, name))
    environments = frozenset(deployment.environment for deployment in deployments)
    possible = (fleet.manifest(deployment.environment, name) for deployment in deployments)
    manifests = [manifest for manifest in possible if manifest is not None]
    other_manifests = [m for m in fleet.manifests if m.name != name and m.lifecycle != "retired"]
    replacements = (
        m.get("spec.retirement.replacedBy") for m in manifests if m.has("spec.retirement.replacedBy")
    )
    successor = next(map(str, replacements), None)
    return RetirementPlan(
        agent=name,
        deployments=deployments,
        dependents=tuple(d for env in deployments for d in _dependents(fleet, env, name, successor)),
        shared_states=tuple(_shared_states(manifests, other_manifests)),
        credentials=tuple(_credentials(manifests, other_manifests)),
        triggers=_sorted_names(trigger for manifest in manifests for trigger in _triggers(manifest)),
        unshared=tuple(_unshared(manifests, other_manifests)),
        disposition=next((m.get("spec.retirement.dataDisposition") for m in manifests), None),
        successor=successor,
        successor_in=tuple(
            environment.name
            for environment in fleet.config.environments
            if environment.name in environments and successor in fleet.agent_names(environment.name)
        ),
        criteria=criteria_results(fleet, figures, now, name),
        proposals=tuple(
            layout.proposal_file(env, agent) for env, agent in sorted(fleet.proposals) if agent == name
        ),
        waivers=tuple(waiver for waiver in fleet.waivers if waiver.agent == name),
    )


def _deployments(fleet: Snapshot, name: str) -> Iterator[Deployment]:
    for environment in fleet.config.environments:
        if (environment.name, name) in fleet.agents:
            manifest = fleet.manifest(environment.name, name)
            lifecycle = manifest.lifecycle if manifest else None
            yield Deployment(environment=environment.name, gated=environment.gated, lifecycle=lifecycle)


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
        required_agents = {str(dependency.get("agent")) for dependency in manifest.items(DEPENDS_ON)}
        required = _requires(manifest, name)
        for path in _mentions(manifest, name):
            yield Dependent(
                environment=deployment.environment,
                agent=manifest.name,
                required=required and path.startswith(DEPENDS_ON),
                place=manifest.place(path),
                promoted_together=environment is not None
                and _source_does_without(fleet, environment, manifest.name, name),
                names_successor=successor in required_agents,
                edits=tuple(_edits(fleet, environment, manifest, name)),
            )


def _mentions(manifest: Manifest, name: str) -> Iterator[str]:
    """Paths where the manifest calls the agent or is triggered by it."""
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
    """Has the source environment a release of the dependent that does not require the agent?"""
    before = [fleet.manifest(source, dependent) for source in environment.sources]
    return bool(before) and all(manifest is not None and not _requires(manifest, name) for manifest in before)


def _edits(
    fleet: Snapshot, environment: Environment | None, dependent: Manifest, name: str
) -> Iterator[Place]:
    """Places that require the agent: in the environment itself, or in its sources."""
    sources = environment.sources if environment else ()
    manifests = [fleet.manifest(source, dependent.name) for source in sources] if sources else [dependent]
    for manifest in manifests:
        if manifest is not None and _requires(manifest, name):
            yield manifest.place(f"{DEPENDS_ON}[{name}]")


def _shared_states(manifests: Sequence[Manifest], other_manifests: Sequence[Manifest]) -> Iterator[Leftover]:
    """Shared state that the agent owns, with the other agents that use it."""
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
    """Identities to revoke, with the other agents that use them."""
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
    """Connectors and knowledge sources that no other agent uses."""
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
