"""Histories in which nothing is wrong: no finding, and what was looked at is told."""

from __future__ import annotations

from tests.attacks.scenarios import Town
from tests.workflows.audit.histories import LEDGER, at, audited, forged, promoted, record, shown


def test_a_lively_history_is_clean(place: Town) -> None:
    said = audited(place)

    assert said.told() == ""
    assert said.code == 0
    assert said.data["summary"]["promotions"] == 3
    assert said.data["summary"]["adoptions"] == 1


def test_a_promotion_made_by_hand_exactly_as_the_tool_makes_it_is_clean(place: Town) -> None:
    """Which shows that what the forgers of the other tests write is found for its lie alone."""
    place.approve("dina", "--withdraw", now=at(7, 10))
    statement = place.approve("carla", now=at(7, 11))
    evidence = shown(place, "desk", at(7, 12))

    forged(
        place,
        when=at(7, 13),
        approvals=(record(place, statement, "carla"),),
        evidence=(record(place, evidence),),
    )

    assert audited(place).told() == ""
    assert (place.path / LEDGER).exists()


def test_a_law_that_the_law_before_agreed_to_is_clean(place: Town) -> None:
    policy = place.path / "governance/policy.yaml"
    policy.write_text(policy.read_text().replace("version: 2", "version: 3"))
    place.commit("newer", at=at(7, 10))
    place.agree("carla", now=at(7, 11))
    place.approve("dina", "--withdraw", now=at(7, 12))
    promoted(place, "desk", at(7, 13))

    said = audited(place)

    assert said.told() == ""
    assert (said.data["summary"]["governance"], said.data["summary"]["promotions"]) == (1, 4)


def test_several_agents_of_one_call_are_clean(place: Town) -> None:
    place.approve("dina", "--withdraw", now=at(7, 10))
    place.write("environments/staging/till/prompts/system.md", "You count.\n")
    place.commit("count", at=at(7, 11))
    shown(place, "till", at(7, 12))
    place.approve("carla", agent="till", now=at(7, 13))
    said = place.fleet("promote", "desk", "till", "--to", "production", "--apply", who="erin", now=at(7, 14))
    assert said.code == 0, said.all

    assert audited(place).told() == ""


def test_a_retirement_is_clean_and_the_folder_is_gone(place: Town) -> None:
    place.git("rm", "-qr", "environments/staging/till")
    place.commit("till goes", at=at(7, 11))
    place.approve("carla", agent="till", now=at(7, 12))
    promoted(place, "till", at(7, 13))

    said = audited(place)

    assert said.told() == ""
    assert not (place.path / "environments/production/till").exists()


def test_two_gated_environments_have_ledgers_of_their_own(place: Town) -> None:
    config = (place.path / "fleet-config.yaml").read_text()
    place.write("fleet-config.yaml", config + "  - {name: canary, from: production}\n")
    place.commit("a canary", at=at(7, 10))
    policy = place.path / "governance/policy.yaml"
    policy.write_text(
        policy.read_text().replace(
            "veto:", "  - {id: c, when: {to: canary}, require: [{approvals: 1, from: desk}]}\nveto:"
        )
    )
    place.commit("what it needs", at=at(7, 11))
    place.agree("carla", now=at(7, 12))
    said = place.fleet("approve", "till", "--to", "canary", who="bob", now=at(7, 13))
    assert said.code == 0, said.all
    place.commit("decide", who="bob", at=at(7, 13))
    said = place.fleet("promote", "till", "--to", "canary", "--apply", who="erin", now=at(7, 14))
    assert said.code == 0, said.all

    said = audited(place)

    assert said.code == 0, said.told()
    assert {one["rule"] for one in said.data["breaks"]} == {"config-changed"}
    assert [one["environment"] for one in said.data["heads"]] == ["canary", "production"]


def test_a_rollback_is_clean(place: Town) -> None:
    place.approve("dina", "--withdraw", now=at(7, 10))
    place.approve("bob", "--rollback", now=at(7, 11))
    back = ("rollback", "desk", "--env", "production", "--reason", "it shouts", "--apply")
    said = place.fleet(*back, who="erin", now=at(7, 12))
    assert said.code == 0, said.all

    audit = audited(place)

    assert audit.told() == ""
    assert audit.data["summary"]["promotions"] == 4


def broken_glass(place: Town) -> None:
    """desk's next change, approved, not evaluated, gone through the emergency door."""
    place.approve("dina", "--withdraw", now=at(7, 10))
    place.change("You answer at once.\n", at=at(7, 11))
    place.approve("carla", now=at(7, 12))
    through = ("--break-glass", "--incident", "INC-7", "--reason", "they wait")
    said = place.fleet(
        "promote", "desk", "--to", "production", "--apply", *through, who="erin", now=at(7, 13)
    )
    assert said.code == 0, said.all


def test_what_broke_the_glass_is_told_until_and_after_it_was_reviewed(place: Town) -> None:
    broken_glass(place)
    commit = place.git("rev-parse", "HEAD")

    early, late = audited(place, now=at(7, 14)), audited(place, now=at(12, 12))

    assert (early.code, late.code) == (0, 0)
    for said, words in ((early, "due by 2026-11-09T13:00:00Z"), (late, "overdue since")):
        [one] = said.data["breaks"]
        assert (one["rule"], one["severity"], one["commit"]) == ("glass-broken", "warning", commit)
        assert words in one["message"]
        assert one["hint"] == "fleet approve desk --to production --review 5"
    place.approve("bob", "--review", "5", now=at(8, 9))
    [one] = audited(place, now=at(12, 12)).data["breaks"]
    assert (one["severity"], one["message"].endswith("reviewed by bob on 2026-11-08T09:00:00Z")) == (
        "note",
        True,
    )
