"""Assign people to the seats of requirements: nobody twice, and as many seats filled as possible."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence

from fleetward.domain.fast_dataclass import dataclass

SeatOptions = Mapping[str, frozenset[int]]
"""By person the positions of the requirements in which they may fill a seat."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """Which person fills a seat of which requirement."""

    seat_of: Mapping[str, int]

    def people_in(self, requirement: int) -> tuple[str, ...]:
        """The people assigned to *requirement*, sorted."""
        return tuple(sorted(person for person, seat in self.seat_of.items() if seat == requirement))


def assign_seats(counts: Sequence[int], options: SeatOptions) -> Assignment:
    """
    The assignment that fills the most seats; it does not depend on the order of people.

    Shape: ``counts`` holds the number of seats of each requirement.
    Source: augmenting paths (Berge 1957), grown from the requirements. A filled seat stays filled, so earlier
    requirements are served first where not all seats can be filled.
    """
    seat_of: dict[str, int] = {}
    for requirement, count in enumerate(counts):
        # no greedy choice: the one owner must not be spent on a seat that others could fill too
        for _ in range(count):
            if not _fill_seat(requirement, options, seat_of):
                # the other requirements still get their seats, so that the report names every gap
                break
    return Assignment(seat_of)


def relieving_requirements(requirement: int, options: SeatOptions, assignment: Assignment) -> frozenset[int]:
    """
    The requirements in which one more person would let *requirement* fill another seat.

    These are the requirement itself and those whose people could move to it.
    """
    requirements = {requirement}
    while True:
        # people move along chains, so the set grows until nothing is added
        additional = {
            seat for person, seat in assignment.seat_of.items() if options[person] & requirements
        } - requirements
        if not additional:
            return frozenset(requirements)
        requirements |= additional


def _fill_seat(requirement: int, options: SeatOptions, seat_of: dict[str, int]) -> bool:
    wanted_by: dict[str, int] = {}
    leaves_for: dict[int, str] = {}
    waiting = deque([requirement])
    while waiting:
        current = waiting.popleft()
        # sorted: the same input gives the same names, whatever the order of files
        for person in sorted(options):
            if current not in options[person] or person in wanted_by or seat_of.get(person) == current:
                continue
            wanted_by[person] = current
            if person not in seat_of:
                _move_up(person, requirement, wanted_by, leaves_for, seat_of)
                return True
            # one way into a requirement is enough: any of its people frees the same seat
            if seat_of[person] != requirement and seat_of[person] not in leaves_for:
                leaves_for[seat_of[person]] = person
                waiting.append(seat_of[person])
    return False


def _move_up(
    person: str,
    start: int,
    wanted_by: Mapping[str, int],
    leaves_for: Mapping[int, str],
    seat_of: dict[str, int],
) -> None:
    while True:
        seat = seat_of[person] = wanted_by[person]
        if seat == start:
            return
        person = leaves_for[seat]
