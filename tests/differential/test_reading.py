"""The gate and an independent reading of the specification say the same of random situations."""

from __future__ import annotations

import copy
import os
import re
from collections import Counter
from pathlib import Path

import pytest

from tests.differential import reading, situations

COUNT = int(os.environ.get("FLEETWARD_SITUATIONS", "2000"))
"""``make differential`` asks for 20,000."""
PARTS = 4


@pytest.mark.parametrize("part", range(PARTS))
def test_the_gate_says_what_the_specification_says(part: int) -> None:
    differing = []
    for seed in range(part, COUNT, PARTS):
        plain = situations.situation(seed)
        expected = reading.verdict(copy.deepcopy(plain))
        verdict = situations.gate_verdict(plain)
        if verdict != expected:
            differing.append(f"situation {seed}: the gate says {verdict}, the specification {expected}")

    assert not differing, "\n".join(differing[:20])


def test_every_verdict_is_frequent() -> None:
    verdicts = Counter(reading.verdict(situations.situation(seed)) for seed in range(300))

    assert min(verdicts[verdict] for verdict in ("allowed", "pending", "blocked")) >= 15, verdicts


def test_the_reading_shares_no_code_with_the_product() -> None:
    text = Path(reading.__file__).read_text("utf-8")

    assert not re.search(r"^\s*(from|import) (?!__future__|collections|typing)", text, re.MULTILINE)
