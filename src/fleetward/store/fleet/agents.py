"""An agent's folder as a value: every file of it, its effective manifest, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from fleetward.domain import digest
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Finding, Place
from fleetward.domain.fleet import CONFIG, FleetConfig, Key
from fleetward.domain.manifest import MANIFEST, Agent, File, Manifest
from fleetward.domain.names import is_name, nearest
from fleetward.domain.path import lookup
from fleetward.domain.secrets import concealed
from fleetward.store.fleet.file_checks import (
    Contents,
    at,
    clean,
    colliding,
    error,
    shown_path,
    too_many,
    unfit_files,
)
from fleetward.store.formats import json_schema
from fleetward.store.formats.document import Document, document
from fleetward.store.formats.secret_scan import secret_findings
from fleetward.store.formats.strict_yaml import hidden_findings
from fleetward.store.git.tree import REGULAR, Entry

ENVIRONMENTS = "environments"
PROPOSALS = "proposals"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The agents among some files, and what is wrong with them."""

    agents: Mapping[Key, Agent]
    proposals: Mapping[Key, File]
    proposed: Mapping[Key, Agent]
    findings: tuple[Finding, ...]


def agents(entries: Collection[Entry], contents: Contents, config: FleetConfig) -> Found:
    """The agents and proposals that these files make."""
    folders: dict[tuple[str, str, str], list[Entry]] = {}
    for entry in entries:
        folder = folder_of(entry)
        if folder is not None:
            folders.setdefault(folder, []).append(entry)
    known: dict[Key, Agent] = {}
    proposals: dict[Key, File] = {}
    proposed: dict[Key, Agent] = {}
    findings = _hiding(entries)
    for (top, env, name), inside in sorted(folders.items()):  # "environments" comes before "proposals"
        if top == ENVIRONMENTS:
            findings.extend(_misplaced(env, name, inside, config))
            known[env, name], found = _agent(env, name, inside, contents)
        else:
            file, agent, found = _proposal(env, name, inside, contents, known.get((env, name)), config)
            if file is not None:
                proposals[env, name] = file
            if agent is not None:
                proposed[env, name] = agent
        findings.extend(found)
    return Found(agents=known, proposals=proposals, proposed=proposed, findings=tuple(findings))


def folder_of(entry: Entry) -> tuple[str, str, str] | None:
    """The top, the environment and the name of the agent or proposal that it is a file of; None outside them."""
    parts = entry.path.split("/", 3)
    if len(parts) > 3 or (len(parts) == 3 and entry.mode not in REGULAR):
        return (parts[0], parts[1], parts[2])
    return None


def _hiding(entries: Iterable[Entry]) -> list[Finding]:
    """Links where a folder of agents should be: whatever lies behind them is not looked at, and must not be missed."""
    return [
        at(entry, "link-in-agent", "a link where a folder of agents should be", "put the folder itself here")
        for entry in entries
        if entry.path.count("/") < 2 and entry.mode not in REGULAR
    ]


def _misplaced(env: str, name: str, inside: list[Entry], config: FleetConfig) -> list[Finding]:
    found = []
    if config.environment(env) is None:
        message = f"no environment {env!r} in {CONFIG}"
        close = nearest(env, (one.name for one in config.environments))
        meant = f"did you mean {close!r}? else " if close else ""
        hint = f"{meant}list {env!r} under environments, or move the folder"
        found.append(at(inside[0], "schema", message, hint))
    if not is_name(name):
        hint = "use a-z, 0-9 and - only, at most 63 characters"
        found.append(at(inside[0], "name-mismatch", f"{shown_path(name)!r} cannot be an agent's name", hint))
    return [replace(one, environment=env, agent=shown_path(name)) for one in found]


def unfounded(entries: Iterable[Entry], config: FleetConfig) -> tuple[Finding, ...]:
    """Proposals for agents that are nowhere among *entries*: neither in place, nor where they would come from."""
    there: dict[str, dict[Key, Entry]] = {ENVIRONMENTS: {}, PROPOSALS: {}}
    for entry in entries:
        parts = entry.path.split("/", 3)
        if len(parts) > 3 and parts[0] in there:
            there[parts[0]].setdefault((parts[1], parts[2]), entry)
    return tuple(
        nobody(key, entry, config, there[ENVIRONMENTS])
        for key, entry in sorted(there[PROPOSALS].items())
        if (environment := config.environment(key[0])) is not None
        and environment.gated
        and not any((env, key[1]) in there[ENVIRONMENTS] for env in (key[0], *environment.sources))
    )


