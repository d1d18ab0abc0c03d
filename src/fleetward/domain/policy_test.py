"""A policy test: a situation and the verdict that the policy has to give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime, timedelta
from typing import Any

from fleetward.domain.approval import Decision
from fleetward.domain.break_glass import PromotionMode
from fleetward.domain.change import Facet
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Place
from fleetward.domain.ledger import PromotionKind
from fleetward.domain.policy import Assurance
from fleetward.domain.verdict import Promotion, RequirementStatus, Verdict

EVERY = "*"
"""In ``evals``: all suites that are not named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssumedStatement:
    """A statement that is assumed, *ago* before the test's time."""

    person: str
    decision: Decision
    assurance: Assurance
    ago: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class AssumedResult:
    """The assumed result of a suite: passed, failed or missing, *ago* before the test's time."""

    result: str
    ago: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyTest:
    """One test case; whatever it leaves out is as in the fleet, or did not happen."""

    name: str
    agent: str
    to: str | None
    kind: PromotionKind
    at: datetime
    expect: Verdict
    missing: frozenset[str] | None = None
    """All unmet requirements, as ``unmet_requirements`` writes them; None where the test does not say."""
    not_counted: frozenset[str] | None = None
    tier_before: str | None = None
    tier_after: str | None = None
    facets: frozenset[Facet] | None = None
    edit: Mapping[str, Any] | None = None
    authors: tuple[str, ...] = ()
    statements: tuple[AssumedStatement, ...] = ()
    evals: Mapping[str, AssumedResult] = field(default_factory=dict)
    soak: timedelta | None = None
    left_ago: timedelta = timedelta()
    """How long ago the release of a rollback left."""
    mode: PromotionMode = PromotionMode.NORMAL
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A difference from the expected result, in one aspect: verdict, missing or notCounted."""

    aspect: str
    expected: tuple[str, ...]
    actual: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyTestResult:
    """A test case and the verdict of the gate."""

    case: PolicyTest
    promotion: Promotion

    @property
    def differences(self) -> tuple[Difference, ...]:
        """All differences; none where the test passes."""
        case, promotion = self.case, self.promotion
        spare = frozenset(approval.approver for approval in promotion.not_counted)
        pairs = (
            ("verdict", frozenset({str(case.expect)}), frozenset({str(promotion.verdict)})),
            ("missing", case.missing, unmet_requirements(promotion)),
            ("notCounted", case.not_counted, spare),
        )
        return tuple(
            Difference(aspect=aspect, expected=tuple(sorted(expected)), actual=tuple(sorted(actual)))
            for aspect, expected, actual in pairs
            if expected is not None and expected != actual
        )


def unmet_requirements(promotion: Promotion) -> frozenset[str]:
    """Unmet requirements: approvals by their condition (``2 of risk``), others by their kind (``soak``)."""
    return frozenset(
        requirement.condition if requirement.kind == "approvals" else requirement.kind
        for requirement in promotion.requirements
        if requirement.status is not RequirementStatus.MET
    )
