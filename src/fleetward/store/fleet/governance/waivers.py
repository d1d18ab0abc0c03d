"""Dated exceptions to rules."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from fleetward.domain.finding import Finding
from fleetward.domain.fleet import Waiver
from fleetward.domain.path import Step
from fleetward.domain.people import People
from fleetward.store.fleet.governance.config import READING
from fleetward.store.fleet.governance.source import Notes, Source, meant

UNWAIVABLE = READING | {
    "people-pattern",
    "policy-unsatisfiable",
    "policy-dead-rule",
    "waiver-expired",
    "waiver-unused",
}
"""What cannot be read cannot be excused, nor can what says who decides, nor a waiver by a waiver."""


def waivers(
    data: Mapping[str, Any], source: Source, people: People, rule_ids: Collection[str]
) -> tuple[tuple[Waiver, ...] | None, tuple[Finding, ...]]:
    """
    The exceptions; one that names no rule, no person or no day excepts nothing and is left out.

    Rules: schema, role-unknown.
    """
    notes = Notes(source, "schema")
    found = [_waiver(one, ("waivers", at), notes, people, rule_ids) for at, one in enumerate(data["waivers"])]
    return tuple(one for one in found if one is not None), notes.findings


def _waiver(
    data: dict[str, Any], at: tuple[Step, ...], notes: Notes, people: People, rule_ids: Collection[str]
) -> Waiver | None:
    expires = notes.day(data, "expires", at)
    rule, approver = data["rule"], data["approvedBy"]
    waivable = rule in rule_ids and rule not in UNWAIVABLE
    if rule in UNWAIVABLE:
        notes.wrong(f"{rule!r} cannot be waived", (*at, "rule"), f"cure it: fleet explain {rule}")
    elif not waivable:
        notes.wrong(
            f"no rule is called {rule!r}", (*at, "rule"), meant(rule, rule_ids, "fleet explain --list")
        )
    if approver not in people.people:
        hint = meant(approver, people.people, "name a person of governance/people.yaml")
        notes.wrong(f"nobody is called {approver!r}", (*at, "approvedBy"), hint, rule="role-unknown")
    if not data["reason"].strip():
        notes.wrong("a waiver without a reason", (*at, "reason"), "say why this is acceptable until then")
        return None
    if expires is None or not waivable or approver not in people.people:
        return None
    return Waiver(
        rule=rule,
        agent=data["agent"],
        environment=data.get("environment"),
        reason=data["reason"],
        approved_by=approver,
        expires=expires,
        place=notes.source.locate(f"waivers[{at[-1]}]"),
    )
