"""Compare the governance files of both sides."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from fleetward import changes, rules
from fleetward.domain import layout
from fleetward.domain.change import Change, ExpectedRequirement
from fleetward.domain.finding import Place
from fleetward.store.fleet.file_checks import printable_path
from fleetward.store.formats import json_schema
from fleetward.store.formats.document import Document, read_document
from fleetward.store.formats.schema_defaults import with_defaults
from fleetward.store.formats.strict_yaml import GOVERNANCE_LIMITS
from fleetward.store.git.tree import REGULAR, Tree
from fleetward.workflows.comparison.pair import FleetPair
from fleetward.workflows.comparison.requirements import governance_requirements

SCHEMAS = {
    layout.CONFIG: "fleet-config",
    **{path: PurePosixPath(path).stem for path in layout.GOVERNANCE_FILES},
}
"""By governance file the name of its schema."""

Values = Mapping[str, Any]


def compare_governance(pair: FleetPair, paths: Iterable[str]) -> tuple[tuple[Change, ...], tuple[str, ...]]:
    """
    The changes in those of *paths* that are governance, and the files that changed in formatting only.

    ``unreadable_governance`` names files with errors.
    """
    governed: list[Change] = []
    formatting: list[str] = []
    for path in sorted(paths):
        if path in SCHEMAS:
            file_changes = _compare_file(pair, path)
            governed += file_changes or ()
            if file_changes == ():
                formatting.append(path)
        elif layout.is_governed(path):
            governed.append(changes.unknown_file_change(printable_path(path)))
    requires = _requirements(pair) if governed else ()
    required = (replace(change, requires=requires) for change in governed)
    # before the first ledger no approval is asked
    is_gated = bool(formatting and pair.base.tree.entries(layout.LEDGERS))
    ordered = tuple(sorted(required, key=lambda change: change.sort_key))
    return ordered, tuple(formatting) if is_gated else ()


def _requirements(pair: FleetPair) -> tuple[ExpectedRequirement, ...]:
    """What a change of governance requires; nothing before the first ledger, for governance is trusted until then."""
    fleet = pair.base_fleet.snapshot if pair.base_fleet else None
    # trusted until the first ledger begins (SPEC 6.2)
    return governance_requirements(fleet) if fleet and pair.base.tree.entries(layout.LEDGERS) else ()


def _compare_file(pair: FleetPair, path: str) -> tuple[Change, ...] | None:
    """The changes of one file; None where a side cannot be read."""
    schema = SCHEMAS[path]
    base_exists, base = _load(pair.base.tree, path, schema)
    head_exists, head = _load(pair.head.tree, path, schema)
    base_data, head_data = (document.data if document else None for document in (base, head))
    # unreadable: comparing with nothing would show everything as removed
    if (base_exists and base_data is None) or (head_exists and head_data is None):
        return None
    before, after = _with_defaults(schema, base_data, head_data)
    return changes.compare_document(
        before,
        after,
        schema=json_schema.load_schema(schema),
        file=path,
        locate_before=base.locate if base else _whole_file(path),
        locate_after=head.locate if head else _whole_file(path),
    )


def _load(tree: Tree, path: str, schema: str) -> tuple[bool, Document | None]:
    """Whether the file exists, and its document if it can be read."""
    entries = [entry for entry in tree.entries(path) if entry.path == path]
    if not entries:
        return False, None
    regular = [entry for entry in entries if entry.mode in REGULAR]
    content = tree.read(regular, GOVERNANCE_LIMITS.size).get(path)
    if not isinstance(content, bytes):
        return True, None
    return True, read_document(content, path, schema, GOVERNANCE_LIMITS)


def _with_defaults(schema: str, *sides: Values | None) -> tuple[Values | None, ...]:
    """Both sides with the schema's defaults; a rule that only one side weighs has its usual weight at the other."""
    # defaults on both sides: writing a default down is no change (SPEC 5)
    filled = tuple(None if side is None else with_defaults(side, schema) for side in sides)
    if schema != "fleet-config":
        return filled
    weights = [{} if side is None else side.get("rules") or {} for side in filled]
    if not all(isinstance(side, Mapping) for side in weights):  # reported as unreadable
        return filled
    usual = {
        rule.id: rule.severity.value for rule in rules.CATALOGUE if any(rule.id in side for side in weights)
    }
    return tuple(
        side and {**side, "rules": {**usual, **weighed}}
        for side, weighed in zip(filled, weights, strict=True)
    )


def _whole_file(path: str) -> Callable[[str], Place]:
    return lambda _: Place(file=path)
