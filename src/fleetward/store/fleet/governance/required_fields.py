"""``required`` of a policy: every path is one that a manifest can have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fleetward.store.fleet.governance.source import Notes
from fleetward.store.formats.json_schema import unknown_path


def check_required(data: Mapping[str, Sequence[str]], notes: Notes) -> None:
    """An error for each path that no manifest can have: every agent would lack it."""
    for tier, paths in data.items():
        for position, path in enumerate(paths):
            unknown = unknown_path(path, "agent")
            if unknown is None:
                continue
            correction = unknown.suggestion
            if correction is not None and unknown_path(correction, "agent") is not None:
                correction = None
            message = f"tier {tier!r} requires {path!r}, which no manifest can have"
            hint = f"did you mean {correction!r}?" if correction else "fleet schema agent lists the fields"
            notes.error(message, ("required", tier, position), hint)
