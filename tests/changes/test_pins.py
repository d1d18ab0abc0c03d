"""A lost pin is critical at every place where a manifest names a model."""

from __future__ import annotations

import pytest

from fleetward.changes import compare
from fleetward.domain.change import Direction, Significance
from fleetward.store.formats import json_schema
from tests import build

FIXED, LOOSE = {"provider": "openai", "name": "fixed"}, {"provider": "openai", "name": "loose"}


def spec(place: str, named_model: dict[str, str]) -> dict[str, object]:
    model = named_model if place == "model" else FIXED
    judge = {"judge": named_model} if place == "judge" else {}
    finder = {"embedding": named_model} if place == "embedding" else {}
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
def test_a_lost_pin_is_critical_and_a_gained_one_is_low(place: str, path: str) -> None:
    fixed, loose = (
        build.agent(build.manifest("desk", spec(place, pinned_model))) for pinned_model in (FIXED, LOOSE)
    )

    def moved(before, after):
        comparison = compare(
            before,
            after,
            schema=json_schema.load_schema("agent"),
            pin_class=lambda model: "pinned" if model.get("name") == "fixed" else "floating",
        )
        [pin] = [change for change in comparison.changes if change.rule.startswith("behaviour/pin-")]
        return pin.rule, pin.path, pin.direction, pin.significance

    assert moved(fixed, loose) == ("behaviour/pin-lost", path, Direction.LOOSER, Significance.CRITICAL)
    assert moved(loose, fixed) == ("behaviour/pin-gained", path, Direction.STRICTER, Significance.LOW)
