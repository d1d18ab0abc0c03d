"""Several agents of one call, some of which need others of them."""

from __future__ import annotations

from fleetward.domain.verdict import Promotion, RequirementStatus, Verdict
from fleetward.gate.batch import hold_dependents

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


def verdicts(by_agent: dict[str, Verdict], needs: dict[str, set[str]]) -> dict[str, Verdict]:
    unit = [promotion(agent, verdict) for agent, verdict in by_agent.items()]
    decided = hold_dependents(unit, {agent: frozenset(names) for agent, names in needs.items()})
    return {p.agent: p.verdict for p in decided}


def test_what_needs_a_held_one_waits_for_it_and_says_so() -> None:
    [front, back] = hold_dependents(
        [promotion("front", ALLOWED), promotion("back", BLOCKED)], {"front": frozenset({"back"})}
    )

    [missing] = front.requirements
    assert (front.verdict, back.verdict, back.requirements) == (PENDING, BLOCKED, ())
    assert (missing.kind, missing.status, missing.detail) == (
        "dependency",
        RequirementStatus.MISSING,
        "back is not allowed yet",
    )


def test_waiting_goes_up_the_whole_chain() -> None:
    alone = {"top": ALLOWED, "middle": ALLOWED, "bottom": PENDING, "apart": ALLOWED}

    result = verdicts(alone, {"top": {"middle"}, "middle": {"bottom"}})

    assert result == {"top": PENDING, "middle": PENDING, "bottom": PENDING, "apart": ALLOWED}


def test_one_that_need_not_move_holds_nobody() -> None:
    assert verdicts({"front": ALLOWED, "back": UNCHANGED}, {"front": {"back"}})["front"] is ALLOWED


def test_one_that_is_not_of_the_unit_holds_nobody() -> None:
    assert verdicts({"front": ALLOWED}, {"front": {"elsewhere"}})["front"] is ALLOWED


def test_one_that_does_not_move_is_not_worsened() -> None:
    result = verdicts(
        {"front": UNCHANGED, "other": BLOCKED, "back": PENDING}, {"front": {"back"}, "other": {"back"}}
    )

    assert result == {"front": UNCHANGED, "other": BLOCKED, "back": PENDING}


def test_a_circle_of_needs_comes_to_an_end() -> None:
    result = verdicts({"a": ALLOWED, "b": ALLOWED, "c": PENDING}, {"a": {"b"}, "b": {"a", "c"}})

    assert result == {"a": PENDING, "b": PENDING, "c": PENDING}
