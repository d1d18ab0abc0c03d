"""The reasons of changes of governance, as sentences."""

from __future__ import annotations

from fleetward.changes.delta import Delta
from fleetward.changes.governance_direction import path_matches
from fleetward.changes.masking import printable_name
from fleetward.changes.value_text import value_text
from fleetward.domain.change import Change, ChangeKind

ADDED, REMOVED, CHANGED, _TEXT, REORDERED = ChangeKind

SentenceRow = tuple[str, str, ChangeKind | None, str]


def _requirement_rows(prefix: str, subject: str) -> tuple[SentenceRow, ...]:
    """The rows of one block with requirements."""
    return (
        (
            "policy",
            f"{prefix}require[].approvals",
            CHANGED,
            f"approvals that {subject} asks for: {{after}}, before {{before}}",
        ),
        ("policy", f"{prefix}require[].from", ADDED, f"{subject} takes approvals of {{after}} too"),
        (
            "policy",
            f"{prefix}require[].from",
            REMOVED,
            f"{subject} takes no approvals of {{before}} any more",
        ),
        (
            "policy",
            f"{prefix}require[].from",
            CHANGED,
            f"{subject} takes approvals of {{after}}, before of {{before}}",
        ),
    )


SENTENCES: tuple[SentenceRow, ...] = (
    ("policy", "version", CHANGED, "the policy is version {after}, before {before}"),
    ("policy", "rules[]", ADDED, "rule {who} is new: {after}"),
    ("policy", "rules[]", REMOVED, "rule {who} is gone: {before}"),
    ("policy", "rules[].require", ADDED, "rule {who} asks for {after}"),
    ("policy", "rules[].require", REMOVED, "rule {who} no longer asks for {before}"),
    *_requirement_rows("rules[].", "rule {who}"),
    *_requirement_rows("rollback.", "a rollback"),
    *_requirement_rows("breakGlass.", "break-glass"),
    *_requirement_rows("governance.", "a change of governance"),
    ("policy", "rules[].require[].*", CHANGED, "rule {who} asks for {key} {after}, before {before}"),
    ("policy", "rules[].**", CHANGED, "rule {who}: {key} is {after}, before {before}"),
    ("policy", "freezes[]", ADDED, "freeze {who} is new: {after}"),
    ("policy", "freezes[]", REMOVED, "freeze {who} is gone: {before}"),
    ("policy", "freezes[].*", CHANGED, "freeze {who}: {key} is {after}, before {before}"),
    ("policy", "approvals.exclude", ADDED, "approvals of the {after} no longer count"),
    ("policy", "approvals.exclude", REMOVED, "approvals of the {before} count"),
    ("policy", "approvals.expire", CHANGED, "approvals hold for {after}, before for {before}"),
    ("policy", "veto.from", ADDED, "{after} may veto"),
    ("policy", "veto.from", REMOVED, "{before} may no longer veto"),
    ("policy", "breakGlass.skips", ADDED, "break-glass may skip {after}"),
    ("policy", "breakGlass.skips", REMOVED, "break-glass may no longer skip {before}"),
    ("policy", "required.*", ADDED, "tier {who} needs {after}"),
    ("policy", "required.*", REMOVED, "tier {who} no longer needs {before}"),
    ("policy", "floors.*", ADDED, "{after} requires at least tier {who}"),
    ("policy", "floors.*", REMOVED, "{before} no longer requires at least tier {who}"),
    ("people", "people.*.left", ADDED, "{who} leaves on {after}"),
    ("people", "people.*.left", REMOVED, "{who} no longer leaves on {before}"),
    ("people", "people.*.left", CHANGED, "{who} leaves on {after}, before on {before}"),
    ("people", "people.*.emails", ADDED, "commits of {after} are the work of {who}"),
    ("people", "people.*.emails", REMOVED, "commits of {before} are no longer the work of {who}"),
    ("people", "people.*.keys", ADDED, "{who} may sign with {after}"),
    ("people", "people.*.keys", REMOVED, "{who} may no longer sign with {before}"),
    ("people", "*.*.*", ADDED, "{key} of {who}: {after} is new"),
    ("people", "*.*.*", REMOVED, "{key} of {who}: {before} is gone"),
    ("people", "*.*.*", CHANGED, "{key} of {who} is {after}, before {before}"),
    ("fleet-config", "environments[]", ADDED, "environment {who} is new: {after}"),
    ("fleet-config", "environments[]", REMOVED, "environment {who} is gone: {before}"),
    ("fleet-config", "environments[].from", ADDED, "{who} takes only releases that are in {after}"),
    (
        "fleet-config",
        "environments[].from",
        REMOVED,
        "{who} no longer requires that a release is in {before}",
    ),
    ("fleet-config", "environments[].overridable", ADDED, "{who} may set {after} for itself"),
    ("fleet-config", "environments[].overridable", REMOVED, "{who} may no longer set {before} for itself"),
    ("fleet-config", "rules.**", CHANGED, "severity of rule {who} is {after}, before {before}"),
    ("waivers", "waivers", ADDED, "waived: {after}"),
    ("waivers", "waivers", REMOVED, "no longer waived: {before}"),
    ("waivers", "waivers[].*", CHANGED, "waiver of {who}: {key} is {after}, before {before}"),
)
"""By file, path (``*`` one step, ``**`` everything beneath) and kind: the first row that matches is used."""


def sentence(name: str, delta: Delta, change: Change) -> str | None:
    """The reason of *delta* in the governance file *name*; None if no row matches."""
    template = (
        # outside of the schema the words of a row would claim a meaning
        next((row[-1] for row in SENTENCES if row_matches(row, name, delta)), None)
        if delta.node.in_schema
        else None
    )
    if template is None:
        return None
    steps = delta.location.steps
    who, key = steps[min(1, len(steps) - 1)], steps[-1]
    words = {"who": value_text(printable_name(str(who))), "key": printable_name(str(key))}
    return template.format(**words, before=value_text(change.before), after=value_text(change.after))


def row_matches(row: SentenceRow, name: str, delta: Delta) -> bool:
    """Does the row match *delta* in the governance file *name*?"""
    file, pattern, kind, _ = row
    return file == name and kind in (None, delta.kind) and path_matches(pattern, delta.generic)
