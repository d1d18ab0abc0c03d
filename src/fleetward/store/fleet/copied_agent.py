"""The manifest of one agent as the beginning of another: structure stays, what only a person knows is filled in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.path import Steps, format_path
from fleetward.domain.placeholder import TODO
from fleetward.store.formats.strict_yaml import parse_yaml
from fleetward.store.formats.yaml_edit import edit_yaml, insert_item

Ask = Callable[[str], str]
"""The answer for a path such as ``spec.owner.team``; ``TODO`` where nobody knows it yet."""

_FACTORS = ("dataSensitivity", "externalVisibility", "financialImpact", "reversibility", "autonomy")
_ASKED: tuple[Steps, ...] = (
    ("metadata", "displayName"),
    ("spec", "purpose", "summary"),
    ("spec", "purpose", "inScope", 0),
    ("spec", "purpose", "outOfScope", 0),
    ("spec", "owner", "team"),
    ("spec", "owner", "accountable"),
    ("spec", "owner", "backup"),
    ("spec", "owner", "contact", "chat"),
    ("spec", "owner", "contact", "onCall"),
    *(("spec", "owner", "roles", role) for role in ("prompts", "knowledge", "incidents", "escalation")),
    ("spec", "disclosure", "persona"),
    ("spec", "risk", "tier"),
    *(("spec", "risk", "factors", factor) for factor in _FACTORS),
    ("spec", "risk", "assessedAt"),
    ("spec", "escalation", "lastTestedAt"),
    ("spec", "guardrails", "killSwitch", "testedAt"),
    ("spec", "review", "lastReviewedAt"),
    ("spec", "pilot", "decideBy"),
)
_DROPPED: tuple[Steps, ...] = (
    ("metadata", "description"),
    ("metadata", "importedFrom"),
    ("spec", "suspended"),
    # state belongs to the agent that was copied
    ("spec", "sharedState"),
    ("spec", "retirement", "retiredAt"),
    ("spec", "retirement", "replacedBy"),
)
_NAMES_SOMEBODY: tuple[Steps, ...] = (
    ("spec", "escalation", "responsible"),
    ("spec", "guardrails", "humanReview", "approvers"),
    ("spec", "observability", "outputReview", "by"),
)
_NAMES_AGENT: tuple[Steps, ...] = (
    ("spec", "escalation", "queue"),
    ("spec", "guardrails", "killSwitch", "how"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentCopy:
    """What to make of the manifest; *people* are the names of persons, who do not come along."""

    source: str
    name: str
    people: frozenset[str] = frozenset()
    connectors: tuple[str, ...] = ()
    """The connectors that it may use; all of the source's where there are none."""
    fixed: Mapping[str, frozenset[str]] | None = None
    """By connector the keys of a tool that it fixes."""


def copied_manifest(content: bytes, copy: AgentCopy, ask: Ask, file: str) -> bytes:
    """
    The manifest of the new agent; comments and order stay.

    Errors: FleetError where the layout of the file is not one that can be edited.
    """
    content = with_connectors(content, copy.connectors, copy.fixed or {}, file)
    data = parse_yaml(content, file).data or {}
    changes: dict[Steps, Any] = {("metadata", "name"): copy.name, ("spec", "lifecycle"): "draft"}
    changes |= dict.fromkeys(_dropped(data))
    changes |= {steps: ask(format_path(steps)) for steps in _asked(data)}
    old = {field: _value(data, ("spec", "owner", field)) for field in ("team", "accountable", "backup")}
    new = {value: changes.get(("spec", "owner", field), TODO) for field, value in old.items() if value}
    for steps in _somebody(data):
        value = _value(data, steps)
        if value in new:
            changes[steps] = new[value]
        elif value in copy.people:
            changes[steps] = TODO
    for steps, is_account in _named_after_agent(data):
        value = str(_value(data, steps))
        if copy.source in value:
            changes[steps] = value.replace(copy.source, copy.name)
        elif is_account:
            changes[steps] = TODO
    return _edited(content, _without_inside(changes), file)


