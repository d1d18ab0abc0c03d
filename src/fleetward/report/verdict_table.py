"""The verdicts on several agents as one table."""

from __future__ import annotations

from collections.abc import Sequence

from fleetward.domain.digest import short
from fleetward.domain.ledger import PromotionKind
from fleetward.domain.verdict import Promotion, RequirementStatus
from fleetward.report.page import Page, Role, line, span
from fleetward.report.severity_roles import VERDICT_ROLES

_HEAD = ("verdict", "agent", "kind", "tier", "from", "to", "missing")


def verdict_table(promotions: Sequence[Promotion]) -> Page:
    """A row an agent: verdict, agent, kind, tier, the states that it moves between, and what is missing."""
    rows = [_HEAD, *map(_row, promotions)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    dim: Role = "dim"
    roles: list[tuple[Role, ...]] = [(dim,) * len(_HEAD)]
    roles += [(VERDICT_ROLES[promotion.verdict], "strong", "", "", "", "", "") for promotion in promotions]
    return tuple(
        line(
            *(
                span(f"{text:<{width}}  " if number + 1 < len(_HEAD) else text, role)
                for number, (text, width, role) in enumerate(zip(row, widths, row_roles, strict=True))
            ),
            hang=2,
        )
        for row, row_roles in zip(rows, roles, strict=True)
    )


def _row(promotion: Promotion) -> tuple[str, ...]:
    missing = [item for item in promotion.requirements if item.status is not RequirementStatus.MET]
    end = short(promotion.to_state) if promotion.kind and promotion.to_state else ""
    if promotion.kind is PromotionKind.RETIRE:
        end = "retired"
    return (
        promotion.verdict.upper(),
        promotion.agent,
        promotion.kind or "none",
        promotion.tier or "",
        short(promotion.from_state) if promotion.from_state else "nothing",
        end,
        ", ".join(f"{item.kind} {item.condition}" for item in missing),
    )