def nobody(key: Key, proposed: Entry, config: FleetConfig, known: Iterable[Key]) -> Finding:
    """What is wrong with a proposal for an agent that is not among the *known* ones."""
    env, name = key
    environment = config.environment(env)
    places = (env, *(environment.sources if environment else ()))
    close = nearest(name, (agent for where, agent in known if where in places))
    hint = f"did you mean {close!r}?" if close else "delete the proposal"
    message = f"a proposal for {shown_path(name)!r}, which is nowhere in {', '.join(places)}"
    finding = at(proposed, "override-not-allowed", message, hint)
    absent = tuple(f"{ENVIRONMENTS}/{one}/{name}" for one in places)
    return replace(finding, environment=env, agent=shown_path(name), absent=absent)


def _agent(env: str, name: str, inside: list[Entry], contents: Contents) -> tuple[Agent, list[Finding]]:
    folder = f"{ENVIRONMENTS}/{env}/{name}"
    findings = [*unfit_files(inside, contents), *colliding(inside, folder)]
    unnameable = bool(findings)
    files = []
    for entry in inside:
        content = contents.get(entry.path)
        if entry.mode in REGULAR and isinstance(content, bytes) and clean(entry.path):
            files.append(File(path=entry.path[len(folder) + 1 :], mode=entry.mode, content=content))
    agent, found = assembled(env, name, files)
    findings.extend(found)
    findings = [replace(one, environment=env, agent=shown_path(name)) for one in findings]
    return replace(agent, readable=not unnameable), findings


def assembled(
    env: str, name: str, files: Iterable[File], *, overrides_at: str | None = None
) -> tuple[Agent, list[Finding]]:
    """
    The agent that these files make, and what is wrong with them.

    *overrides_at* is the path of a proposal whose content stands in as ``overrides.yaml``.
    """
    folder = f"{ENVIRONMENTS}/{env}/{name}"
    files = tuple(sorted(files, key=lambda file: file.path.encode("utf-8", "surrogateescape")))
    by_path = {file.path: file for file in files}
    findings: list[Finding] = []
    for file in files:
        if file.path not in (MANIFEST, digest.OVERRIDES):
            findings.extend(_seen_through(file, f"{folder}/{file.path}"))
    own = by_path.get(MANIFEST)
    over = by_path.get(digest.OVERRIDES)
    manifest, overrides = None, None
    if own is None:
        place = Place(file=f"{folder}/{MANIFEST}")
        hint = f"fleet new {name} --env {env}, or delete the folder"
        findings.append(error("manifest-missing", f"{folder} has no {MANIFEST}", place, hint))
    else:
        base = document(own.content, f"{folder}/{MANIFEST}", "agent")
        patch = None
        if over is not None:
            patch = document(over.content, overrides_at or f"{folder}/{digest.OVERRIDES}", "overrides")
            overrides = patch if patch.data is not None and not patch.findings else None
        manifest, found = _manifest(env, name, base, patch)
        findings.extend(concealed(one) for one in found)
        findings.extend(_secrets(base))
        findings.extend(_secrets(patch) if patch else ())
        findings.extend(_no_text(manifest, by_path, folder) if manifest else ())
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
    return agent, [replace(one, environment=env, agent=name) for one in findings]


def _seen_through(file: File, path: str) -> Iterator[Finding]:
    """What nobody should see, or nobody can; what is no UTF-8 may hold credentials all the same."""
    text = file.text
    if text is None:
        yield from secret_findings(file.content.replace(b"\0", b"").decode("utf-8", "replace"), path)
    else:
        yield from hidden_findings(text, path)
        yield from secret_findings(text, path)


def _no_text(manifest: Manifest, files: Mapping[str, File], folder: str) -> Iterator[Finding]:
    """Prompts that are no UTF-8: nobody could say what is hidden in them."""
    named = {str(prompt.get("file")) for prompt in manifest.items("spec.prompts")}
    for path in sorted(named & files.keys()):
        if files[path].text is None:
            message = f"the prompt {path!r} is not UTF-8 text"
            place = Place(file=f"{folder}/{path}")
            yield error("file-unreadable", message, place, "save it as UTF-8")


def _manifest(
    env: str, name: str, base: Document, patch: Document | None
) -> tuple[Manifest | None, list[Finding]]:
    findings = [*base.findings, *(patch.findings if patch else ())]
    if base.data is None or findings:
        return None, findings
    locate: Callable[[str], Place] = base.locate
    if patch is None or patch.data is None:
        data = base.data
    else:
        data, locate = merged(base.data, patch.data), _either(base, patch)
        overlaid = Document(
            file=patch.file, content=patch.content, schema="agent", limits=patch.limits, data=data
        )
        findings = list(overlaid.judged())
        if findings:
            return None, findings
    effective = json_schema.with_defaults(data, "agent")
    return Manifest(environment=env, name=name, data=data, effective=effective, locate=locate), []


