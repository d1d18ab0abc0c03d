"""Who uses what a change of governance is about: a connector, a model, a team or a person."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from fleetward.domain import layout
from fleetward.domain.change import Change
from fleetward.store.fleet.person_references import ReferenceKind, person_references
from fleetward.store.formats.document import read_document
from fleetward.store.git.tree import Tree
from fleetward.workflows.comparison.dependents import FleetFiles, may_name

Subject = tuple[str, str]
"""A kind (connector, model, team, person) and a name."""

_SUBJECTS = {
    layout.CONNECTORS: (("connector", re.compile(r"connectors\.([a-z0-9-]+)(?:\.|$)")),),
    layout.MODELS: (("model", re.compile(r"models\[(.+?)(?:#\d+)?\](?:\.|$)")),),
    layout.PEOPLE: (
        ("person", re.compile(r"people\.([a-z0-9-]+)(?:\.|$)")),
        ("team", re.compile(r"teams\.([a-z0-9-]+)(?:\.|$)")),
    ),
}
_MODEL_KEYS = ("model", "judge", "embedding")
_SOMEBODY = frozenset({ReferenceKind.PERSON, ReferenceKind.SOMEBODY})


def with_users(tree: Tree, changes: Iterable[Change]) -> tuple[Change, ...]:
    """The same changes of governance, each with the agents of *tree* that use its subject."""
    subjects = [(change, _subject(change)) for change in changes]
    users = _users(tree, {subject for _, subject in subjects if subject is not None})
    return tuple(
        change if subject is None else replace(change, used_by=users[subject]) for change, subject in subjects
    )


def _subject(change: Change) -> Subject | None:
    for kind, pattern in _SUBJECTS.get(change.place.file if change.place else "", ()):
        if match := pattern.match(change.path):
            return kind, match[1]
    return None


def _users(tree: Tree, subjects: set[Subject]) -> dict[Subject, tuple[str, ...]]:
    found: dict[Subject, set[str]] = {subject: set() for subject in subjects}
    # every manifest is read, as text: only those that hold a name are parsed
    environments = FleetFiles(tree).manifests.values() if subjects else ()
    for path, content in (item for files in environments for item in files.items()):
        candidates = [subject for subject in subjects if may_name(content, subject[1])]
        if not candidates:
            continue
        kind = "agent" if path.endswith(f"/{layout.MANIFEST}") else "overrides"
        manifest = read_document(content, path, kind).data
        for subject in candidates:
            if isinstance(manifest, Mapping) and _uses(manifest, kind, subject):
                found[subject].add("/".join(path.split("/")[1:3]))
    return {subject: tuple(sorted(agents)) for subject, agents in found.items()}


def _uses(manifest: Mapping[str, Any], kind: str, subject: Subject) -> bool:
    subject_kind, name = subject
    if subject_kind == "connector":
        return any(tool.get("connector") == name for tool in _mappings(manifest, "tools"))
    if subject_kind == "model":
        return any(model.get("name") == name for model in _models(manifest))
    owner = _spec(manifest).get("owner")
    if subject_kind == "team" and isinstance(owner, Mapping) and owner.get("team") == name:
        return True
    units = _SOMEBODY if subject_kind == "person" else {ReferenceKind.SOMEBODY}
    return any(unit in units for _, unit in person_references(manifest, kind, name))


def _spec(manifest: Mapping[str, Any]) -> Mapping[str, Any]:
    spec = manifest.get("spec")
    return spec if isinstance(spec, Mapping) else {}


def _mappings(manifest: Mapping[str, Any], key: str) -> Iterator[Mapping[str, Any]]:
    items = _spec(manifest).get(key)
    if isinstance(items, list):
        yield from (item for item in items if isinstance(item, Mapping))


def _models(value: Any) -> Iterator[Mapping[str, Any]]:
    """Every language model that a manifest names: of the agent, its fallbacks, judges and embeddings."""
    if isinstance(value, list):
        for item in value:
            yield from _models(item)
    if not isinstance(value, Mapping):
        return
    for key, inner in value.items():
        if key in _MODEL_KEYS and isinstance(inner, Mapping):
            yield inner
            fallbacks = inner.get("fallbacks")
            yield from (item for item in fallbacks or () if isinstance(item, Mapping))
        elif not str(key).startswith("x-"):
            yield from _models(inner)
