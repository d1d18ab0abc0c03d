"""Agents and proposals among the files of a tree."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from fleetward.domain import layout
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Finding
from fleetward.domain.fleet import AgentKey, FleetConfig
from fleetward.domain.manifest import Agent, File
from fleetward.domain.names import NAME_FORM, is_name, nearest_name
from fleetward.store.fleet.agent_assembly import assemble_agent
from fleetward.store.fleet.file_checks import (
    Contents,
    disallowed_files,
    file_error,
    is_clean_path,
    path_collisions,
    printable_path,
)
from fleetward.store.fleet.proposals import read_proposal
from fleetward.store.formats.document import DocumentCache
from fleetward.store.git.tree import REGULAR, TreeEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetAgents:
    """The agents and proposals among some files, and the findings in them."""

    agents: Mapping[AgentKey, Agent]
    proposals: Mapping[AgentKey, File]
    proposed: Mapping[AgentKey, Agent]
    findings: tuple[Finding, ...]


def read_agents(
    entries: Collection[TreeEntry],
    contents: Contents,
    config: FleetConfig,
    documents: DocumentCache | None = None,
) -> FleetAgents:
    """The agents and proposals that these files make."""
    folders: dict[tuple[str, str, str], list[TreeEntry]] = {}
    for entry in entries:
        folder = folder_of(entry)
        if folder is not None:
            folders.setdefault(folder, []).append(entry)
    agents: dict[AgentKey, Agent] = {}
    proposals: dict[AgentKey, File] = {}
    proposed: dict[AgentKey, Agent] = {}
    findings = _linked_folders(entries)
    for (top, *names), inside in sorted(folders.items()):  # "environments" comes before "proposals"
        key = (names[0], names[1])
        if top == layout.ENVIRONMENTS:
            findings.extend(_placement_findings(key, inside, config))
            agents[key], folder_findings = _read_agent(key, inside, contents, config, documents)
        else:
            file, agent, folder_findings = read_proposal(
                key, inside, contents, agents.get(key), config, documents
            )
            if file is not None:
                proposals[key] = file
            if agent is not None:
                proposed[key] = agent
        findings.extend(folder_findings)
    return FleetAgents(agents=agents, proposals=proposals, proposed=proposed, findings=tuple(findings))


def folder_of(entry: TreeEntry) -> tuple[str, str, str] | None:
    """Top folder, environment and name of the agent or proposal that the file belongs to; None outside them."""
    parts = entry.path.split("/", 3)
    if len(parts) > 3 or (len(parts) == 3 and entry.mode not in REGULAR):
        return (parts[0], parts[1], parts[2])
    return None


def _linked_folders(entries: Iterable[TreeEntry]) -> list[Finding]:
    """Links in place of a folder of agents: links are not followed, so agents behind them would be missed."""
    message, hint = "a link where a folder of agents should be", "put the folder itself here"
    return [
        file_error(entry, "link-in-agent", message, hint)
        for entry in entries
        if entry.path.count("/") < 2 and entry.mode not in REGULAR
    ]


def _placement_findings(key: AgentKey, inside: list[TreeEntry], config: FleetConfig) -> list[Finding]:
    """The environment exists, and the folder's name can be an agent's."""
    env, name = key
    findings = []
    if config.environment(env) is None:
        message = f"no environment {env!r} in {layout.CONFIG}"
        close = nearest_name(env, (environment.name for environment in config.environments))
        suggestion = f"did you mean {close!r}? else " if close else ""
        hint = f"{suggestion}list {env!r} under environments, or move the folder"
        findings.append(file_error(inside[0], "schema", message, hint))
    if not is_name(name):
        message = f"{printable_path(name)!r} cannot be an agent's name: {NAME_FORM}"
        hint = "rename the folder"
        findings.append(file_error(inside[0], "name-mismatch", message, hint))
    return [replace(finding, environment=env, agent=printable_path(name)) for finding in findings]


def _read_agent(
    key: AgentKey,
    inside: list[TreeEntry],
    contents: Contents,
    config: FleetConfig,
    documents: DocumentCache | None,
) -> tuple[Agent, list[Finding]]:
    env, name = key
    folder = layout.agent_folder(env, name)
    file_findings = [*disallowed_files(inside, contents), *path_collisions(inside, folder)]
    files = []
    for entry in inside:
        content = contents.get(entry.path)
        if entry.mode in REGULAR and isinstance(content, bytes) and is_clean_path(entry.path):
            files.append(File(path=entry.path[len(folder) + 1 :], mode=entry.mode, content=content))
    agent, content_findings = assemble_agent(env, name, files, fixed=config.fixed_tools, documents=documents)
    findings = [*file_findings, *content_findings]
    return replace(agent, readable=not file_findings), [
        replace(finding, environment=env, agent=printable_path(name)) for finding in findings
    ]
