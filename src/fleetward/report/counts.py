"""Numbers in sentences: ``1 agent``, ``2 agents``, ``1 critical, 3 high``."""

from __future__ import annotations

from collections.abc import Mapping

from fleetward.domain.change import Significance


def count_text(number: int, noun: str, plural: str = "") -> str:
    """``1 entry``, ``2 entries``; the plural ends in ``s`` unless it is given."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def significance_counts(counts: Mapping[Significance, int]) -> str:
    """``1 critical, 3 high``, worst first; ``0`` if nothing is counted."""
    return ", ".join(f"{counts[level]} {level}" for level in Significance if counts.get(level)) or "0"
