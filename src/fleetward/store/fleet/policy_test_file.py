"""Files of policy tests: situations and the verdicts that are expected, read as strictly as everything else."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from fleetward.domain import clock
from fleetward.domain.approval import Decision
from fleetward.domain.break_glass import Way
from fleetward.domain.change import ChangeClass, Direction, Facet, Significance
from fleetward.domain.errors import FleetError
from fleetward.domain.finding import Finding
from fleetward.domain.ledger import PromotionKind
from fleetward.domain.path import Item, Step
from fleetward.domain.policy import Assurance
from fleetward.domain.policy_test import EVERY, Ended, Rehearsal, Said
from fleetward.domain.verdict import Verdict
from fleetward.store.fleet.governance.source import Notes, Source
from fleetward.store.formats.document import document
from fleetward.store.formats.strict_yaml import GOVERNANCE_LIMITS

_AN_HOUR = timedelta(hours=1)
_DECISIONS = {"approved": Decision.APPROVE, "rejected": Decision.REJECT, "withdrawn": Decision.WITHDRAW}


def cases(path: Path, file: str) -> tuple[tuple[Rehearsal, ...], tuple[Finding, ...]]:
    """
    The cases in the file at *path*, told as *file*, and what is wrong with it; where anything is, no case.

    Errors: FleetError where there is no such file, or it is too large.
    """
    known = document(_content(path, file), file, "policy-test", GOVERNANCE_LIMITS)
    if known.data is None or known.findings:
        return (), known.findings
    notes = Notes(Source(file=file, sha256=known.sha256, locate=known.locate), "policy-test")
    usual = notes.instant(known.data, "at", ())
    seen: set[str] = set()
    found = []
    for index, one in enumerate(known.data["cases"]):
        if one["name"] in seen:
            notes.wrong(f"a second case {one['name']!r}", ("cases", index, "name"), "say what differs")
        seen.add(one["name"])
        found.append(_case(one, ("cases", Item(one["name"])), usual, notes))
    return (() if notes.findings else tuple(one for one in found if one)), notes.findings


def _content(path: Path, file: str) -> bytes:
    try:
        if path.exists() and not path.is_file():
            raise FleetError(f"{file!r} is no regular file", hint="fleet policy test FILE")
        if path.stat().st_size > GOVERNANCE_LIMITS.size:
            raise FleetError(f"{file!r} is larger than {GOVERNANCE_LIMITS.size} bytes", hint="split it")
        return path.read_bytes()
    except OSError as error:
        raise FleetError(f"cannot read {file!r}: {error.strerror}", hint="fleet policy test FILE") from None


def _case(
    data: Mapping[str, Any], at: tuple[Step, ...], usual: datetime | None, notes: Notes
) -> Rehearsal | None:
    moment = notes.instant(dict(data), "at", at) if "at" in data else usual
    said = tuple(
        _said(text, decision, (*at, key, number), notes)
        for key, decision in _DECISIONS.items()
        for number, text in enumerate(data.get(key) or ())
    )
    evals = _evals(data.get("evals"), (*at, "evals"), notes)
    soak = notes.span(data.get("soak"), (*at, "soak"))
    left = notes.span(data.get("left"), (*at, "left"))
    if data.get("kind") == "rollback" and (data.get("breakGlass") or data.get("by")):
        extra = "breakGlass" if data.get("breakGlass") else "by"
        notes.wrong(f"a rollback has no {extra!r}", (*at, extra), f"leave {extra!r} out")
    if data.get("kind") != "rollback" and left is not None:
        notes.wrong("only a rollback goes back to what 'left'", (*at, "left"), "add kind: rollback")
    tier = data.get("tier") or {}
    if moment is None:
        return None
    return Rehearsal(
        name=data["name"],
        agent=data["agent"],
        to=data.get("to"),
        kind=PromotionKind(data.get("kind") or "update"),
        at=moment,
        expect=Verdict(data["expect"]),
        missing=_set(data, "missing"),
        not_counted=_set(data, "notCounted"),
        tier_before=tier.get("before"),
        tier_after=tier.get("after"),
        facets=frozenset(map(_facet, data["changes"])) if "changes" in data else None,
        edit=data.get("edit"),
        by=tuple(data.get("by") or ()),
        said=said,
        evals=evals,
        soak=soak,
        left=left or timedelta(),
        way=Way.BREAK_GLASS if data.get("breakGlass") else Way.NORMAL,
        place=notes.source.locate(f"cases[{data['name']}]"),
    )


def _set(data: Mapping[str, Any], key: str) -> frozenset[str] | None:
    return frozenset(data[key]) if key in data else None


def _facet(text: str) -> Facet:
    cls, direction, significance = text.split()
    return ChangeClass(cls), Direction(direction), Significance(significance)


def _said(text: str, decision: Decision, at: tuple[Step, ...], notes: Notes) -> Said:
    """``carla``, ``carla signed``, ``carla P2D ago``, ``carla signed P2D ago``."""
    person, *words = text.split()
    signed = words[:1] == ["signed"]
    return Said(
        person=person,
        decision=decision,
        assurance=Assurance.SIGNED if signed else Assurance.RECORDED,
        ago=_ago(words[1:] if signed else words, at, notes),
    )


def _evals(data: Any, at: tuple[Step, ...], notes: Notes) -> dict[str, Ended]:
    """``passed``, ``failed P2D ago``: for each suite, or for every one."""
    given = {EVERY: data} if isinstance(data, str) else dict(data or {})
    found = {}
    for suite, text in given.items():
        result, *words = text.split()
        found[suite] = Ended(result=result, ago=_ago(words, at if suite == EVERY else (*at, suite), notes))
    return found


def _ago(words: list[str], at: tuple[Step, ...], notes: Notes) -> timedelta:
    if not words:
        return _AN_HOUR
    return notes.span(words[0], at) or clock.duration("PT0S")
