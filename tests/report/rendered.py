"""Validations to render: with one finding of each kind, with many, and with hostile text."""

from __future__ import annotations

from datetime import date
from typing import Any

from fleetward.domain.finding import Finding, Place, Severity
from fleetward.domain.fleet import Waiver
from fleetward.domain.validation import Validation

MANIFEST = "environments/staging/desk/agent.yaml"
PEOPLE = "governance/people.yaml"
TEXTS = {
    MANIFEST: "metadata: {name: desk}\nspec:\n  owner: {team: nobody}\n  lifecycle: 日本 and more\n",
    PEOPLE: "people: {}\nteams:\n  support: {members: []}\n",
}
WAIVER = Waiver(
    rule="review-overdue",
    agent="desk",
    environment=None,
    reason="review moved after the migration",
    approved_by="farid",
    expires=date(2026, 12, 31),
    place=Place(file="governance/waivers.yaml", line=4, end_line=4, end_column=9, path="waivers[0]"),
)
HOSTILE = (
    "a\nb\r::error::x %0A `code` ``two`` | @octocat #1 <img src=x> [t](http://e.example) {0}"
    " \x1b[2J \u202e</failure>]]>"
)


def place(
    line: int = 3, column: int = 17, length: int = 6, file: str = MANIFEST, path: str = "spec.owner.team"
) -> Place:
    return Place(file=file, line=line, column=column, end_line=line, end_column=column + length, path=path)


def finding(rule: str = "owner-unknown", severity: Severity = Severity.ERROR, **fields: Any) -> Finding:
    usual = {"message": "no team named 'nobody'", "place": place(), "environment": "staging", "agent": "desk"}
    return Finding(rule=rule, severity=severity, **{**usual, **fields})


def validation(*findings: Finding, **fields: Any) -> Validation:
    ordered = tuple(sorted(findings, key=lambda item: item.sort_key))
    usual = {
        "agents": 2,
        "files": 5,
        "checked": (("staging", "desk"), ("staging", "triage")),
        "waivers": (WAIVER,),
    }
    return Validation(findings=ordered, **{**usual, **fields})


def usual(**fields: Any) -> Validation:
    """An error with a related place, an error of a file, a warning, a note and a waived finding."""
    related = (place(3, 3, 7, PEOPLE, "teams.support"),)
    return validation(
        finding(hint="did you mean 'support'?", related=related),
        finding(
            "schema", message="'version' is missing", place=Place(file=PEOPLE), environment=None, agent=None
        ),
        finding("escalation-untested", Severity.WARNING, message="never tested", hint="test it"),
        finding("model-no-fallback", Severity.NOTE, message="no fallback model"),
        finding("review-overdue", waived=True, message="the review is 12 days late"),
        **fields,
    )


def many(number: int, severity: Severity = Severity.ERROR) -> Validation:
    return validation(*(finding(severity=severity, message=f"wrong {at}") for at in range(number)))


def hostile() -> Validation:
    hostile_place = place(file=f"environments/staging/{HOSTILE}.yaml", path=HOSTILE)
    return validation(finding(message=HOSTILE, hint=HOSTILE, place=hostile_place, related=(hostile_place,)))
