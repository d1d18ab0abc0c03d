"""One hand can stop: who may, and that nothing else is asked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from fleetward.domain.break_glass import PromotionMode
from fleetward.domain.ledger import PromotionKind
from fleetward.domain.policy import StopPolicy
from fleetward.domain.verdict import Promotion
from tests.gate.world import OWNER, error, manifest, rejection, verdict

STOP = StopPolicy(by=frozenset({"owner", "on-call"}), review_within=timedelta(hours=24))


def stopped(who: str | None, stop: StopPolicy | None = STOP, **changes: Any) -> Promotion:
    return verdict(
        OWNER,
        terms={"stop": stop},
        kind=PromotionKind.OVERRIDE,
        mode=PromotionMode.STOP,
        stopped_by=who,
        **changes,
    )


@pytest.mark.parametrize(
    ("who", "allowed"), [("carla", True), ("zoe", True), ("erin", True), ("farid", False), (None, False)]
)
def test_one_person_of_the_policy_is_enough_author_or_not(who: str | None, allowed: bool) -> None:
    verdict_on_stop = stopped(who)

    [requirement] = verdict_on_stop.requirements
    assert (verdict_on_stop.verdict == "allowed") is allowed
    assert requirement.by == ((who,) if allowed else ())
    assert requirement.eligible == (() if allowed else ("alice", "carla", "dina", "erin", "hugo", "zoe"))


def test_neither_a_veto_nor_an_error_keeps_anybody_from_stopping() -> None:
    assert stopped("carla", approvals=(rejection("farid"),), errors=(error(),)).verdict == "allowed"


def test_without_such_a_policy_nobody_stops_alone() -> None:
    assert stopped("carla", stop=None).verdict == "blocked"


def test_what_is_suspended_is_told_with_every_verdict() -> None:
    assert verdict(OWNER, running=manifest(suspended=True)).suspended
    assert not verdict(OWNER).suspended
