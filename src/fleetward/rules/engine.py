"""Every rule asked of a fleet, weighed as the fleet has settled it, waivers applied."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

from fleetward.domain.finding import Finding, Severity
from fleetward.domain.fleet import RuleSetting, Snapshot
from fleetward.domain.secrets import concealed
from fleetward.rules.catalogue import CATALOGUE
from fleetward.rules.rule import Rule, Wrong
from fleetward.rules.waivers import unused, waived, waiver_unused


def findings(fleet: Snapshot, now: datetime) -> tuple[Finding, ...]:
    """
    All that is wrong at *now*, worst first.

    A waived finding is there and marked, and does not count.
    """
    return among(fleet, now, alone(fleet, now))


def alone(fleet: Snapshot, now: datetime) -> tuple[Finding, ...]:
    """
    What rules find that look at each agent alone, before waivers: any part of a fleet gives its part of them.

    They see the day and not the hour: what they found holds as long as the day and what they saw.
    """
    day = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return tuple(_found(fleet, day, (rule for rule in CATALOGUE if rule.among is None)))


def among(fleet: Snapshot, now: datetime, found: Iterable[Finding]) -> tuple[Finding, ...]:
    """With *found*, what rules find that compare agents or speak of none; waivers applied, worst first."""
    found = (*found, *_found(fleet, now, (rule for rule in CATALOGUE if rule.among is not None)))
    left_over = _weighed(fleet, waiver_unused, unused(found, fleet.waivers, now))
    return tuple(sorted((*waived(found, fleet.waivers, now), *left_over), key=lambda one: one.order))


def compared() -> Mapping[str, tuple[str, ...]]:
    """What the rules that compare agents read of each manifest, by path the keys there."""
    read: dict[str, set[str]] = {"spec.risk": {"tier"}, "spec": {"lifecycle"}}
    for rule in CATALOGUE:
        for path, keys in (rule.among or {}).items():
            read.setdefault(path, set()).update(keys)
    return {path: tuple(sorted(keys)) for path, keys in read.items()}


def _found(fleet: Snapshot, now: datetime, rules: Iterable[Rule]) -> Iterator[Finding]:
    return (one for rule in rules for one in _weighed(fleet, rule, rule.check(fleet, now)))


def _weighed(fleet: Snapshot, rule: Rule, wrongs: Iterable[Wrong]) -> Iterator[Finding]:
    for wrong in wrongs:
        severity = _severity(fleet, rule, wrong)
        if severity is not None:
            found = Finding(
                rule=rule.id,
                severity=severity,
                message=wrong.message,
                place=wrong.place,
                hint=wrong.hint,
                environment=wrong.environment,
                agent=wrong.agent,
                related=wrong.related,
                absent=wrong.absent,
            )
            yield concealed(found)


def _severity(fleet: Snapshot, rule: Rule, wrong: Wrong) -> Severity | None:
    """What the fleet's configuration says of it there, else the default; None is off."""
    setting = fleet.config.rules.get(rule.id)
    if setting is not None and _applies(fleet, setting, wrong):
        return setting.severity
    return wrong.severity or rule.severity


def _applies(fleet: Snapshot, setting: RuleSetting, wrong: Wrong) -> bool:
    manifest = fleet.manifest(wrong.environment or "", wrong.agent or "")
    in_tiers = not setting.tiers or (manifest is not None and manifest.tier in setting.tiers)
    return in_tiers and (not setting.environments or wrong.environment in setting.environments)
