"""Seats: as many filled as can be, each by another person."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from fleetward.gate.assignment import Fits, relieving, seated

COUNTS = st.lists(st.integers(0, 3), min_size=1, max_size=4)
NAMES = "abcdef"


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[int], Fits]:
    counts = draw(COUNTS)
    seats = st.frozensets(st.integers(0, len(counts) - 1))
    return counts, draw(st.dictionaries(st.sampled_from(NAMES), seats, max_size=6))


def most(counts: list[int], fits: Fits) -> int:
    """The best of every seating there is."""
    choices = product(*([None, *sorted(seats)] for seats in fits.values()))
    taken = ([choice.count(seat) for seat in range(len(counts))] for choice in choices)
    return max(sum(one) for one in taken if all(t <= c for t, c in zip(one, counts, strict=True)))


@given(tables())
def test_no_other_seating_fills_more_seats(table: tuple[list[int], Fits]) -> None:
    counts, fits = table

    assert len(seated(counts, fits).at) == most(counts, fits)


@given(tables())
def test_everybody_sits_where_they_may_and_no_seat_is_taken_twice(table: tuple[list[int], Fits]) -> None:
    counts, fits = table

    seating = seated(counts, fits)

    assert all(seat in fits[person] for person, seat in seating.at.items())
    assert all(len(seating.of(seat)) <= count for seat, count in enumerate(counts))


@given(tables(), st.randoms())
def test_the_order_of_people_does_not_matter(table: tuple[list[int], Fits], random: object) -> None:
    counts, fits = table
    shuffled = list(fits.items())
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    assert seated(counts, dict(shuffled)).at == seated(counts, fits).at


@given(tables(), st.frozensets(st.integers(0, 3)))
def test_a_newcomer_helps_exactly_where_it_is_said(
    table: tuple[list[int], Fits], seats: frozenset[int]
) -> None:
    counts, fits = table
    before = seated(counts, fits)
    short = [seat for seat, count in enumerate(counts) if len(before.of(seat)) < count]
    useful = frozenset[int]().union(*(relieving(seat, fits, before) for seat in short))

    after = seated(counts, {**fits, "newcomer": seats & frozenset(range(len(counts)))})

    assert (len(after.at) > len(before.at)) == bool(useful & seats)


def test_a_long_chain_of_moves_is_found() -> None:
    fits = {f"{n:03}": frozenset({n, n + 1}) for n in range(300)}

    seating = seated([1] * 301, {**fits, "last": frozenset({0})})

    assert len(seating.at) == 301
