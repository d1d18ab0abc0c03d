"""Pieces as JSON, for other processes and other runs; and agents without what nobody compares."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from fleetward.domain.agent_check import Piece
from fleetward.domain.finding import Finding, Place, Severity
from fleetward.domain.fleet import Key
from fleetward.domain.manifest import Agent, Manifest
from fleetward.domain.path import lookup, steps
from fleetward.store.fleet.agents import ENVIRONMENTS

Compared = Mapping[str, tuple[str, ...]]
"""By path of a manifest the keys there that are compared, of the mapping or of every item of the list."""
Locate = Callable[[Key, bool, str], Place]
"""Where a path of an agent is written; of its proposal where True."""


def encoded(piece: Piece, compared: Compared) -> list[Any]:
    """The piece as JSON values; its agents may be whole ones."""
    return [
        list(piece.key),
        written(piece.unfit),
        written(piece.wrong),
        piece.files,
        _sketch(piece.agent, compared),
        _sketch(piece.proposed, compared),
    ]


def decoded(value: list[Any], locate: Locate) -> Piece:
    """The piece that `encoded` wrote."""
    (environment, name), unfit, wrong, files, agent, proposed = value
    key = (environment, name)
    return Piece(
        key=key,
        unfit=found(unfit),
        wrong=found(wrong),
        files=files,
        agent=_agent(key, agent, locate, proposed=False),
        proposed=_agent(key, proposed, locate, proposed=True),
    )


def files(value: list[Any]) -> int:
    """How many files went into an encoded piece."""
    return int(value[3])


def stands(value: list[Any]) -> bool:
    """Is there an agent in an encoded piece, and not a proposal alone?"""
    return value[4] is not None


def unasked(value: list[Any]) -> bool:
    """Does an agent stand in an encoded piece without a manifest that rules could be asked of?"""
    return stands(value) and value[4][2] is None


def written(findings: Iterable[Finding]) -> list[Any]:
    """Findings as JSON values."""
    return [_finding(one) for one in findings]


def found(value: list[Any]) -> tuple[Finding, ...]:
    """The findings that `written` wrote."""
    return tuple(_found(one) for one in value)


def _sketch(agent: Agent | None, compared: Compared) -> list[Any] | None:
    if agent is None:
        return None
    data = None if agent.manifest is None else reduced(agent.manifest.effective, compared)
    return [agent.readable, agent.state if agent.readable else None, data]


def _agent(key: Key, sketch: list[Any] | None, locate: Locate, *, proposed: bool) -> Agent | None:
    if sketch is None:
        return None
    (environment, name), (readable, state, data) = key, sketch
    return Agent(
        environment=environment,
        name=name,
        folder=f"{ENVIRONMENTS}/{environment}/{name}",
        files=(),
        manifest=None if data is None else _manifest(key, data, locate, proposed),
        readable=readable,
        proposed=proposed,
        known_state=state,
    )


def _manifest(key: Key, data: dict[str, Any], locate: Locate, proposed: bool) -> Manifest:
    environment, name = key
    return Manifest(
        environment=environment,
        name=name,
        data=data,
        effective=data,
        locate=lambda path: locate(key, proposed, path),
    )


def reduced(data: Mapping[str, Any], compared: Compared) -> dict[str, Any]:
    """Of a manifest, only what is compared; what is not there stays absent."""
    kept: dict[str, Any] = {}
    for path, keys in compared.items():
        there, value = lookup(data, path)
        if not there:
            continue
        *above, last = steps(path)
        inside = kept
        for step in above:
            inside = inside.setdefault(step, {})
        if isinstance(value, list):
            inside[last] = [_picked(item, keys) for item in value]
        elif isinstance(value, dict):
            inside.setdefault(last, {}).update(_picked(value, keys))
    return kept


def _picked(value: Any, keys: tuple[str, ...]) -> Any:
    return {key: value[key] for key in keys if key in value} if isinstance(value, dict) else value


def _finding(one: Finding) -> list[Any]:
    return [
        one.rule,
        one.severity.value,
        one.message,
        one.hint,
        one.environment,
        one.agent,
        _place(one.place),
        [_place(place) for place in one.related],
        list(one.absent),
        one.waived,
    ]


def _found(value: list[Any]) -> Finding:
    rule, severity, message, hint, environment, agent, place, related, absent, waived = value
    return Finding(
        rule=rule,
        severity=Severity(severity),
        message=message,
        place=_placed(place),
        hint=hint,
        environment=environment,
        agent=agent,
        related=tuple(_placed(one) for one in related),
        absent=tuple(absent),
        waived=waived,
    )


def _place(place: Place) -> list[Any]:
    return [place.file, place.line, place.column, place.end_line, place.end_column, place.path]


def _placed(value: list[Any]) -> Place:
    file, line, column, end_line, end_column, path = value
    return Place(file=file, line=line, column=column, end_line=end_line, end_column=end_column, path=path)
