"""Run every rule on a fleet; severities follow its configuration, waivers are applied."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

from fleetward.domain.finding import Finding, Severity
from fleetward.domain.fleet import AgentKey, RuleSetting, Snapshot
from fleetward.domain.secrets import mask_finding
from fleetward.rules.placeholders import assumed_known, placeholder
from fleetward.rules.repeats import without_repeated_fields
from fleetward.rules.rule import Rule, Violation
from fleetward.rules.rule_table import CATALOGUE
from fleetward.rules.waiver_rules import mark_waived, unused_waivers, waiver_unused


def findings(fleet: Snapshot, now: datetime) -> tuple[Finding, ...]:
    """
    All findings at *now*, worst first.

    A waived finding is included and marked; it does not count.
    """
    return add_fleet_findings(fleet, now, agent_findings(fleet, now))


def agent_findings(fleet: Snapshot, now: datetime) -> tuple[Finding, ...]:
    """
    Findings of the rules that look at each agent alone, before waivers: a part of a fleet has its part of them.

    These rules see the day and not the hour, so a cached finding stays valid until midnight UTC.
    """
    day = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return tuple(_run(fleet, day, (rule for rule in CATALOGUE if rule.fleet_fields is None)))


def add_fleet_findings(
    fleet: Snapshot,
    now: datetime,
    agent_findings: Iterable[Finding],
    text_findings: Iterable[Finding] | None = None,
) -> tuple[Finding, ...]:
    """
    Add the findings of rules that compare agents or report none, apply waivers, and drop repeats; worst first.

    *text_findings* are those of reading that a waiver may excuse; None where they are judged elsewhere.
    """
    agent_findings = (
        *agent_findings,
        *(text_findings or ()),
        *_run(fleet, now, (rule for rule in CATALOGUE if rule.fleet_fields is not None)),
        *_governance_findings(fleet, now),
    )
    unused = unused_waivers(agent_findings, fleet.waivers, now, texts_read=text_findings is not None)
    unused_findings = _to_findings(fleet, waiver_unused, unused)
    # after waivers: one of a rule must neither be unused nor excuse more because another rule says the same
    counted = without_repeated_fields(mark_waived(agent_findings, fleet.waivers, now))
    return tuple(sorted((*counted, *unused_findings), key=lambda finding: finding.sort_key))


def compared_fields() -> Mapping[str, tuple[str, ...]]:
    """The keys that fleet-wide rules read of each manifest, by path."""
    fields: dict[str, set[str]] = {"spec.risk": {"tier"}, "spec": {"lifecycle"}}
    for rule in CATALOGUE:
        for path, keys in (rule.fleet_fields or {}).items():
            fields.setdefault(path, set()).update(keys)
    return {path: tuple(sorted(keys)) for path, keys in fields.items()}


def _run(fleet: Snapshot, now: datetime, rules: Iterable[Rule]) -> Iterator[Finding]:
    known, placeholders = assumed_known(fleet)
    for rule in rules:
        if rule is placeholder:
            yield from _to_findings(fleet, rule, rule.check(fleet, now))
            continue
        violations = rule.check(known, now)
        if placeholders:
            violations = (violation for violation in violations if not _is_about(violation, placeholders))
        yield from _to_findings(known, rule, violations)


def _is_about(violation: Violation, placeholders: Mapping[AgentKey, frozenset[str]]) -> bool:
    """Is the violation about a value that is still to be written? Then another rule says so."""
    key = (violation.environment or "", violation.agent or "")
    return violation.place.path in placeholders.get(key, ())


def _governance_findings(fleet: Snapshot, now: datetime) -> Iterator[Finding]:
    for rule in CATALOGUE:
        if rule.governance_check is not None:
            yield from _to_findings(fleet, rule, rule.governance_check(fleet, now))


def _to_findings(fleet: Snapshot, rule: Rule, violations: Iterable[Violation]) -> Iterator[Finding]:
    for violation in violations:
        severity = None if violation.is_uncertain else _severity(fleet, rule, violation)
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
                missing_folders=violation.missing_folders,
                subject=violation.subject,
            )
            yield mask_finding(finding)


def _severity(fleet: Snapshot, rule: Rule, violation: Violation) -> Severity | None:
    """The severity in the fleet's configuration, else the default; None if the rule is off."""
    setting = fleet.config.rules.get(rule.id)
    if setting is not None and _applies(fleet, setting, violation):
        return setting.severity
    return violation.severity or rule.severity


def _applies(fleet: Snapshot, setting: RuleSetting, violation: Violation) -> bool:
    manifest = fleet.manifest(violation.environment or "", violation.agent or "")
    in_tiers = not setting.tiers or (manifest is not None and manifest.tier in setting.tiers)
    return in_tiers and (not setting.environments or violation.environment in setting.environments)
