"""The model catalogue of LiteLLM (JSON): when providers retire their language models."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from fleetward.domain import clock
from fleetward.domain.errors import FleetError
from fleetward.domain.fast_dataclass import dataclass

_NAMES = re.compile(r"[!-~]{1,200}")
_PROVIDER = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
# LiteLLM splits some providers by API, such as "vertex_ai-anthropic"; a prefix of these stands for all of them.
_FAMILIES = ("vertex_ai", "bedrock", "cohere", "azure_ai", "azure", "fireworks_ai", "together_ai")
_ALIASES = {
    "text-completion-openai": "openai",
    "text-completion-codestral": "mistral",
    "codestral": "mistral",
    # Oracle's cloud; in manifests `oci` is an image of the Open Container Initiative
    "oci": "oracle-cloud",
}
# With these providers an id that still has a slash is a price for a region or a picture size, not a model.
_PLAIN_ID_PROVIDERS = frozenset(
    {"openai", "azure", "azure_ai", "anthropic", "bedrock", "gemini", "mistral", "cohere", "xai"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRetirement:
    """The last day of a model, with LiteLLM's name of the provider and the model's id."""

    provider: str
    name: str
    day: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """Every dated model once; *undated* counts the others, *unreadable* are the keys of odd entries."""

    dated: tuple[ModelRetirement, ...]
    undated: int
    unreadable: tuple[str, ...]


def read_catalogue(content: bytes, file: str) -> Catalogue:
    """
    LiteLLM's ``model_prices_and_context_window.json``: the ``deprecation_date`` of each model that has one.

    A model that several entries date gets the earliest day. Entries of a region or a picture size are left out.

    Errors: FleetError for another file.
    """
    days: dict[tuple[str, str], str] = {}
    undated, unreadable = 0, []
    for key, entry in _entries(content, file):
        if key == "sample_spec":  # the catalogue's own explanation of its fields
            continue
        if entry.get("deprecation_date") is None:
            undated += 1
            continue
        provider, name = _provider_and_name(key, entry.get("litellm_provider"))
        day = _day(entry["deprecation_date"])
        if not day or not _PROVIDER.fullmatch(provider) or not _NAMES.fullmatch(name):
            unreadable.append(key)
        elif provider not in _PLAIN_ID_PROVIDERS or "/" not in name:
            days[provider, name] = min(day, days.get((provider, name), day))
    dated = tuple(ModelRetirement(provider=p, name=n, day=day) for (p, n), day in sorted(days.items()))
    return Catalogue(dated=dated, undated=undated, unreadable=tuple(unreadable))


def _entries(content: bytes, file: str) -> Iterable[tuple[str, dict[str, Any]]]:
    """Keys and their objects; a repeated key gives an entry each time."""
    hint = "give LiteLLM's model_prices_and_context_window.json"
    try:
        loaded = json.loads(content.decode("utf-8-sig"), object_pairs_hook=tuple)
    except (ValueError, RecursionError) as error:
        raise FleetError(f"{file!r} is not JSON: {str(error)[:200]}", hint=hint) from None
    pairs = [(key, dict(value)) for key, value in loaded if _is_object(value)] if _is_object(loaded) else []
    if not any("litellm_provider" in entry for _, entry in pairs):
        raise FleetError(f"{file!r} is not a model catalogue: no entry has a litellm_provider", hint=hint)
    return pairs


def _is_object(value: Any) -> bool:
    return isinstance(value, tuple)


def _provider_and_name(key: str, provider: Any) -> tuple[str, str]:
    """The provider without its API, and the id without the provider's prefix."""
    litellm_name = str(provider or "")
    family = next(
        (word for word in _FAMILIES if litellm_name.startswith(word)),
        _ALIASES.get(litellm_name, litellm_name),
    )
    for prefix in (litellm_name, family):
        key = key.removeprefix(f"{prefix}/")
    return family, key


def _day(value: Any) -> str:
    with suppress(ValueError, TypeError):
        return clock.parse_date(value).isoformat()
    return ""
