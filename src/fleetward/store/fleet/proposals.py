"""Proposals: overrides that wait under ``proposals/`` for a promotion into a gated environment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from fleetward.domain import layout
from fleetward.domain.finding import Finding
from fleetward.domain.fleet import AgentKey, FleetConfig
from fleetward.domain.manifest import Agent, File
from fleetward.domain.names import nearest_name
from fleetward.domain.secrets import mask_finding
from fleetward.store.fleet.agent_assembly import document_secrets, with_overrides
from fleetward.store.fleet.file_checks import Contents, disallowed_files, file_error, printable_path
from fleetward.store.formats.document import DocumentCache, read_document
from fleetward.store.git.tree import TreeEntry


def read_proposal(
    key: AgentKey,
    inside: list[TreeEntry],
    contents: Contents,
    current: Agent | None,
    config: FleetConfig,
    documents: DocumentCache | None,
) -> tuple[File | None, Agent | None, list[Finding]]:
    """
    The proposed file, the agent with it in place, and the findings in it.

    *inside* are the files of the proposal's folder, *current* is the agent in that environment.
    """
    env, name = key
    findings = [*disallowed_files(inside, contents), *_placement_findings(key, inside, config)]
    findings = [replace(finding, environment=env, agent=printable_path(name)) for finding in findings]
    file = None if findings else _proposed_file(inside, contents)
    if file is None:
        return None, None, findings
    if current is None or current.manifest is None:
        patch = read_document(file.content, layout.proposal_file(env, name), "overrides", documents=documents)
        findings = [*map(mask_finding, patch.findings), *document_secrets(patch)]
        return file, None, [replace(finding, environment=env, agent=name) for finding in findings]
    agent, findings = with_overrides(current, file, documents)
    folder = layout.proposal_folder(env, name)
    own_findings = [finding for finding in findings if finding.place.file.startswith(folder)]
    return file, agent if agent.manifest else None, own_findings


def _placement_findings(key: AgentKey, inside: list[TreeEntry], config: FleetConfig) -> Iterator[Finding]:
    """A proposal is ``overrides.yaml`` alone, for a gated environment."""
    env, name = key
    environment = config.environment(env)
    if environment is None or not environment.gated:
        names = (environment.name for environment in config.environments)
        close = nearest_name(env, names) if environment is None else None
        overrides = f"{layout.agent_folder(env, name)}/{layout.OVERRIDES}"
        hint = f"did you mean {close!r}?" if close else f"write {overrides} itself"
        message = f"{env!r} is no gated environment: nothing is promoted into it"
        yield file_error(inside[0], "override-not-allowed", message, hint)
    for entry in inside:
        if entry.path != layout.proposal_file(env, name):
            message = f"a proposal holds {layout.OVERRIDES} alone"
            hint = "delete the file, or put it into the release"
            yield file_error(entry, "override-not-allowed", message, hint)


def _proposed_file(inside: Iterable[TreeEntry], contents: Contents) -> File | None:
    for entry in inside:
        content = contents.get(entry.path)
        if entry.path.endswith(f"/{layout.OVERRIDES}") and isinstance(content, bytes):
            return File(path=layout.OVERRIDES, mode=entry.mode, content=content)
    return None


def orphan_proposals(entries: Iterable[TreeEntry], config: FleetConfig) -> tuple[Finding, ...]:
    """Proposals for agents that none of *entries* belongs to: neither in their environment, nor in its sources."""
    agents: dict[AgentKey, TreeEntry] = {}
    proposals: dict[AgentKey, TreeEntry] = {}
    for entry in entries:
        parts = entry.path.split("/", 3)
        if len(parts) > 3:
            keys = {layout.ENVIRONMENTS: agents, layout.PROPOSALS: proposals}.get(parts[0])
            if keys is not None:
                keys.setdefault((parts[1], parts[2]), entry)
    return tuple(
        orphan_proposal(key, entry, config, agents)
        for key, entry in sorted(proposals.items())
        if (environment := config.environment(key[0])) is not None
        and environment.gated
        and not any((env, key[1]) in agents for env in (key[0], *environment.sources))
    )


def orphan_proposal(
    key: AgentKey, proposed: TreeEntry, config: FleetConfig, existing: Iterable[AgentKey]
) -> Finding:
    """The finding for a proposal whose agent is not among the *existing* ones."""
    env, name = key
    environment = config.environment(env)
    environments = (env, *(environment.sources if environment else ()))
    close = nearest_name(name, (agent for agent_env, agent in existing if agent_env in environments))
    hint = f"did you mean {close!r}?" if close else "delete the proposal"
    message = f"a proposal for {printable_path(name)!r}, which is nowhere in {', '.join(environments)}"
    finding = file_error(proposed, "override-not-allowed", message, hint)
    missing = tuple(layout.agent_folder(searched, name) for searched in environments)
    return replace(finding, environment=env, agent=printable_path(name), missing_folders=missing)
