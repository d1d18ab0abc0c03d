"""
Edits that break a practice, one at a time, on a valid agent under the shipped ``standard`` policy.

Each ``*.yaml`` beside this file is a list of edits. An item holds

``edit``    what was done, in words; unique in all the files
``rule``    the rule that has to find it
``agent``   the agent of staging that is edited; refund-bot where it is left out
``set``     values by path: ``spec.owner.team``, ``spec.tools[crm].allow``; ``null`` removes what stands there,
            ``spec.tools[+]`` adds an item. ``ticket-triage:spec.class`` edits another agent, and
            ``people:``, ``connectors:`` and ``models:`` a file of governance
``files``   texts by the path in the agent's folder; ``null`` removes a file
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

import yaml

from fleetward import rules
from fleetward.domain.finding import Finding
from fleetward.domain.path import item_key, parse_path
from fleetward.store.fleet.load import read_fleet
from fleetward.store.formats.document import DocumentCache, read_document
from fleetward.store.formats.strict_yaml import GOVERNANCE_LIMITS
from tests.paths import CHECKOUT, SAMPLES, TESTS
from tests.store.fleet.trees import MemoryTree

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
STANDARD_POLICY = CHECKOUT / "src/fleetward/starter/policies/standard/governance/policy.yaml"
_GOVERNANCE = ("people", "connectors", "models")
_DOCUMENTS = DocumentCache(256)


@dataclass(frozen=True, kw_only=True)
class Edit:
    """One edit, and the rule that has to find it."""

    edit: str
    rule: str
    agent: str = "refund-bot"
    set: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, str | None] = field(default_factory=dict)


def edits() -> list[Edit]:
    """The edits of all files."""
    return [
        Edit(**item)
        for path in sorted((TESTS / "practices").glob("*.yaml"))
        for item in yaml.safe_load(path.read_text())
    ]


def findings_after(edit: Edit | None) -> list[Finding]:
    """The findings in the sample fleet after the edit that concern staging."""
    return [finding for finding in _findings(_edited(edit)) if finding.environment in ("staging", None)]


@cache
def _sample() -> Mapping[str, bytes]:
    root = SAMPLES / "acme"
    files = {
        path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }
    return {**files, "governance/policy.yaml": STANDARD_POLICY.read_bytes()}


def _edited(edit: Edit | None) -> Mapping[str, bytes]:
    files = dict(_sample())
    if edit is None:
        return files
    for name, values in _by_file(edit).items():
        document = copy.deepcopy(_data(name))
        for path, value in values.items():
            _put(document, parse_path(path), value)
        files[name] = json.dumps(document).encode()
    for path, text in edit.files.items():
        name = f"environments/staging/{edit.agent}/{path}"
        if text is None:
            del files[name]
        else:
            files[name] = text.encode()
    return files


def _by_file(edit: Edit) -> Mapping[str, Mapping[str, Any]]:
    values: dict[str, dict[str, Any]] = {}
    for path, value in edit.set.items():
        subject, colon, inner = path.partition(":")
        subject, inner = (subject, inner) if colon else (edit.agent, path)
        governs = subject in _GOVERNANCE
        name = f"governance/{subject}.yaml" if governs else f"environments/staging/{subject}/agent.yaml"
        values.setdefault(name, {})[inner] = value
    return values


@cache
def _data(name: str) -> Any:
    kind = name.removeprefix("governance/").removesuffix(".yaml") if "governance" in name else "agent"
    return read_document(_sample()[name], name, kind, GOVERNANCE_LIMITS).data


def _put(document: Any, steps: Sequence[str], value: Any) -> None:
    """Set what stands at these steps, or remove it; what is missing on the way is made."""
    *above, last = steps
    for step in above:
        is_list = isinstance(document, list)
        document = document[_position(document, step)] if is_list else document.setdefault(step, {})
    if isinstance(document, list):
        position = len(document) if last == "+" else _position(document, last)
        document[position : position + 1] = [] if value is None else [value]
    elif value is None:
        del document[last]
    else:
        document[last] = value


def _position(items: list[Any], step: str) -> int:
    keys = [item_key(item) for item in items]
    return keys.index(step) if step in keys else int(step)


def _findings(files: Mapping[str, bytes]) -> list[Finding]:
    ids = [rule.id for rule in rules.CATALOGUE]
    fleet = read_fleet(MemoryTree(files), version="0.1.0", rules=ids, documents=_DOCUMENTS)
    assert fleet.snapshot is not None
    assert fleet.governance_valid, fleet.findings
    read = {key: agent.as_read for key, agent in fleet.snapshot.agents.items()}
    return [*fleet.findings, *rules.findings(replace(fleet.snapshot, agents=read), NOW)]
