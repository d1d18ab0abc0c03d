"""Changes for programs: ``fleetward.diff/1`` (SPEC 5)."""

from __future__ import annotations

from typing import Any

from fleetward.domain.change import AgentStatus, Change, Comparison, Significance, Unreadable
from fleetward.domain.fleet_diff import FleetDiff
from fleetward.report.changes_groups import ChangeGroup, group_changes, worst_first

FORMAT = "fleetward.diff/1"


def render(fleet_diff: FleetDiff) -> dict[str, Any]:
    """
    The whole answer, worst first.

    A change that several agents share stands there for each of them, and once in ``groups``.
    """
    changes = sorted(fleet_diff.all_changes, key=lambda change: change.sort_key)
    unreadable = sorted(fleet_diff.unreadable, key=lambda entry: entry.sort_key)
    base, head = fleet_diff.base, fleet_diff.head
    return {
        "format": FORMAT,
        "base": {"rev": base[0], "commit": base[1]},
        "head": {"rev": head[0], "commit": head[1]},
        "summary": _summary(fleet_diff),
        "agents": [_agent(comparison) for comparison in worst_first(fleet_diff.agents)],
        "changes": [_change(change) for change in changes],
        "groups": [_group(group) for group in group_changes(fleet_diff.agents)[0]],
        "unreadable": [_unreadable(entry) for entry in unreadable],
    }


def _group(group: ChangeGroup) -> dict[str, Any]:
    change = group.change
    return {
        "path": change.path,
        "kind": str(change.kind),
        "before": change.before,
        "after": change.after,
        "rule": change.rule,
        "direction": str(change.direction),
        "significance": str(change.significance),
        "reason": change.reason,
        "agents": list(group.agents),
        "fingerprints": [item.fingerprint for item in group.changes],
    }


def _unreadable(entry: Unreadable) -> dict[str, Any]:
    place = entry.finding.place
    return {
        "environment": entry.environment,
        "agent": entry.agent,
        "side": entry.side,
        "reason": entry.finding.message,
        "hint": entry.finding.hint,
        "rule": entry.finding.rule,
        "file": place.file,
        "line": place.line,
        "column": place.column,
    }


def _summary(fleet_diff: FleetDiff) -> dict[str, Any]:
    statuses, significances = fleet_diff.statuses, fleet_diff.significances
    return {
        "added": statuses[AgentStatus.ADDED],
        "retired": statuses[AgentStatus.RETIRED],
        "changed": statuses[AgentStatus.CHANGED],
        "formattingOnly": fleet_diff.formatting_only,
        "governanceFormattingOnly": list(fleet_diff.governance_formatting),
        "bySignificance": {str(level): significances[level] for level in Significance},
    }


def _agent(comparison: Comparison) -> dict[str, Any]:
    row = comparison.row
    return {
        "environment": row.environment,
        "agent": row.agent,
        "status": str(row.status),
        "tierBefore": row.tier_before,
        "tierAfter": row.tier_after,
        "significance": str(row.significance),
        "formattingOnly": comparison.formatting_only,
        "note": comparison.note,
        "renameOf": comparison.rename_of,
        "renamedTo": comparison.renamed_to,
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "environment": change.environment,
        "agent": change.agent,
        "path": change.path,
        "kind": str(change.kind),
        "before": change.before,
        "after": change.after,
        "rule": change.rule,
        "class": str(change.cls),
        "direction": str(change.direction),
        "significance": str(change.significance),
        "reason": change.reason,
        "requires": [
            {"kind": requirement.kind, "detail": requirement.detail} for requirement in change.requires
        ],
        "file": change.place.file if change.place else None,
        "line": change.place.line if change.place else None,
        "proposed": change.proposed,
        "usedBy": None if change.used_by is None else list(change.used_by),
        "fingerprint": change.fingerprint,
    }
