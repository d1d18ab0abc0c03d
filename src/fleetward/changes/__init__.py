"""Changes between two states of a fleet, and their meaning (SPEC 5)."""

from __future__ import annotations

from fleetward.changes.compare import compare
from fleetward.changes.documents import compare_document, unknown_file_change
from fleetward.changes.meaning import Meaning
from fleetward.changes.meanings import MEANINGS
from fleetward.changes.pins import PinClass

__all__ = ["MEANINGS", "Meaning", "PinClass", "compare", "compare_document", "unknown_file_change"]
