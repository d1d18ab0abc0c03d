"""Values of manifests and fleets that several rules need."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

from fleetward.domain import clock, period
from fleetward.domain.fleet import Snapshot
from fleetward.domain.manifest import Manifest
from fleetward.domain.names import nearest_name
from fleetward.domain.path import ItemKey, format_path
from fleetward.domain.period import Period

LIMITS: Mapping[str, Period] = {
    name: Period(text=f"P{days}D", span=timedelta(days=days))
    for name, days in {
        "assessment": 365,
        "escalationTest": 180,
        "killSwitchTest": 180,
        "retention": 180,
        "retiring": 90,
    }.items()
}
"""Default ages and lengths where the policy sets no limit (SPEC 4)."""
_MAX_CHOICES = 12


def limit(fleet: Snapshot, name: str) -> Period:
    """The age or length that this fleet allows."""
    return (fleet.policy.limits if fleet.policy else {}).get(name, LIMITS[name])


def unretired(fleet: Snapshot) -> Iterator[Manifest]:
    """The manifests of agents that are not retired."""
    return (manifest for manifest in fleet.manifests if manifest.lifecycle != "retired")


def in_service(fleet: Snapshot) -> Iterator[Manifest]:
    """The manifests of agents in use: neither drafts nor retired."""
    return (manifest for manifest in fleet.manifests if manifest.lifecycle not in ("draft", "retired"))


def agents_by_environment(fleet: Snapshot) -> Mapping[str, frozenset[str]]:
    """The names of the agents by environment; a rule calls it once, not once an agent."""
    names_by_environment: dict[str, set[str]] = defaultdict(set)
    for environment, name in fleet.agents:
        names_by_environment[environment].add(name)
    return {environment: frozenset(names) for environment, names in names_by_environment.items()}


def is_above_medium(fleet: Snapshot, manifest: Manifest) -> bool:
    """True above medium, or in the upper half of tiers without a medium; an unknown tier counts as above."""
    tiers = fleet.policy.tiers if fleet.policy else ("low", "medium", "high", "critical")
    middle = tiers.index("medium") if "medium" in tiers else (len(tiers) - 1) // 2
    return manifest.tier not in tiers or tiers.index(manifest.tier) > middle


def is_above_lowest(fleet: Snapshot, manifest: Manifest) -> bool:
    """True from medium on, or above the lowest of tiers without a medium; an unknown tier counts as above."""
    tiers = fleet.policy.tiers if fleet.policy else ("low", "medium", "high", "critical")
    first = tiers.index("medium") if "medium" in tiers else 1
    return manifest.tier not in tiers or tiers.index(manifest.tier) >= first


def today(now: datetime) -> date:
    """The date in UTC."""
    return now.astimezone(UTC).date()


def parse_day(value: Any) -> date | None:
    """A date of a manifest; None if there is none, or no such date exists."""
    try:
        return clock.parse_date(value) if isinstance(value, str) else None
    except ValueError:
        return None


def last_done(fleet: Snapshot, manifest: Manifest, path: str, kind: str) -> date | None:
    """The newest day of the manifest at *path* and of passed attestations of *kind*; None where there is none."""
    days = {
        attestation.on
        for attestation in fleet.attestations.get(manifest.name, ())
        if attestation.kind == kind and attestation.counts and attestation.is_about(manifest.environment)
    }
    written = parse_day(manifest.get(path))
    return max({*days, *([written] if written else [])}, default=None)


def attest_hint(manifest: Manifest, kind: str) -> str:
    """The command that records that it was done, without a new release."""
    return f"fleet attest {manifest.name} --kind {kind}"


def parse_duration(value: Any) -> timedelta | None:
    """A duration of a manifest; None if there is none, or its length is not fixed (months, years)."""
    try:
        return clock.parse_duration(value) if isinstance(value, str) else None
    except ValueError:
        return None


def parse_period(value: Any) -> Period | None:
    """A duration of a manifest that may count in months and years; None if there is none."""
    try:
        return period.parse_period(value) if isinstance(value, str) else None
    except ValueError:
        return None


def keyed_items(manifest: Manifest, path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The items of a keyed list, each with its path: ``spec.tools[crm]``."""
    for position, item in enumerate(manifest.items(path)):
        if isinstance(item, Mapping):
            name = item.get("name") or item.get("agent") or item.get("window")
            yield (path + _key_step(name) if isinstance(name, str) else f"{path}[{position}]"), item


@lru_cache(maxsize=4096)
def _key_step(name: str) -> str:
    return format_path((ItemKey(name),))


def list_items(manifest: Manifest, path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The items of a list without keys, each with its path: ``spec.model.fallbacks[0]``."""
    for position, item in enumerate(manifest.items(path)):
        if isinstance(item, Mapping):
            yield f"{path}[{position}]", item


def suggestion(word: str, names: Mapping[str, Any] | frozenset[str]) -> str:
    """``; did you mean 'payments'?`` if one of the names is similar, else nothing."""
    close = nearest_name(word, names)
    return f"; did you mean {close!r}?" if close else ""


def choices(word: str, names: Collection[str], label: str) -> str:
    """``; did you mean 'payments'?``, else ``; teams: ops, payments`` if there are at most twelve."""
    close = suggestion(word, frozenset(names))
    is_short = 0 < len(names) <= _MAX_CHOICES
    return close or (f"; {label}: {', '.join(sorted(names))}" if is_short else "")


def is_person_or_team(fleet: Snapshot, word: str) -> bool:
    """Whether a person (active or not) or a team has this name."""
    return word in fleet.people.people or word in fleet.people.teams


def is_staffed(fleet: Snapshot, word: str, now: datetime) -> bool:
    """Whether this is an active person, or a team with an active member."""
    return fleet.people.is_active(word, now) or bool(fleet.people.members(word, now))
