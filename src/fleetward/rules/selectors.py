"""Questions that several families of rules ask of a manifest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

from fleetward.domain import clock
from fleetward.domain.fleet import Snapshot
from fleetward.domain.manifest import Manifest
from fleetward.domain.names import nearest
from fleetward.domain.path import Item, shown

LIMITS: Mapping[str, timedelta] = {
    "assessment": timedelta(days=365),
    "escalationTest": timedelta(days=180),
    "killSwitchTest": timedelta(days=180),
    "retention": timedelta(days=180),
    "retiring": timedelta(days=90),
}
"""Ages and lengths where the policy's ``limits`` say nothing (SPEC 4)."""
_LISTED = 12


def limit(fleet: Snapshot, name: str) -> timedelta:
    """The age or length that this fleet allows."""
    return (fleet.policy.limits if fleet.policy else {}).get(name, LIMITS[name])


def at_work(fleet: Snapshot) -> Iterator[Manifest]:
    """The manifests of agents that are not retired; upkeep is asked of these alone."""
    return (manifest for manifest in fleet.manifests if manifest.lifecycle != "retired")


def on_duty(fleet: Snapshot) -> Iterator[Manifest]:
    """The manifests of agents that somebody relies on: neither drafts nor retired."""
    return (manifest for manifest in fleet.manifests if manifest.lifecycle not in ("draft", "retired"))


def inhabitants(fleet: Snapshot) -> Mapping[str, frozenset[str]]:
    """The names of the agents by environment, gathered once for a whole rule."""
    found: dict[str, set[str]] = defaultdict(set)
    for environment, name in fleet.agents:
        found[environment].add(name)
    return {environment: frozenset(names) for environment, names in found.items()}


def elevated(fleet: Snapshot, manifest: Manifest) -> bool:
    """Is its tier above medium, or in the upper half where no tier is called so? Unknown counts as yes."""
    tiers = fleet.policy.tiers if fleet.policy else ("low", "medium", "high", "critical")
    middle = tiers.index("medium") if "medium" in tiers else (len(tiers) - 1) // 2
    return manifest.tier not in tiers or tiers.index(manifest.tier) > middle


def today(now: datetime) -> date:
    """The day in UTC."""
    return now.astimezone(UTC).date()


def day(value: Any) -> date | None:
    """A date out of a manifest; None where there is none, or where no calendar has it."""
    try:
        return clock.day(value) if isinstance(value, str) else None
    except ValueError:
        return None


def span(value: Any) -> timedelta | None:
    """A duration out of a manifest; None where there is none, or its length would have to be guessed."""
    try:
        return clock.duration(value) if isinstance(value, str) else None
    except ValueError:
        return None


def entries(manifest: Manifest, path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The items of a keyed list, each with its path: ``spec.tools[crm]``."""
    for position, item in enumerate(manifest.items(path)):
        if isinstance(item, Mapping):
            name = item.get("name") or item.get("agent") or item.get("window")
            yield (path + _bracketed(name) if isinstance(name, str) else f"{path}[{position}]"), item


@lru_cache(maxsize=4096)
def _bracketed(name: str) -> str:
    return shown((Item(name),))


def positions(manifest: Manifest, path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The items of a list without keys, each with its path: ``spec.model.fallbacks[0]``."""
    for position, item in enumerate(manifest.items(path)):
        if isinstance(item, Mapping):
            yield f"{path}[{position}]", item


def meant(word: str, known: Mapping[str, Any] | frozenset[str]) -> str:
    """``; did you mean 'payments'?`` where something known is near."""
    close = nearest(word, known)
    return f"; did you mean {close!r}?" if close else ""


def one_of(word: str, known: Collection[str], what: str) -> str:
    """``; did you mean 'payments'?``, else ``; teams: ops, payments`` where they are few enough to be read."""
    close = meant(word, frozenset(known))
    few = 0 < len(known) <= _LISTED
    return close or (f"; {what}: {', '.join(sorted(known))}" if few else "")


def somebody(fleet: Snapshot, word: str) -> bool:
    """Is there a person or a team of this name, gone or not?"""
    return word in fleet.people.people or word in fleet.people.teams


def answers(fleet: Snapshot, word: str, now: datetime) -> bool:
    """Is this a person who is with us, or a team in which somebody is?"""
    return fleet.people.is_active(word, now) or bool(fleet.people.members(word, now))
