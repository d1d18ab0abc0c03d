"""Escalations and their tests: edges that the cases leave out."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from fleetward.domain.people import Person
from tests.build import people
from tests.rules.usual_fleet import findings_of, fleet_of_one


class TestEscalation:
    GROUP: Mapping[str, Any] = {"default": "escalate", "queue": "l2", "responsible": "desk"}

    def test_queue_and_responsible_are_both_required(self) -> None:
        findings = findings_of("escalation-nobody", fleet_of_one({"escalation": {"default": "park"}}))

        assert {finding.place.path for finding in findings} == {
            "spec.escalation.queue",
            "spec.escalation.responsible",
        }

    def test_an_agent_that_only_acts_needs_nobody(self) -> None:
        assert findings_of("escalation-nobody", fleet_of_one({"escalation": {"default": "act"}})) == []
        triggered = {"default": "act", "triggers": [{"when": "tool-error", "count": 2}]}
        assert len(findings_of("escalation-nobody", fleet_of_one({"escalation": triggered}))) == 2

    def test_an_unknown_role_is_one_finding(self) -> None:
        owner = {"team": "desk", "accountable": "carla", "roles": {"escalation": "ghosts"}}
        subject = fleet_of_one({"owner": owner, "escalation": self.GROUP})

        assert len(findings_of("role-unknown", subject)) == 1
        assert findings_of("escalation-nobody", subject) == []

    def test_a_person_who_left_and_answers_escalations_is_one_finding(self) -> None:
        erin = Person(id="erin", name="Erin", emails=("e@acme.example",), departed=date(2026, 11, 1))
        owner = {"team": "desk", "accountable": "carla", "roles": {"escalation": "erin"}}

        subject = fleet_of_one(
            {"owner": owner, "escalation": self.GROUP}, people=people({"desk": ["carla"]}, erin)
        )

        assert [finding.place.path for finding in findings_of("escalation-nobody", subject)] == [
            "spec.owner.roles.escalation"
        ]
        assert findings_of("owner-left", subject) == []

    def test_a_team_whose_members_have_left_cannot_answer_escalations(self) -> None:
        erin = Person(id="erin", name="Erin", emails=("e@acme.example",), departed=date(2026, 11, 1))
        members = people({"desk": ["carla"], "night": ["erin"]}, erin)

        [finding] = findings_of(
            "escalation-nobody",
            fleet_of_one({"escalation": {**self.GROUP, "responsible": "night"}}, people=members),
        )

        assert "'night'" in finding.message

    def test_an_impossible_day_is_no_test(self) -> None:
        assert (
            len(
                findings_of(
                    "escalation-untested",
                    fleet_of_one({"escalation": {**self.GROUP, "lastTestedAt": "2026-02-30"}}),
                )
            )
            == 1
        )

    def test_a_test_in_the_future_is_no_test(self) -> None:
        assert (
            len(
                findings_of(
                    "escalation-untested",
                    fleet_of_one({"escalation": {**self.GROUP, "lastTestedAt": "2026-11-21"}}),
                )
            )
            == 1
        )
