"""Where the files of a fleet name a language model, and the same files with another in its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from fleetward.domain import layout
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Place
from fleetward.domain.fleet import Environment, FleetConfig
from fleetward.domain.manifest import Agent
from fleetward.domain.model_upgrade import ListedModel, MentionOutcome, MentionRole, ModelMention
from fleetward.domain.path import Steps
from fleetward.store.formats.document import Document, read_document
from fleetward.store.formats.yaml_edit import Changes, edit_yaml

_AT = ("spec", "model")
_BY_HAND = "it names the old model: edit it if it runs that model"


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """The model to write, and how to tell the one to replace from a provider, name and version."""

    new: ListedModel
    is_old: Callable[[Mapping[str, Any]], bool]
    old_name: str
    config: FleetConfig

    @property
    def first(self) -> Environment:
        """The environment whose manifests are edited."""
        return self.config.environments[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplacementPlan:
    """Every place that names the old model, and the files to write, by path."""

    mentions: tuple[ModelMention, ...]
    contents: Mapping[str, bytes]


def plan_replacement(
    names: Iterable[str], contents: Mapping[str, bytes], replacement: Replacement
) -> ReplacementPlan:
    """
    The manifests of these agents in the first environment, and their overrides everywhere, with the new model.

    Overrides of gated environments are not edited: they become proposals.
    Errors: FleetError where the layout of a file is not one that can be edited.
    """
    mentions: list[ModelMention] = []
    edited: dict[str, bytes] = {}
    for name in names:
        for mention, path, content in _replaced_files(name, contents, replacement):
            mentions.append(mention)
            if content is not None:
                edited[path] = content
    return ReplacementPlan(mentions=tuple(mentions), contents=edited)


def files_naming(agent: Agent, model: str) -> Iterator[ModelMention]:
    """The other files of the agent's folder that name the model, such as evaluation suites, at their first line."""
    # a longer name that begins or ends with it is another model
    pattern = re.compile(rf"(?<![\w.-]){re.escape(model)}(?![\w-]|\.\w)")
    for file in agent.files:
        if file.path in (layout.MANIFEST, layout.OVERRIDES):
            continue
        match = pattern.search(file.text or "")
        if match is not None:
            line = (file.text or "").count("\n", 0, match.start()) + 1
            yield ModelMention(
                agent=agent.name,
                environment=agent.environment,
                role=MentionRole.FILE,
                place=Place(file=f"{agent.folder}/{file.path}", line=line),
                outcome=MentionOutcome.OPEN,
                note=_BY_HAND,
            )


_ReplacedFile = tuple[ModelMention, str, bytes | None]
"""A mention, and the file that settles it with its new content; None where nothing is written."""


def _replaced_files(
    name: str, contents: Mapping[str, bytes], replacement: Replacement
) -> Iterator[_ReplacedFile]:
    first = replacement.first.name
    manifest = _document(contents, layout.manifest_file(first, name), "agent")
    own = _model(manifest)
    replaced = manifest is not None and replacement.is_old(own)
    if manifest is not None and replaced:
        mention = _mention(name, first, MentionRole.MODEL, manifest, MentionOutcome.EDIT)
        changes = _changes(own, own, replacement.new)
        yield mention, manifest.file, edit_yaml(contents[manifest.file], changes, manifest.file)
        if own.get("deployment"):
            note = "names a deployment of the old model"
            yield _mention(name, first, MentionRole.DEPLOYMENT, manifest, MentionOutcome.OPEN, note), "", None
    for environment in replacement.config.environments:
        running = _model(_document(contents, layout.manifest_file(environment.name, name), "agent"))
        inherited = {**(running or own), **({"provider": replacement.new.provider} if replaced else {})}
        yield from _replaced_overrides(name, environment, contents, replacement, inherited)


def _replaced_overrides(
    name: str,
    environment: Environment,
    contents: Mapping[str, bytes],
    replacement: Replacement,
    inherited: Mapping[str, Any],
) -> Iterator[_ReplacedFile]:
    """The overrides of one environment, or the proposal that will replace them."""
    proposed = layout.proposal_file(environment.name, name)
    files = [layout.overrides_file(environment.name, name)]
    if environment.gated:
        # an open proposal replaces the overrides as a whole
        files = [proposed] if proposed in contents else files
    for file in files:
        document = _document(contents, file, "overrides")
        patch = _model(document)
        # a patch without a name leaves the model as the release has it
        if document is None or not patch.get("name") or not replacement.is_old({**inherited, **patch}):
            continue
        writes_proposal = environment.gated and file != proposed
        outcome = MentionOutcome.PROPOSAL if writes_proposal else MentionOutcome.EDIT
        changes = _changes(patch, inherited, replacement.new)
        mention = _mention(name, environment.name, MentionRole.OVERRIDE, document, outcome)
        yield mention, proposed if writes_proposal else file, edit_yaml(contents[file], changes, file)


def _changes(written: Mapping[str, Any], inherited: Mapping[str, Any], new: ListedModel) -> Changes:
    """The edits of one mapping; a version or digest of the old model does not stay beside the new one."""
    changes: dict[Steps, Any] = {(*_AT, "name"): new.name}
    provider = written.get("provider") or inherited.get("provider")
    if provider != new.provider:
        changes[*_AT, "provider"] = new.provider
    if new.version:
        changes[*_AT, "version"] = new.version
    elif written.get("version") is not None:
        changes[*_AT, "version"] = None
    if written.get("digest") is not None:
        changes[*_AT, "digest"] = None
    return changes


def _mention(
    name: str,
    environment: str,
    role: MentionRole,
    document: Document,
    outcome: MentionOutcome,
    note: str = "",
) -> ModelMention:
    field = "deployment" if role is MentionRole.DEPLOYMENT else "name"
    return ModelMention(
        agent=name,
        environment=environment,
        role=role,
        place=document.place((*_AT, field)),
        outcome=outcome,
        note=note,
    )


def _document(contents: Mapping[str, bytes], file: str, kind: str) -> Document | None:
    """The file where it is there and clean."""
    if file not in contents:
        return None
    document = read_document(contents[file], file, kind)
    return document if document.data is not None and not document.findings else None


def _model(document: Document | None) -> Mapping[str, Any]:
    data: Any = document.data if document else None
    for step in _AT:
        data = data.get(step) if isinstance(data, Mapping) else None
    return data if isinstance(data, Mapping) else {}
