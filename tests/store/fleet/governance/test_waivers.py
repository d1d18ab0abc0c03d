"""``governance/waivers.yaml``: an exception without rule, person, day or reason excepts nothing."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from fleetward.store.fleet.governance.waivers import parse_waivers
from tests.store.fleet.governance.sources import PEOPLE, finding_paths, source

RULES = ("review-overdue", "model-unverified")


def waive(**changes: Any) -> Any:
    entry = {
        "rule": "review-overdue",
        "agent": "refund-bot",
        "reason": "moved",
        "approvedBy": "alice",
        "expires": "2026-12-31",
        **changes,
    }
    data = {"waivers": [entry]}
    return parse_waivers(data, source("governance/waivers.yaml", data), PEOPLE, RULES)


def test_a_waiver_becomes_a_value_with_its_place() -> None:
    [waiver], findings = waive(environment="production")

    assert findings == ()
    assert (waiver.rule, waiver.environment, waiver.expires) == (
        "review-overdue",
        "production",
        date(2026, 12, 31),
    )
    assert waiver.place.path == "waivers[0]"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"rule": "review-overdu"}, ("schema", "waivers[0].rule")),
        ({"approvedBy": "mallory"}, ("role-unknown", "waivers[0].approvedBy")),
        ({"expires": "2026-02-30"}, ("schema", "waivers[0].expires")),
        ({"reason": " \t"}, ("schema", "waivers[0].reason")),
    ],
)
def test_a_wrong_waiver_is_left_out(changes: dict[str, Any], expected: tuple[str, str]) -> None:
    value, findings = waive(**changes)

    assert value == ()
    assert finding_paths(findings) == [expected]
