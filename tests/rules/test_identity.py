"""Names, owners, teams and roles: edges that the cases leave out."""

from datetime import UTC, date, datetime

import pytest

from fleetward.domain.fleet import Snapshot
from fleetward.domain.people import Membership, People, Person, Team
from tests.build import people, register
from tests.rules.usual_fleet import findings_of, fleet_of_one


class TestOwner:
    def person(self, **when: date) -> People:
        erin = Person(id="erin", name="Erin", emails=("erin@acme.example",), **when)
        return people({"desk": ["carla", "dina"]}, erin)

    def owned(self, path: str = "accountable", **when: date) -> Snapshot:
        owner = {"team": "desk", "accountable": "carla", path: "erin"}
        return fleet_of_one({"owner": owner}, people=self.person(**when))

    @pytest.mark.parametrize("path", ["accountable", "backup"])
    def test_somebody_is_gone_from_the_day_of_leaving_on(self, path: str) -> None:
        leaving = self.owned(path, departed=date(2026, 11, 20))

        [finding] = findings_of("owner-left", leaving, datetime(2026, 11, 20, tzinfo=UTC))
        assert finding.place.path == f"spec.owner.{path}"
        assert findings_of("owner-left", leaving, datetime(2026, 11, 19, 23, 59, tzinfo=UTC)) == []

    def test_a_person_who_has_not_started_is_found(self) -> None:
        [early] = findings_of("owner-left", self.owned(since=date(2026, 12, 1)))

        assert "2026-12-01" in early.message

    def test_a_role_held_by_somebody_who_left_is_found(self) -> None:
        owner = {"team": "desk", "accountable": "carla", "roles": {"prompts": "erin"}}

        [finding] = findings_of(
            "owner-left", fleet_of_one({"owner": owner}, people=self.person(departed=date(2026, 1, 1)))
        )

        assert finding.place.path == "spec.owner.roles.prompts"

    def test_a_team_cannot_be_accountable(self) -> None:
        [finding] = findings_of(
            "role-unknown", fleet_of_one({"owner": {"team": "desk", "accountable": "desk"}})
        )

        assert finding.place.path == "spec.owner.accountable"

    def test_an_unknown_owner_of_a_connector_is_found_in_the_register(self) -> None:
        connectors = register({"connectors": {"crm": {"owner": "nobody"}}})

        [finding] = findings_of("role-unknown", fleet_of_one({}, connectors=connectors))

        assert finding.place.file == "governance/connectors.yaml"

    def test_accountable_and_backup_in_one_person_is_one_person(self) -> None:
        owner = {"team": "desk", "accountable": "carla", "backup": "carla"}

        [finding] = findings_of("owner-alone", fleet_of_one({"owner": owner}))

        assert finding.place.path == "spec.owner.backup"

    def test_a_membership_that_ended_yesterday_leaves_the_team_empty(self) -> None:
        members = people({"desk": ["carla"]})
        ended = Membership(person="carla", until=date(2026, 11, 19))
        subject = fleet_of_one(
            {}, people=People(people=members.people, teams={"desk": Team(id="desk", members=(ended,))})
        )

        assert len(findings_of("team-empty", subject)) == 1
        assert findings_of("owner-alone", subject) == []


@pytest.mark.parametrize(
    ("team", "teams", "end"),
    [
        ("dsk", ["desk", "risk"], "; did you mean 'desk'?"),
        ("nobody", ["desk", "risk"], "; teams: desk, risk"),
        ("nobody", [f"team-{number}" for number in range(13)], "there"),
        ("nobody", [], "there"),
    ],
)
def test_an_unknown_team_is_answered_with_the_nearest_or_the_few_that_there_are(
    team: str, teams: list[str], end: str
) -> None:
    subject = fleet_of_one(
        {"owner": {"team": team}}, people=people({name: ["carla", "dina"] for name in teams})
    )

    [finding] = findings_of("owner-unknown", subject)

    assert finding.hint.endswith(end)
