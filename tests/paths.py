"""Where the tests find the checkout and their data."""

from __future__ import annotations

from pathlib import Path

TESTS = Path(__file__).parent
CHECKOUT = TESTS.parent
CASES = TESTS / "cases"
SAMPLES = TESTS / "samples"
DATA = TESTS / "data"
SCHEMAS = CHECKOUT / "schemas"
EXAMPLE_FLEET = CHECKOUT / "example-fleet"
