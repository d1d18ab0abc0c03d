"""The agent that some files make: its effective manifest, and the findings in its files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from shlex import quote

from fleetward.domain import layout
from fleetward.domain.finding import Finding, Place
from fleetward.domain.fixed_tools import FixedTools, inherit_fixed
from fleetward.domain.manifest import Agent, File, Manifest
from fleetward.domain.secrets import mask_finding
from fleetward.store.fleet.effective_manifest import (
    merge_patch,
    overlaid_location,
    readable_manifest,
)
from fleetward.store.fleet.file_checks import error_at, path_collisions, too_many_files
from fleetward.store.fleet.unmerged_text import unmerged_text_findings
from fleetward.store.formats.document import Document, DocumentCache, read_document
from fleetward.store.formats.hidden_characters import hidden_character_findings
from fleetward.store.formats.schema_defaults import with_defaults
from fleetward.store.formats.secret_scan import secret_findings
from fleetward.store.git.tree import TreeEntry

# JSON is YAML: the name is all that is wrong
_MISNAMED_MANIFEST = re.compile(r"(?i)(agent|manifest)\.(ya?ml|json)")


def assemble_agent(
    env: str,
    name: str,
    files: Iterable[File],
    *,
    overrides_at: str | None = None,
    fixed: FixedTools | None = None,
    documents: DocumentCache | None = None,
) -> tuple[Agent, list[Finding]]:
    """
    The agent that these files make, and the findings in them.

    Its tools inherit what their connectors have *fixed*.
    *overrides_at* is the path of a proposal whose content stands in for ``overrides.yaml``.
    """
    folder = layout.agent_folder(env, name)
    files = tuple(sorted(files, key=lambda file: file.path.encode("utf-8", "surrogateescape")))
    by_path = {file.path: file for file in files}
    findings: list[Finding] = []
    for file in files:
        if file.path not in (layout.MANIFEST, layout.OVERRIDES):
            findings.extend(_content_findings(file, f"{folder}/{file.path}"))
    base, overrides = (
        read_document(file.content, path, kind, documents=documents) if file else None
        for file, path, kind in (
            (by_path.get(layout.MANIFEST), f"{folder}/{layout.MANIFEST}", "agent"),
            (by_path.get(layout.OVERRIDES), overrides_at or f"{folder}/{layout.OVERRIDES}", "overrides"),
        )
    )
    manifest = None
    if base is None:
        findings.append(_missing_manifest(env, name, by_path))
        overrides = None
    else:
        manifest, manifest_findings = _effective_manifest(env, name, base, overrides, fixed or {})
        findings.extend(mask_finding(finding) for finding in manifest_findings)
        findings.extend(document_secrets(base))
        findings.extend(document_secrets(overrides) if overrides else ())
        if manifest:
            findings.extend(_binary_prompts(manifest, by_path, folder))
            findings.extend(unmerged_text_findings(manifest, by_path, folder))
    usable = (
        overrides if overrides and overrides.data is not None and not overrides.blocking_findings else None
    )
    agent = Agent(
        environment=env,
        name=name,
        folder=folder,
        files=files,
        manifest=manifest,
        proposed=overrides_at is not None,
        overrides=usable.data if usable else None,
        locate_overrides=usable.locate if usable else None,
        read_part=partial(readable_manifest, env, name, base, overrides, fixed or {})
        if base and not manifest
        else None,
        fixed_tools=fixed or {},
    )
    return agent, [replace(finding, environment=env, agent=name) for finding in findings]


def with_overrides(
    agent: Agent, proposed: File, documents: DocumentCache | None = None
) -> tuple[Agent, list[Finding]]:
    """The agent with a proposal in place of its overrides; a proposal of ``{}`` removes them."""
    at = layout.proposal_file(agent.environment, agent.name)
    files = [file for file in agent.files if file.path != layout.OVERRIDES]
    if read_document(proposed.content, at, "overrides", documents=documents).data != {}:
        files.append(proposed)
    return assemble_agent(
        agent.environment,
        agent.name,
        files,
        overrides_at=at,
        fixed=agent.fixed_tools,
        documents=documents,
    )


def build_candidate(
    source: Agent,
    env: str,
    overrides: File | None,
    *,
    proposed: bool,
    documents: DocumentCache | None = None,
) -> tuple[Agent, list[Finding]]:
    """
    The release of *source* as it would be in *env* with these overrides, and the findings in it.

    *proposed* overrides come from a proposal, others are those that *env* has.
    """
    files = [file for file in source.files if file.path != layout.OVERRIDES]
    if overrides is not None and proposed:
        moved = replace(source, environment=env, files=tuple(files))
        agent, findings = with_overrides(moved, overrides, documents)
    else:
        files = files if overrides is None else [*files, overrides]
        agent, findings = assemble_agent(
            env, source.name, files, fixed=source.fixed_tools, documents=documents
        )
    agent = _with_listed_modes(agent)
    entries = [TreeEntry(path=f"{agent.folder}/{file.path}", mode=file.mode) for file in agent.files]
    file_findings = [*too_many_files(entries), *path_collisions(entries, agent.folder)]
    findings.extend(replace(finding, environment=env, agent=source.name) for finding in file_findings)
    return agent, findings


def _with_listed_modes(agent: Agent) -> Agent:
    """The agent as a promotion writes it: what the manifest lists is executable, whatever the source's mode."""
    listed = agent.manifest.executables if agent.manifest else frozenset()
    if not listed:
        return agent
    files = (replace(file, mode="100755") if file.path in listed else file for file in agent.files)
    return replace(agent, files=tuple(files))


