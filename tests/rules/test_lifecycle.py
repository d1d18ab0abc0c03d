"""Reviews and retirement: edges that the cases leave out."""

from datetime import UTC, datetime

from fleetward import rules
from tests.rules.usual_fleet import NOW, findings_of, fleet_of_one


class TestLifecycle:
    def test_a_cadence_in_months_ends_by_the_calendar(self) -> None:
        review = {"review": {"cadence": "P3M", "lastReviewedAt": "2026-11-30"}}
        last_day, day_after = (datetime(2027, 2, 28, tzinfo=UTC), datetime(2027, 3, 1, tzinfo=UTC))

        assert findings_of("review-overdue", fleet_of_one(review), last_day) == []
        assert len(findings_of("review-overdue", fleet_of_one(review), day_after)) == 1

    def test_a_cadence_that_is_no_length_of_time_is_told(self) -> None:
        [finding] = findings_of(
            "review-overdue", fleet_of_one({"review": {"cadence": "often", "lastReviewedAt": "2026-11-01"}})
        )

        assert finding.place.path == "spec.review.cadence"

    def test_a_review_is_due_on_its_day_and_overdue_after_it(self) -> None:
        review = {"review": {"cadence": "P10D", "lastReviewedAt": "2026-11-10"}}

        assert findings_of("review-overdue", fleet_of_one(review)) == []
        assert (
            len(findings_of("review-overdue", fleet_of_one(review), datetime(2026, 11, 21, tzinfo=UTC))) == 1
        )

    def test_a_retired_agent_owes_no_upkeep(self) -> None:
        retired = fleet_of_one(
            {"lifecycle": "retired", "review": {"cadence": "P1D", "lastReviewedAt": "2026-01-01"}}
        )

        rule_ids = {finding.rule for finding in rules.findings(retired, NOW)}
        assert not rule_ids & {"review-overdue", "retirement-missing", "budget-missing", "eval-missing"}

    def test_an_agent_cannot_replace_itself(self) -> None:
        itself = {"lifecycle": "deprecated", "retirement": {"replacedBy": "desk-bot"}}

        assert len(findings_of("deprecated-without-replacement", fleet_of_one(itself))) == 1
