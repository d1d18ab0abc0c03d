"""An agent's folder as a value: every file of it, its effective manifest, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from fleetward.domain import layout
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Finding, Place
from fleetward.domain.fleet import AgentKey, FleetConfig
from fleetward.domain.manifest import Agent, File, Manifest
from fleetward.domain.names import is_name, nearest_name
from fleetward.domain.path import lookup
from fleetward.domain.secrets import mask_finding
from fleetward.store.fleet.file_checks import (
    Contents,
    disallowed_files,
    error_at,
    file_error,
    is_clean_path,
    path_collisions,
    printable_path,
    too_many_files,
)
from fleetward.store.formats import json_schema
from fleetward.store.formats.document import Document, read_document
from fleetward.store.formats.secret_scan import secret_findings
from fleetward.store.formats.strict_yaml import hidden_character_findings
from fleetward.store.git.tree import REGULAR, TreeEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetAgents:
    """The agents among some files, and what is wrong with them."""

    agents: Mapping[AgentKey, Agent]
    proposals: Mapping[AgentKey, File]
    proposed: Mapping[AgentKey, Agent]
    findings: tuple[Finding, ...]


def read_agents(entries: Collection[TreeEntry], contents: Contents, config: FleetConfig) -> FleetAgents:
    """The agents and proposals that these files make."""
    folders: dict[tuple[str, str, str], list[TreeEntry]] = {}
    for entry in entries:
        folder = folder_of(entry)
        if folder is not None:
            folders.setdefault(folder, []).append(entry)
    agents_by_key: dict[AgentKey, Agent] = {}
    proposals: dict[AgentKey, File] = {}
    proposed: dict[AgentKey, Agent] = {}
    findings = _linked_folders(entries)
    for (top, env, name), inside in sorted(folders.items()):  # "environments" comes before "proposals"
        if top == layout.ENVIRONMENTS:
            findings.extend(_placement_findings(env, name, inside, config))
            agents_by_key[env, name], folder_findings = _read_agent(env, name, inside, contents)
        else:
            file, agent, folder_findings = _read_proposal(
                env, name, inside, contents, agents_by_key.get((env, name)), config
            )
            if file is not None:
                proposals[env, name] = file
            if agent is not None:
                proposed[env, name] = agent
        findings.extend(folder_findings)
    return FleetAgents(agents=agents_by_key, proposals=proposals, proposed=proposed, findings=tuple(findings))


def folder_of(entry: TreeEntry) -> tuple[str, str, str] | None:
    """The top, the environment and the name of the agent or proposal that it is a file of; None outside them."""
    parts = entry.path.split("/", 3)
    if len(parts) > 3 or (len(parts) == 3 and entry.mode not in REGULAR):
        return (parts[0], parts[1], parts[2])
    return None


def _linked_folders(entries: Iterable[TreeEntry]) -> list[Finding]:
    """Links where a folder of agents should be: whatever lies behind them is not looked at, and must not be missed."""
    return [
        file_error(
            entry, "link-in-agent", "a link where a folder of agents should be", "put the folder itself here"
        )
        for entry in entries
        if entry.path.count("/") < 2 and entry.mode not in REGULAR
    ]


def _placement_findings(env: str, name: str, inside: list[TreeEntry], config: FleetConfig) -> list[Finding]:
    findings = []
    if config.environment(env) is None:
        message = f"no environment {env!r} in {layout.CONFIG}"
        close = nearest_name(env, (item.name for item in config.environments))
        suggestion = f"did you mean {close!r}? else " if close else ""
        hint = f"{suggestion}list {env!r} under environments, or move the folder"
        findings.append(file_error(inside[0], "schema", message, hint))
    if not is_name(name):
        hint = "use a-z, 0-9 and - only, at most 63 characters"
        findings.append(
            file_error(
                inside[0], "name-mismatch", f"{printable_path(name)!r} cannot be an agent's name", hint
            )
        )
    return [replace(item, environment=env, agent=printable_path(name)) for item in findings]


def orphan_proposals(entries: Iterable[TreeEntry], config: FleetConfig) -> tuple[Finding, ...]:
    """Proposals for agents that are nowhere among *entries*: neither in place, nor where they would come from."""
    folders: dict[str, dict[AgentKey, TreeEntry]] = {layout.ENVIRONMENTS: {}, layout.PROPOSALS: {}}
    for entry in entries:
        parts = entry.path.split("/", 3)
        if len(parts) > 3 and parts[0] in folders:
            folders[parts[0]].setdefault((parts[1], parts[2]), entry)
    return tuple(
        orphan_proposal(key, entry, config, folders[layout.ENVIRONMENTS])
        for key, entry in sorted(folders[layout.PROPOSALS].items())
        if (environment := config.environment(key[0])) is not None
        and environment.gated
        and not any((env, key[1]) in folders[layout.ENVIRONMENTS] for env in (key[0], *environment.sources))
    )


def orphan_proposal(
    key: AgentKey, proposed: TreeEntry, config: FleetConfig, existing: Iterable[AgentKey]
) -> Finding:
    """What is wrong with a proposal for an agent that is not among the *existing* ones."""
    env, name = key
    environment = config.environment(env)
    places = (env, *(environment.sources if environment else ()))
    close = nearest_name(name, (agent for where, agent in existing if where in places))
    hint = f"did you mean {close!r}?" if close else "delete the proposal"
    message = f"a proposal for {printable_path(name)!r}, which is nowhere in {', '.join(places)}"
    finding = file_error(proposed, "override-not-allowed", message, hint)
    absent = tuple(layout.agent_folder(place, name) for place in places)
    return replace(finding, environment=env, agent=printable_path(name), missing_folders=absent)


def _read_agent(
    env: str, name: str, inside: list[TreeEntry], contents: Contents
) -> tuple[Agent, list[Finding]]:
    folder = layout.agent_folder(env, name)
    findings = [*disallowed_files(inside, contents), *path_collisions(inside, folder)]
    unnameable = bool(findings)
    files = []
    for entry in inside:
        content = contents.get(entry.path)
        if entry.mode in REGULAR and isinstance(content, bytes) and is_clean_path(entry.path):
            files.append(File(path=entry.path[len(folder) + 1 :], mode=entry.mode, content=content))
    agent, content_findings = assemble_agent(env, name, files)
    findings.extend(content_findings)
    findings = [replace(finding, environment=env, agent=printable_path(name)) for finding in findings]
    return replace(agent, readable=not unnameable), findings


def assemble_agent(
    env: str, name: str, files: Iterable[File], *, overrides_at: str | None = None
) -> tuple[Agent, list[Finding]]:
    """
    The agent that these files make, and what is wrong with them.

    *overrides_at* is the path of a proposal whose content stands in as ``overrides.yaml``.
    """
    folder = layout.agent_folder(env, name)
    files = tuple(sorted(files, key=lambda file: file.path.encode("utf-8", "surrogateescape")))
    by_path = {file.path: file for file in files}
    findings: list[Finding] = []
    for file in files:
        if file.path not in (layout.MANIFEST, layout.OVERRIDES):
            findings.extend(_content_findings(file, f"{folder}/{file.path}"))
    manifest_file = by_path.get(layout.MANIFEST)
    overrides_file = by_path.get(layout.OVERRIDES)
    manifest, overrides = None, None
    if manifest_file is None:
        place = Place(file=f"{folder}/{layout.MANIFEST}")
        hint = f"fleet new {name} --env {env}, or delete the folder"
        findings.append(error_at("manifest-missing", f"{folder} has no {layout.MANIFEST}", place, hint))
    else:
        base = read_document(manifest_file.content, f"{folder}/{layout.MANIFEST}", "agent")
        patch = None
        if overrides_file is not None:
            patch = read_document(
                overrides_file.content, overrides_at or f"{folder}/{layout.OVERRIDES}", "overrides"
            )
            overrides = patch if patch.data is not None and not patch.findings else None
        manifest, manifest_findings = _effective_manifest(env, name, base, patch)
        findings.extend(mask_finding(finding) for finding in manifest_findings)
        findings.extend(_document_secrets(base))
        findings.extend(_document_secrets(patch) if patch else ())
        findings.extend(_binary_prompts(manifest, by_path, folder) if manifest else ())
    agent = Agent(
        environment=env,
        name=name,
        folder=folder,
        files=files,
        manifest=manifest,
        proposed=overrides_at is not None,
        overrides=overrides.data if overrides else None,
        locate_overrides=overrides.locate if overrides else None,
    )
    return agent, [replace(finding, environment=env, agent=name) for finding in findings]


def _content_findings(file: File, path: str) -> Iterator[Finding]:
    """What nobody should see, or nobody can; what is no UTF-8 may hold credentials all the same."""
    text = file.text
    if text is None:
        yield from secret_findings(file.content.replace(b"\0", b"").decode("utf-8", "replace"), path)
    else:
        yield from hidden_character_findings(text, path)
        yield from secret_findings(text, path)


def _binary_prompts(manifest: Manifest, files: Mapping[str, File], folder: str) -> Iterator[Finding]:
    """Prompts that are no UTF-8: nobody could say what is hidden in them."""
    prompt_paths = {str(prompt.get("file")) for prompt in manifest.items("spec.prompts")}
    for path in sorted(prompt_paths & files.keys()):
        if files[path].text is None:
            message = f"the prompt {path!r} is not UTF-8 text"
            place = Place(file=f"{folder}/{path}")
            yield error_at("file-unreadable", message, place, "save it as UTF-8")


def _effective_manifest(
    env: str, name: str, base: Document, patch: Document | None
) -> tuple[Manifest | None, list[Finding]]:
    findings = [*base.findings, *(patch.findings if patch else ())]
    if base.data is None or findings:
        return None, findings
    locate: Callable[[str], Place] = base.locate
    if patch is None or patch.data is None:
        data = base.data
    else:
        data, locate = merge_patch(base.data, patch.data), _overlaid_location(base, patch)
        overlaid = Document(
            file=patch.file, content=patch.content, schema="agent", limits=patch.limits, data=data
        )
        findings = list(overlaid.schema_findings())
        if findings:
            return None, findings
    effective = json_schema.with_defaults(data, "agent")
    return Manifest(environment=env, name=name, data=data, effective=effective, locate=locate), []


def _document_secrets(written: Document) -> tuple[Finding, ...]:
    text = written.content.decode("utf-8-sig", "replace")
    return secret_findings(text, written.file, written.data, written.locate)


def _overlaid_location(base: Document, patch: Document) -> Callable[[str], Place]:
    """Where a value stands: in the overrides when they say it, else in the manifest."""

    def locate(path: str) -> Place:
        override = patch.locate(path)
        if override.path and (
            override.path == path or not isinstance(_value(patch.data, override.path), dict)
        ):
            return override
        return base.locate(path)

    return locate


def _value(data: Any, path: str) -> Any:
    return lookup(data, path)[1]


def merge_patch(target: Any, patch: Any) -> Any:
    """JSON Merge Patch: mappings merge, null removes, all else replaces. Source: RFC 7396, section 2."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merge_patch(result.get(key), value)
    return result


