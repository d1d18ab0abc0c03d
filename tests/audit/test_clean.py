"""Histories in which nothing is wrong: no finding, and what was looked at is told."""

from __future__ import annotations

from tests.attacks.town import Town
from tests.audit.town import LEDGER, at, audited, forged, record, shown


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
