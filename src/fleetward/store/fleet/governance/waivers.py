"""``governance/waivers.yaml``: exceptions to rules with an end."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from fleetward.domain.finding import Finding
from fleetward.domain.fleet import WAIVABLE_TEXT, Waiver
from fleetward.domain.path import Step
from fleetward.domain.people import People
from fleetward.store.fleet.governance.config import INPUT_RULES
from fleetward.store.fleet.governance.source import Notes, Source, spelling_hint

UNWAIVABLE = (INPUT_RULES - WAIVABLE_TEXT.keys()) | {
    "people-pattern",
    "policy-unsatisfiable",
    "policy-dead-rule",
    "waiver-expired",
    "waiver-unused",
}
"""Input errors, errors of people and policy, and findings about waivers cannot be waived."""


def parse_waivers(
    data: Mapping[str, Any], source: Source, people: People, rule_ids: Collection[str]
) -> tuple[tuple[Waiver, ...] | None, tuple[Finding, ...]]:
    """
    The waivers; one without a valid rule, approver, day or reason is left out.

    Rules: schema, role-unknown.
    """
    notes = Notes(source, "schema")
    parsed = [
        _waiver(item, ("waivers", at), notes, people, rule_ids) for at, item in enumerate(data["waivers"])
    ]
    return tuple(item for item in parsed if item is not None), notes.findings


def _waiver(
    data: dict[str, Any], at: tuple[Step, ...], notes: Notes, people: People, rule_ids: Collection[str]
) -> Waiver | None:
    expires = notes.day(data, "expires", at)
    rule, approver = data["rule"], data["approvedBy"]
    waivable = (rule in rule_ids or rule in WAIVABLE_TEXT) and rule not in UNWAIVABLE
    if rule in UNWAIVABLE:
        notes.error(f"{rule!r} cannot be waived", (*at, "rule"), f"fix it: fleet explain {rule}")
    elif not waivable:
        notes.error(
            f"no rule is called {rule!r}",
            (*at, "rule"),
            spelling_hint(rule, rule_ids, "fleet explain --list"),
        )
    if approver not in people.people:
        hint = spelling_hint(approver, people.people, "name a person of governance/people.yaml")
        notes.error(f"nobody is called {approver!r}", (*at, "approvedBy"), hint, rule="role-unknown")
    if not data["reason"].strip():
        notes.error("a waiver without a reason", (*at, "reason"), "say why this is acceptable until then")
        return None
    named = _names_its_text(data, at, notes)
    if expires is None or not waivable or not named or approver not in people.people:
        return None
    return Waiver(
        rule=rule,
        agent=data["agent"],
        environment=data.get("environment"),
        reason=data["reason"],
        approved_by=approver,
        expires=expires,
        place=notes.source.locate(f"waivers[{at[-1]}]"),
        file=data.get("file", ""),
        codepoint=data.get("codepoint", ""),
        fingerprint=data.get("fingerprint", ""),
    )


def _names_its_text(data: Mapping[str, Any], at: tuple[Step, ...], notes: Notes) -> bool:
    """An exception for a text names that text, and no other exception does."""
    rule = data["rule"]
    wanted = WAIVABLE_TEXT.get(rule, ())
    missing = [key for key in wanted if key not in data]
    other = [key for keys in WAIVABLE_TEXT.values() for key in keys if key in data and key not in wanted]
    if missing:
        message = f"a waiver of {rule!r} without {' and '.join(missing)}"
        notes.error(message, at, f"write {', '.join(wanted)} as the finding has them: fleet validate -o json")
    for key in other:
        notes.error(f"{key!r} says nothing about {rule!r}", (*at, key), "delete the key")
    return not missing and not other
