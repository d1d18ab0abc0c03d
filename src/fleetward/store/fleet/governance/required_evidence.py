"""What a rule asks of evaluations and of the soak time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fleetward.domain.path import Step
from fleetward.domain.people import People
from fleetward.domain.policy import RequiredEvals, RequiredSoak
from fleetward.store.fleet.governance.source import Notes, as_tuple, spelling_hint


def required_evals(
    data: Mapping[str, Any], at: tuple[Step, ...], people: People, notes: Notes
) -> RequiredEvals:
    """``evals: passed`` with ``maxAge`` beside it, or ``evals: {passed: true, ...}``."""
    terms = data["evals"] if isinstance(data["evals"], Mapping) else {}
    places = [(data, at), (terms, (*at, "evals"))]
    ages = [notes.period(part.get("maxAge"), (*place, "maxAge")) for part, place in places]
    recorders = frozenset(as_tuple(terms.get("from")))
    known = {*people.robots, *people.people, *people.teams}
    for name in sorted(recorders - known):
        hint = spelling_hint(name, known, "define it in governance/people.yaml")
        notes.error(f"no robot, person or team {name!r}", (*at, "evals", "from"), hint)
    return RequiredEvals(
        max_age=min((age for age in ages if age is not None), key=lambda age: age.usual, default=None),
        recorders=recorders,
        signed=terms.get("assurance") == "signed",
        tagged=terms.get("tagged") is True,
        min_samples=int(terms.get("minSamples") or 0),
        same_state=terms.get("sameState") is True,
    )


def required_soak(data: Mapping[str, Any], at: tuple[Step, ...], notes: Notes) -> RequiredSoak | None:
    """``soak: PT24H`` or ``soak: {for: PT24H, ...}``; None with an error in it."""
    terms = data["soak"] if isinstance(data["soak"], Mapping) else {"for": data["soak"]}
    span = notes.span(terms["for"], (*at, "soak"))
    if span is None:
        return None
    return RequiredSoak(
        span=span,
        same_state=terms.get("sameState") is True,
        by_history=terms.get("since") == "history",
    )
