"""Several agents of one call, some of which need others of them."""

from __future__ import annotations

from fleetward.domain.verdict import Met, Promotion, Verdict
from fleetward.gate.batch import waiting

ALLOWED, UNCHANGED, PENDING, BLOCKED = Verdict.ALLOWED, Verdict.UNCHANGED, Verdict.PENDING, Verdict.BLOCKED


def promotion(agent: str, verdict: Verdict) -> Promotion:
    return Promotion(
        agent=agent,
        kind=None,
        tier="low",
        release=None,
        from_state=None,
        to_state=None,
        generation=1,
        verdict=verdict,
    )


def verdicts(given: dict[str, Verdict], needs: dict[str, set[str]]) -> dict[str, Verdict]:
    unit = [promotion(agent, verdict) for agent, verdict in given.items()]
    held = waiting(unit, {agent: frozenset(names) for agent, names in needs.items()})
    return {one.agent: one.verdict for one in held}


def test_what_needs_a_held_one_waits_for_it_and_says_so() -> None:
    [front, back] = waiting(
        [promotion("front", ALLOWED), promotion("back", BLOCKED)], {"front": frozenset({"back"})}
    )

    [missing] = front.requirements
    assert (front.verdict, back.verdict, back.requirements) == (PENDING, BLOCKED, ())
    assert (missing.kind, missing.status, missing.detail) == ("dependency", Met.MISSING, "back is held")


def test_waiting_goes_up_the_whole_chain() -> None:
    given = {"top": ALLOWED, "middle": ALLOWED, "bottom": PENDING, "apart": ALLOWED}

    found = verdicts(given, {"top": {"middle"}, "middle": {"bottom"}})

    assert found == {"top": PENDING, "middle": PENDING, "bottom": PENDING, "apart": ALLOWED}


def test_one_that_need_not_move_holds_nobody() -> None:
    assert verdicts({"front": ALLOWED, "back": UNCHANGED}, {"front": {"back"}})["front"] is ALLOWED


def test_one_that_is_not_of_the_unit_holds_nobody() -> None:
    assert verdicts({"front": ALLOWED}, {"front": {"elsewhere"}})["front"] is ALLOWED


def test_one_that_does_not_move_is_not_worsened() -> None:
    found = verdicts(
        {"front": UNCHANGED, "other": BLOCKED, "back": PENDING}, {"front": {"back"}, "other": {"back"}}
    )

    assert found == {"front": UNCHANGED, "other": BLOCKED, "back": PENDING}


def test_a_circle_of_needs_comes_to_an_end() -> None:
    found = verdicts({"a": ALLOWED, "b": ALLOWED, "c": PENDING}, {"a": {"b"}, "b": {"a", "c"}})

    assert found == {"a": PENDING, "b": PENDING, "c": PENDING}
