"""All rules that name changes: of the table, of files, of whole agents, of governance, of combinations."""

from __future__ import annotations

from collections.abc import Iterator

from fleetward.changes import governance_direction
from fleetward.changes.combinations import COMBINATIONS
from fleetward.changes.documents import GOVERNANCE_FILES
from fleetward.changes.files import ROLES
from fleetward.changes.meaning import Meaning
from fleetward.changes.meanings import MEANINGS
from fleetward.domain import layout
from fleetward.domain.change import ChangeClass, Direction, Significance
from fleetward.domain.fast_dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleEntry:
    """One rule: its subject and condition, its significance and direction, and its message."""

    rule: str
    significance: Significance
    direction: str
    subject: str
    condition: str
    message: str
    twin: str = ""
    """The rule of the reverse change, if this rule is looser."""


def catalogue() -> tuple[RuleEntry, ...]:
    """Every rule by class; within a class in the order of the table."""
    entries = [
        *map(_meaning_entry, MEANINGS),
        *_pin_entries(),
        *_file_entries(),
        *_card_entries(),
        *_document_entries(),
        *_hidden_character_entries(),
    ]
    return tuple(sorted(entries, key=lambda entry: entry.rule.partition("/")[0]))


def combination_rows() -> tuple[tuple[str, str], ...]:
    """Changes that are critical together: the description, and which of the two becomes critical."""
    return tuple((combination.description, combination.subject) for combination in COMBINATIONS)


def _meaning_entry(row: Meaning) -> RuleEntry:
    narrowed = [*(kind.value for kind in row.kinds), *([row.direction.value] if row.direction else [])]
    direction = row.means or row.direction
    return RuleEntry(
        rule=row.rule,
        significance=row.significance,
        direction=direction.value if direction else "as the schema says",
        subject=row.paths,
        condition=", ".join(narrowed) or "any",
        message=row.reason,
        twin=row.twin,
    )


def _pin_entries() -> Iterator[RuleEntry]:
    yield RuleEntry(
        rule="behaviour/pin-lost",
        significance=Significance.CRITICAL,
        direction=Direction.LOOSER.value,
        subject="spec.model",
        condition="the model was pinned, and no longer is",
        message="model {item!r} is {after}, before {before}",
        twin="behaviour/pin-gained",
    )
    yield RuleEntry(
        rule="behaviour/pin-gained",
        significance=Significance.LOW,
        direction=Direction.STRICTER.value,
        subject="spec.model",
        condition="the model was not pinned, and now is",
        message="model {item!r} is {after}, before {before}",
    )


def _file_entries() -> Iterator[RuleEntry]:
    for role in ROLES:
        for kind, (significance, direction) in (
            ("added", role.added),
            ("removed", role.removed),
            ("changed", role.changed),
        ):
            yield RuleEntry(
                rule=f"{role.cls}/{role.rule_name}-{kind}",
                significance=significance,
                direction=direction.value,
                subject=f"{role.name} files",
                condition=kind,
                message=f"what changed in the {role.name}, line by line; {role.remark}"
                if kind == "changed"
                else f"the {role.name} {'is new' if kind == 'added' else 'is gone'}",
                twin="guardrail/eval-suite-added" if direction is Direction.LOOSER else "",
            )
    yield RuleEntry(
        rule="unknown/file-mode-changed",
        significance=Significance.MEDIUM,
        direction=Direction.UNKNOWN.value,
        subject="every file",
        condition="changed",
        message="the mode of {path} is {after}, before {before}",
    )


def _card_entries() -> Iterator[RuleEntry]:
    yield RuleEntry(
        rule="lifecycle/agent-added",
        significance=Significance.HIGH,
        direction=Direction.NEUTRAL.value,
        subject="an agent",
        condition="added",
        message="one change with tier, tools and model; critical if one of its parts is",
    )
    yield RuleEntry(
        rule="lifecycle/agent-retired",
        significance=Significance.HIGH,
        direction=Direction.NEUTRAL.value,
        subject="an agent",
        condition="removed",
        message="one change that names who still relies on the agent; critical if somebody does",
    )


def _document_entries() -> Iterator[RuleEntry]:
    for name, (cls, significance) in GOVERNANCE_FILES.items():
        for ending in ("changed", "added", "removed"):
            direction = governance_direction.file_direction(name, is_added=ending == "added")
            yield RuleEntry(
                rule=f"{cls}/{name}-{ending}",
                significance=significance,
                direction=governance_direction.direction_text(name)
                if ending == "changed"
                else direction.value,
                subject=layout.CONFIG if name == "fleet-config" else f"governance/{name}.yaml",
                condition=ending,
                message="what changed in the file" if ending == "changed" else f"the file was {ending}",
                twin=f"{cls}/{name}-removed" if ending == "added" and direction is Direction.LOOSER else "",
            )
    yield RuleEntry(
        rule="unknown/governance-file-changed",
        significance=Significance.MEDIUM,
        direction=Direction.UNKNOWN.value,
        subject="any other file under governance/",
        condition="any",
        message="the file was added, removed or changed; fleetward does not know this file",
    )


def _hidden_character_entries() -> Iterator[RuleEntry]:
    for cls in ChangeClass:
        if cls is not ChangeClass.COSMETIC:
            yield RuleEntry(
                rule=f"{cls}/hidden-characters",
                significance=Significance.CRITICAL,
                direction=Direction.UNKNOWN.value,
                subject="any value or text",
                condition="invisible characters were added",
                message="{path} contains invisible characters, by their code points",
            )
    yield RuleEntry(
        rule="unknown/value-changed",
        significance=Significance.MEDIUM,
        direction=Direction.UNKNOWN.value,
        subject="keys that begin with x-, and keys that are not in the schema",
        condition="any",
        message="{path} is {after}, before {before}; no schema says what it means",
    )
