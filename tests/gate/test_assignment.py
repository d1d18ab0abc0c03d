"""Seats: as many filled as can be, each by another person."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from fleetward.gate.assignment import SeatOptions, assign_seats, relieving_requirements

COUNTS = st.lists(st.integers(0, 3), min_size=1, max_size=4)
NAMES = "abcdef"


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[int], SeatOptions]:
    counts = draw(COUNTS)
    seats = st.frozensets(st.integers(0, len(counts) - 1))
    return counts, draw(st.dictionaries(st.sampled_from(NAMES), seats, max_size=6))


def most(counts: list[int], fits: SeatOptions) -> int:
    """The best of every seating there is."""
    choices = product(*([None, *sorted(seats)] for seats in fits.values()))
    taken = ([choice.count(seat) for seat in range(len(counts))] for choice in choices)
    return max(sum(seating) for seating in taken if all(t <= c for t, c in zip(seating, counts, strict=True)))


@given(tables())
def test_no_other_seating_fills_more_seats(table: tuple[list[int], SeatOptions]) -> None:
    counts, fits = table

    assert len(assign_seats(counts, fits).seat_of) == most(counts, fits)


@given(tables())
def test_everybody_sits_where_they_may_and_no_seat_is_taken_twice(
    table: tuple[list[int], SeatOptions],
) -> None:
    counts, fits = table

    seating = assign_seats(counts, fits)

    assert all(seat in fits[person] for person, seat in seating.seat_of.items())
    assert all(len(seating.people_in(seat)) <= count for seat, count in enumerate(counts))


@given(tables(), st.randoms())
def test_the_order_of_people_does_not_matter(table: tuple[list[int], SeatOptions], random: object) -> None:
    counts, fits = table
    shuffled = list(fits.items())
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    assert assign_seats(counts, dict(shuffled)).seat_of == assign_seats(counts, fits).seat_of


@given(tables(), st.frozensets(st.integers(0, 3)))
def test_a_newcomer_fills_a_seat_only_in_a_relieving_requirement(
    table: tuple[list[int], SeatOptions], seats: frozenset[int]
) -> None:
    counts, fits = table
    before = assign_seats(counts, fits)
    short = [seat for seat, count in enumerate(counts) if len(before.people_in(seat)) < count]
    useful = frozenset[int]().union(*(relieving_requirements(seat, fits, before) for seat in short))

    after = assign_seats(counts, {**fits, "newcomer": seats & frozenset(range(len(counts)))})

    assert (len(after.seat_of) > len(before.seat_of)) == bool(useful & seats)


def test_a_long_chain_of_moves_is_found() -> None:
    fits = {f"{n:03}": frozenset({n, n + 1}) for n in range(300)}

    seating = assign_seats([1] * 301, {**fits, "last": frozenset({0})})

    assert len(seating.seat_of) == 301
