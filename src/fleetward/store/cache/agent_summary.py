"""Checks of agents as JSON, for other processes and later runs; of an agent only what fleet-wide rules compare."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from fleetward.domain import layout
from fleetward.domain.agent_check import AgentCheck
from fleetward.domain.finding import Finding, Place, Severity
from fleetward.domain.fleet import AgentKey
from fleetward.domain.manifest import Agent, Manifest
from fleetward.domain.path import lookup, parse_path

ComparedKeys = Mapping[str, tuple[str, ...]]
"""By path of a manifest the keys that rules compare, of the mapping there or of every item of the list."""
Locate = Callable[[AgentKey, bool, str], Place]
"""The place of a path of an agent, or of its proposal where the second argument is True."""


def encode(check: AgentCheck, compared: ComparedKeys) -> list[Any]:
    """The check as JSON values, its agents reduced to the *compared* keys."""
    return [
        list(check.key),
        encode_findings(check.load_findings),
        encode_findings(check.rule_findings),
        check.files,
        _encode_agent(check.agent, compared),
        _encode_agent(check.proposed_agent, compared),
    ]


def decode(value: list[Any], locate: Locate) -> AgentCheck:
    """The check that `encode` wrote."""
    (environment, name), load_findings, rule_findings, files, agent, proposed = value
    key = (environment, name)
    return AgentCheck(
        key=key,
        load_findings=decode_findings(load_findings),
        rule_findings=decode_findings(rule_findings),
        files=files,
        agent=_decode_agent(key, agent, locate, proposed=False),
        proposed_agent=_decode_agent(key, proposed, locate, proposed=True),
    )


def file_count(value: list[Any]) -> int:
    """The number of files of an encoded check."""
    return int(value[3])


def has_agent(value: list[Any]) -> bool:
    """Has an encoded check an agent, and not a proposal alone?"""
    return value[4] is not None


def was_skipped(value: list[Any]) -> bool:
    """Has an encoded check an agent whose manifest is invalid, so that no rule ran?"""
    return has_agent(value) and value[4][2] is None


def unread_paths(value: list[Any]) -> tuple[str, ...]:
    """What rules could not see of an encoded check's agent, by path."""
    return tuple(value[4][4]) if has_agent(value) else ()


def encode_findings(findings: Iterable[Finding]) -> list[Any]:
    """Findings as JSON values."""
    return [_encode_finding(finding) for finding in findings]


def decode_findings(value: list[Any]) -> tuple[Finding, ...]:
    """The findings that `encode_findings` wrote."""
    return tuple(_decode_finding(item) for item in value)


def _encode_agent(agent: Agent | None, compared: ComparedKeys) -> list[Any] | None:
    if agent is None:
        return None
    data = None if agent.manifest is None else reduced(agent.manifest.effective, compared)
    unseen, unread = (agent.manifest.unseen, agent.manifest.unread) if agent.manifest else ((), ())
    return [agent.readable, agent.state if agent.readable else None, data, [*unseen], [*unread]]


def _decode_agent(
    key: AgentKey, summary: list[Any] | None, locate: Locate, *, proposed: bool
) -> Agent | None:
    if summary is None:
        return None
    (environment, name), (readable, state, data, unseen, _) = key, summary
    return Agent(
        environment=environment,
        name=name,
        folder=layout.agent_folder(environment, name),
        files=(),
        manifest=None if data is None else _decode_manifest(key, data, tuple(unseen), locate, proposed),
        readable=readable,
        proposed=proposed,
        cached_state=state,
    )


def _decode_manifest(
    key: AgentKey, data: dict[str, Any], unseen: tuple[str, ...], locate: Locate, proposed: bool
) -> Manifest:
    environment, name = key
    return Manifest(
        environment=environment,
        name=name,
        data=data,
        effective=data,
        locate=lambda path: locate(key, proposed, path),
        unseen=unseen,
    )


def reduced(data: Mapping[str, Any], compared: ComparedKeys) -> dict[str, Any]:
    """The *compared* keys of a manifest; absent ones stay absent."""
    result: dict[str, Any] = {}
    for path, keys in compared.items():
        present, value = lookup(data, path)
        if not present:
            continue
        *above, last = parse_path(path)
        inside = result
        for step in above:
            inside = inside.setdefault(step, {})
        if isinstance(value, list):
            inside[last] = [_select(item, keys) for item in value]
        elif isinstance(value, dict):
            inside.setdefault(last, {}).update(_select(value, keys))
    return result


def _select(value: Any, keys: tuple[str, ...]) -> Any:
    return {key: value[key] for key in keys if key in value} if isinstance(value, dict) else value


def _encode_finding(finding: Finding) -> list[Any]:
    return [
        finding.rule,
        finding.severity.value,
        finding.message,
        finding.hint,
        finding.environment,
        finding.agent,
        _encode_place(finding.place),
        [_encode_place(place) for place in finding.related],
        list(finding.missing_folders),
        finding.waived,
        finding.codepoint,
        finding.secret,
        finding.subject,
    ]


def _decode_finding(value: list[Any]) -> Finding:
    rule, severity, message, hint, environment, agent, place, related, absent, waived, *texts = value
    hidden, secret, subject = texts
    return Finding(
        rule=rule,
        severity=Severity(severity),
        message=message,
        place=_decode_place(place),
        hint=hint,
        environment=environment,
        agent=agent,
        related=tuple(_decode_place(item) for item in related),
        missing_folders=tuple(absent),
        waived=waived,
        codepoint=hidden,
        secret=secret,
        subject=subject,
    )


def _encode_place(place: Place) -> list[Any]:
    return [place.file, place.line, place.column, place.end_line, place.end_column, place.path]


def _decode_place(value: list[Any]) -> Place:
    file, line, column, end_line, end_column, path = value
    return Place(file=file, line=line, column=column, end_line=end_line, end_column=end_column, path=path)
