"""The language models of an agent: pinned, allowed, not retired."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from fleetward.domain import layout
from fleetward.domain.finding import Severity
from fleetward.domain.fleet import Snapshot
from fleetward.domain.manifest import Manifest
from fleetward.rules.pin import Pin, PinClass
from fleetward.rules.pin_classes import classify_pin, model_identity
from fleetward.rules.rule import Violation, rule, violation
from fleetward.rules.selectors import (
    in_service,
    keyed_items,
    limit,
    list_items,
    parse_day,
    today,
    unretired,
)

REGISTER = layout.MODELS


@rule("model-floating", Severity.ERROR, severity_exceptions="warning for the lowest tier")
def model_floating(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    The manifest names a model by an alias, a router, a variable or nothing at all, so the model can change
    unnoticed.

    Why: an upgrade of the model is a deployment. With an alias, the provider decides when to deploy, and no
    evaluation that you ran covers the new model.
    Bad:
        model: {provider: openai, name: gpt-4.1}
    Good:
        model: {provider: openai, name: gpt-4.1-2025-04-14}
    Fix: name the dated snapshot, the version or the digest. The rule also covers fallbacks, judges and
    embedding models.
    """
    for manifest in fleet.manifests:
        lowest = fleet.policy.tier_rank(manifest.tier) == 0 if fleet.policy else manifest.tier == "low"
        severity = Severity.WARNING if lowest else Severity.ERROR
        for path, name, pin in _pins(manifest):
            if pin.pin_class is PinClass.FLOATING:
                message = f"{name!r} is floating: {pin.reason}"
                yield violation(manifest, path, message, pin.hint, severity=severity)


