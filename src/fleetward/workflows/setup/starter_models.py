"""The language model that a new agent starts with."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from fleetward.domain.clock import parse_date
from fleetward.domain.errors import FleetError
from fleetward.domain.fleet import Snapshot
from fleetward.rules import PinClass, classify_pin
from fleetward.store.formats.yaml_scalar import yaml_scalar

_DEFAULT_MODELS = ({"provider": "anthropic", "name": "claude-sonnet-4-6"},)


def starter_models(fleet: Snapshot, now: datetime) -> tuple[Mapping[str, Any], ...]:
    """
    The first model that is allowed, pinned and not about to retire, and a fallback of another provider.

    Errors: FleetError where governance/models.yaml has no such model.
    """
    listed = (fleet.models.data.get("models") if fleet.models else None) or ()
    if not listed:
        return _DEFAULT_MODELS
    usable = [
        entry for entry in listed if entry.get("allowed") and _is_pinned(entry) and _is_lasting(entry, now)
    ]
    if not usable:
        hint = "list a model with allowed: true there, by an id that never changes its meaning"
        raise FleetError("governance/models.yaml allows no pinned model that stays available", hint=hint)
    fallbacks = [entry for entry in usable[1:] if entry["provider"] != usable[0]["provider"]]
    return (usable[0], *fallbacks[:1])


def _is_pinned(entry: Mapping[str, Any]) -> bool:
    return classify_pin(entry["provider"], entry["name"], entry.get("version")).pin_class is PinClass.PINNED


def _is_lasting(entry: Mapping[str, Any], now: datetime) -> bool:
    """Whether its last day is unknown or more than 90 days away."""
    try:
        last = parse_date(entry["retiresAt"]) if entry.get("retiresAt") else None
    except ValueError:
        return False
    return last is None or (last - now.astimezone(UTC).date()).days > 90


def model_lines(models: tuple[Mapping[str, Any], ...]) -> str:
    """The models as YAML of ``spec.model``: the first with its fields, the others as fallbacks."""
    first, *fallbacks = [
        [
            f"{key}: {yaml_scalar(str(entry[key]))}"
            for key in ("provider", "name", "version")
            if entry.get(key)
        ]
        for entry in models
    ]
    lines = [f"    {entry}\n" for entry in first]
    if fallbacks:
        lines.append("    fallbacks:\n")
        lines.extend(f"      - {{{', '.join(entry)}}}\n" for entry in fallbacks)
    return "".join(lines)


def promptfoo_provider(entry: Mapping[str, Any]) -> str:
    """The model as promptfoo names it."""
    kind = ":messages" if entry["provider"] == "anthropic" else ""
    return f"{entry['provider']}{kind}:{entry['name']}"
