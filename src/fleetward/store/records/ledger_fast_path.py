"""
Ledger lines that are accepted by one regular expression; all others go to ``ledger_line.decode_line``, the reference.

The pattern is what ``ledger_line.encode`` writes, from the first byte to the last: no repeated key, no space, no letter
in another spelling. So the entry of an accepted line can be built later, or never, and building it cannot fail.
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from functools import cache
from typing import Any

from fleetward.domain.ledger import AgentTransition, Entry
from fleetward.domain.policy import Assurance
from fleetward.store.records.lazy_entries import LedgerLine

_DIGEST = r'"sha256:[0-9a-f]{64}"'
_NAME = r'"(?=[a-z0-9-]{1,63}")[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"'
# printable ASCII without quote and backslash: all that ascii_json leaves as it is
_PLAIN = r"[ !#-\[\]-~]*"
_TEXT = rf'"{_PLAIN}(?:\\(?:["\\bfnrt]|u[0-9a-f]{{4}}){_PLAIN})*"'
_FILLED = rf'(?!""){_TEXT}'
# at most 15 digits: below 2**53, where all readers agree
_COUNT = r"(?:0|[1-9][0-9]{0,14})"
_POSITIVE = r"[1-9][0-9]{0,14}"
# hour 24 is left out: newer Pythons read it as the next day
_INSTANT = r"[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}Z"
_ASSURANCE = "|".join(f'"{assurance.word}"' for assurance in Assurance)
_AGENT_GROUPS = (
    rf'\{{"agent":({_NAME}),"from":(null|{_DIGEST}),'
    rf'"to":(?:null,"release":null|({_DIGEST}),"release":({_DIGEST})),"generation":({_POSITIVE})\}}'
)
# without groups: repeated groups keep the last match alone
_AGENT = re.sub(r"\((?!\?)", "(?:", _AGENT_GROUPS)
_FILE = rf'\{{"file":{_FILLED},"sha256":{_DIGEST}'
_RECORD = rf"{_FILE}\}}"
_ATTESTATION = rf'{_FILE}(?:,"signature":{_DIGEST})?\}}'
_APPROVAL = rf'{_FILE},"approver":{_NAME},"assurance":(?:{_ASSURANCE})(?:,"signature":{_DIGEST})?\}}'


def _list_of(pattern: str) -> str:
    return rf"\[(?:{pattern}(?:,{pattern})*)?\]"


_REQUIREMENT = (
    rf'\{{"agent":{_TEXT},"rule":{_TEXT},"kind":{_TEXT},"asked":{_TEXT},"status":{_TEXT},"by":{_list_of(_TEXT)},'
    rf'"detail":{_TEXT},"readyAt":(?:null|{_TEXT}),"could":{_list_of(_TEXT)}\}}'
)
"""As ``ledger_line.encode_requirement`` writes it; a key that comes later has to be optional here."""
_AGENTS = re.compile(_AGENT_GROUPS, re.ASCII)


@cache
def line_pattern() -> re.Pattern[str]:
    """A whole line; compiled at the first one, which takes as long as reading a hundred of them."""
    return re.compile(
        rf'\{{"seq":({_POSITIVE}),"previous":(null|{_DIGEST}),"governance":{_DIGEST},'
        rf'(?:"governanceVersion":2,)?"environment":({_NAME}),"kind":({_NAME}),"at":"({_INSTANT})",'
        rf'"commit":"(?:[0-9a-f]{{40}}|[0-9a-f]{{64}})","actor":{_FILLED},"agents":({_list_of(_AGENT)}),'
        rf'"policy":(?:null|\{{"version":{_COUNT},"sha256":{_DIGEST}\}}),"approvals":{_list_of(_APPROVAL)},'
        rf'"evidence":{_list_of(_RECORD)},(?:"attestations":\[{_ATTESTATION}(?:,{_ATTESTATION})*\],)?'
        rf'"requirements":{_list_of(_REQUIREMENT)},"reason":{_TEXT},"tool":{_TEXT}\}}',
        re.ASCII,
    )


def parse_fast(text: str) -> LedgerLine | None:
    """The line in *text*; None where the reference has to decide."""
    # fullmatch: $ would accept a line feed at the end
    match = line_pattern().fullmatch(text)
    if match is None or ("\\u" in text and not _is_canonical(text)):
        return None
    seq, previous, environment, kind, at, agents = match.groups()
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:  # no such day
        return None
    return LedgerLine(
        seq=int(seq),
        previous=_digest(previous),
        environment=environment[1:-1],
        kind=kind[1:-1],
        at=moment,
        agents=tuple(map(_agent, _AGENTS.findall(agents))),
        text=text,
        build=_entry,
    )


def _is_canonical(text: str) -> bool:
    """Are its letters written as they are here: no plain one by its number, no half of a pair?"""
    data = json.loads(text)
    try:
        json.dumps(data, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    # an escape for a plain letter passes the pattern, and is another spelling
    return json.dumps(data, separators=(",", ":")) == text


def _entry(line: LedgerLine) -> Entry:
    """All of a line that was accepted."""
    data: dict[str, Any] = json.loads(line.text)
    policy = data["policy"] or {}
    return Entry(
        seq=line.seq,
        previous=line.previous,
        governance=data["governance"],
        environment=line.environment,
        kind=line.kind,
        at=line.at,
        commit=data["commit"],
        actor=data["actor"],
        agents=line.agents,
        policy_version=policy.get("version"),
        policy_sha256=policy.get("sha256"),
        approvals=tuple(data["approvals"]),
        evidence=tuple(data["evidence"]),
        attestations=tuple(data.get("attestations", ())),
        requirements=tuple(data["requirements"]),
        reason=data["reason"],
        tool=data["tool"],
        governance_version=data.get("governanceVersion", 1),
        line=line.text,
    )


def _agent(groups: tuple[str, str, str, str, str]) -> AgentTransition:
    agent, before, after, release, generation = groups
    return AgentTransition(
        agent=agent[1:-1],
        from_state=_digest(before),
        to_state=_digest(after),
        release=_digest(release),
        generation=int(generation),
    )


def _digest(text: str) -> str | None:
    """A digest in its quotes; null is none, and nothing is what stands where a null was left out."""
    return text[1:-1] if text.startswith('"') else None
