"""Every change that weakens governance is looser, and its reverse is stricter."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from fleetward.changes import compare_document, walker
from fleetward.changes.sentences import SENTENCES, row_matches
from fleetward.domain.change import Change, Direction
from fleetward.domain.finding import Place
from tests.paths import SCHEMAS

APPROVALS, RISK = {"approvals": 1, "from": "owner"}, {"approvals": 2, "from": ["risk"]}
POLICY: dict[str, Any] = {
    "version": 3,
    "tiers": ["low", "high"],
    "floors": {"high": [{"dataSensitivity": "confidential"}, {"toolAccess": "admin"}]},
    "required": {"low": ["spec.owner.team", "spec.budgets"]},
    "approvals": {"expire": "P14D", "exclude": ["author", "robot"], "unknownAuthors": "refuse"},
    "rules": [
        {
            "id": "every",
            "description": "why",
            "when": {"to": ["production", "canary"]},
            "assurance": "signed",
            "require": [APPROVALS, RISK, {"evals": "passed", "maxAge": "P7D"}, {"soak": "PT24H"}],
        },
        {
            "id": "safer",
            "when": {"only": "stricter"},
            "replaces": "all",
            "exempt": [],
            "require": [APPROVALS],
        },
    ],
    "limits": {"assessment": "P365D", "retention": "P180D"},
    "veto": {"from": ["risk", "security"]},
    "freezes": [{"id": "end", "from": "2026-12-20T00:00", "to": "2027-01-03T00:00", "zone": "Europe/Berlin"}],
    "rollback": {"within": "P30D", "require": [RISK]},
    "breakGlass": {"require": [RISK], "skips": ["soak"], "lasts": "PT8H", "reviewWithin": "PT48H"},
    "governance": {"require": [RISK]},
}
CARLA = {"name": "Carla", "emails": ["carla@acme.example"], "since": "2025-01-01", "keys": []}
KEY = {"key": "ssh-ed25519 AAAA", "since": "2025-01-01", "until": "2026-12-31"}
PEOPLE: dict[str, Any] = {
    "people": {
        "carla": {**CARLA, "keys": [KEY]},
        "alice": {"name": "Alice", "emails": ["alice@acme.example"], "left": "2026-10-01"},
    },
    "robots": {"ci": {"emails": ["ci@acme.example"], "operatedBy": "carla"}},
    "teams": {
        "risk": {"members": [{"person": "carla", "until": "2026-12-31"}], "contact": {"chat": "#risk"}}
    },
}
CONFIG: dict[str, Any] = {
    "requires": ">=0.1",
    "repository": "acme/agents",
    "environments": [
        {"name": "staging"},
        {"name": "production", "from": ["staging", "canary"], "overridable": ["spec.budgets"]},
    ],
    "rules": {"review-overdue": "error", "budget-missing": {"severity": "error", "tiers": ["high"]}},
}
WAIVER = {"rule": "review-overdue", "agent": "bot", "environment": "production", "reason": "why",
          "approvedBy": "carla", "expires": "2026-12-31"}  # fmt: skip
WAIVERS: dict[str, Any] = {"waivers": [WAIVER]}
GONE = object()
Edit = tuple[str, Any]

LOOSENED: list[tuple[str, dict[str, Any], Edit]] = [
    ("policy", POLICY, ("rules/0", GONE)),
    ("policy", POLICY, ("rules/0/when/tier", "high")),
    ("policy", POLICY, ("rules/0/when/to", ["production"])),
    ("policy", POLICY, ("rules/1/when", {})),
    ("policy", POLICY, ("rules/0/assurance", "forge")),
    ("policy", POLICY, ("rules/0/replaces", "all")),
    ("policy", POLICY, ("rules/1/exempt", ["freeze"])),
    ("policy", POLICY, ("rules/0/require/1", GONE)),
    ("policy", POLICY, ("rules/0/require/1/approvals", 1)),
    ("policy", POLICY, ("rules/0/require/1/from", ["risk", "owner"])),
    ("policy", POLICY, ("rules/0/require/2/maxAge", "P30D")),
    ("policy", POLICY, ("rules/0/require/3/soak", "PT1H")),
    ("policy", POLICY, ("rules/2", {"id": "free", "when": {}, "replaces": "all", "require": [APPROVALS]})),
    ("policy", POLICY, ("veto/from", ["risk"])),
    ("policy", POLICY, ("veto", GONE)),
    ("policy", POLICY, ("floors/high/1", GONE)),
    ("policy", POLICY, ("floors/high/0/dataSensitivity", "restricted")),
    ("policy", POLICY, ("floors/high", GONE)),
    ("policy", POLICY, ("required/low", ["spec.owner.team"])),
    ("policy", POLICY, ("required", GONE)),
    ("policy", POLICY, ("approvals/expire", "P30D")),
    ("policy", POLICY, ("approvals/exclude", ["author"])),
    ("policy", POLICY, ("approvals/unknownAuthors", "ignore")),
    ("policy", POLICY, ("freezes", [])),
    ("policy", POLICY, ("freezes/0/to", "2027-01-01T00:00")),
    ("policy", POLICY, ("freezes/0/from", "2026-12-24T00:00:00")),
    ("policy", POLICY, ("limits/assessment", "P700D")),
    ("policy", POLICY, ("limits/retention", "P30D")),
    ("policy", POLICY, ("rollback/within", "P90D")),
    ("policy", POLICY, ("breakGlass/skips", ["soak", "freeze"])),
    ("policy", POLICY, ("breakGlass/require/0/approvals", 1)),
    ("policy", POLICY, ("breakGlass/lasts", "PT24H")),
    ("policy", POLICY, ("governance/require/0/approvals", 1)),
    ("policy", POLICY, ("governance", GONE)),
    ("policy", {**POLICY, "rollback": GONE}, ("rollback", POLICY["rollback"])),
    ("policy", {**POLICY, "breakGlass": GONE}, ("breakGlass", POLICY["breakGlass"])),
    ("people", PEOPLE, ("people/carla/keys/1", {"key": "ssh-ed25519 BBBB"})),
    ("people", PEOPLE, ("people/carla/keys/0/until", "2027-12-31")),
    ("people", PEOPLE, ("people/carla/keys/0/until", GONE)),
    ("people", PEOPLE, ("people/carla/keys/0/since", "2024-01-01")),
    ("people", PEOPLE, ("people/carla/emails/1", "else@acme.example")),
    ("people", PEOPLE, ("people/carla/github", "carla-f")),
    ("people", PEOPLE, ("people/carla/githubId", 101)),
    ("people", PEOPLE, ("people/carla/since", "2024-01-01")),
    ("people", PEOPLE, ("people/alice/left", GONE)),
    ("people", PEOPLE, ("people/bob", {"name": "Bob", "emails": ["bob@acme.example"], "since": "2026-01-01"})),
    ("people", PEOPLE, ("robots", GONE)),
    ("people", PEOPLE, ("robots/ci/operatedBy", GONE)),
    ("people", PEOPLE, ("robots/ci/forge", True)),
    ("people", PEOPLE, ("teams/risk/members/1", "alice")),
    ("people", PEOPLE, ("teams/risk/members/0/until", "2027-12-31")),
    ("fleet-config", CONFIG, ("environments/1/from", GONE)),
    ("fleet-config", CONFIG, ("environments/1/from", ["staging"])),
    ("fleet-config", CONFIG, ("environments/1", GONE)),
    ("fleet-config", CONFIG, ("environments/1/overridable", ["spec.budgets", "spec.tools"])),
    ("fleet-config", CONFIG, ("rules/review-overdue", "off")),
    ("fleet-config", CONFIG, ("rules/review-overdue", {"severity": "note", "tiers": ["low"]})),
    ("fleet-config", CONFIG, ("rules/budget-missing/severity", "warning")),
    ("waivers", WAIVERS, ("waivers/1", {**WAIVER, "agent": "other"})),
    ("waivers", WAIVERS, ("waivers/0/expires", "2027-12-31")),
    ("waivers", WAIVERS, ("waivers/0/environment", GONE)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "before", "edit"),
    LOOSENED,
    ids=lambda value: value[0] if isinstance(value, tuple) else value if isinstance(value, str) else "",
)
def test_weaker_governance_is_looser_and_its_reverse_stricter(
    name: str, before: dict[str, Any], edit: Edit
) -> None:
    first, second = _without_gone(before), edited(before, edit)

    assert {change.direction for change in compared(name, first, second)} == {Direction.LOOSER}
    assert {change.direction for change in compared(name, second, first)} == {Direction.STRICTER}


@pytest.mark.parametrize(
    ("name", "before", "edit"),
    [
        ("policy", POLICY, ("rules/1/when/only", "looser")),
        ("policy", POLICY, ("rules/0/require/0/from", "security")),
        ("policy", POLICY, ("tiers", ["high", "low"])),
        ("policy", POLICY, ("freezes/0/zone", "Asia/Tokyo")),
        ("policy", POLICY, ("freezes/0/to", "2027-01-03T00:00+01:00")),
        ("people", PEOPLE, ("people/carla/githubId", 102)),
        ("people", {**PEOPLE, "people": {"carla": {**CARLA, "github": "c"}}}, ("people/carla/github", "d")),
        ("people", PEOPLE, ("robots/ci/operatedBy", "alice")),
        ("fleet-config", CONFIG, ("requires", ">=0.2")),
        ("fleet-config", CONFIG, ("rules/budget-missing", "error")),
        ("fleet-config", CONFIG, ("environments/2", {"name": "lab"})),
        ("waivers", WAIVERS, ("waivers/0/environment", "staging")),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else value if isinstance(value, str) else "",
)
def test_a_change_without_an_order_is_unknown_and_never_neutral(
    name: str, before: dict[str, Any], edit: Edit
) -> None:
    if edit[0] == "people/carla/githubId":
        before = edited(before, ("people/carla/githubId", 101))

    [change] = compared(name, before, edited(before, edit))

    assert change.direction is Direction.UNKNOWN


@pytest.mark.parametrize(
    ("name", "before", "edit"),
    [
        ("policy", POLICY, ("version", 4)),
        ("policy", POLICY, ("rules/0/description", "because")),
        ("people", PEOPLE, ("people/carla/name", "Carla Ferri")),
        ("people", PEOPLE, ("teams/risk/contact/chat", "#risky")),
        ("waivers", WAIVERS, ("waivers/0/reason", "because")),
    ],
)
def test_words_and_the_version_loosen_nothing(name: str, before: dict[str, Any], edit: Edit) -> None:
    [change] = compared(name, before, edited(before, edit))

    assert change.direction is Direction.NEUTRAL


def test_approvals_of_another_repository_are_looser_both_ways() -> None:
    [change] = compared("fleet-config", CONFIG, edited(CONFIG, ("repository", "mallory/agents")))

    assert change.direction is Direction.LOOSER


def test_a_robot_that_becomes_a_person_is_looser() -> None:
    after = edited(
        edited(PEOPLE, ("robots/ci", GONE)), ("people/ci", {**CARLA, "emails": ["ci@acme.example"]})
    )

    assert {change.direction for change in compared("people", PEOPLE, after)} == {Direction.LOOSER}


@pytest.mark.parametrize(("before", "after", "way"), [(None, WAIVERS, "looser"), (WAIVERS, None, "stricter")])
def test_an_added_file_of_waivers_is_looser(before: Any, after: Any, way: str) -> None:
    [change] = compared("waivers", before, after)

    assert change.direction == way


@pytest.mark.parametrize(
    ("name", "document"),
    [("policy", POLICY), ("people", PEOPLE), ("fleet-config", CONFIG), ("waivers", WAIVERS)],
)
@pytest.mark.parametrize("bent", [None, True, 3, "x", [], [1, ["x"]], {}, {"a": {"b": [1]}}])
def test_no_shape_of_a_value_stops_the_comparison(name: str, document: dict[str, Any], bent: Any) -> None:
    for path in inside(document):
        bent_document = edited(document, (path, bent))

        assert bool(compared(name, document, bent_document)) is bool(
            compared(name, bent_document, document)
        ), path


SAID: list[tuple[str, dict[str, Any], Edit, str]] = [
    ("policy", POLICY, ("version", 4), "the policy is version 4, before 3"),
    ("policy", POLICY, ("rules/0/require/1/approvals", 1), "approvals that rule 'every' asks for: 1, before 2"),
    ("policy", POLICY, ("rules/0/require/3/soak", "PT1H"), "rule 'every' asks for soak 'PT1H', before 'PT24H'"),
    ("policy", POLICY, ("rules/0/require/0/from", "security"),
     "rule 'every' takes approvals of 'security', before of 'owner'"),
    ("policy", POLICY, ("rules/0/require/1/from", ["risk", "owner"]), "rule 'every' takes approvals of 'owner' too"),
    ("policy", POLICY, ("rules/0/assurance", "forge"), "rule 'every': assurance is 'forge', before 'signed'"),
    ("policy", POLICY, ("breakGlass/skips", ["soak", "freeze"]), "break-glass may skip 'freeze'"),
    ("policy", POLICY, ("governance/require/0/approvals", 1),
     "approvals that a change of governance asks for: 1, before 2"),
    ("policy", POLICY, ("freezes/0/to", "2027-01-01T00:00"),
     "freeze 'end': to is '2027-01-01T00:00', before '2027-01-03T00:00'"),
    ("people", PEOPLE, ("people/carla/left", "2026-12-01"), "'carla' leaves on '2026-12-01'"),
    ("people", PEOPLE, ("people/carla/emails/1", "else@acme.example"),
     "commits of 'else@acme.example' are the work of 'carla'"),
    ("people", PEOPLE, ("people/carla/githubId", 101), "githubId of 'carla': 101 is new"),
    ("people", PEOPLE, ("teams/risk/members/1", "alice"), "members of 'risk': 'alice' is new"),
    ("people", PEOPLE, ("people/carla/keys/0/until", "2027-12-31"),
     "governance/people.yaml: people.carla.keys[\"ssh-ed25519 AAAA\"].until is '2027-12-31', before '2026-12-31'"),
    ("fleet-config", CONFIG, ("environments/1/overridable", ["spec.budgets", "spec.tools"]),
     "'production' may set 'spec.tools' for itself"),
    ("fleet-config", CONFIG, ("environments/1/from", ["staging", "canary", "lab"]),
     "'production' takes only releases that are in 'lab'"),
    ("fleet-config", CONFIG, ("environments/1/from", ["canary"]),
     "'production' no longer requires that a release is in 'staging'"),
    ("policy", POLICY, ("rules/0/require/4", {"approvals": 1, "from": ["security"]}),
     "rule 'every' asks for {\"approvals\": 1, \"from\": [\"security\"]}"),
    ("people", PEOPLE, ("people/alice/left", GONE), "'alice' no longer leaves on '2026-10-01'"),
    ("fleet-config", CONFIG, ("rules/review-overdue", "off"),
     "severity of rule 'review-overdue' is 'off', before 'error'"),
    ("waivers", WAIVERS, ("waivers/0/expires", "2027-12-31"),
     "waiver of 'review-overdue': expires is '2027-12-31', before '2026-12-31'"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "before", "edit", "reason"), SAID, ids=[case[-1] for case in SAID])
def test_a_reason_names_its_subject_and_both_values(
    name: str, before: dict[str, Any], edit: Edit, reason: str
) -> None:
    [change] = compared(name, before, edited(before, edit))

    assert change.reason == reason


def test_every_sentence_is_used_by_some_change() -> None:
    edits = [*LOOSENED, *(row[:3] for row in SAID), *MORE]
    pairs = [(name, _without_gone(before), edited(before, edit)) for name, before, edit in edits]
    used = set()
    for name, first, second in [*pairs, *((name, second, first) for name, first, second in pairs)]:
        schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
        for delta in walker.deltas(first, second, schema):
            row = next((row for row in SENTENCES if row_matches(row, name, delta)), None)
            used.add(row)

    assert [row for row in SENTENCES if row not in used] == []


def test_a_value_outside_of_the_schema_gets_no_sentence_of_the_table() -> None:
    reasons = []
    for name, document in (("policy", POLICY), ("people", PEOPLE)):
        place = "rules/0/x-was" if name == "policy" else "people/carla/x-old"
        before = edited(document, (place, {"replaces": "none", "left": "2026-01-01", "note": ["a"]}))
        after = edited(document, (place, {"replaces": "all", "left": "2027-01-01", "note": ["b"]}))
        reasons += [change.reason for change in compared(name, before, after)]

    assert len(reasons) == 6
    assert all("no schema says what it means" in change for change in reasons)


def test_placeholders_and_invisible_characters_of_a_file_stay_text() -> None:
    braces = ("people/{after}", {"name": "{before}"})
    hidden = ("people/ev\u202eil", {"name": "E"})

    [plain] = compared("people", PEOPLE, edited(PEOPLE, braces))
    [masked] = compared("people", PEOPLE, edited(PEOPLE, hidden))

    assert plain.reason == "name of '{after}': '{before}' is new"
    assert "\u202e" not in masked.reason
    assert "U+202E" in masked.reason


MORE: list[tuple[str, dict[str, Any], Edit]] = [
    ("policy", POLICY, ("rollback/require/0/approvals", 1)),
    ("policy", {**POLICY, "rollback": {"require": [APPROVALS]}}, ("rollback/require/0/from", "risk")),
    ("policy", POLICY, ("rollback/require/0/from", ["risk", "owner"])),
    ("policy", {**POLICY, "breakGlass": {"require": [APPROVALS]}}, ("breakGlass/require/0/from", "risk")),
    ("policy", POLICY, ("breakGlass/require/0/from", ["risk", "owner"])),
    ("policy", {**POLICY, "governance": {"require": [APPROVALS]}}, ("governance/require/0/from", "risk")),
    ("policy", POLICY, ("governance/require/0/from", ["risk", "owner"])),
    ("people", {**PEOPLE, "people": {"carla": {**CARLA, "left": "2026-12-01"}}},
     ("people/carla/left", "2026-12-31")),
    ("people", PEOPLE, ("people/carla/keys", GONE)),
]  # fmt: skip


def inside(value: Any, at: str = "") -> Iterator[str]:
    """The path of every value in a document."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        yield f"{at}{key}"
        yield from inside(item, f"{at}{key}/")


def compared(name: str, before: dict[str, Any] | None, after: dict[str, Any] | None) -> tuple[Change, ...]:
    schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
    file = "fleet-config.yaml" if name == "fleet-config" else f"governance/{name}.yaml"
    place = Place(file=file)
    return compare_document(
        before, after, schema=schema, file=file, locate_before=lambda _: place, locate_after=lambda _: place
    )


def edited(document: dict[str, Any], edit: Edit) -> dict[str, Any]:
    path, value = edit
    result = json.loads(json.dumps(_without_gone(document)))  # nothing shared
    *parents, last = [int(step_text) if step_text.isdigit() else step_text for step_text in path.split("/")]
    inside: Any = result
    for step in parents:
        inside = inside[step]
    if value is GONE:
        del inside[last]
    elif isinstance(inside, list) and last == len(inside):
        inside.append(value)
    else:
        inside[last] = value
    return result


def _without_gone(document: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if value is not GONE}
