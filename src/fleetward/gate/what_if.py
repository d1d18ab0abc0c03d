"""What if these people approved: the same question, with statements in it that nobody has made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from fleetward.domain.approval import Approval, Decision
from fleetward.domain.digest import of_bytes
from fleetward.domain.people import People
from fleetward.domain.policy import Assurance
from fleetward.gate.request import PromotionRequest


def with_hypothetical_approvals(
    request: PromotionRequest, names: Sequence[str], *, people: People, now: datetime
) -> PromotionRequest:
    """
    *request*, had each of these people approved exactly this at *now*.

    It would be signed by whoever has a key that counts at *now*, and recorded by the others.
    """
    hypothetical = tuple(_approval(request, name, people, now) for name in dict.fromkeys(names))
    return replace(request, approvals=(*request.approvals, *hypothetical))


def _approval(request: PromotionRequest, name: str, people: People, now: datetime) -> Approval:
    person = people.people.get(name)
    signs = person is not None and any(key.refusal(now) is None for key in person.keys)
    return Approval(
        # the number makes it the last word on whatever else was said at this very instant
        file=f"supposed/{name}-999999999.json",
        sha256=of_bytes(b""),
        decision=Decision.APPROVE,
        approver=name,
        binding=request.binding,
        issued=now,
        expires=None,
        assurance=Assurance.SIGNED if signs else Assurance.RECORDED,
    )
