"""The fewest people who can finish it: exact, and the same in whatever order."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from fleetward.gate.assignment import assign_seats
from fleetward.gate.minimal_approvers import smallest_approver_set
from tests.gate.world import OWNER, RISK, approvals, approvals_of, rule, verdict

PEOPLE = ("ada", "ben", "cleo", "dan", "eve", "finn")
fits = st.dictionaries(st.sampled_from(PEOPLE), st.frozensets(st.integers(0, 2), min_size=1), max_size=6)
counts = st.lists(st.integers(0, 2), min_size=3, max_size=3)


def brute(counts, approved, eligible):
    """The first of all smallest sets whose approval fills every seat."""
    for size in range(len(eligible) + 1):
        for group in combinations(sorted(eligible), size):
            after = {
                **approved,
                **{person: approved.get(person, frozenset()) | eligible[person] for person in group},
            }
            if len(assign_seats(counts, after).seat_of) == sum(counts):
                return group
    return None


@settings(max_examples=300, deadline=None)
@given(counts, fits, fits)
def test_the_smallest_set_equals_an_exhaustive_search(seats, approved, could) -> None:
    assert smallest_approver_set(seats, approved, could) == brute(seats, approved, could)


@settings(max_examples=50, deadline=None)
@given(counts, fits, fits, st.randoms())
def test_the_order_of_people_does_not_matter(seats, approved, could, random) -> None:
    names = list(could)
    random.shuffle(names)

    assert smallest_approver_set(
        seats, approved, {name: could[name] for name in names}
    ) == smallest_approver_set(seats, approved, could)


def test_one_person_is_not_enough_where_two_seats_ask_for_them() -> None:
    two_teams = rule("both", approvals(1, "payments"), approvals(1, "security"))

    assert verdict(two_teams).unblock.minimal_approvers == ("alice", "dina")


def test_an_approver_changes_seats_before_a_second_person_is_needed() -> None:
    """dina is in both teams: she sits for security, or for payments where hugo comes."""
    two_teams = rule("both", approvals(1, "payments"), approvals(1, "security"))

    assert verdict(two_teams, approvals=approvals_of(["dina"])).unblock.minimal_approvers == ("alice",)


def test_a_contributor_is_not_a_minimal_approver() -> None:
    assert verdict(RISK).unblock.minimal_approvers == ("bob", "farid")
    assert verdict(OWNER, approvals=approvals_of(["carla"])).unblock.minimal_approvers == ()


def test_no_set_is_named_where_too_few_people_are_left() -> None:
    assert verdict(rule("many", approvals(3, "security"))).unblock.minimal_approvers is None


def test_a_crowd_is_no_more_work_than_a_few() -> None:
    crowd = {f"p{number:05}": frozenset({number % 2}) for number in range(20_000)}

    assert smallest_approver_set([1, 2], {}, crowd) == ("p00000", "p00001", "p00003")
