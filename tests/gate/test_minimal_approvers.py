"""The fewest people who can finish it: exact, and the same in whatever order."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from fleetward.gate.assignment import seated
from fleetward.gate.minimal_approvers import fewest
from tests.gate.world import OWNER, RISK, all_say, approvals, rule, verdict

PEOPLE = ("ada", "ben", "cleo", "dan", "eve", "finn")
fits = st.dictionaries(st.sampled_from(PEOPLE), st.frozensets(st.integers(0, 2), min_size=1), max_size=6)
counts = st.lists(st.integers(0, 2), min_size=3, max_size=3)


def brute(asked, held, could):
    """The first of all smallest sets whose approval fills every seat."""
    for size in range(len(could) + 1):
        for some in combinations(sorted(could), size):
            after = {**held, **{one: held.get(one, frozenset()) | could[one] for one in some}}
            if len(seated(asked, after).at) == sum(asked):
                return some
    return None


@settings(max_examples=300, deadline=None)
@given(counts, fits, fits)
def test_the_fewest_are_what_trying_every_set_finds(asked, held, could) -> None:
    assert fewest(asked, held, could) == brute(asked, held, could)


@settings(max_examples=50, deadline=None)
@given(counts, fits, fits, st.randoms())
def test_the_order_in_which_people_come_says_nothing(asked, held, could, random) -> None:
    names = list(could)
    random.shuffle(names)

    assert fewest(asked, held, {name: could[name] for name in names}) == fewest(asked, held, could)


def test_one_person_is_not_enough_where_two_seats_ask_for_them() -> None:
    both = rule("both", approvals(1, "payments"), approvals(1, "security"))

    assert verdict(both).unblock.fewest == ("alice", "dina")


def test_somebody_who_sits_already_moves_up_rather_than_a_second_one_being_asked() -> None:
    """dina is in both teams: she sits for security, or for payments where hugo comes."""
    both = rule("both", approvals(1, "payments"), approvals(1, "security"))

    assert verdict(both, approvals=all_say(["dina"])).unblock.fewest == ("alice",)


def test_who_had_a_hand_in_it_is_not_among_the_fewest() -> None:
    assert verdict(RISK).unblock.fewest == ("bob", "farid")
    assert verdict(OWNER, approvals=all_say(["carla"])).unblock.fewest == ()


def test_where_too_few_are_left_nobody_is_named() -> None:
    assert verdict(rule("many", approvals(3, "security"))).unblock.fewest is None


def test_a_crowd_is_no_more_work_than_a_few() -> None:
    crowd = {f"p{number:05}": frozenset({number % 2}) for number in range(20_000)}

    assert fewest([1, 2], {}, crowd) == ("p00000", "p00001", "p00003")
