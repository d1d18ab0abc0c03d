import random
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from fleetward.changes import freeform
from fleetward.changes.classify import change_of
from fleetward.changes.combinations import raise_combinations
from fleetward.changes.equality import canonical_text
from fleetward.changes.walker import deltas
from fleetward.domain.change import Direction
from tests.changes.situations import SCHEMA

names = st.sampled_from(["a", "b", "c", "d"])
words = st.lists(st.sampled_from(["read", "write", "send", "*"]), unique=True, max_size=3)
days = st.sampled_from(["P1D", "PT24H", "P7D", "PT30M", "P90D"])
numbers = st.one_of(st.integers(0, 5), st.sampled_from([0.5, 1.0, 2.0]))
free = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, names),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(names, inner, max_size=3)),
    max_leaves=6,
)


def maybe(**fields):
    return st.fixed_dictionaries({}, optional=fields)


def keyed(key, **fields):
    items = maybe(**fields)
    return st.dictionaries(names, items, max_size=3).map(
        lambda by_key: [{key: name, **item} for name, item in by_key.items()]
    )


specs = maybe(
    suspended=st.booleans(),
    risk=maybe(tier=st.sampled_from(["low", "medium", "high", "critical"]), assessedAt=st.just("2026-01-01")),
    owner=maybe(team=names, accountable=names, backup=names, contact=maybe(chat=names)),
    model=maybe(name=names, parameters=st.dictionaries(names, free, max_size=2),
                upgradePolicy=st.sampled_from(["on-new-default", "once-expired", "no-auto-upgrade"])),
    tools=keyed("name", allow=words, access=st.sampled_from(["read", "write", "admin"]), reversible=st.booleans(),
                approval=st.sampled_from(["never", "on-irreversible", "always"]), identity=names),
    knowledge=keyed("name", maxAge=days, classification=st.sampled_from(["public", "restricted"])),
    budgets=keyed("window", haltAt=numbers, alertAt=numbers, tokens=numbers),
    evals=keyed("name", min=numbers, max=numbers, maxAge=days),
    escalation=maybe(sla=maybe(acknowledge=days, resolve=days), context=words,
                     triggers=st.lists(maybe(when=names, above=numbers), max_size=3)),
    guardrails=maybe(humanReview=maybe(required=words, approvers=names), input=words,
                     killSwitch=maybe(how=names, testedAt=st.just("2026-10-01"))),
    orchestration=maybe(limits=maybe(maxTurns=numbers, maxDepth=numbers), antiLoop=maybe(key=names)),
    retirement=maybe(criteria=st.lists(maybe(metric=names, below=numbers, date=st.just("2027-01-01")), max_size=2)),
).map(lambda spec: {"apiVersion": "fleetward/v1", "spec": spec})  # fmt: skip


def changes(before, after):
    return tuple(change_of(delta) for delta in deltas(before, after, SCHEMA))


def shuffled(value, chance, *, inside="spec"):
    """The value with the order of keys and of lists without order changed."""
    if isinstance(value, dict):
        keys = chance.sample(list(value), len(value))
        return {k: v if k == "parameters" else shuffled(v, chance) for k, v in ((k, value[k]) for k in keys)}
    if isinstance(value, list):
        return [shuffled(item, chance) for item in chance.sample(value, len(value))]
    return value


@given(specs)
def test_a_spec_compared_with_itself_has_no_change(spec):
    assert changes(spec, spec) == ()


@given(specs, st.integers())
def test_the_order_of_keys_keyed_lists_and_sets_means_nothing(spec, seed):
    reordered = shuffled(spec, random.Random(seed))

    assert changes(spec, reordered) == ()


@given(specs, specs)
@settings(max_examples=200)
def test_the_reverse_of_a_stricter_change_is_looser(before, after):
    flipped = {Direction.LOOSER: Direction.STRICTER, Direction.STRICTER: Direction.LOOSER}

    forward_changes, backward_changes = changes(before, after), changes(after, before)
    open_ways = {c.path for c in (*forward_changes, *backward_changes) if c.direction is Direction.UNKNOWN}
    forward = Counter(
        (c.path, flipped.get(c.direction, c.direction)) for c in forward_changes if c.path not in open_ways
    )
    backward = Counter((c.path, c.direction) for c in backward_changes if c.path not in open_ways)

    assert forward == backward


def test_a_removed_graded_word_is_not_stricter():
    with_access = {"spec": {"tools": [{"name": "a", "access": "admin"}]}}
    silent = {"spec": {"tools": [{"name": "a"}]}}

    [access_added], [access_removed] = changes(silent, with_access), changes(with_access, silent)

    assert (access_added.direction, access_removed.direction) == (Direction.LOOSER, Direction.UNKNOWN)


@given(specs, specs)
def test_a_difference_is_always_reported_with_a_significance(before, after):
    reported = changes(before, after)

    assert bool(reported) == bool(changes(after, before))
    assert all(change.significance != "none" for change in reported)


@given(specs, specs)
def test_together_no_change_weighs_less_than_alone(before, after):
    alone = changes(before, after)

    for single, among in zip(alone, raise_combinations(alone), strict=True):
        assert among.significance.rank <= single.significance.rank
        assert (among.path, among.rule) == (single.path, single.rule)


@given(specs, specs)
def test_the_same_two_states_give_the_same_changes(before, after):
    assert changes(before, after) == changes(before, after)


@given(free, free)
def test_a_freeform_value_is_reported_exactly_when_its_meaning_differs(before, after):
    assert bool(list(freeform.leaf_differences(before, after))) == (
        canonical_text(before) != canonical_text(after)
    )
