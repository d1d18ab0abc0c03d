"""A model that could change unseen is critical wherever a manifest names one."""

from __future__ import annotations

import pytest

from fleetward.changes import compare
from fleetward.domain.change import Direction, Significance
from fleetward.store.formats import json_schema
from tests import build

FIXED, LOOSE = {"provider": "openai", "name": "fixed"}, {"provider": "openai", "name": "loose"}


def spec(place: str, named: dict[str, str]) -> dict[str, object]:
    model = named if place == "model" else FIXED
    judge = {"judge": named} if place == "judge" else {}
    finder = {"embedding": named} if place == "embedding" else {}
    return {
        "model": model,
        "evals": [{"name": "tone", "suite": "evals/tone.yaml", **judge}],
        "knowledge": [{"name": "terms", "source": "kb:terms", **finder}],
    }


@pytest.mark.parametrize(
    ("place", "path"),
    [
        ("model", "spec.model"),
        ("judge", "spec.evals[tone].judge"),
        ("embedding", "spec.knowledge[terms].embedding"),
    ],
)
def test_a_pin_that_is_lost_is_critical_and_its_way_back_is_low(place: str, path: str) -> None:
    fixed, loose = (build.agent(build.manifest("desk", spec(place, named))) for named in (FIXED, LOOSE))

    def moved(before, after):
        found = compare(
            before,
            after,
            schema=json_schema.schema("agent"),
            pin_class=lambda model: "pinned" if model.get("name") == "fixed" else "floating",
        )
        [pin] = [change for change in found.changes if change.rule.startswith("behaviour/pin-")]
        return pin.rule, pin.path, pin.direction, pin.significance

    assert moved(fixed, loose) == ("behaviour/pin-lost", path, Direction.LOOSER, Significance.CRITICAL)
    assert moved(loose, fixed) == ("behaviour/pin-gained", path, Direction.STRICTER, Significance.LOW)
