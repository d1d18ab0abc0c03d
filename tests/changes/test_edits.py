"""Random edits: each changed leaf is told exactly once, and what is told is enough to make the one of the other."""

import copy
import os
import random
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from fleetward.changes.canonical import normal
from fleetward.changes.equality import canonical
from fleetward.changes.walker import moves
from fleetward.domain.change import Kind
from fleetward.domain.path import Item, shown
from tests.changes.situations import SCHEMA, SPEC
from tests.changes.test_properties import days, keyed, maybe, names, numbers, words

EDITS = int(os.environ.get("FLEETWARD_EDITS", "4000"))
"""A hundred thousand when asked for, as before a release; fewer in every run."""

WHOLE = {"apiVersion": "fleetward/v1", "kind": "Agent", "metadata": {"name": "bot"}, "spec": SPEC}
KEYS = {"tools": "name", "prompts": "name", "knowledge": "name", "dependsOn": "agent", "budgets": "window",
        "evals": "name"}  # fmt: skip
TOLD_APART = {"triggers": "when", "criteria": "metric"}


def leaves(value, way=(), shape=(), named=""):
    """Every leaf: where it lies, how its path is written, and what tells its list item apart."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, (*way, key), (*shape, key), named)
    elif isinstance(value, list):
        listed = way[-1]
        for at, item in enumerate(value):
            if listed in KEYS:
                yield from leaves(item, (*way, at), (*shape, Item(item[KEYS[listed]])), KEYS[listed])
            elif listed in TOLD_APART:
                mark = TOLD_APART[listed]
                step = Item(item.get(mark, "date"))
                yield from leaves(item, (*way, at), (*shape, step), mark)
            elif isinstance(item, dict):
                yield from leaves(item, (*way, at), (*shape, at), "")
            else:
                yield (*way, at), shape, "element"
    else:
        yield way, shape, named


LEAVES = tuple(leaves(WHOLE))


def edited(whole, way, value):
    """The same with another value there; all that does not lie on the way is shared, not copied."""
    if not way:
        return value
    made = copy.copy(whole)
    made[way[0]] = edited(whole[way[0]], way[1:], value)
    return made


def at(whole, way):
    for step in way:
        whole = whole[step]
    return whole


def another(value, chance):
    if isinstance(value, bool):
        return not value
    if isinstance(value, str):
        return value + chance.choice("xyz")
    return value + chance.choice([1, 0.5, -1])


def test_every_changed_leaf_is_told_exactly_once():
    chance = random.Random(4)

    for _ in range(EDITS):
        way, shape, named = chance.choice(LEAVES)
        before = at(WHOLE, way)
        after = another(before, chance)

        found = moves(WHOLE, edited(WHOLE, way, after), SCHEMA)

        told = [(move.path, move.before, move.after) for move in found]
        if named == "element":  # of a set: the old one went, the new one came
            assert sorted(told, key=str) == sorted(
                [(shown(shape), before, None), (shown(shape), None, after)], key=str
            )
        elif way[-1] == named:  # what an item goes by: it is another item
            assert [move.kind for move in found].count(Kind.ADDED) == 1, told
            assert [move.kind for move in found].count(Kind.REMOVED) == 1, told
            assert len(found) == 2
        else:
            assert told == [(shown(shape), before, after)]


def test_of_many_edits_at_once_none_is_missed_and_none_is_told_twice():
    chance = random.Random(5)
    plain = [leaf for leaf in LEAVES if leaf[2] != "element" and leaf[0][-1] != leaf[2]]

    for _ in range(EDITS // 10):
        chosen = chance.sample(plain, chance.randint(2, 6))
        after = WHOLE
        for way, _, _ in chosen:
            after = edited(after, way, another(at(after, way), chance))

        found = moves(WHOLE, after, SCHEMA)

        assert sorted(move.path for move in found) == sorted(shown(shape) for _, shape, _ in chosen)


def test_a_rewritten_block_is_told_leaf_by_leaf():
    after = copy.deepcopy(WHOLE)
    after["spec"]["owner"] = {"team": "t", "accountable": "a", "backup": "b", "contact": {"chat": "#c"}}

    assert [move.path for move in moves(WHOLE, after, SCHEMA)] == [
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
                     triggers=st.lists(maybe(when=names, above=numbers), max_size=3, unique_by=canonical)),
    guardrails=maybe(humanReview=maybe(required=words), input=words),
).map(lambda spec: {"apiVersion": "fleetward/v1", "spec": spec})  # fmt: skip


def applied(before, found):
    """*before* with every move made in it; what came into lists without order is put at their end."""
    made = copy.deepcopy(before)
    gone = []
    for move in found:
        *way, last = move.spot.was
        if move.kind is Kind.REMOVED and isinstance(last, int):
            gone.append((tuple(way), last))
        elif move.kind is Kind.REMOVED:
            del at(made, way)[last]
        elif move.kind is Kind.ADDED and isinstance(move.spot.now[-1], int):
            _reached(made, move.spot.was, []).append(copy.deepcopy(move.after))
        else:
            _reached(made, way, {})[last] = copy.deepcopy(move.after)
    for way, position in sorted(gone, key=lambda one: (-len(one[0]), -one[1])):
        del at(made, way)[position]
    return made


def _reached(whole, way, last):
    for number, step in enumerate(way):
        if isinstance(whole, dict):
            following = way[number + 1] if number + 1 < len(way) else None
            empty = last if following is None else [] if isinstance(following, int) else {}
            whole = whole.setdefault(step, copy.copy(empty))
        else:
            whole = whole[step]
    return whole


@given(specs, specs)
@settings(max_examples=300, deadline=None)
def test_applying_the_changes_to_the_one_gives_the_other(before, after):
    made = applied(before, moves(before, after, SCHEMA))

    assert normal(made, SCHEMA) == normal(after, SCHEMA)
    assert moves(made, after, SCHEMA) == ()


@given(specs, specs)
@settings(max_examples=200, deadline=None)
def test_the_way_back_tells_the_same_places_with_the_sides_swapped(before, after):
    there = Counter((m.path, canonical(m.before), canonical(m.after)) for m in moves(before, after, SCHEMA))
    back = Counter((m.path, canonical(m.after), canonical(m.before)) for m in moves(after, before, SCHEMA))

    assert there == back


@given(st.lists(names, max_size=5), st.lists(names, max_size=5))
def test_of_a_list_with_an_order_every_item_is_accounted_for(before, after):
    schema = {"properties": {"steps": {"type": "array", "x-list": "ordered", "items": {"type": "string"}}}}

    found = moves({"steps": before}, {"steps": after}, schema)

    single = [move for move in found if move.kind is not Kind.REORDERED]
    gone = Counter(move.before for move in single if move.before is not None)
    come = Counter(move.after for move in single if move.after is not None)
    assert Counter(before) - gone + come == Counter(after)
    assert len(found) - len(single) <= 1
    assert bool(found) == (before != after)
