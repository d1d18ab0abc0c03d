"""How fixed the id of a language model is: pinned, versioned or floating, and why."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from fleetward.rules.pin import FLOATING, PINNED, VERSIONED, Pin, PinClass, Provider, Row
from fleetward.rules.pin_hosts import AZURE, AZURE_AI
from fleetward.rules.pin_patterns import (
    COMMIT,
    DAY,
    ISO,
    MMDD,
    MONTH,
    NOT_KNOWN_YET,
    OPEN_WEIGHTS,
    SHA256,
    UNKNOWN_DATED,
    UNKNOWN_NUMBERED,
)
from fleetward.rules.pin_spellings import PROVIDERS, SPELLING

_INDIRECTION = re.compile(
    r"[$%]\{|\$[A-Za-z(]|\{\{|\{[A-Za-z_]|<[^>]*>|%[A-Za-z_]+%|%\(|\b(?:env|secret|vault)[:.(]"
)
_ALIAS = r"(?i)(?:.*[-_.:@/~])?(?:latest|nightly|newest|current|default|auto|stable|main|master|head)"
_DIGEST = rf"(?i)(?:sha256:)?{SHA256}|(?:sha1:)?{COMMIT}"
_DATED = rf"(?i).*(?<![0-9])20[0-9]{{2}}(-?){MONTH}\1{DAY}(?![0-9]).*"
_NUMBERED = r"(?i).*[-@:]v?[0-9]+\.[0-9]+\.[0-9]+"

_UNKNOWN_PROVIDER = (UNKNOWN_DATED, UNKNOWN_NUMBERED, Row(OPEN_WEIGHTS, VERSIONED, ""))


@lru_cache(maxsize=4096)
def classify_pin(
    provider: str,
    name: str,
    version: str | None = None,
    *,
    deployment: str | None = None,
    upgrade_policy: str | None = None,
    digest: str | None = None,
) -> Pin:
    """Classify the id of a model, with the fields that a manifest gives beside it."""
    known_provider = _find_provider(provider)
    hint = known_provider.hint if known_provider else "name a content digest, or a version"
    version, deployment = (version or "").strip(), (deployment or "").strip()
    pin_class, reason = _classify(known_provider, name.strip(), version, upgrade_policy, deployment, digest)
    return Pin(pin_class=pin_class, reason=reason, hint="" if pin_class is PINNED else hint)


def model_identity(provider: str, name: str, version: str | None = None) -> tuple[str, str]:
    """A key that is equal for all spellings of one model: the usual name of the provider, and the whole id."""
    known_provider = _find_provider(provider)
    spelled = SPELLING.get(_normalised(provider), provider.strip())
    full = _full_id(known_provider, name.strip(), version)
    return spelled, _without_prefix(known_provider, full) if known_provider else full


def known_providers() -> frozenset[str]:
    """The names of all providers whose ids are understood."""
    return frozenset(PROVIDERS)


def _classify(
    provider: Provider | None,
    name: str,
    version: str | None,
    upgrade_policy: str | None,
    deployment: str | None,
    digest: str | None,
) -> tuple[PinClass, str]:
    if not name:
        return FLOATING, "no model is named"
    # before the digest: a variable may put another model in its place
    if any(_INDIRECTION.search(part) for part in (name, version or "", deployment or "")):
        return FLOATING, "a variable decides elsewhere which model this is"
    # elsewhere a digest is never sent, so it pins nothing
    if digest and (provider is None or provider.supports_digest) and re.fullmatch(_DIGEST, digest):
        return PINNED, "its content is named by digest"
    if provider is AZURE or (provider is AZURE_AI and (version or upgrade_policy)):
        return _classify_azure(name, version, deployment, upgrade_policy)
    full = _full_id(provider, name, version)
    if provider is None:
        return _classify_unknown(full, version)
    return _classify_by_rows(provider, full)


def _classify_by_rows(provider: Provider, full: str) -> tuple[PinClass, str]:
    """Classify an id by the rows of its provider; words such as ``latest`` float unless a row matches."""
    bare = _without_prefix(provider, full)
    # where a digest or commit can be asked for, dates are parts of names; a host without rows keeps no id at all
    makers = () if provider.supports_digest or not provider.rows else NOT_KNOWN_YET
    match = _first_match((*makers, *provider.rows), bare)
    if match is not None:
        # rows first: a provider may have given a word such as `stable` a fixed meaning
        return match
    return (FLOATING, "the name says that it moves") if _is_alias(bare) else provider.default


def _without_prefix(provider: Provider, full: str) -> str:
    return (
        re.sub(rf"^(?:{provider.prefix_pattern})", "", full, flags=re.IGNORECASE)
        if provider.prefix_pattern
        else full
    )


def _first_match(rows: Iterable[Row], full: str) -> tuple[PinClass, str] | None:
    """The class and reason of the first row that matches the whole id."""
    for row in rows:
        # whole and ASCII: `$` lets a line feed through, and \d takes digits of other scripts
        if re.fullmatch(row.pattern, full, re.IGNORECASE | re.ASCII):
            return row.pin_class, row.reason
    return None


def _is_alias(text: str) -> bool:
    """True if it ends with a word such as ``latest``."""
    return re.fullmatch(_ALIAS, text) is not None


def _full_id(provider: Provider | None, name: str, version: str | None) -> str:
    version = (version or "").strip()
    # many write the version in the name as well: it must not stand there twice
    if not version or name.endswith(version):
        return name
    return f"{name}{provider.separator if provider else '@'}{version}"


def _classify_unknown(full: str, version: str | None) -> tuple[PinClass, str]:
    """Classify an id of an unknown provider: a version may be named, but nothing is promised."""
    if _is_alias(full):
        return FLOATING, "the name says that it moves"
    # the full digest only: a shortened one may become ambiguous
    if re.search(rf"@(?:sha256:)?(?:{SHA256}|{COMMIT})$", full, re.I):
        return PINNED, "its content is named by digest"
    if version or re.fullmatch(_DATED, full) or re.fullmatch(_NUMBERED, full):
        return VERSIONED, "a version is named, but this provider's promise is not known"
    if _first_match(_UNKNOWN_PROVIDER, full):
        return VERSIONED, "one release is named, but this provider's promise is not known"
    return FLOATING, "no version is named, and this provider's promise is not known"


def _find_provider(name: str) -> Provider | None:
    """The provider of this name; case, spaces and underscores do not matter."""
    return PROVIDERS.get(_normalised(name))


def _normalised(provider: str) -> str:
    return re.sub(r"[ _]+", "-", provider.strip().casefold())


def _classify_azure(
    name: str, version: str | None, deployment: str | None, upgrade_policy: str | None
) -> tuple[PinClass, str]:
    """On Azure a deployment holds a version, and its upgrade option says for how long."""
    # whatever version and option say: the router does not keep them
    if name.casefold() == "model-router":
        return FLOATING, "a router chooses the model on every call"
    if re.search(r"[.:]ft-", name, re.IGNORECASE):
        # a tuned model has no newer default version
        if deployment:
            return PINNED, "a deployment of a tuned model, which is not upgraded by itself"
        return VERSIONED, "no deployment is named that would hold this tuned model"
    dated = _first_match((Row(rf".+-(?:{ISO}|{MMDD})", PINNED, ""),), name)
    if (not version and dated is None) or (version and _is_alias(version)):
        return FLOATING, "no model version is named for the deployment"
    # before the general case: once-expired keeps a version, but not for good
    if upgrade_policy == "once-expired":
        return VERSIONED, "the version is kept until it expires, and is then replaced unasked"
    if upgrade_policy != "no-auto-upgrade":
        return FLOATING, "the deployment follows each new default version"
    if "preview" in f"{name} {version or ''}".casefold():
        return VERSIONED, "a preview version is upgraded in place, whatever the option says"
    if not deployment:
        return VERSIONED, "no deployment is named that would hold this version"
    return PINNED, "the deployment holds this version and is not upgraded by itself"