def with_connectors(
    content: bytes, connectors: Sequence[str], fixed: Mapping[str, frozenset[str]], file: str
) -> bytes:
    """
    The manifest with tools for these connectors alone: a new one may do nothing yet. Unchanged where there are none.

    Errors: FleetError where the layout of the file is not one that can be edited.
    """
    if not connectors:
        return content
    tools = (parse_yaml(content, file).data or {}).get("spec", {}).get("tools") or []
    present = {tool.get("connector") for tool in tools}
    for connector in reversed([name for name in connectors if name not in present]):
        content = insert_item(content, ("spec", "tools"), _tool(connector, fixed.get(connector)), file)
    tools = (parse_yaml(content, file).data or {})["spec"]["tools"]
    dropped = [number for number, tool in enumerate(tools) if tool.get("connector") not in connectors]
    names = tuple(str(tools[number]["name"]) for number in dropped)
    data = parse_yaml(content, file).data
    required = _value(data, ("spec", "guardrails", "humanReview", "required")) or []
    changes: dict[Steps, Any] = {("spec", "tools", number): None for number in dropped}
    for number, operation in enumerate(required):
        if any(operation == name or operation.startswith(f"{name}.") for name in names):
            changes["spec", "guardrails", "humanReview", "required", number] = None
    return _edited(content, changes, file)


def _tool(connector: str, fixed: frozenset[str] | None) -> dict[str, Any]:
    """A tool that may do nothing yet; what the connector fixes is left to it."""
    tool = {
        "name": connector,
        "connector": connector,
        "allow": [],
        "access": "read",
        "identity": TODO,
    }
    return {key: value for key, value in tool.items() if key not in (fixed or ())}


def _asked(data: Any) -> Iterator[Steps]:
    yield from (steps for steps in _ASKED if _value(data, steps) is not None)
    for number, criterion in enumerate(_value(data, ("spec", "retirement", "criteria")) or ()):
        if "date" in criterion:
            yield ("spec", "retirement", "criteria", number, "date")


def _dropped(data: Any) -> Iterator[Steps]:
    yield from (steps for steps in _DROPPED if _value(data, steps) is not None)
    for group in ("inScope", "outOfScope"):
        items = _value(data, ("spec", "purpose", group)) or ()
        yield from (("spec", "purpose", group, number) for number in range(1, len(items)))
    contact = _value(data, ("spec", "owner", "contact")) or {}
    private = [key for key in contact if key not in ("chat", "onCall")]
    if contact and len(private) == len(contact):
        yield ("spec", "owner", "contact")
    else:
        yield from (("spec", "owner", "contact", key) for key in private)


def _somebody(data: Any) -> Iterator[Steps]:
    yield from (steps for steps in _NAMES_SOMEBODY if _value(data, steps) is not None)
    for number, source in enumerate(_value(data, ("spec", "knowledge")) or ()):
        if "owner" in source:
            yield ("spec", "knowledge", number, "owner")


def _named_after_agent(data: Any) -> Iterator[tuple[Steps, bool]]:
    """Texts that may hold the source's name, and whether they are accounts, which nobody shares."""
    yield from ((steps, False) for steps in _NAMES_AGENT if _value(data, steps) is not None)
    for number, tool in enumerate(_value(data, ("spec", "tools")) or ()):
        if "identity" in tool:
            yield ("spec", "tools", number, "identity"), True
    for number, _ in enumerate(_value(data, ("spec", "retirement", "credentials")) or ()):
        yield ("spec", "retirement", "credentials", number), True
    for number, _ in enumerate(_value(data, ("spec", "observability", "dashboards")) or ()):
        yield ("spec", "observability", "dashboards", number), False


def _edited(content: bytes, changes: Mapping[Steps, Any], file: str) -> bytes:
    """One removal after the other, from the back: two neighbours in brackets share a comma."""
    removed = sorted((steps for steps, value in changes.items() if value is None), reverse=True)
    values = {steps: value for steps, value in changes.items() if value is not None}
    content = edit_yaml(content, values, file) if values else content
    for steps in removed:
        content = edit_yaml(content, {steps: None}, file)
    return content


def _without_inside(changes: Mapping[Steps, Any]) -> dict[Steps, Any]:
    """The changes without those inside of what is removed."""
    removed = [steps for steps, value in changes.items() if value is None]
    return {
        steps: value
        for steps, value in changes.items()
        if not any(steps != outer and steps[: len(outer)] == outer for outer in removed)
    }


def _value(data: Any, steps: Steps) -> Any:
    value = data
    for step in steps:
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value
