"""Every rule asked of a fleet, weighed as the fleet has settled it, waivers applied."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

from fleetward.domain.finding import Finding, Severity
from fleetward.domain.fleet import RuleSetting, Snapshot
from fleetward.domain.secrets import mask_finding
from fleetward.rules.catalogue import CATALOGUE
from fleetward.rules.rule import Rule, Violation
from fleetward.rules.waivers import mark_waived, unused_waivers, waiver_unused


def findings(fleet: Snapshot, now: datetime) -> tuple[Finding, ...]:
    """
    All that is wrong at *now*, worst first.

    A waived finding is there and marked, and does not count.
    """
    return add_fleet_findings(fleet, now, agent_findings(fleet, now))


def agent_findings(fleet: Snapshot, now: datetime) -> tuple[Finding, ...]:
    """
    What rules find that look at each agent alone, before waivers: any part of a fleet gives its part of them.

    They see the day and not the hour: what they found holds as long as the day and what they saw.
    """
    day = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return tuple(_run(fleet, day, (rule for rule in CATALOGUE if rule.fleet_fields is None)))


def add_fleet_findings(
    fleet: Snapshot, now: datetime, agent_findings: Iterable[Finding]
) -> tuple[Finding, ...]:
    """With *agent_findings*, what rules find that compare agents or speak of none; waivers applied, worst first."""
    agent_findings = (
        *agent_findings,
        *_run(fleet, now, (rule for rule in CATALOGUE if rule.fleet_fields is not None)),
    )
    unused_findings = _to_findings(fleet, waiver_unused, unused_waivers(agent_findings, fleet.waivers, now))
    return tuple(
        sorted(
            (*mark_waived(agent_findings, fleet.waivers, now), *unused_findings),
            key=lambda finding: finding.sort_key,
        )
    )


def compared_fields() -> Mapping[str, tuple[str, ...]]:
    """What the rules that compare agents read of each manifest, by path the keys there."""
    fields: dict[str, set[str]] = {"spec.risk": {"tier"}, "spec": {"lifecycle"}}
    for rule in CATALOGUE:
        for path, keys in (rule.fleet_fields or {}).items():
            fields.setdefault(path, set()).update(keys)
    return {path: tuple(sorted(keys)) for path, keys in fields.items()}


def _run(fleet: Snapshot, now: datetime, rules: Iterable[Rule]) -> Iterator[Finding]:
    return (finding for rule in rules for finding in _to_findings(fleet, rule, rule.check(fleet, now)))


def _to_findings(fleet: Snapshot, rule: Rule, violations: Iterable[Violation]) -> Iterator[Finding]:
    for violation in violations:
        severity = _severity(fleet, rule, violation)
        if severity is not None:
            finding = Finding(
                rule=rule.id,
                severity=severity,
                message=violation.message,
                place=violation.place,
                hint=violation.hint,
                environment=violation.environment,
                agent=violation.agent,
                related=violation.related,
                missing_folders=violation.absent,
            )
            yield mask_finding(finding)


def _severity(fleet: Snapshot, rule: Rule, violation: Violation) -> Severity | None:
    """What the fleet's configuration says of it there, else the default; None is off."""
    setting = fleet.config.rules.get(rule.id)
    if setting is not None and _applies(fleet, setting, violation):
        return setting.severity
    return violation.severity or rule.severity


def _applies(fleet: Snapshot, setting: RuleSetting, violation: Violation) -> bool:
    manifest = fleet.manifest(violation.environment or "", violation.agent or "")
    in_tiers = not setting.tiers or (manifest is not None and manifest.tier in setting.tiers)
    return in_tiers and (not setting.environments or violation.environment in setting.environments)