@rule("model-unverified", Severity.WARNING)
def model_unverified(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    The manifest names a version of a model, but nobody promises that it stays the same.

    Why: a tag looks fixed and usually is, until somebody pushes it again.
    Bad:
        model: {provider: ollama, name: "llama3.1:8b-instruct-q4_K_M"}
    Good:
        model: {provider: ollama, name: "llama3.1:8b-instruct-q4_K_M", digest: "sha256:<64 hex digits>"}
    Fix: add the digest or the revision that you evaluated, or waive the rule for this agent until a date.
    """
    for manifest in fleet.manifests:
        for path, name, pin in _pins(manifest):
            if pin.pin_class is PinClass.VERSIONED:
                message = f"{name!r} has a version, but no promise: {pin.reason}"
                # some hosts promise nothing for any name
                hint = f"{pin.hint}; or waive the rule for this agent, with an end"
                yield violation(manifest, path, message, hint)


@rule("model-not-allowed", Severity.ERROR)
def model_not_allowed(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    The model is not one that governance/models.yaml allows.

    Why: contracts, data residency and evaluations cover only the models that were assessed.
    Bad:
        # models.yaml: models: [{provider: openai, name: gpt-4.1-2025-04-14, allowed: true}]
        model: {provider: openai, name: gpt-4o-2024-08-06}
    Good:
        # models.yaml: models: [{provider: openai, name: gpt-4.1-2025-04-14, allowed: true}]
        model: {provider: openai, name: gpt-4.1-2025-04-14}
    Fix: use an allowed model, or have this one allowed in governance/models.yaml. A register in which no model
    is marked as allowed is only a calendar. It then refuses only models with `allowed: false`.
    """
    register = _register(fleet)
    closed = any(entry.get("allowed") is True for entry in register.values())
    for manifest in unretired(fleet):
        for path, entry in model_entries(manifest):
            allowed = _register_entry(register, entry).get("allowed")
            if allowed is False or (closed and allowed is not True):
                message = f"{entry.get('name')!r} of {entry.get('provider')!r} is not allowed here"
                # no other model is named: it may be older, and nobody has evaluated the agent on it
                hint = f"use a model that {REGISTER} allows, or have this one allowed there"
                yield violation(manifest, f"{path}.name", message, hint)


@rule("model-retiring", Severity.WARNING, severity_exceptions="error once the day is past")
def model_retiring(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    The provider retires the model soon, or has retired it.

    Why: from that day on every call fails, or another model answers that nobody has evaluated.
    Bad:
        # models.yaml: {provider: openai, name: gpt-4-0613, retiresAt: 2026-12-01}
        model: {provider: openai, name: gpt-4-0613}
    Good:
        # models.yaml: {provider: openai, name: gpt-4.1-2025-04-14, retiresAt: 2027-06-30}
        model: {provider: openai, name: gpt-4.1-2025-04-14}
    Fix: move to a model that stays available. Where the register names its replacement (`replacedBy`), the hint
    does, too. `limits.retiring` in the policy sets how early the warning comes. `fleet models import` updates the
    dates.
    """
    register, ahead = _register(fleet), limit(fleet, "retiring")
    for manifest in unretired(fleet):
        for path, entry in model_entries(manifest):
            listed = _register_entry(register, entry)
            last = parse_day(listed.get("retiresAt"))
            if last is None or ahead.after(today(now)) < last:
                continue
            past = last < today(now)
            message = f"{entry.get('name')!r} {'was retired' if past else 'is to be retired'} on {last}"
            severity = Severity.ERROR if past else Severity.WARNING
            successor = _successor(register, entry, listed, last)
            hint = f"move to {successor or 'a model that stays'}, and evaluate the agent on it"
            yield violation(manifest, f"{path}.name", message, hint, severity=severity)


@rule("model-no-fallback", Severity.NOTE)
def model_no_fallback(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    The agent has no second model for when the first one does not answer.

    Why: providers have outages. An agent without a fallback has the same outages.
    Bad:
        model: {provider: anthropic, name: claude-sonnet-4-6}
    Good:
        model:
          provider: anthropic
          name: claude-sonnet-4-6
          fallbacks: [{provider: openai, name: gpt-4.1-2025-04-14}]
    Fix: name a pinned fallback, preferably of another provider, and evaluate the agent on it, too.
    """
    for manifest in in_service(fleet):
        if not manifest.items("spec.model.fallbacks"):
            yield violation(
                manifest, "spec.model", "no fallback model", "add model.fallbacks with a pinned model"
            )


@rule("fallback-same", Severity.WARNING)
def fallback_same(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    A fallback is the very model that it should stand in for.

    Why: when the first model does not answer, the same model does not answer either. The fallback only looks like
    one.
    Bad:
        model:
          provider: anthropic
          name: claude-sonnet-4-6
          fallbacks: [{provider: anthropic, name: claude-sonnet-4-6}]
    Good:
        model:
          provider: anthropic
          name: claude-sonnet-4-6
          fallbacks: [{provider: openai, name: gpt-4.1-2025-04-14}]
    Fix: name another model, preferably of another provider, or another deployment of this one.
    """
    for manifest in unretired(fleet):
        primary = manifest.get("spec.model", {})
        for path, fallback in list_items(manifest, "spec.model.fallbacks"):
            if fallback.get("name") and _served_model(fallback) == _served_model(primary):
                message = f"the fallback {fallback.get('name')!r} is the model itself"
                hint = "name another model, preferably of another provider"
                yield violation(manifest, f"{path}.name", message, hint)


def model_entries(manifest: Manifest) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every model of a manifest with its path: the model, its fallbacks, judges and embeddings."""
    yield "spec.model", manifest.get("spec.model", {})
    yield from list_items(manifest, "spec.model.fallbacks")
    for group, field in (("spec.evals", "judge"), ("spec.knowledge", "embedding")):
        for path, item in keyed_items(manifest, group):
            if isinstance(item.get(field), Mapping):
                yield f"{path}.{field}", item[field]


def _served_model(entry: Mapping[str, Any]) -> tuple[str, ...]:
    """What answers: the model, and the deployment where one is named; the same in all spellings."""
    provider, name = _key(entry)
    return provider, name.casefold(), str(entry.get("deployment") or ""), str(entry.get("digest") or "")


def listed_model(fleet: Snapshot, entry: Mapping[str, Any]) -> dict[str, Any] | None:
    """What governance/models.yaml says of a model; None where it does not list it."""
    return _register_entry(_register(fleet), entry) or None


def _pins(manifest: Manifest) -> Iterator[tuple[str, str, Pin]]:
    """The path, name and pin of each model."""
    for path, entry in model_entries(manifest):
        name = str(entry.get("name") or "")
        pin = classify_pin(
            str(entry.get("provider") or ""),
            name,
            _text(entry.get("version")),
            deployment=_text(entry.get("deployment")),
            upgrade_policy=_text(entry.get("upgradePolicy")),
            digest=_text(entry.get("digest")),
        )
        yield f"{path}.name", name, pin


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _register(fleet: Snapshot) -> dict[tuple[str, str], Mapping[str, Any]]:
    """The entries of governance/models.yaml by normalised model; the last entry of a model wins."""
    listed = (fleet.models.data.get("models") if fleet.models else None) or ()
    return {_key(entry): entry for entry in listed}


def _register_entry(
    register: Mapping[tuple[str, str], Mapping[str, Any]], entry: Mapping[str, Any]
) -> dict[str, Any]:
    """The register's fields for a model: those of its version override those of its name alone."""
    return {**register.get(_key({**entry, "version": None}), {}), **register.get(_key(entry), {})}


def _successor(
    register: Mapping[tuple[str, str], Mapping[str, Any]],
    entry: Mapping[str, Any],
    listed: Mapping[str, Any],
    last: date,
) -> str:
    """The replacement that the register names, of the same provider; empty if it is refused or retires no later."""
    name = listed.get("replacedBy")
    if name is None:
        return ""
    successor = _register_entry(register, {"provider": entry.get("provider"), "name": name})
    end = parse_day(successor.get("retiresAt"))
    return "" if successor.get("allowed") is False or (end is not None and end <= last) else repr(name)


def _key(entry: Mapping[str, Any]) -> tuple[str, str]:
    return model_identity(
        str(entry.get("provider") or ""), str(entry.get("name") or ""), _text(entry.get("version"))
    )
