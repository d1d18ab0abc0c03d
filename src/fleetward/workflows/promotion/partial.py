"""Those of a unit that stand on their own, when the others have to wait."""

from __future__ import annotations

from collections.abc import Sequence

from fleetward.domain.verdict import Promotion, Verdict
from fleetward.gate.batch import GOING, waiting
from fleetward.workflows.promotion.candidates import Case, cases, decided
from fleetward.workflows.promotion.context import Hearing


def standing(asked: Hearing, agents: Sequence[str]) -> tuple[tuple[Case, ...], tuple[Promotion, ...]]:
    """
    The cases that may go, and the verdicts on all that were asked for.

    Every time that one is held, the rest is judged again, in a fleet in which that one has not moved.
    """
    names = tuple(dict.fromkeys(agents))
    told: dict[str, Promotion] = {}
    going = names
    while going:
        argued = cases(asked, going)
        judged = waiting(decided(asked, argued), {name: _needed(case) for name, case in _named(argued)})
        told |= {one.agent: one for one in judged}
        left = tuple(one.agent for one in judged if one.verdict in GOING)
        if left == going:
            return argued, tuple(told[name] for name in names)
        going = left
    return (), tuple(told[name] for name in names)


def unwritten(asked: Hearing, promotions: Sequence[Promotion], *, apply: bool) -> str:
    """What is said of a call that is held as a whole: that nothing was written, and who could go alone."""
    names = [one.agent for one in promotions]
    told = "nothing was written" if apply else ""
    if len(names) == 1 or all(one.verdict is not Verdict.ALLOWED for one in promotions):
        return told
    _, judged = standing(asked, names)
    going = [one.agent for one in judged if one.verdict is Verdict.ALLOWED]
    alone = f"; --partial would promote {', '.join(going)}" if going else ""
    return f"{told or 'nothing would be written'}: all of a call go, or none{alone}"


def _named(argued: Sequence[Case]) -> list[tuple[str, Case]]:
    return [(case.question.binding.agent, case) for case in argued]


def _needed(case: Case) -> frozenset[str]:
    """The agents that the candidate cannot do without."""
    manifest = case.candidate.manifest if case.candidate else None
    calls = manifest.items("spec.dependsOn") if manifest else ()
    return frozenset(str(one.get("agent")) for one in calls if one.get("optional") is not True)
