"""Who sits where: every seat a different person, and as many seats filled as can be."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence

from fleetward.domain.fast_dataclass import dataclass

SeatOptions = Mapping[str, frozenset[int]]
"""Person to the numbers of the requirements in which they may take a seat."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """Who sits at which requirement."""

    seat_of: Mapping[str, int]

    def people_in(self, requirement: int) -> tuple[str, ...]:
        """The people who sit there, sorted."""
        return tuple(sorted(person for person, seat in self.seat_of.items() if seat == requirement))


def assign_seats(counts: Sequence[int], fits: SeatOptions) -> Assignment:
    """
    A seating that fills as many seats as any could; the same for the same input in whatever order.

    Shape: ``counts`` holds the number of seats of each requirement.
    Source: augmenting paths (Berge 1957), grown from the side of the requirements. A seat once filled stays
    filled, so where not all can be, the requirements that come first have theirs.
    """
    at: dict[str, int] = {}
    for requirement, count in enumerate(counts):
        for _ in range(count):
            if not _fill_seat(requirement, fits, at):
                break
    return Assignment(at)


def relieving_requirements(requirement: int, fits: SeatOptions, seating: Assignment) -> frozenset[int]:
    """
    The requirements where one more person would let *requirement* fill another seat.

    It is among them; so is any whose people could move up to it.
    """
    requirements = {requirement}
    while True:
        additional = {
            seat for person, seat in seating.seat_of.items() if fits[person] & requirements
        } - requirements
        if not additional:
            return frozenset(requirements)
        requirements |= additional


def _fill_seat(requirement: int, fits: SeatOptions, at: dict[str, int]) -> bool:
    wanted_by: dict[str, int] = {}
    leaver: dict[int, str] = {}
    waiting = deque([requirement])
    while waiting:
        wanting = waiting.popleft()
        for person in sorted(fits):
            if wanting not in fits[person] or person in wanted_by or at.get(person) == wanting:
                continue
            wanted_by[person] = wanting
            if person not in at:
                _move_up(person, requirement, wanted_by, leaver, at)
                return True
            if at[person] != requirement and at[person] not in leaver:
                leaver[at[person]] = person
                waiting.append(at[person])
    return False


def _move_up(
    person: str, start: int, wanted_by: Mapping[str, int], leaver: Mapping[int, str], at: dict[str, int]
) -> None:
    while True:
        seat = at[person] = wanted_by[person]
        if seat == start:
            return
        person = leaver[seat]
