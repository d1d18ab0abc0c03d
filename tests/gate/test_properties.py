"""What must hold of every verdict, whoever said what."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fleetward.domain.approval import Approval, Decision
from fleetward.domain.policy import ApprovalsAsked, Asked, Assurance, Rule, SoakAsked
from fleetward.domain.verdict import Met, Promotion, Verdict
from tests.gate.world import (
    DAY,
    EVALS,
    HOUR,
    MINUTE,
    NOW,
    OTHER,
    OWNER,
    RISK,
    SAFE,
    SECURITY,
    SOAK,
    approvals,
    folk,
    measured,
    rule,
    said,
    soak,
    verdict,
    wrote,
)

WHO = st.sampled_from([*sorted(folk().people), "ci", "mallory"])
RULES = st.lists(
    st.sampled_from(
        [
            OWNER,
            RISK,
            SECURITY,
            rule("two", approvals(2, "owner", "on-call")),
            rule("few", approvals(1, "risk")),
        ]
    ),
    min_size=1,
    unique_by=lambda one: one.id,
)


@st.composite
def statements(draw: st.DrawFn, *decisions: Decision) -> Approval:
    return said(
        draw(WHO),
        draw(st.sampled_from(decisions or tuple(Decision))),
        ago=draw(st.integers(-2, 400)) * HOUR,
        lasts=draw(st.none() | st.integers(1, 500).map(lambda hours: hours * HOUR)),
        number=draw(st.integers(1, 99)),
        fault=draw(st.sampled_from([None, None, None, "changed"])),
        assurance=draw(st.sampled_from(Assurance)),
        to_state=draw(st.sampled_from([said("x").binding.to_state] * 3 + [OTHER])),
    )


RECORDS = st.lists(
    st.builds(
        measured,
        st.sampled_from(["quality", "safety"]),
        st.sampled_from([0.0, 0.005, 0.5, 0.97, 1.0]),
        ago=st.integers(-1, 10).map(lambda days: days * DAY),
        number=st.integers(1, 99),
    ),
    max_size=5,
    unique_by=lambda one: one.file,
).map(tuple)
APPROVALS = st.lists(statements(Decision.APPROVE), max_size=8).map(tuple)
ANYTHING = st.lists(statements(), max_size=8).map(tuple)


def rank(promotion: Promotion) -> int:
    return promotion.verdict.rank


@settings(max_examples=60, deadline=None)
@given(RULES, ANYTHING, APPROVALS)
def test_more_approvals_never_turn_yes_into_no(rules: list[Any], some: Any, more: Any) -> None:
    assert rank(verdict(*rules, approvals=some + more)) <= rank(verdict(*rules, approvals=some))


@settings(max_examples=60, deadline=None)
@given(RULES, APPROVALS, st.data())
def test_leaving_out_an_approval_never_turns_no_into_yes(rules: list[Any], some: Any, data: Any) -> None:
    fewer = tuple(one for one in some if data.draw(st.booleans()))

    assert rank(verdict(*rules, approvals=fewer)) >= rank(verdict(*rules, approvals=some))


@settings(max_examples=60, deadline=None)
@given(RULES, ANYTHING, st.integers())
def test_the_order_of_statements_does_not_matter(rules: list[Any], some: Any, seed: int) -> None:
    shuffled = list(some)
    random.Random(seed).shuffle(shuffled)

    assert verdict(*rules, approvals=tuple(shuffled)) == verdict(*rules, approvals=some)


@settings(max_examples=60, deadline=None)
@given(RULES, RULES, ANYTHING)
def test_more_rules_never_make_it_easier(rules: list[Any], more: list[Any], some: Any) -> None:
    assert rank(verdict(*rules, *more, approvals=some)) >= rank(verdict(*rules, approvals=some))


def tighter(one: Rule, how: str) -> Rule:
    """The same rule, asking for more."""
    if how == "assurance":
        return replace(one, assurance=Assurance.SIGNED)
    if how == "beside":
        return replace(one, require=(*one.require, approvals(1, "risk"), soak(HOUR)))
    return replace(one, require=tuple(_more(it) for it in one.require))


def _more(asked: Asked) -> Asked:
    if isinstance(asked, ApprovalsAsked):
        return replace(asked, count=asked.count + 1)
    if isinstance(asked, SoakAsked):
        return replace(asked, span=asked.span + HOUR)
    return replace(asked, max_age=(asked.max_age or 90 * DAY) / 2)


@settings(max_examples=60, deadline=None)
@given(RULES, ANYTHING, RECORDS, st.integers(0, 72), st.data())
def test_tightening_a_rule_never_enlarges_what_is_allowed(
    rules: list[Any], some: Any, records: Any, hours: int, data: Any
) -> None:
    rules = [*rules, EVALS, SOAK]
    number = data.draw(st.integers(0, len(rules) - 1))
    how = data.draw(st.sampled_from(["assurance", "beside", "more"]))
    stricter = [*rules[:number], tighter(rules[number], how), *rules[number + 1 :]]
    facts = {"approvals": some, "evidence": records, "longest": hours * HOUR}

    assert rank(verdict(*stricter, **facts)) >= rank(verdict(*rules, **facts))


@settings(max_examples=60, deadline=None)
@given(
    RULES,
    ANYTHING,
    RECORDS,
    st.lists(st.sampled_from(["alice", "bob", "ci", "x@evil.example"])),
    st.randoms(),
)
def test_no_order_of_files_or_rules_matters(
    rules: list[Any], some: Any, records: Any, names: list[str], random: Any
) -> None:
    facts = {"approvals": some, "evidence": records, "contributors": tuple(wrote(name) for name in names)}
    mixed = {key: tuple(random.sample(values, len(values))) for key, values in facts.items()}
    rules = [*rules, EVALS]

    assert verdict(*rules, **mixed) == verdict(*rules, **facts)
    turned = verdict(*random.sample(rules, len(rules)), **facts)
    assert turned.verdict is verdict(*rules, **facts).verdict
    assert len(turned.counted) == len(verdict(*rules, **facts).counted)


@settings(max_examples=60, deadline=None)
@given(RECORDS)
def test_leaving_out_the_only_record_of_a_suite_never_makes_it_easier(records: Any) -> None:
    """Unless it fails: one that is taken away is missed where records are read."""
    whole = verdict(EVALS, evidence=records)
    suites = [one.suite for one in records]
    alone = [one for one in records if suites.count(one.suite) == 1]

    for gone in alone if whole.verdict is not Verdict.BLOCKED else ():
        fewer = tuple(one for one in records if one is not gone)
        assert rank(verdict(EVALS, evidence=fewer)) >= rank(whole)


@settings(max_examples=60, deadline=None)
@given(RULES, ANYTHING, st.lists(st.sampled_from(["alice", "bob", "ci", "dina", "nobody"]), max_size=3))
def test_more_authors_never_make_it_easier(rules: list[Any], some: Any, names: list[str]) -> None:
    authors = (wrote("erin"), *(wrote(name) for name in names))

    assert rank(verdict(*rules, approvals=some, contributors=authors)) >= rank(
        verdict(*rules, approvals=some)
    )


@settings(max_examples=60, deadline=None)
@given(RULES, ANYTHING)
def test_nobody_sits_twice_and_every_seat_rests_on_a_file(rules: list[Any], some: Any) -> None:
    promotion = verdict(*rules, approvals=some)
    seated = [who for one in promotion.requirements if one.kind == "approvals" for who in one.by]

    assert len(seated) == len(set(seated)) == len(promotion.counted)
    assert set(promotion.counted) <= {one.file for one in some}


@settings(max_examples=60, deadline=None)
@given(RULES, ANYTHING)
def test_whoever_could_release_it_brings_it_nearer(rules: list[Any], some: Any) -> None:
    assume(all(one.issued <= NOW for one in some))
    before = verdict(*rules, approvals=some)
    missing = [one for one in before.requirements if one.status is Met.MISSING]

    for name in {who for one in missing for who in one.could}:
        after = verdict(*rules, approvals=(*some, said(name, ago=timedelta(), number=100)))
        assert len(after.counted) == len(before.counted) + 1


@given(st.integers(0, 200), st.integers(0, 200))
def test_longer_in_staging_never_makes_it_harder(one: int, other: int) -> None:
    shorter, longer = sorted((one, other))

    early = verdict(rule("soak", soak(100 * MINUTE)), longest=shorter * MINUTE)
    late = verdict(rule("soak", soak(100 * MINUTE)), longest=longer * MINUTE)

    assert rank(late) <= rank(early)
    assert (late.verdict is Verdict.ALLOWED) == (longer >= 100)


@settings(max_examples=40, deadline=None)
@given(st.floats(0, 1))
def test_evaluations_pass_exactly_from_their_threshold_on(value: float) -> None:
    record = measured(value=value, counts=(100, 0, 0, 0))

    allowed = verdict(EVALS, evidence=(record, SAFE)).verdict is Verdict.ALLOWED

    assert allowed == (value >= 0.95)


def test_leaving_out_evidence_or_soak_never_allows() -> None:
    whole = {"evidence": (measured(), SAFE), "longest": timedelta(days=1)}

    assert verdict(EVALS, SOAK, **whole).verdict is Verdict.ALLOWED
    for fewer in ({"evidence": ()}, {"evidence": (SAFE,)}, {"longest": timedelta()}):
        assert verdict(EVALS, SOAK, **{**whole, **fewer}).verdict is Verdict.PENDING
