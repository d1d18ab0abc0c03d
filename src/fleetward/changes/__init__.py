"""What moved, and what it means (SPEC 5)."""

from __future__ import annotations

from fleetward.changes.comparing import PinClass, compare
from fleetward.changes.documents import compare_document
from fleetward.changes.meanings import MEANINGS, Meaning

__all__ = ["MEANINGS", "Meaning", "PinClass", "compare", "compare_document"]
