"""
A ledger line in which nothing is wrong, told at a glance.

Accept fast, word slowly: what is not accepted here goes through ``store/ledger.py``, which stays the reference and
finds the words. The line has to be JSON exactly as it would be written again, which leaves no room for a repeated
key, a space or a number that is none, and up to its requirements it has to match one pattern.
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

from fleetward.domain.ledger import Entry, Moved
from fleetward.domain.policy import Assurance

_DIGEST = r'"sha256:[0-9a-f]{64}"'
_NAME = r'"(?=[a-z0-9-]{1,63}")[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"'
_TEXT = r'"(?:[^"\\]|\\.)+"'
_COUNT = r"(?:0|[1-9][0-9]{0,14})"
_POSITIVE = r"[1-9][0-9]{0,14}"
_INSTANT = r"[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}Z"
_ASSURANCE = "|".join(f'"{assurance.word}"' for assurance in Assurance)
_AGENT = (
    rf'\{{"agent":{_NAME},"from":(?:null|{_DIGEST}),'
    rf'"to":(?:null,"release":null|{_DIGEST},"release":{_DIGEST}),"generation":{_POSITIVE}\}}'
)
_FILE = rf'\{{"file":{_TEXT},"sha256":{_DIGEST}'
_RECORD = rf"{_FILE}\}}"
_APPROVAL = rf'{_FILE},"approver":{_NAME},"assurance":(?:{_ASSURANCE})(?:,"signature":{_DIGEST})?\}}'


def _some(pattern: str) -> str:
    return rf"\[(?:{pattern}(?:,{pattern})*)?\]"


_SHAPE = re.compile(
    rf'\{{"seq":{_POSITIVE},"previous":(?:null|{_DIGEST}),"governance":{_DIGEST},'
    rf'"environment":{_NAME},"kind":{_NAME},"at":"{_INSTANT}",'
    rf'"commit":"(?:[0-9a-f]{{40}}|[0-9a-f]{{64}})","actor":{_TEXT},"agents":{_some(_AGENT)},'
    rf'"policy":(?:null|\{{"version":{_COUNT},"sha256":{_DIGEST}\}}),"approvals":{_some(_APPROVAL)},'
    rf'"evidence":{_some(_RECORD)},"requirements":\[',
    re.ASCII,
)
_LAST = ("requirements", "reason", "tool")
_LENGTH = 15
_WRITTEN = json.JSONEncoder(allow_nan=False, separators=(",", ":"))


def accepted(line: str) -> Entry | None:
    """The entry in *line*, or None where somebody has to look closely."""
    if not line.isascii() or "\\ud" in line or not _SHAPE.match(line):
        return None
    try:
        data = json.loads(line)
        if len(data) != _LENGTH or tuple(data)[-3:] != _LAST or _WRITTEN.encode(data) != line:
            return None
        return _entry(data, line)
    except (ValueError, RecursionError):
        return None


def _entry(data: dict[str, Any], line: str) -> Entry | None:
    requirements, reason, tool = (data[key] for key in _LAST)
    if not (
        isinstance(requirements, list)
        and all(isinstance(one, dict) for one in requirements)
        and isinstance(reason, str)
        and isinstance(tool, str)
    ):
        return None
    policy = data["policy"] or {}
    return Entry(
        seq=data["seq"],
        previous=data["previous"],
        governance=data["governance"],
        environment=data["environment"],
        kind=data["kind"],
        at=datetime.fromisoformat(data["at"]),
        commit=data["commit"],
        actor=data["actor"],
        agents=tuple(_moved(one) for one in data["agents"]),
        policy_version=policy.get("version"),
        policy_sha256=policy.get("sha256"),
        approvals=tuple(data["approvals"]),
        evidence=tuple(data["evidence"]),
        requirements=tuple(requirements),
        reason=reason,
        tool=tool,
        line=line,
    )


def _moved(one: dict[str, Any]) -> Moved:
    return Moved(
        agent=one["agent"],
        from_state=one["from"],
        to_state=one["to"],
        release=one["release"],
        generation=one["generation"],
    )
