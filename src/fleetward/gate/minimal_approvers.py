"""The fewest people whose approval would finish what is asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fleetward.gate.assignment import Fits

Cost = Callable[[int, int], int]
"""What it costs to put the person of this number on the seat of this number."""


def fewest(counts: Sequence[int], held: Fits, could: Fits) -> tuple[str, ...] | None:
    """
    The smallest set of people who would have to approve, so that every seat is another person's; None where none can.

    Shape: ``counts`` holds the seats of each requirement, ``held`` whose approval counts where already, ``could``
    who might approve now. Of sets that are equally small, the first by the alphabet.
    Source: the assignment problem, solved exactly by shortest augmenting paths (Kuhn 1955, Munkres 1957).
    """
    people = _first_of_each(sum(counts), held, could)
    if sum(counts) > len(people):
        return None
    seats = [requirement for requirement, count in enumerate(counts) for _ in range(count)]
    # One person more outweighs every name, and a name outweighs all that come after it.
    one_more = 2 << len(people)
    never = (len(seats) + 1) * one_more

    def cost(seat: int, number: int) -> int:
        if seats[seat] in held.get(people[number], ()):
            return 0
        if seats[seat] in could.get(people[number], ()):
            return one_more - (1 << (len(people) - 1 - number))
        return never

    paid = [(number, cost(seat, number)) for number, seat in _assigned(len(seats), len(people), cost)]
    if any(price == never for _, price in paid):
        return None
    return tuple(sorted(people[number] for number, price in paid if price))


def _first_of_each(seats: int, held: Fits, could: Fits) -> list[str]:
    """Of those who may sit in the same places, no more than there are seats: the rest would change nothing."""
    alike: dict[tuple[frozenset[int] | None, frozenset[int] | None], list[str]] = {}
    for person in sorted({*held, *could}):
        some = alike.setdefault((held.get(person), could.get(person)), [])
        if len(some) < seats:
            some.append(person)
    return sorted(person for some in alike.values() for person in some)


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
    seat, gone = start, 0
    while True:
        for number in range(len(price)):
            reach = gone + cost(seat, number) - seat_price[seat] - price[number]
            if number not in passed and reach < far.get(number, reach + 1):
                far[number], came_from[number] = reach, (at, seat)
        at = min((number for number in far if number not in passed), key=lambda number: (far[number], number))
        gone = far[at]
        sitting = holds[at]
        if sitting is None:
            break
        passed[at] = seat = sitting
    seat_price[start] += gone
    for number, other in passed.items():
        rest = gone - far[number]
        price[number] -= rest
        seat_price[other] += rest
    return at, came_from
