"""What moved, and what it means (SPEC 5); ``catalogue`` and ``normal`` are asked for by themselves."""

from __future__ import annotations

from fleetward.changes.comparing import PinClass, compare
from fleetward.changes.documents import compare_document, unknown_document
from fleetward.changes.meanings import Meaning
from fleetward.changes.table import MEANINGS

__all__ = ["MEANINGS", "Meaning", "PinClass", "compare", "compare_document", "unknown_document"]
