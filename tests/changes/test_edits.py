"""Random edits: each changed value is reported once, and the report is enough to repeat the edit."""

import copy
import os
import random
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from fleetward.changes.canonical import canonical_lines
from fleetward.changes.equality import canonical_text
from fleetward.changes.walker import deltas
from fleetward.domain.change import ChangeKind
from fleetward.domain.path import ItemKey, format_path
from tests.changes.situations import SCHEMA, SPEC
from tests.changes.test_properties import days, keyed, maybe, names, numbers, words

EDITS = int(os.environ.get("FLEETWARD_EDITS", "4000"))
"""Set it to a hundred thousand before a release."""

WHOLE = {"apiVersion": "fleetward/v1", "kind": "Agent", "metadata": {"name": "bot"}, "spec": SPEC}
KEYS = {"tools": "name", "prompts": "name", "knowledge": "name", "dependsOn": "agent", "budgets": "window",
        "evals": "name"}  # fmt: skip
TOLD_APART = {"triggers": "when", "criteria": "metric"}


def leaves(value, path=(), shape=(), key_name=""):
    """Every value: its path, its printed path, and the key that identifies its list item."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, (*path, key), (*shape, key), key_name)
    elif isinstance(value, list):
        listed = path[-1]
        for at, item in enumerate(value):
            if listed in KEYS:
                yield from leaves(item, (*path, at), (*shape, ItemKey(item[KEYS[listed]])), KEYS[listed])
            elif listed in TOLD_APART:
                mark = TOLD_APART[listed]
                step = ItemKey(item.get(mark, "date"))
                yield from leaves(item, (*path, at), (*shape, step), mark)
            elif isinstance(item, dict):
                yield from leaves(item, (*path, at), (*shape, at), "")
            else:
                yield (*path, at), shape, "element"
    else:
        yield path, shape, key_name


LEAVES = tuple(leaves(WHOLE))


def edited(whole, path, value):
    """A copy with another value at *path*; everything beside the path is shared."""
    if not path:
        return value
    copied = copy.copy(whole)
    copied[path[0]] = edited(whole[path[0]], path[1:], value)
    return copied


def at(whole, path):
    for step in path:
        whole = whole[step]
    return whole


def another(value, chance):
    if isinstance(value, bool):
        return not value
    if isinstance(value, str):
        return value + chance.choice("xyz")
    return value + chance.choice([1, 0.5, -1])


def test_every_changed_value_is_reported_exactly_once():
    chance = random.Random(4)

    for _ in range(EDITS):
        path, shape, key_name = chance.choice(LEAVES)
        before = at(WHOLE, path)
        after = another(before, chance)

        reported = deltas(WHOLE, edited(WHOLE, path, after), SCHEMA)

        triples = [(delta.path, delta.before, delta.after) for delta in reported]
        if key_name == "element":  # of a set: the old one went, the new one came
            assert sorted(triples, key=str) == sorted(
                [(format_path(shape), before, None), (format_path(shape), None, after)], key=str
            )
        elif path[-1] == key_name:  # what an item goes by: it is another item
            assert [delta.kind for delta in reported].count(ChangeKind.ADDED) == 1, triples
            assert [delta.kind for delta in reported].count(ChangeKind.REMOVED) == 1, triples
            assert len(reported) == 2
        else:
            assert triples == [(format_path(shape), before, after)]


def test_of_many_edits_at_once_each_is_reported_once():
    chance = random.Random(5)
    plain = [leaf for leaf in LEAVES if leaf[2] != "element" and leaf[0][-1] != leaf[2]]

    for _ in range(EDITS // 10):
        chosen = chance.sample(plain, chance.randint(2, 6))
        after = WHOLE
        for path, _, _ in chosen:
            after = edited(after, path, another(at(after, path), chance))

        reported = deltas(WHOLE, after, SCHEMA)

        assert sorted(delta.path for delta in reported) == sorted(
            format_path(shape) for _, shape, _ in chosen
        )


def test_a_rewritten_block_is_reported_value_by_value():
    after = copy.deepcopy(WHOLE)
    after["spec"]["owner"] = {"team": "t", "accountable": "a", "backup": "b", "contact": {"chat": "#c"}}

    assert [delta.path for delta in deltas(WHOLE, after, SCHEMA)] == [
        "spec.owner.accountable", "spec.owner.backup", "spec.owner.contact.chat", "spec.owner.team"
    ]  # fmt: skip


# Applying


specs = maybe(
    suspended=st.booleans(),
    owner=maybe(team=names, backup=names, contact=maybe(chat=names)),
    model=maybe(name=names, parameters=st.dictionaries(names, st.one_of(numbers, names, st.booleans()), max_size=3)),
    tools=keyed("name", allow=words, access=st.sampled_from(["read", "write"]), reversible=st.booleans()),
    budgets=keyed("window", haltAt=numbers, alertAt=numbers),
    escalation=maybe(sla=maybe(acknowledge=days), context=words,
                     triggers=st.lists(maybe(when=names, above=numbers), max_size=3, unique_by=canonical_text)),
    guardrails=maybe(humanReview=maybe(required=words), input=words),
).map(lambda spec: {"apiVersion": "fleetward/v1", "spec": spec})  # fmt: skip


def applied(before, reported):
    """*before* with every delta applied; new elements of lists without order are appended."""
    document = copy.deepcopy(before)
    removals = []
    for delta in reported:
        *parents, last = delta.location.before
        if delta.kind is ChangeKind.REMOVED and isinstance(last, int):
            removals.append((tuple(parents), last))
        elif delta.kind is ChangeKind.REMOVED:
            del at(document, parents)[last]
        elif delta.kind is ChangeKind.ADDED and isinstance(delta.location.after[-1], int):
            _reached(document, delta.location.before, []).append(copy.deepcopy(delta.after))
        else:
            _reached(document, parents, {})[last] = copy.deepcopy(delta.after)
    for parents, position in sorted(removals, key=lambda removal: (-len(removal[0]), -removal[1])):
        del at(document, parents)[position]
    return document


def _reached(whole, path, last):
    for number, step in enumerate(path):
        if isinstance(whole, dict):
            following = path[number + 1] if number + 1 < len(path) else None
            empty = last if following is None else [] if isinstance(following, int) else {}
            whole = whole.setdefault(step, copy.copy(empty))
        else:
            whole = whole[step]
    return whole


@given(specs, specs)
@settings(max_examples=300, deadline=None)
def test_applying_the_changes_to_the_one_gives_the_other(before, after):
    result = applied(before, deltas(before, after, SCHEMA))

    assert canonical_lines(result, SCHEMA) == canonical_lines(after, SCHEMA)
    assert deltas(result, after, SCHEMA) == ()


@given(specs, specs)
@settings(max_examples=200, deadline=None)
def test_the_reverse_reports_the_same_places_with_the_sides_swapped(before, after):
    forward = Counter(
        (m.path, canonical_text(m.before), canonical_text(m.after)) for m in deltas(before, after, SCHEMA)
    )
    backward = Counter(
        (m.path, canonical_text(m.after), canonical_text(m.before)) for m in deltas(after, before, SCHEMA)
    )

    assert forward == backward


@given(st.lists(names, max_size=5), st.lists(names, max_size=5))
def test_of_a_list_with_an_order_every_item_is_accounted_for(before, after):
    schema = {"properties": {"steps": {"type": "array", "x-list": "ordered", "items": {"type": "string"}}}}

    reported = deltas({"steps": before}, {"steps": after}, schema)

    single = [delta for delta in reported if delta.kind is not ChangeKind.REORDERED]
    removed = Counter(delta.before for delta in single if delta.before is not None)
    added = Counter(delta.after for delta in single if delta.after is not None)
    assert Counter(before) - removed + added == Counter(after)
    assert len(reported) - len(single) <= 1
    assert bool(reported) == (before != after)
