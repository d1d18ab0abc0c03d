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


def test_an_agent_waits_for_a_blocked_agent_that_it_needs() -> None:
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


def test_every_agent_above_a_pending_one_waits() -> None:
    alone = {"top": ALLOWED, "middle": ALLOWED, "bottom": PENDING, "apart": ALLOWED}

    result = verdicts(alone, {"top": {"middle"}, "middle": {"bottom"}})

    assert result == {"top": PENDING, "middle": PENDING, "bottom": PENDING, "apart": ALLOWED}


def test_an_unchanged_agent_does_not_block_the_batch() -> None:
    assert verdicts({"front": ALLOWED, "back": UNCHANGED}, {"front": {"back"}})["front"] is ALLOWED


def test_an_agent_outside_the_batch_blocks_nothing() -> None:
    assert verdicts({"front": ALLOWED}, {"front": {"elsewhere"}})["front"] is ALLOWED


def test_an_unchanged_agent_stays_unchanged() -> None:
    result = verdicts(
        {"front": UNCHANGED, "other": BLOCKED, "back": PENDING}, {"front": {"back"}, "other": {"back"}}
    )

    assert result == {"front": UNCHANGED, "other": BLOCKED, "back": PENDING}


def test_agents_that_need_each_other_are_resolved() -> None:
    result = verdicts({"a": ALLOWED, "b": ALLOWED, "c": PENDING}, {"a": {"b"}, "b": {"a", "c"}})

    assert result == {"a": PENDING, "b": PENDING, "c": PENDING}
