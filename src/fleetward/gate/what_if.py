"""What-if: the request as it would be if these people approved it."""

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
    *request* with an approval by each of these people at *now*.

    The approval is signed for a person who has a valid key at *now*, and recorded for the others.
    """
    # each name once: one person fills one seat, however often --as names them
    hypothetical = tuple(_approval(request, name, people, now) for name in dict.fromkeys(names))
    return replace(request, approvals=(*request.approvals, *hypothetical))


def _approval(request: PromotionRequest, name: str, people: People, now: datetime) -> Approval:
    person = people.people.get(name)
    # without a key a real statement could only be recorded: the what-if must not promise more
    signs = person is not None and any(key.refusal(now) is None for key in person.keys)
    return Approval(
        # the number makes it the latest statement of this instant
        file=f"supposed/{name}-999999999.json",
        sha256=of_bytes(b""),
        decision=Decision.APPROVE,
        approver=name,
        binding=request.binding,
        issued=now,
        expires=None,
        assurance=Assurance.SIGNED if signs else Assurance.RECORDED,
    )
