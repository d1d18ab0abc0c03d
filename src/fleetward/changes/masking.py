"""Masks for secrets: equal secrets have equal masks, so that a change of a secret is still visible."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from fleetward.changes.equality import is_list
from fleetward.changes.invisible_characters import visible
from fleetward.domain.secrets import certain_secrets, find_secrets

_SECRET_NAME = re.compile(
    r"(?i)(?:^|[-_.])(?:password|passwd|secret|token|credential|api[-_]?key|private[-_]?key)$"
)


def masked(value: Any, *, key: str = "", secret: bool = False) -> Any:
    """The value with its secrets masked; *secret*: all of it is secret."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Mapping):
        return {
            masked_text(str(name)): masked(item, key=value_name(value, str(name)), secret=secret)
            for name, item in value.items()
        }
    if is_list(value):
        return [masked(item, key=key, secret=secret) for item in value]
    if secret or (isinstance(value, str) and value and _SECRET_NAME.search(_kebab(key))):
        return mask(str(value))
    return masked_text(value) if isinstance(value, str) else value


def value_name(mapping: Mapping[str, Any], key: str) -> str:
    """The name of a value: its key, or for the key ``value`` the text at ``name`` beside it."""
    name = mapping.get("name") if key == "value" else None
    return name if isinstance(name, str) else key


def masked_text(text: str) -> str:
    """The text with everything masked that may be a credential; line ends stay, so line numbers do, too."""
    parts, at = [], 0
    for secret in find_secrets(text):
        hidden = text[secret.start : secret.end]
        parts += [text[at : secret.start], mask(hidden), "\n" * hidden.count("\n")]
        at = secret.end
    return "".join((*parts, text[at:]))


def masked_name(text: str) -> str:
    """A name or path with certain credentials masked: names often look like credentials."""
    for secret in certain_secrets(text):
        text = text.replace(text[secret.start : secret.end], "*" * (secret.end - secret.start))
    return text


def printable_name(text: str) -> str:
    """A name or path without credentials and invisible characters."""
    return str(visible(masked_name(text)))


def mask(text: str) -> str:
    """``<secret sha256:1234abcd>``."""
    return f"<secret sha256:{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}>"


def _kebab(key: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", key)
