"""Files of policy tests: situations with the verdicts that are expected."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from fleetward.domain import clock
from fleetward.domain.approval import Decision
from fleetward.domain.break_glass import PromotionMode
from fleetward.domain.change import ChangeClass, Direction, Facet, Significance
from fleetward.domain.errors import FleetError
from fleetward.domain.finding import Finding
from fleetward.domain.ledger import PromotionKind
from fleetward.domain.path import ItemKey, Step
from fleetward.domain.policy import Assurance
from fleetward.domain.policy_test import EVERY, AssumedResult, AssumedStatement, PolicyTest
from fleetward.domain.verdict import Verdict
from fleetward.store.fleet.governance.source import Notes, Source
from fleetward.store.formats.document import read_document
from fleetward.store.formats.strict_yaml import GOVERNANCE_LIMITS

_ONE_HOUR = timedelta(hours=1)
_DECISIONS = {"approved": Decision.APPROVE, "rejected": Decision.REJECT, "withdrawn": Decision.WITHDRAW}


def load_policy_tests(path: Path, file: str) -> tuple[tuple[PolicyTest, ...], tuple[Finding, ...]]:
    """
    The tests in the file at *path*, and its findings; with a finding there are no tests.

    *file* is its name in messages. Errors: FleetError where the file cannot be read, or is too large.
    """
    document = read_document(_content(path, file), file, "policy-test", GOVERNANCE_LIMITS)
    if document.data is None or document.findings:
        return (), document.findings
    notes = Notes(Source(file=file, sha256=document.sha256, locate=document.locate), "policy-test")
    default_instant = notes.instant(document.data, "at", ())
    names: set[str] = set()
    tests = []
    for index, case in enumerate(document.data["cases"]):
        if case["name"] in names:
            notes.error(f"a second case {case['name']!r}", ("cases", index, "name"), "say what differs")
        names.add(case["name"])
        tests.append(_policy_test(case, ("cases", ItemKey(case["name"])), default_instant, notes))
    return (() if notes.findings else tuple(case for case in tests if case)), notes.findings


def _content(path: Path, file: str) -> bytes:
    try:
        if path.exists() and not path.is_file():
            raise FleetError(f"{file!r} is not a regular file", hint="fleet policy test FILE")
        if path.stat().st_size > GOVERNANCE_LIMITS.size:
            raise FleetError(f"{file!r} is larger than {GOVERNANCE_LIMITS.size} bytes", hint="split it")
        return path.read_bytes()
    except OSError as error:
        raise FleetError(f"cannot read {file!r}: {error.strerror}", hint="fleet policy test FILE") from None


def _policy_test(
    data: Mapping[str, Any], at: tuple[Step, ...], default_instant: datetime | None, notes: Notes
) -> PolicyTest | None:
    moment = notes.instant(dict(data), "at", at) if "at" in data else default_instant
    decisions = tuple(
        _test_decision(text, decision, (*at, key, number), notes)
        for key, decision in _DECISIONS.items()
        for number, text in enumerate(data.get(key) or ())
    )
    evals = _test_evaluations(data.get("evals"), (*at, "evals"), notes)
    soak = notes.span(data.get("soak"), (*at, "soak"))
    since_left = notes.span(data.get("left"), (*at, "left"))
    if data.get("kind") == "rollback" and (data.get("breakGlass") or data.get("by")):
        extra = "breakGlass" if data.get("breakGlass") else "by"
        notes.error(f"a rollback has no {extra!r}", (*at, extra), f"leave {extra!r} out")
    if data.get("kind") != "rollback" and since_left is not None:
        notes.error("only a rollback can have 'left'", (*at, "left"), "add kind: rollback")
    tier = data.get("tier") or {}
    if moment is None:
        return None
    return PolicyTest(
        name=data["name"],
        agent=data["agent"],
        to=data.get("to"),
        kind=PromotionKind(data.get("kind") or "update"),
        at=moment,
        expect=Verdict(data["expect"]),
        missing=_optional_set(data, "missing"),
        not_counted=_optional_set(data, "notCounted"),
        tier_before=tier.get("before"),
        tier_after=tier.get("after"),
        facets=frozenset(map(_facet, data["changes"])) if "changes" in data else None,
        edit=data.get("edit"),
        authors=tuple(data.get("by") or ()),
        statements=decisions,
        evals=evals,
        soak=soak,
        left_ago=since_left or timedelta(),
        mode=PromotionMode.BREAK_GLASS if data.get("breakGlass") else PromotionMode.NORMAL,
        place=notes.source.locate(f"cases[{data['name']}]"),
    )


def _optional_set(data: Mapping[str, Any], key: str) -> frozenset[str] | None:
    return frozenset(data[key]) if key in data else None


def _facet(text: str) -> Facet:
    cls, direction, significance = text.split()
    return ChangeClass(cls), Direction(direction), Significance(significance)


def _test_decision(text: str, decision: Decision, at: tuple[Step, ...], notes: Notes) -> AssumedStatement:
    """``carla``, ``carla signed``, ``carla P2D ago``, ``carla signed P2D ago``."""
    person, *words = text.split()
    signed = words[:1] == ["signed"]
    return AssumedStatement(
        person=person,
        decision=decision,
        assurance=Assurance.SIGNED if signed else Assurance.RECORDED,
        ago=_ago(words[1:] if signed else words, at, notes),
    )


def _test_evaluations(data: Any, at: tuple[Step, ...], notes: Notes) -> dict[str, AssumedResult]:
    """``passed`` or ``failed P2D ago``, for each suite or for all of them."""
    results = {EVERY: data} if isinstance(data, str) else dict(data or {})
    evaluations = {}
    for suite, text in results.items():
        result, *words = text.split()
        evaluations[suite] = AssumedResult(
            result=result, ago=_ago(words, at if suite == EVERY else (*at, suite), notes)
        )
    return evaluations


def _ago(words: list[str], at: tuple[Step, ...], notes: Notes) -> timedelta:
    if not words:
        return _ONE_HOUR
    return notes.span(words[0], at) or clock.parse_duration("PT0S")
