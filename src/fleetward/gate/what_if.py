"""What if these people approved: the same question, with statements in it that nobody has made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from fleetward.domain.approval import Approval, Decision
from fleetward.domain.digest import of_bytes
from fleetward.domain.people import People
from fleetward.domain.policy import Assurance
from fleetward.gate.request import Question


def supposing(question: Question, names: Sequence[str], *, people: People, now: datetime) -> Question:
    """
    *question*, had each of these people approved exactly this at *now*.

    It would be signed by whoever has a key that counts at *now*, and recorded by the others.
    """
    supposed = tuple(_approval(question, name, people, now) for name in dict.fromkeys(names))
    return replace(question, approvals=(*question.approvals, *supposed))


def _approval(question: Question, name: str, people: People, now: datetime) -> Approval:
    known = people.people.get(name)
    signs = known is not None and any(key.refusal(now) is None for key in known.keys)
    return Approval(
        # the number makes it the last word on whatever else was said at this very instant
        file=f"supposed/{name}-999999999.json",
        sha256=of_bytes(b""),
        decision=Decision.APPROVE,
        approver=name,
        binding=question.binding,
        issued=now,
        expires=None,
        assurance=Assurance.SIGNED if signs else Assurance.RECORDED,
    )
