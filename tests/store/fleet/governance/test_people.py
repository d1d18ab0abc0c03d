"""``governance/people.yaml``: one identity belongs to one person, and a wrong one is found at its path."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from fleetward.store.fleet.governance.people import parse_people
from tests.store.fleet.governance.sources import finding_paths, source


def read_people(**changes: Any) -> Any:
    data = {
        "people": {"alice": {"name": "Alice Roe", "emails": ["alice@acme.example"]}},
        **changes,
    }
    return parse_people(data, source("governance/people.yaml", data))


def test_people_robots_and_teams_become_values() -> None:
    value, findings = read_people(
        people={
            "alice": {"emails": ["alice@acme.example"], "since": "2024-01-01", "left": "2026-10-01"},
            "bob": {"name": "Bob Lind", "emails": ["bob@acme.example", "bob@home.example"]},
        },
        robots={"ci": {"emails": ["ci@acme.example"], "operatedBy": "bob"}},
        teams={
            "risk": {"members": ["bob", {"person": "alice", "since": "2026-01-01", "until": "2026-12-31"}]}
        },
    )

    assert findings == ()
    assert value.people["alice"].departed == date(2026, 10, 1)
    assert value.by_email("BOB@home.example") is value.people["bob"]
    assert value.robots["ci"].operated_by == "bob"
    assert value.members("risk", datetime(2026, 9, 30, tzinfo=UTC)) == {"alice", "bob"}
    assert value.members("risk", datetime(2026, 10, 1, tzinfo=UTC)) == {"bob"}


KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIH8D4ksr2esYLJ4fulX/TT9sAWlw92K1ewZ5eGn5oEWj"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"people": {"a": {"emails": []}}}, ("people-pattern", "people.a")),
        ({"people": {"a": {"emails": ["*@acme.example"]}}}, ("people-pattern", "people.a.emails[0]")),
        ({"people": {"a": {"emails": ["acme.example"]}}}, ("people-pattern", "people.a.emails[0]")),
        ({"people": {"a": {"emails": ["a@b@c"]}}}, ("people-pattern", "people.a.emails[0]")),
        (
            {"people": {"a": {"emails": ["x@y.example"]}, "b": {"emails": ["X@Y.example"]}}},
            ("people-pattern", "people.b.emails[0]"),
        ),
        (
            {"people": {"a": {"emails": ["x@y.example"]}}, "robots": {"ci": {"emails": ["x@y.example"]}}},
            ("people-pattern", "robots.ci.emails[0]"),
        ),
        (
            {
                "people": {
                    "a": {"emails": ["a@y.example"], "keys": [{"key": f"{KEY} at home"}]},
                    "b": {"emails": ["b@y.example"], "keys": [{"key": KEY}]},
                }
            },
            ("people-pattern", "people.b.keys[0].key"),
        ),
        ({"people": {"A": {"emails": ["a@y.example"]}}}, ("people-pattern", "people.A")),
        (
            {"people": {"ci": {"emails": ["a@y.example"]}}, "robots": {"ci": {"emails": ["ci@y.example"]}}},
            ("people-pattern", "robots.ci"),
        ),
        (
            {"people": {"a": {"emails": ["a@y.example"], "left": "2026-02-30"}}},
            ("people-pattern", "people.a.left"),
        ),
        (
            {"people": {"a": {"emails": ["a@y.example"], "since": "2026-02-01", "left": "2026-01-01"}}},
            ("people-pattern", "people.a.left"),
        ),
        (
            {"robots": {"ci": {"emails": ["c@y.example"], "operatedBy": "bob"}}},
            ("role-unknown", "robots.ci.operatedBy"),
        ),
        (
            {"robots": {"web": {"emails": ["w@y.example"], "operatedBy": "alice", "forge": True}}},
            ("people-pattern", "robots.web.forge"),
        ),
        (
            {
                "people": {
                    "a": {"emails": ["a@y.example"], "githubId": 7},
                    "b": {"emails": ["b@y.example"], "githubId": 7},
                }
            },
            ("people-pattern", "people.b.githubId"),
        ),
        (
            {
                "people": {
                    "a": {"emails": ["a@y.example"], "gitlab": "Same"},
                    "b": {"emails": ["b@y.example"], "gitlab": "same"},
                }
            },
            ("people-pattern", "people.b.gitlab"),
        ),
        (
            {
                "people": {
                    "a": {"emails": ["a@y.example"], "githubId": 7},
                    "b": {"emails": ["7+b@users.noreply.github.com"]},
                }
            },
            ("people-pattern", "people.b.emails[0]"),
        ),
        ({"teams": {"risk": {"members": ["alice", "bob"]}}}, ("role-unknown", "teams.risk.members[1]")),
        ({"teams": {"risk": {"members": [{"person": "bob"}]}}}, ("role-unknown", "teams.risk.members[0]")),
        (
            {"robots": {"ci": {"emails": ["c@y.example"]}}, "teams": {"risk": {"members": ["ci"]}}},
            ("role-unknown", "teams.risk.members[0]"),
        ),
        ({"teams": {"owner": {"members": ["alice"]}}}, ("people-pattern", "teams.owner")),
        (
            {
                "teams": {
                    "risk": {"members": [{"person": "alice", "since": "2026-02-01", "until": "2026-01-31"}]}
                }
            },
            ("people-pattern", "teams.risk.members[0].until"),
        ),
    ],
)
def test_a_wrong_identity_is_found_at_its_path(changes: dict[str, Any], expected: tuple[str, str]) -> None:
    assert finding_paths(read_people(**changes)[1]) == [expected]


def test_one_person_may_have_the_same_key_for_two_periods() -> None:
    keys = [{"key": KEY, "until": "2025-01-01"}, {"key": f"{KEY} again", "since": "2026-01-01"}]

    assert read_people(people={"a": {"emails": ["a@y.example"], "keys": keys}})[1] == ()


def test_a_misspelt_member_gets_the_nearest_name() -> None:
    [finding] = read_people(teams={"risk": {"members": ["alica"]}})[1]

    assert finding.hint == "did you mean 'alice'?"
