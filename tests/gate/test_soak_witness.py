"""Soak above the lowest tier: what the authors of the release write does not begin it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from fleetward.domain.policy import RequiredSoak
from fleetward.domain.verdict import RequirementStatus
from fleetward.gate import WitnessedSoak
from tests.gate.world import DAY, HOUR, NOW, SOAK, manifest, of_kind, verdict

OF_HISTORY = replace(SOAK, require=(RequiredSoak(span=DAY, by_history=True),))
LOW: dict[str, Any] = {"candidate": manifest("low"), "running": manifest("low")}
MET, MISSING = RequirementStatus.MET, RequirementStatus.MISSING


@pytest.mark.parametrize(
    ("expected", "rule", "witnessed", "facts"),
    [
        (MET, SOAK, None, {}),
        (MET, SOAK, (DAY, NOW - DAY), {}),
        (MISSING, SOAK, (HOUR, NOW - HOUR), {}),
        (MISSING, SOAK, (timedelta(), None), {}),
        (MET, OF_HISTORY, (timedelta(), None), {}),
        (MET, SOAK, (timedelta(), None), LOW),
    ],
    ids=["a stated time", "a day", "an hour", "never", "history is enough", "the lowest tier"],
)
def test_soak_counts_from_what_the_authors_do_not_write(
    expected: RequirementStatus, rule: Any, witnessed: tuple[Any, Any] | None, facts: dict[str, Any]
) -> None:
    time = WitnessedSoak(longest=witnessed[0], since=witnessed[1]) if witnessed else None
    facts = {**facts, "longest_soak": 9 * DAY, "is_soaking": True, "soaking_since": NOW - 9 * DAY}

    [requirement] = of_kind(verdict(rule, witnessed_soak=time, **facts), "soak")

    assert requirement.status is expected
    assert requirement.ready_at == (NOW + 23 * HOUR if witnessed == (HOUR, NOW - HOUR) else None)


def test_a_release_that_only_its_authors_date_is_told_how_it_could_soak() -> None:
    there = {"longest_soak": 9 * DAY, "is_soaking": True}

    [unwitnessed] = of_kind(verdict(SOAK, witnessed_soak=WitnessedSoak(longest=HOUR), **there), "soak")
    [gone] = of_kind(verdict(SOAK, witnessed_soak=WitnessedSoak(longest=HOUR)), "soak")

    assert unwitnessed.detail == (
        "nobody but its authors has dated it. It begins with a merge by a forge, the next commit of somebody else, "
        "or an attestation of a robot: fleet attest refund-bot --kind seen --env ENV --sign"
    )
    assert gone.detail == "stayed 1h and is not there now"


def test_what_shows_the_soak_is_counted_where_it_was_long_enough() -> None:
    def counted(longest: timedelta) -> tuple[str, ...]:
        witnessed = WitnessedSoak(longest=longest, since=NOW - longest, files=("attestations/seen.json",))
        return verdict(SOAK, witnessed_soak=witnessed, is_soaking=True).counted

    assert counted(DAY) == ("attestations/seen.json",)
    assert counted(HOUR) == ()
