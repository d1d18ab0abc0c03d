"""What the operations of a tool do, by the words of their names and by the register of connectors."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from enum import IntEnum
from typing import Any


class Effect(IntEnum):
    """What an operation does, mildest first."""

    READS = 0
    WRITES = 1
    DELETES = 2
    PAYS = 3

    @property
    def access(self) -> str:
        """The access that the operation needs."""
        return "read" if self is Effect.READS else "write"


def _word_set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_VERBS: Mapping[Effect, frozenset[str]] = {
    Effect.READS: _word_set(
        "analyze analyse browse calculate check compare count describe diff download estimate exists "
        "explain export fetch find get glob grep head inspect list lookup ls match open peek ping poll "
        "preview query rank read resolve retrieve scan search select show stat status summarize summarise "
        "tail test translate validate verify view watch"
    ),
    Effect.WRITES: _word_set(
        "add append apply approve archive assign attach book close commit copy create deploy draft edit "
        "enable escalate exec execute import insert install invite label merge modify move note patch "
        "post prepare publish push put rebook register rename reopen reply reset restart restore save "
        "schedule send set start stop store submit subscribe sync tag trigger update upload upsert write"
    ),
    Effect.DELETES: _word_set(
        "cancel deactivate decommission delete destroy disable discard drop erase expire kill prune purge "
        "remove revoke rm shred terminate truncate uninstall unlink void wipe"
    ),
    Effect.PAYS: _word_set(
        "bill buy capture charge credit debit disburse invoice order pay payout purchase refund reimburse "
        "sell settle trade transfer withdraw"
    ),
}
_EFFECTS = {word: effect for effect, words in _VERBS.items() for word in words}
# these words name things, too: `order.read`, `invoice_list`, `label.get`
_NOUNS = _VERBS[Effect.PAYS] - {"buy", "pay", "reimburse", "sell", "settle"} | {
    *(
        "archive",
        "book",
        "copy",
        "import",
        "label",
        "note",
        "post",
        "patch",
        "stop",
        "store",
        "tag",
        "test",
        "status",
    )
}
_MONEY = _VERBS[Effect.PAYS] | {"payment", "payments", "refunds", "invoices", "funds", "money", "transaction"}
_EXECUTING = _word_set("approve create exec execute issue make post process release send submit")
_FOR_GOOD = _word_set("delete destroy drop erase purge truncate wipe")
_JOINING = frozenset({"and", "or", "then"})
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_WORD = re.compile(r"[A-Za-z0-9]+")
_SEGMENT = re.compile(r"[./:]+")


def effect(operation: str) -> Effect | None:
    """
    What *operation* does, by the verb in its name, first or last; None where no verb is known.

    ``payment.prepare`` prepares, ``payment.send`` and ``issue_refund`` pay, ``check_order_status`` reads. A wildcard
    stands for everything that a tool can do.
    """
    if "*" in operation:
        return Effect.DELETES
    segments = [list(_words(part)) for part in _SEGMENT.split(operation)]
    words = [word for segment in segments for word in segment]
    if _JOINING.intersection(words) or _FOR_GOOD.intersection(words[-1:]):
        return max((_EFFECTS[word] for word in words if word in _EFFECTS), default=None)
    # in front of a dot a noun is what the operation is about: `order.enrich` orders nothing
    subjects = [[word for word in segment if word not in _NOUNS] for segment in segments[:-1]]
    verb = next((verb for segment in (segments[-1], *reversed(subjects)) if (verb := _verb(segment))), None)
    if _MONEY.intersection(words) and (verb in _EXECUTING or _EXECUTING.intersection(words[:1])):
        return Effect.PAYS
    return _EFFECTS[verb] if verb else None


def _words(part: str) -> Iterator[str]:
    return (word.lower() for word in _WORD.findall(_CAMEL.sub(" ", part)))


def _verb(words: Sequence[str]) -> str | None:
    """The verb of ``get_order``, ``order_get`` and ``k8s_get_resources``; a word that is a noun, too, comes last."""
    known = [word for word in (*words[:1], *words[-1:], *words[1:2]) if word in _EFFECTS]
    nouns = [word for word in known if word in words[-1:]] or known
    return next((word for word in known if word not in _NOUNS), nouns[0] if nouns else None)


def operation_effects(
    tool: Mapping[str, Any], register: Mapping[str, Any]
) -> Iterator[tuple[str, Effect | None]]:
    """
    Each operation that *tool* allows, with what it does; None where neither table nor register knows it.

    Shape: *register* is the content of ``governance/connectors.yaml``, or empty. Its ``operations`` name operations
    that the table does not know or gets wrong. A connector that gives read access makes nothing worse than reading.
    """
    connector = connector_of(tool, register)
    named = {**_named(register.get("operations")), **_named(connector.get("operations"))}
    for operation in tool.get("allow") or ():
        known = named.get(operation, effect(operation))
        reads = connector.get("access") == "read"
        yield operation, Effect.READS if reads else known


def connector_of(tool: Mapping[str, Any], register: Mapping[str, Any]) -> Mapping[str, Any]:
    """The connector of *tool* as the register has it; empty where it has none."""
    connector = (register.get("connectors") or {}).get(tool.get("connector"))
    return connector if isinstance(connector, Mapping) else {}


_GROUPS: Mapping[str, Effect] = {
    "reading": Effect.READS,
    "writing": Effect.WRITES,
    "irreversible": Effect.DELETES,
    "paying": Effect.PAYS,
}


def _named(groups: Any) -> dict[str, Effect]:
    """By operation the effect that the register names; the strictest where it names several."""
    listed = groups if isinstance(groups, Mapping) else {}
    # the strictest group comes last, so it wins
    return {operation: known for group, known in _GROUPS.items() for operation in listed.get(group) or ()}
