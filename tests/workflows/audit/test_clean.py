"""Clean histories: no finding, and the counts of what was checked."""

from __future__ import annotations

from typing import Any

from tests.attacks.scenarios import FleetRepository
from tests.workflows.audit.histories import (
    LEDGER,
    AuditRun,
    at,
    audit,
    forge_promotion,
    met_requirements,
    promote,
    record,
    record_evaluation,
)


def test_a_history_with_adoption_promotions_and_merges_is_clean(place: FleetRepository) -> None:
    result = audit(place)

    assert result.messages(notes=False) == ""
    assert result.code == 0
    assert result.data["summary"]["promotions"] == 3
    assert result.data["summary"]["adoptions"] == 1


def test_a_promotion_made_by_hand_exactly_as_the_tool_makes_it_is_clean(place: FleetRepository) -> None:
    """Which shows that what the forgers of the other tests write is found for its lie alone."""
    place.approve("dina", "--withdraw", now=at(7, 10))
    statement = place.approve("carla", now=at(7, 11))
    evidence = record_evaluation(place, "desk", at(7, 12))

    forge_promotion(
        place,
        when=at(7, 13),
        approvals=(record(place, statement, "carla"),),
        evidence=(record(place, evidence),),
        requirements=met_requirements("desk", "carla", at(7, 12)),
    )

    assert audit(place).messages(notes=False) == ""
    assert (place.path / LEDGER).exists()


def test_a_policy_that_the_earlier_policy_approved_is_clean(place: FleetRepository) -> None:
    policy = place.path / "governance/policy.yaml"
    policy.write_text(policy.read_text().replace("version: 2", "version: 3"))
    place.commit("newer", at=at(7, 10))
    place.agree("carla", now=at(7, 11))
    place.approve("dina", "--withdraw", now=at(7, 12))
    promote(place, "desk", at(7, 13))

    result = audit(place)

    assert result.messages(notes=False) == ""
    assert (result.data["summary"]["governance"], result.data["summary"]["promotions"]) == (1, 4)


def test_several_agents_promoted_together_are_clean(place: FleetRepository) -> None:
    place.approve("dina", "--withdraw", now=at(7, 10))
    place.write("environments/staging/till/prompts/system.md", "You count.\n")
    place.commit("count", at=at(7, 11))
    record_evaluation(place, "till", at(7, 12))
    place.approve("carla", agent="till", now=at(7, 13))
    run = place.fleet("promote", "desk", "till", "--to", "production", "--apply", who="erin", now=at(7, 14))
    assert run.code == 0, run.output

    assert audit(place).messages(notes=False) == ""


def test_a_retirement_is_clean_and_the_folder_is_gone(place: FleetRepository) -> None:
    place.git("rm", "-qr", "environments/staging/till")
    place.commit("till goes", at=at(7, 11))
    place.approve("carla", agent="till", now=at(7, 12))
    promote(place, "till", at(7, 13))

    result = audit(place)

    assert result.messages(notes=False) == ""
    assert not (place.path / "environments/production/till").exists()


def test_two_gated_environments_have_ledgers_of_their_own(place: FleetRepository) -> None:
    config = (place.path / "fleet-config.yaml").read_text()
    place.write("fleet-config.yaml", config + "  - {name: canary, from: production}\n")
    place.commit("a canary", at=at(7, 10))
    policy = place.path / "governance/policy.yaml"
    policy.write_text(
        policy.read_text()
        .replace("version: 2", "version: 3")
        .replace("veto:", "  - {id: c, when: {to: canary}, require: [{approvals: 1, from: desk}]}\nveto:")
    )
    place.commit("what it needs", at=at(7, 11))
    place.agree("carla", now=at(7, 12))
    run = place.fleet("approve", "till", "--to", "canary", who="bob", now=at(7, 13))
    assert run.code == 0, run.output
    place.commit("decide", who="bob", at=at(7, 13))
    run = place.fleet("promote", "till", "--to", "canary", "--apply", who="erin", now=at(7, 14))
    assert run.code == 0, run.output

    result = audit(place)

    assert result.code == 0, result.messages()
    assert result.messages(notes=False) == ""
    assert [item["environment"] for item in result.data["heads"]] == ["canary", "production"]


def test_a_rollback_is_clean(place: FleetRepository) -> None:
    place.approve("dina", "--withdraw", now=at(7, 10))
    place.approve("bob", "--rollback", now=at(7, 11))
    back = ("rollback", "desk", "--env", "production", "--reason", "it shouts", "--apply")
    run = place.fleet(*back, who="erin", now=at(7, 12))
    assert run.code == 0, run.output

    result = audit(place)

    assert result.messages(notes=False) == ""
    assert result.data["summary"]["promotions"] == 4


def promote_with_break_glass(place: FleetRepository) -> None:
    """desk's next change, approved, not evaluated, gone through the emergency door."""
    place.approve("dina", "--withdraw", now=at(7, 10))
    place.change("You answer at once.\n", at=at(7, 11))
    place.approve("carla", now=at(7, 12))
    through = ("--break-glass", "--incident", "INC-7", "--reason", "they wait")
    run = place.fleet("promote", "desk", "--to", "production", "--apply", *through, who="erin", now=at(7, 13))
    assert run.code == 0, run.output


def glass_findings(result: AuditRun) -> list[dict[str, Any]]:
    return [finding for finding in result.data["breaks"] if finding["rule"] == "glass-broken"]


def test_a_break_glass_promotion_is_reported_before_and_after_its_review(place: FleetRepository) -> None:
    promote_with_break_glass(place)
    commit = place.git("rev-parse", "HEAD")

    early, late = audit(place, now=at(7, 14)), audit(place, now=at(12, 12))

    assert (early.code, late.code) == (0, 0)
    for result, words in ((early, "due by 2026-11-09T13:00:00Z"), (late, "overdue since")):
        [finding] = glass_findings(result)
        assert (finding["rule"], finding["severity"], finding["commit"]) == (
            "glass-broken",
            "warning",
            commit,
        )
        assert words in finding["message"]
        assert finding["hint"] == "fleet approve desk --to production --review 5"
    place.approve("bob", "--review", "5", now=at(8, 9))
    [finding] = glass_findings(audit(place, now=at(12, 12)))
    assert (finding["severity"], finding["message"].endswith("reviewed by bob on 2026-11-08T09:00:00Z")) == (
        "note",
        True,
    )
