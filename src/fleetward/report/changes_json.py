"""What moved, for programs: ``fleetward.diff/1`` (SPEC 5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from fleetward.domain.change import AgentStatus, Change, Comparison, Significance, Unreadable

Revision = tuple[str, str]
"""As asked for, and the commit that it was."""

FORMAT = "fleetward.diff/1"


def render(
    comparisons: Sequence[Comparison],
    governance: Sequence[Change],
    *,
    base: Revision,
    head: Revision,
    unreadable: Sequence[Unreadable],
) -> dict[str, Any]:
    """The whole answer as plain data, worst first; flat, whoever shares what."""
    changes = [*governance, *(change for comparison in comparisons for change in comparison.changes)]
    rows = sorted(comparisons, key=lambda c: (c.row.significance.rank, c.row.environment, c.row.agent))
    return {
        "format": FORMAT,
        "base": {"rev": base[0], "commit": base[1]},
        "head": {"rev": head[0], "commit": head[1]},
        "summary": _summary(comparisons, changes),
        "agents": [_agent(comparison) for comparison in rows],
        "changes": [_change(change) for change in sorted(changes, key=lambda change: change.sort_key)],
        "unreadable": [_unreadable(entry) for entry in sorted(unreadable, key=lambda entry: entry.sort_key)],
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


def _summary(comparisons: Sequence[Comparison], changes: Sequence[Change]) -> dict[str, Any]:
    status = Counter(c.row.status for c in comparisons if not c.formatting_only)
    weights = Counter(change.significance for change in changes)
    return {
        "added": status[AgentStatus.ADDED],
        "retired": status[AgentStatus.RETIRED],
        "changed": status[AgentStatus.CHANGED],
        "formattingOnly": sum(comparison.formatting_only for comparison in comparisons),
        "bySignificance": {str(level): weights[level] for level in Significance},
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
        "fingerprint": change.fingerprint,
    }
