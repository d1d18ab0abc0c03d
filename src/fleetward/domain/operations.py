"""What the operations of a tool do, by the words of their names and by the register of connectors."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from fleetward.domain import operation_words as table
from fleetward.domain.operation_words import EFFECTS, Effect

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_WORD = re.compile(r"[A-Za-z0-9]+")
_SEGMENT = re.compile(r"[./:]+")
_VERSION = re.compile(r"v?[0-9]+")
_METHOD = re.compile(rf"({'|'.join(table.HTTP_METHODS)})[ :]*/")
_NAMING = table.THINGS | table.ACTIONS_AS_THINGS


@lru_cache(maxsize=4096)
def effect(operation: str) -> Effect | None:
    """
    What *operation* does, by the verb in its name, first or last; None where no verb is known.

    ``payment.prepare`` prepares, ``payment.send`` and ``issue_refund`` pay, ``check_order_status`` reads. A wildcard
    stands for everything that a tool can do.
    """
    if "*" in operation:
        return Effect.DELETES
    if method := _METHOD.match(operation):
        return table.HTTP_METHODS[method[1]]
    segments = [words for part in _SEGMENT.split(operation) if (words := _words(part))]
    while len(segments) > 1 and _is_suffix(segments[-1]):
        segments.pop()
    words = [word for segment in segments for word in segment]
    if not words:
        return None
    if (phrase := "_".join(words)) in table.PHRASES:
        return table.PHRASES[phrase]
    if any(verb in words and objects.intersection(words) for verb, objects in table.RUNNING.items()):
        return Effect.WRITES
    if words[0] in table.PREDICATES and len(words) > 1 and not table.JOINING.intersection(words):
        return Effect.READS
    if table.JOINING.intersection(words) or table.FOR_GOOD.intersection(words[-1:]):
        return _joined_effect(words)
    verb = _verb(segments[-1]) or next(filter(None, map(_named_verb, segments[-2::-1])), None)
    if table.MONEY.intersection(words) and (verb in table.EXECUTING or words[0] in table.EXECUTING):
        return Effect.PAYS
    known = EFFECTS.get(verb) if verb else None
    if known is Effect.READS:
        # `delete.list` and `update/status`: fail closed
        single = list(_single_words(segments[:-1]))
        mutations = (*_mutations(single), *table.UPDATES.intersection(single))
        return max((EFFECTS[word] for word in mutations), default=known)
    return known


def _words(part: str) -> list[str]:
    words = [word.lower() for word in _WORD.findall(_CAMEL.sub(" ", part))]
    while len(words) > 1 and _is_suffix(words[-1:]):
        words.pop()
    return words


def _is_suffix(words: Sequence[str]) -> bool:
    return len(words) == 1 and (words[0] in table.SUFFIXES or _VERSION.fullmatch(words[0]) is not None)


def _single_words(segments: Iterable[Sequence[str]]) -> Iterator[str]:
    return (segment[0] for segment in segments if len(segment) == 1)


def _joined_effect(words: Sequence[str]) -> Effect | None:
    """The strictest verb of ``get_and_delete``; None where a verb is joined to a word that no table knows."""
    effects = [
        EFFECTS[word]
        for before, word in zip(("", *words), words, strict=False)
        if word in EFFECTS and (word not in _NAMING or before in table.JOINING or word == words[0])
    ]
    joins = zip(words, words[1:], words[2:], strict=False)
    if any(
        joining in table.JOINING and verb in EFFECTS and verb not in _NAMING and following not in EFFECTS
        for verb, joining, following in joins
    ):
        effects = [known for known in effects if known is not Effect.READS]
    return max(effects, default=None)


def _mutations(words: Iterable[str]) -> Iterator[str]:
    """The words that change something and name no thing."""
    return (word for word in words if EFFECTS.get(word, Effect.READS) > Effect.READS and word not in _NAMING)


def _named_verb(words: Sequence[str]) -> str | None:
    """The verb in a part before the last dot; a noun there is what the operation is about: ``order.enrich``."""
    verb = _verb([word for word in words if word not in _NAMING])
    # a state is what is asked for, not what is done
    return None if verb in table.STATES else verb


def _verb(words: Sequence[str]) -> str | None:
    """The verb of ``get_order``, ``order_get`` and ``k8s_get_resources``; None where it is not clear."""
    if not words:
        return None
    first, last = words[0], words[-1]
    if [*words[-2:]] == ["as", "read"]:
        return "mark"
    if first in table.UNCLEAR:
        return _unclear_verb(first, words)
    if first in table.READERS:
        return _after_reader(words)
    if first in EFFECTS and first not in _NAMING:
        return first
    if first in EFFECTS:
        return _after_thing(words)
    if mutation := next((word for word in words if word in EFFECTS and word not in _NAMING), None):
        return _after_reader(words[words.index(mutation) :]) if mutation in table.READERS else mutation
    if table.UNCLEAR.intersection(words):
        return None
    if last in table.TAILS:
        return "list"
    verbs = (word for word in (last, *words) if word in EFFECTS and word not in table.PLAIN_THINGS)
    return next(verbs, None)


def _after_reader(words: Sequence[str]) -> str | None:
    """The verb of a name that begins with a reading word: ``list_delete`` deletes, ``get_send_quota`` reads."""
    first, rest = words[0], words[1:]
    if first == "check" and rest and rest[0] in table.PARTICLES:
        return "checkin"
    if first == "select" and "into" in rest:
        return "insert"
    if first in table.STATES and rest and rest[-1] in table.ACTIONS_AS_THINGS:
        return rest[-1]
    if first not in table.PLAIN_READERS and table.UPDATES.intersection(rest[-1:]):
        return rest[-1]
    if first in table.QUALIFIED:
        return next(_mutations(rest[-1:]), first)
    if first in table.PLAIN_READERS:
        return next(_mutations(rest[:1]), first)
    return next(_mutations(rest), first)


def _after_thing(words: Sequence[str]) -> str | None:
    """The verb of a name that begins with a word for a thing: ``invoice_list``, ``order_cancel``, ``tag_user``."""
    first, rest = words[0], words[1:]
    readers = table.TAILS_OF_ACTIONS if first in table.ACTIONS_AS_THINGS else table.TAILS_OF_THINGS
    if first in table.UPDATES:
        return first
    if mutation := next(_mutations(rest), None):
        return mutation
    if rest and (rest[-1] in readers or rest[0] in table.PLAIN_READERS):
        return "list"
    if rest and rest[-1].endswith("s") and rest[-1] not in EFFECTS:
        # a plural may be what is acted on or what is returned
        return first if EFFECTS[first] is Effect.PAYS and rest[-1] not in table.ITEMS else None
    return rest[-1] if rest and rest[-1] in EFFECTS and rest[-1] not in table.READERS else first


def _unclear_verb(first: str, words: Sequence[str]) -> str | None:
    """``open_file`` and ``resolve_dns`` read; of ``run_query`` nobody knows."""
    objects = {"open": table.OPENABLE, "resolve": table.RESOLVABLE, "track": table.TRACKABLE}
    if words[-1] in objects.get(first, ()):
        return "read"
    return next(_mutations(words[1:]), None) or first


def operation_effects(
    tool: Mapping[str, Any], register: Mapping[str, Any]
) -> Iterator[tuple[str, Effect | None]]:
    """
    Each operation that *tool* allows, with what it does; None where neither table nor register knows it.

    Shape: *register* is the content of ``governance/connectors.yaml``, or empty. Its ``operations`` name operations
    (``order.sunset``, or ``crm.order.sunset`` of one tool) and verbs (``sunset``) that the table does not know, and
    operations that it gets wrong. A connector that gives read access makes nothing worse than reading.
    """
    connector = connector_of(tool, register)
    named = {**_named(register.get("operations")), **_named(connector.get("operations"))}
    for operation in tool.get("allow") or ():
        known = _registered_effect(operation, tool, named)
        reads = connector.get("access") == "read"
        yield operation, Effect.READS if reads else known


def named_irreversible(tool: Mapping[str, Any], register: Mapping[str, Any]) -> frozenset[str]:
    """The operations of *tool* that the register calls irreversible, whatever the tool says of itself."""
    groups = (register.get("operations"), connector_of(tool, register).get("operations"))
    named = {
        operation: Effect.DELETES for group in groups for operation in (group or {}).get("irreversible") or ()
    }
    return frozenset(
        operation
        for operation in tool.get("allow") or ()
        if _is_named(operation, tool, named) or _named_verb_effect(operation, named) is not None
    )


def _registered_effect(operation: str, tool: Mapping[str, Any], named: Mapping[str, Effect]) -> Effect | None:
    """What the register says of *operation*, else the table, made stricter by the verbs that the register names."""
    if _is_named(operation, tool, named):
        return max(named[name] for name in (operation, f"{tool.get('name')}.{operation}") if name in named)
    effects = (effect(operation), _named_verb_effect(operation, named))
    return max((known for known in effects if known is not None), default=None)


def _is_named(operation: str, tool: Mapping[str, Any], named: Mapping[str, Effect]) -> bool:
    return operation in named or f"{tool.get('name')}.{operation}" in named


def _named_verb_effect(operation: str, named: Mapping[str, Effect]) -> Effect | None:
    """What a verb of the register says of an operation that does not read by the table."""
    if not named or effect(operation) is Effect.READS:
        return None
    parts = [words for part in _SEGMENT.split(operation) if (words := _words(part))]
    verbs = {parts[-1][0], parts[-1][-1]} if parts else set()
    return max((named[verb] for verb in verbs if verb in named), default=None)


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