def _secrets(written: Document) -> tuple[Finding, ...]:
    text = written.content.decode("utf-8-sig", "replace")
    return secret_findings(text, written.file, written.data, written.locate)


def _either(base: Document, patch: Document) -> Callable[[str], Place]:
    """Where a value stands: in the overrides when they say it, else in the manifest."""

    def locate(path: str) -> Place:
        over = patch.locate(path)
        if over.path and (over.path == path or not isinstance(_value(patch.data, over.path), dict)):
            return over
        return base.locate(path)

    return locate


def _value(data: Any, path: str) -> Any:
    return lookup(data, path)[1]


def merged(target: Any, patch: Any) -> Any:
    """JSON Merge Patch: mappings merge, null removes, all else replaces. Source: RFC 7396, section 2."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


def _proposal(
    env: str, name: str, inside: list[Entry], contents: Contents, standing: Agent | None, config: FleetConfig
) -> tuple[File | None, Agent | None, list[Finding]]:
    """The proposed file, the agent that stands there with it in place, and what is wrong with it."""
    found = unfit_files(inside, contents)
    folder = f"{PROPOSALS}/{env}/{name}"
    environment = config.environment(env)
    if environment is None or not environment.gated:
        message = f"{env!r} is no gated environment: nothing is promoted into it"
        close = nearest(env, (one.name for one in config.environments)) if environment is None else None
        hint = (
            f"did you mean {close!r}?"
            if close
            else f"write {ENVIRONMENTS}/{env}/{name}/{digest.OVERRIDES} itself"
        )
        found.append(at(inside[0], "override-not-allowed", message, hint))
    for entry in inside:
        if entry.path != f"{folder}/{digest.OVERRIDES}":
            message = f"a proposal holds {digest.OVERRIDES} alone"
            found.append(
                at(entry, "override-not-allowed", message, "delete the file, or put it into the release")
            )
    found = [replace(one, environment=env, agent=shown_path(name)) for one in found]
    file = None if found else _proposed_file(inside, contents)
    if file is None:
        return None, None, found
    if standing is None or standing.manifest is None:
        patch = document(file.content, f"{folder}/{digest.OVERRIDES}", "overrides")
        found = [*(concealed(one) for one in patch.findings), *_secrets(patch)]
        return file, None, [replace(one, environment=env, agent=name) for one in found]
    agent, found = with_overrides(standing, file)
    found = [one for one in found if one.place.file.startswith(folder)]
    return file, agent if agent.manifest else None, found


def _proposed_file(inside: Iterable[Entry], contents: Contents) -> File | None:
    for entry in inside:
        content = contents.get(entry.path)
        if entry.path.endswith(f"/{digest.OVERRIDES}") and isinstance(content, bytes):
            return File(path=digest.OVERRIDES, mode=entry.mode, content=content)
    return None


def with_overrides(agent: Agent, proposed: File) -> tuple[Agent, list[Finding]]:
    """The agent with a proposal in place of its overrides; one that holds ``{}`` removes them."""
    at = f"{PROPOSALS}/{agent.environment}/{agent.name}/{digest.OVERRIDES}"
    files = [file for file in agent.files if file.path != digest.OVERRIDES]
    patch = document(proposed.content, at, "overrides")
    if patch.data != {}:
        files.append(proposed)
    return assembled(agent.environment, agent.name, files, overrides_at=at)


def candidate(
    source: Agent, env: str, overrides: File | None, *, proposed: bool
) -> tuple[Agent, list[Finding]]:
    """The release of *source* as it would stand in *env*, with these overrides, and what is wrong with it."""
    files = [file for file in source.files if file.path != digest.OVERRIDES]
    if overrides is None:
        agent, found = assembled(env, source.name, files)
    elif proposed:
        agent, found = with_overrides(replace(source, environment=env, files=tuple(files)), overrides)
    else:
        agent, found = assembled(env, source.name, [*files, overrides])
    inside = [Entry(path=f"{agent.folder}/{file.path}", mode=file.mode) for file in agent.files]
    unfit = [*too_many(inside), *colliding(inside, agent.folder)]
    return agent, [*found, *(replace(one, environment=env, agent=source.name) for one in unfit)]
