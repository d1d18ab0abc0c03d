"""Ledger entries in one line each (``fleet log --oneline``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fleetward.domain.landed_change import LandedChange
from fleetward.domain.ledger import Entry, PromotionKind
from fleetward.report.page import Page, Role, line, page, span

_ADOPT = "adopt"
_SUSPENDED = "suspended"
_MAX_NAMES = 3
_MAX_PATHS = 4
_ROLES: tuple[Role, ...] = ("dim", "strong", "", "place", "", "")


def render_lines(
    entries: Sequence[Entry], changes: Mapping[tuple[str, int], LandedChange], *, agent: str | None
) -> Page:
    """Date, agent, kind, landing commit, applied by, what changed; with several environments the kind names its own."""
    several = len({entry.environment for entry in entries}) > 1
    rows = [_columns(entry, changes[entry.environment, entry.seq], agent, several) for entry in entries]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_ROLES))]
    return page(
        line(
            *(
                span(text if column == len(row) - 1 else f"{text:<{widths[column]}}  ", _ROLES[column])
                for column, text in enumerate(row)
            ),
            hang=2,
        )
        for row in rows
    )


def _columns(entry: Entry, change: LandedChange, agent: str | None, several: bool) -> tuple[str, ...]:
    names = [item.agent for item in entry.agents if agent in (None, item.agent)]
    kind = str(entry.kind)
    if entry.break_glass:
        kind += " stop" if entry.break_glass.is_stop else " break-glass"
    return (
        f"{entry.at:%Y-%m-%d}",
        _joined(names, _MAX_NAMES),
        f"{kind} {entry.environment}" if several else kind,
        (change.commit or "unknown")[:12],
        entry.actor,
        _changed_text(entry, change, names),
    )


def _changed_text(entry: Entry, change: LandedChange, names: Sequence[str]) -> str:
    if entry.kind == PromotionKind.CREATE:
        old_names = [item.renamed_from for item in entry.agents if item.agent in names and item.renamed_from]
        return f"renamed from {_joined(old_names, _MAX_NAMES)}" if old_names else "first release"
    if entry.kind == PromotionKind.RETIRE:
        return "removed"
    if entry.kind == _ADOPT:
        return "what ran already"
    paths = list(
        dict.fromkeys(
            "resumed" if path == _SUSPENDED and name in change.resumed else path
            for name in names
            for path in change.agents.get(name, ())
        )
    )
    return _joined(paths, _MAX_PATHS) or "nothing in its folder"


def _joined(texts: Sequence[str], limit: int) -> str:
    remainder = f" and {len(texts) - limit} more" if len(texts) > limit else ""
    return ", ".join(texts[:limit]) + remainder
