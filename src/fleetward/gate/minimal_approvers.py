"""The smallest set of people whose approval would complete what is required."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fleetward.gate.assignment import SeatOptions

Cost = Callable[[int, int], int]
"""The cost of a seat for a person, both by their positions."""


def smallest_approver_set(
    counts: Sequence[int], approved: SeatOptions, eligible: SeatOptions
) -> tuple[str, ...] | None:
    """
    The smallest set of people who have to approve until every seat is filled; None where no set fills them.

    Shape: ``counts`` holds the seats of each requirement, ``approved`` the people whose approval counts already,
    ``eligible`` those who might approve now. Of equally small sets, the first in alphabetical order.
    Source: the assignment problem, solved exactly by shortest augmenting paths (Kuhn 1955, Munkres 1957).
    """
    people = _sufficient_people(sum(counts), approved, eligible)
    # no assignment can exist, and the algorithm below needs enough people
    if sum(counts) > len(people):
        return None
    seats = [requirement for requirement, count in enumerate(counts) for _ in range(count)]
    # One person more outweighs every name, and a name outweighs all that come after it.
    one_more = 2 << len(people)
    # larger than any sum of real costs, so that it is chosen only where nothing else is left
    never = (len(seats) + 1) * one_more

    def cost(seat: int, number: int) -> int:
        if seats[seat] in approved.get(people[number], ()):
            return 0
        if seats[seat] in eligible.get(people[number], ()):
            # powers of two make the alphabetical order of the whole set decide, not of one name
            return one_more - (1 << (len(people) - 1 - number))
        return never

    costs = [(number, cost(seat, number)) for number, seat in _assigned(len(seats), len(people), cost)]
    # a seat at this price has nobody who could take it
    if any(price == never for _, price in costs):
        return None
    return tuple(sorted(people[number] for number, price in costs if price))


def _sufficient_people(seats: int, approved: SeatOptions, eligible: SeatOptions) -> list[str]:
    """Of people with the same options no more than there are seats: further ones change nothing."""
    groups: dict[tuple[frozenset[int] | None, frozenset[int] | None], list[str]] = {}
    for person in sorted({*approved, *eligible}):
        group = groups.setdefault((approved.get(person), eligible.get(person)), [])
        # in a large team thousands have the same options: the cost is cubic in people
        if len(group) < seats:
            group.append(person)
    return sorted(person for group in groups.values() for person in group)


def _assigned(seats: int, people: int, cost: Cost) -> list[tuple[int, int]]:
    """The cheapest assignment, as pairs of person and seat; there are at least as many people as seats."""
    seat_price, price = [0] * seats, [0] * people
    seat_held: list[int | None] = [None] * people
    for start in range(seats):
        free, came_from = _nearest_free(start, seat_held, seat_price, price, cost)
        while free is not None:
            before, seat = came_from[free]
            seat_held[free] = seat
            free = before
    return [(number, seat) for number, seat in enumerate(seat_held) if seat is not None]


def _nearest_free(
    start: int, seat_held: list[int | None], seat_price: list[int], price: list[int], cost: Cost
) -> tuple[int | None, dict[int, tuple[int | None, int]]]:
    """
    The nearest free person by cost, and for each person on the path the step that led there.

    Prices are adjusted so that the present assignment stays the cheapest.
    """
    reached: dict[int, int] = {}
    came_from: dict[int, tuple[int | None, int]] = {}
    passed: dict[int, int] = {}
    at: int | None = None
    seat, distance = start, 0
    while True:
        for number in range(len(price)):
            # reduced costs stay at least 0, which is what makes the nearest one final
            reach = distance + cost(seat, number) - seat_price[seat] - price[number]
            if number not in passed and reach < reached.get(number, reach + 1):
                reached[number], came_from[number] = reach, (at, seat)
        # the number breaks ties, so that equal costs give the same people in every run
        at = min(
            (number for number in reached if number not in passed),
            key=lambda number: (reached[number], number),
        )
        distance = reached[at]
        taken = seat_held[at]
        if taken is None:
            break
        passed[at] = seat = taken
    # the start seat has no person yet, so it is not among those passed
    seat_price[start] += distance
    for number, occupied in passed.items():
        slack = distance - reached[number]
        price[number] -= slack
        seat_price[occupied] += slack
    return at, came_from
