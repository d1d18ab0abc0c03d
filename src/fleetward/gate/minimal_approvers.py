"""The fewest people whose approval would finish what is asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fleetward.gate.assignment import SeatOptions

Cost = Callable[[int, int], int]
"""What it costs to put the person of this number on the seat of this number."""


def smallest_approver_set(
    counts: Sequence[int], approved: SeatOptions, eligible: SeatOptions
) -> tuple[str, ...] | None:
    """
    The smallest set of people who would have to approve, so that every seat is another person's; None where none can.

    Shape: ``counts`` holds the seats of each requirement, ``approved`` whose approval counts where already, ``eligible``
    who might approve now. Of sets that are equally small, the first by the alphabet.
    Source: the assignment problem, solved exactly by shortest augmenting paths (Kuhn 1955, Munkres 1957).
    """
    people = _sufficient_people(sum(counts), approved, eligible)
    if sum(counts) > len(people):
        return None
    seats = [requirement for requirement, count in enumerate(counts) for _ in range(count)]
    # One person more outweighs every name, and a name outweighs all that come after it.
    one_more = 2 << len(people)
    never = (len(seats) + 1) * one_more

    def cost(seat: int, number: int) -> int:
        if seats[seat] in approved.get(people[number], ()):
            return 0
        if seats[seat] in eligible.get(people[number], ()):
            return one_more - (1 << (len(people) - 1 - number))
        return never

    paid = [(number, cost(seat, number)) for number, seat in _assigned(len(seats), len(people), cost)]
    if any(price == never for _, price in paid):
        return None
    return tuple(sorted(people[number] for number, price in paid if price))


def _sufficient_people(seats: int, approved: SeatOptions, eligible: SeatOptions) -> list[str]:
    """Of those who may sit in the same places, no more than there are seats: the rest would change nothing."""
    groups: dict[tuple[frozenset[int] | None, frozenset[int] | None], list[str]] = {}
    for person in sorted({*approved, *eligible}):
        group = groups.setdefault((approved.get(person), eligible.get(person)), [])
        if len(group) < seats:
            group.append(person)
    return sorted(person for group in groups.values() for person in group)


def _assigned(seats: int, people: int, cost: Cost) -> list[tuple[int, int]]:
    """(person, seat) for every seat, together as cheap as can be; there are at least as many people."""
    seat_price, price = [0] * seats, [0] * people
    holds: list[int | None] = [None] * people
    for start in range(seats):
        free, came_from = _nearest_free(start, holds, seat_price, price, cost)
        while free is not None:
            before, seat = came_from[free]
            holds[free] = seat
            free = before
    return [(number, seat) for number, seat in enumerate(holds) if seat is not None]


def _nearest_free(
    start: int, holds: list[int | None], seat_price: list[int], price: list[int], cost: Cost
) -> tuple[int | None, dict[int, tuple[int | None, int]]]:
    """
    The free person whom the seat reaches most cheaply, and for each on the way where one came from.

    Prices are moved along, so that what is assigned stays as cheap as can be.
    """
    far: dict[int, int] = {}
    came_from: dict[int, tuple[int | None, int]] = {}
    passed: dict[int, int] = {}
    at: int | None = None
    seat, distance = start, 0
    while True:
        for number in range(len(price)):
            reach = distance + cost(seat, number) - seat_price[seat] - price[number]
            if number not in passed and reach < far.get(number, reach + 1):
                far[number], came_from[number] = reach, (at, seat)
        at = min((number for number in far if number not in passed), key=lambda number: (far[number], number))
        distance = far[at]
        sitting = holds[at]
        if sitting is None:
            break
        passed[at] = seat = sitting
    seat_price[start] += distance
    for number, occupied in passed.items():
        slack = distance - far[number]
        price[number] -= slack
        seat_price[occupied] += slack
    return at, came_from