def _missing_manifest(env: str, name: str, files: Iterable[str]) -> Finding:
    folder = layout.agent_folder(env, name)
    wanted = f"{folder}/{layout.MANIFEST}"
    message, hint = (
        f"{folder} has no {layout.MANIFEST}",
        f"fleet new {name} --env {env}, or delete the folder",
    )
    other = next((path for path in sorted(files) if _MISNAMED_MANIFEST.fullmatch(path)), None)
    if other is not None:
        message, hint = f"{message}, but {other}", f"git mv {quote(f'{folder}/{other}')} {quote(wanted)}"
    return error_at("manifest-missing", message, Place(file=wanted), hint)


def _content_findings(file: File, path: str) -> Iterator[Finding]:
    """Credentials and invisible characters; a file that is not UTF-8 may hold credentials, too."""
    text = file.text
    if text is None:
        yield from secret_findings(file.content.replace(b"\0", b"").decode("utf-8", "replace"), path)
    else:
        yield from hidden_character_findings(text, path)
        yield from secret_findings(text, path)


def _binary_prompts(manifest: Manifest, files: Mapping[str, File], folder: str) -> Iterator[Finding]:
    """Prompts that are not UTF-8: a reviewer could not read them."""
    prompt_paths = {str(prompt.get("file")) for prompt in manifest.items("spec.prompts")}
    for path in sorted(prompt_paths & files.keys()):
        if files[path].text is None:
            message = f"the prompt {path!r} is not UTF-8 text"
            place = Place(file=f"{folder}/{path}")
            yield error_at("file-unreadable", message, place, "save it as UTF-8")


def _effective_manifest(
    env: str, name: str, base: Document, patch: Document | None, fixed: FixedTools
) -> tuple[Manifest | None, list[Finding]]:
    findings = [*base.findings, *(patch.findings if patch else ())]
    # what a waiver may excuse leaves the agent readable
    blocking = (*base.blocking_findings, *(patch.blocking_findings if patch else ()))
    if base.data is None or blocking:
        return None, findings
    locate: Callable[[str], Place] = base.locate
    if patch is None or patch.data is None:
        data = base.data
    else:
        data, locate = merge_patch(base.data, patch.data), overlaid_location(base, patch)
        overlaid = Document(
            file=patch.file, content=patch.content, schema="agent", limits=patch.limits, data=data
        )
        wrong_together = overlaid.schema_findings()
        if wrong_together:
            return None, [*findings, *wrong_together]
    data = inherit_fixed(data, fixed)
    effective = with_defaults(data, "agent")
    return Manifest(environment=env, name=name, data=data, effective=effective, locate=locate), findings


def document_secrets(document: Document) -> tuple[Finding, ...]:
    """The credentials in a YAML file, each at its value."""
    text = document.content.decode("utf-8-sig", "replace")
    return secret_findings(text, document.file, document.data, document.locate)
