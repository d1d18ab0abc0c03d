"""What moved, and what it means (SPEC 5); ``catalogue`` and ``normal`` are asked for by themselves."""

from __future__ import annotations

from fleetward.changes.compare import PinClass, compare
from fleetward.changes.documents import compare_document, unknown_file_change
from fleetward.changes.meaning import Meaning
from fleetward.changes.meanings import MEANINGS

__all__ = ["MEANINGS", "Meaning", "PinClass", "compare", "compare_document", "unknown_file_change"]