def _read_proposal(
    env: str,
    name: str,
    inside: list[TreeEntry],
    contents: Contents,
    current: Agent | None,
    config: FleetConfig,
) -> tuple[File | None, Agent | None, list[Finding]]:
    """The proposed file, the agent that stands there with it in place, and what is wrong with it."""
    findings = disallowed_files(inside, contents)
    folder = layout.proposal_folder(env, name)
    environment = config.environment(env)
    if environment is None or not environment.gated:
        message = f"{env!r} is no gated environment: nothing is promoted into it"
        close = (
            nearest_name(env, (item.name for item in config.environments)) if environment is None else None
        )
        hint = (
            f"did you mean {close!r}?"
            if close
            else f"write {layout.ENVIRONMENTS}/{env}/{name}/{layout.OVERRIDES} itself"
        )
        findings.append(file_error(inside[0], "override-not-allowed", message, hint))
    for entry in inside:
        if entry.path != f"{folder}/{layout.OVERRIDES}":
            message = f"a proposal holds {layout.OVERRIDES} alone"
            findings.append(
                file_error(
                    entry, "override-not-allowed", message, "delete the file, or put it into the release"
                )
            )
    findings = [replace(item, environment=env, agent=printable_path(name)) for item in findings]
    file = None if findings else _proposed_file(inside, contents)
    if file is None:
        return None, None, findings
    if current is None or current.manifest is None:
        patch = read_document(file.content, f"{folder}/{layout.OVERRIDES}", "overrides")
        findings = [*(mask_finding(item) for item in patch.findings), *_document_secrets(patch)]
        return file, None, [replace(item, environment=env, agent=name) for item in findings]
    agent, findings = with_overrides(current, file)
    findings = [item for item in findings if item.place.file.startswith(folder)]
    return file, agent if agent.manifest else None, findings


