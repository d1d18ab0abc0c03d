"""Everything that a change can be called: the table of meanings, files, cards, governing files, combinations."""

from __future__ import annotations

from collections.abc import Iterator

from fleetward.changes import governance_direction
from fleetward.changes.combinations import COMBINATIONS
from fleetward.changes.documents import KNOWN
from fleetward.changes.files import ROLES
from fleetward.changes.meaning import Meaning
from fleetward.changes.meanings import MEANINGS
from fleetward.domain.change import ChangeClass, Direction, Significance
from fleetward.domain.fast_dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One rule: what it is about, when it holds, how much it weighs, and what it says."""

    rule: str
    significance: Significance
    direction: str
    of: str
    when: str
    says: str
    twin: str = ""
    """The rule of the same change the other way round, where this one says that something turned looser."""


def catalogue() -> tuple[Entry, ...]:
    """Every rule, by class; within one in the order in which the table is read."""
    found = [
        *map(_of_meaning, MEANINGS),
        *_of_pins(),
        *_of_files(),
        *_of_cards(),
        *_of_documents(),
        *_hidden(),
    ]
    return tuple(sorted(found, key=lambda entry: entry.rule.partition("/")[0]))


def combined() -> tuple[tuple[str, str], ...]:
    """What makes a change critical together with another: the words, and what of the two becomes so."""
    return tuple((one.words, one.of) for one in COMBINATIONS)


def _of_meaning(row: Meaning) -> Entry:
    narrowed = [*(kind.value for kind in row.kinds), *([row.direction.value] if row.direction else [])]
    way = row.means or row.direction
    return Entry(
        rule=row.rule,
        significance=row.significance,
        direction=way.value if way else "as the schema says",
        of=row.paths,
        when=", ".join(narrowed) or "any",
        says=row.reason,
        twin=row.twin,
    )


def _of_pins() -> Iterator[Entry]:
    yield Entry(
        rule="behaviour/pin-lost",
        significance=Significance.CRITICAL,
        direction=Direction.LOOSER.value,
        of="spec.model",
        when="the model was pinned and is not",
        says="model {item!r} is {after}, before {before}",
        twin="behaviour/pin-gained",
    )
    yield Entry(
        rule="behaviour/pin-gained",
        significance=Significance.LOW,
        direction=Direction.STRICTER.value,
        of="spec.model",
        when="the model was not pinned and is",
        says="model {item!r} is {after}, before {before}",
    )


def _of_files() -> Iterator[Entry]:
    for role in ROLES:
        for kind, (significance, way) in (
            ("added", role.added),
            ("removed", role.removed),
            ("changed", role.changed),
        ):
            yield Entry(
                rule=f"{role.cls}/{role.what}-{kind}",
                significance=significance,
                direction=way.value,
                of=f"{role.name} files",
                when=kind,
                says=f"what changed in the {role.name}, line by line; {role.remark}"
                if kind == "changed"
                else f"the {role.name} {'is new' if kind == 'added' else 'is gone'}",
                twin="guardrail/eval-suite-added" if way is Direction.LOOSER else "",
            )
    yield Entry(
        rule="unknown/file-mode-changed",
        significance=Significance.MEDIUM,
        direction=Direction.UNKNOWN.value,
        of="every file",
        when="changed",
        says="the mode of {path} is {after}, before {before}",
    )


def _of_cards() -> Iterator[Entry]:
    yield Entry(
        rule="lifecycle/agent-added",
        significance=Significance.HIGH,
        direction=Direction.NEUTRAL.value,
        of="an agent",
        when="added",
        says="one card with tier, tools and model; critical where something in it is",
    )
    yield Entry(
        rule="lifecycle/agent-retired",
        significance=Significance.HIGH,
        direction=Direction.NEUTRAL.value,
        of="an agent",
        when="removed",
        says="one card that names who still relies on it; critical where somebody does",
    )


def _of_documents() -> Iterator[Entry]:
    for name, (cls, significance) in KNOWN.items():
        for what in ("changed", "added", "removed"):
            way = governance_direction.of_file(name, came=what == "added")
            yield Entry(
                rule=f"{cls}/{name}-{what}",
                significance=significance,
                direction=governance_direction.said(name) if what == "changed" else way.value,
                of="fleet-config.yaml" if name == "fleet-config" else f"governance/{name}.yaml",
                when=what,
                says="what moved in the file" if what == "changed" else "the file came or went",
                twin=f"{cls}/{name}-removed" if what == "added" and way is Direction.LOOSER else "",
            )
    yield Entry(
        rule="unknown/governance-file-changed",
        significance=Significance.MEDIUM,
        direction=Direction.UNKNOWN.value,
        of="any other file under governance/",
        when="any",
        says="the file came, went or changed; nothing is known of it",
    )


def _hidden() -> Iterator[Entry]:
    for cls in ChangeClass:
        if cls is not ChangeClass.COSMETIC:
            yield Entry(
                rule=f"{cls}/hidden-characters",
                significance=Significance.CRITICAL,
                direction=Direction.UNKNOWN.value,
                of="any value or text",
                when="characters that nobody sees came",
                says="{path} carries characters that nobody sees, by their code points",
            )
    yield Entry(
        rule="unknown/value-changed",
        significance=Significance.MEDIUM,
        direction=Direction.UNKNOWN.value,
        of="keys that begin with x-, and what no schema knows",
        when="any",
        says="{path} is {after}, before {before}; no schema says what it means",
    )
