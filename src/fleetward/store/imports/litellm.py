"""The model catalogue that LiteLLM ships (JSON): which models it dates."""

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
# LiteLLM splits some providers by the API that it calls; these words in front stand for the whole.
_FAMILIES = ("vertex_ai", "bedrock", "cohere", "azure_ai", "azure", "fireworks_ai", "together_ai")
_ALIASES = {
    "text-completion-openai": "openai",
    "text-completion-codestral": "mistral",
    "codestral": "mistral",
}
# What is left with a slash after the prefix is priced for a region or a picture size: no id of its own.
_PLAIN_ID_PROVIDERS = frozenset(
    {"openai", "azure", "azure_ai", "anthropic", "bedrock", "gemini", "mistral", "cohere", "xai"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRetirement:
    """The last day of a model, as the catalogue says it: LiteLLM's word for the provider, the model's id."""

    provider: str
    name: str
    day: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """Every dated model once, with its earliest day; *undated* counts the others, *unread* names what is odd."""

    dated: tuple[ModelRetirement, ...]
    undated: int
    unreadable: tuple[str, ...]


def read_catalogue(content: bytes, file: str) -> Catalogue:
    """
    What ``model_prices_and_context_window.json`` knows of retirements.

    Errors: FleetError for what is not such a file.
    """
    days: dict[tuple[str, str], str] = {}
    undated, unread = 0, []
    for key, entry in _entries(content, file):
        if key == "sample_spec":  # the catalogue's own explanation of its fields
            continue
        if entry.get("deprecation_date") is None:
            undated += 1
            continue
        provider, name = _provider_and_name(key, entry.get("litellm_provider"))
        day = _day(entry["deprecation_date"])
        if not day or not _PROVIDER.fullmatch(provider) or not _NAMES.fullmatch(name):
            unread.append(key)
        elif provider not in _PLAIN_ID_PROVIDERS or "/" not in name:
            days[provider, name] = min(day, days.get((provider, name), day))
    dated = tuple(ModelRetirement(provider=p, name=n, day=day) for (p, n), day in sorted(days.items()))
    return Catalogue(dated=dated, undated=undated, unreadable=tuple(unread))


def _entries(content: bytes, file: str) -> Iterable[tuple[str, dict[str, Any]]]:
    """Keys and their objects; a key that is there twice counts twice."""
    hint = "give LiteLLM's model_prices_and_context_window.json"
    try:
        loaded = json.loads(content.decode("utf-8-sig"), object_pairs_hook=tuple)
    except (ValueError, RecursionError) as error:
        raise FleetError(f"{file!r} is not JSON: {str(error)[:200]}", hint=hint) from None
    pairs = [(key, dict(value)) for key, value in loaded if _is_object(value)] if _is_object(loaded) else []
    if not any("litellm_provider" in entry for _, entry in pairs):
        raise FleetError(f"{file!r} is no model catalogue: nothing in it has a litellm_provider", hint=hint)
    return pairs


def _is_object(value: Any) -> bool:
    return isinstance(value, tuple)


def _provider_and_name(key: str, provider: Any) -> tuple[str, str]:
    """LiteLLM's provider without the API it is called by, and the id without what stands for the provider."""
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