def _proposed_file(inside: Iterable[TreeEntry], contents: Contents) -> File | None:
    for entry in inside:
        content = contents.get(entry.path)
        if entry.path.endswith(f"/{layout.OVERRIDES}") and isinstance(content, bytes):
            return File(path=layout.OVERRIDES, mode=entry.mode, content=content)
    return None


def with_overrides(agent: Agent, proposed: File) -> tuple[Agent, list[Finding]]:
    """The agent with a proposal in place of its overrides; one that holds ``{}`` removes them."""
    at = layout.proposal_file(agent.environment, agent.name)
    files = [file for file in agent.files if file.path != layout.OVERRIDES]
    patch = read_document(proposed.content, at, "overrides")
    if patch.data != {}:
        files.append(proposed)
    return assemble_agent(agent.environment, agent.name, files, overrides_at=at)


def build_candidate(
    source: Agent, env: str, overrides: File | None, *, proposed: bool
) -> tuple[Agent, list[Finding]]:
    """The release of *source* as it would stand in *env*, with these overrides, and what is wrong with it."""
    files = [file for file in source.files if file.path != layout.OVERRIDES]
    if overrides is None:
        agent, findings = assemble_agent(env, source.name, files)
    elif proposed:
        agent, findings = with_overrides(replace(source, environment=env, files=tuple(files)), overrides)
    else:
        agent, findings = assemble_agent(env, source.name, [*files, overrides])
    inside = [TreeEntry(path=f"{agent.folder}/{file.path}", mode=file.mode) for file in agent.files]
    unfit = [*too_many_files(inside), *path_collisions(inside, agent.folder)]
    return agent, [*findings, *(replace(finding, environment=env, agent=source.name) for finding in unfit)]
