"""What must hold of every verdict, whoever said what."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fleetward.domain.approval import Approval, Decision
from fleetward.domain.policy import Assurance, PolicyRule, RequiredApprovals, RequiredSoak, RuleRequirement
from fleetward.domain.verdict import Promotion, RequirementStatus, Verdict
from tests import build
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
    contributor,
    everybody,
    evidence_record,
    rule,
    soak,
    statement,
    verdict,
)

WHO = st.sampled_from([*sorted(everybody().people), "ci", "mallory"])
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
    unique_by=lambda item: item.id,
)


@st.composite
def statements(draw: st.DrawFn, *decisions: Decision) -> Approval:
    return statement(
        draw(WHO),
        draw(st.sampled_from(decisions or tuple(Decision))),
        ago=draw(st.integers(-2, 400)) * HOUR,
        lasts=draw(st.none() | st.integers(1, 500).map(lambda hours: hours * HOUR)),
        number=draw(st.integers(1, 99)),
        fault=draw(st.sampled_from([None, None, None, "changed"])),
        assurance=draw(st.sampled_from(Assurance)),
        to_state=draw(st.sampled_from([statement("x").binding.to_state] * 3 + [OTHER])),
    )


RECORDS = st.lists(
    st.builds(
        evidence_record,
        st.sampled_from(["quality", "safety"]),
        st.sampled_from([0.0, 0.005, 0.5, 0.97, 1.0]),
        ago=st.integers(-1, 10).map(lambda days: days * DAY),
        number=st.integers(1, 99),
    ),
    max_size=5,
    unique_by=lambda item: item.file,
).map(tuple)
APPROVALS = st.lists(statements(Decision.APPROVE), max_size=8).map(tuple)
ANYTHING = st.lists(statements(), max_size=8).map(tuple)


def rank(promotion: Promotion) -> int:
    return promotion.verdict.rank


@settings(max_examples=60, deadline=None)
@given(RULES, ANYTHING, APPROVALS)
def test_more_approvals_never_worsen_the_verdict(rules: list[Any], given_statements: Any, extra: Any) -> None:
    assert rank(verdict(*rules, approvals=given_statements + extra)) <= rank(
        verdict(*rules, approvals=given_statements)
    )


@settings(max_examples=60, deadline=None)
@given(RULES, APPROVALS, st.data())
def test_fewer_approvals_never_improve_the_verdict(
    rules: list[Any], given_statements: Any, data: Any
) -> None:
    fewer = tuple(s for s in given_statements if data.draw(st.booleans()))

    assert rank(verdict(*rules, approvals=fewer)) >= rank(verdict(*rules, approvals=given_statements))


@settings(max_examples=60, deadline=None)
@given(RULES, ANYTHING, st.integers())
def test_the_order_of_statements_does_not_matter(rules: list[Any], given_statements: Any, seed: int) -> None:
    shuffled = list(given_statements)
    random.Random(seed).shuffle(shuffled)

    assert verdict(*rules, approvals=tuple(shuffled)) == verdict(*rules, approvals=given_statements)


@settings(max_examples=60, deadline=None)
@given(RULES, RULES, ANYTHING)
def test_more_rules_never_make_it_easier(rules: list[Any], extra: list[Any], given_statements: Any) -> None:
    assert rank(verdict(*rules, *extra, approvals=given_statements)) >= rank(
        verdict(*rules, approvals=given_statements)
    )


def tighter(policy_rule: PolicyRule, how: str) -> PolicyRule:
    """The same rule, asking for more."""
    if how == "assurance":
        return replace(policy_rule, assurance=Assurance.SIGNED)
    if how == "beside":
        return replace(policy_rule, require=(*policy_rule.require, approvals(1, "risk"), soak(HOUR)))
    return replace(policy_rule, require=tuple(_more(it) for it in policy_rule.require))


def _more(requirement: RuleRequirement) -> RuleRequirement:
    if isinstance(requirement, RequiredApprovals):
        return replace(requirement, count=requirement.count + 1)
    if isinstance(requirement, RequiredSoak):
        return replace(requirement, span=requirement.span + HOUR)
    longest = requirement.max_age.span if requirement.max_age else 90 * DAY
    return replace(requirement, max_age=build.period(longest / 2))


@settings(max_examples=60, deadline=None)
@given(RULES, ANYTHING, RECORDS, st.integers(0, 72), st.data())
def test_a_stricter_rule_never_improves_the_verdict(
    rules: list[Any], given_statements: Any, records: Any, hours: int, data: Any
) -> None:
    rules = [*rules, EVALS, SOAK]
    number = data.draw(st.integers(0, len(rules) - 1))
    how = data.draw(st.sampled_from(["assurance", "beside", "more"]))
    stricter = [*rules[:number], tighter(rules[number], how), *rules[number + 1 :]]
    facts = {"approvals": given_statements, "evidence": records, "longest_soak": hours * HOUR}

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
    rules: list[Any], given_statements: Any, records: Any, names: list[str], random: Any
) -> None:
    facts = {
        "approvals": given_statements,
        "evidence": records,
        "contributors": tuple(contributor(name) for name in names),
    }
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
    suites = [record.suite for record in records]
    alone = [record for record in records if suites.count(record.suite) == 1]

    for removed in alone if whole.verdict is not Verdict.BLOCKED else ():
        fewer = tuple(record for record in records if record is not removed)
        assert rank(verdict(EVALS, evidence=fewer)) >= rank(whole)


@settings(max_examples=60, deadline=None)
@given(RULES, ANYTHING, st.lists(st.sampled_from(["alice", "bob", "ci", "dina", "nobody"]), max_size=3))
def test_more_authors_never_make_it_easier(rules: list[Any], given_statements: Any, names: list[str]) -> None:
    authors = (contributor("erin"), *(contributor(name) for name in names))

    assert rank(verdict(*rules, approvals=given_statements, contributors=authors)) >= rank(
        verdict(*rules, approvals=given_statements)
    )


@settings(max_examples=60, deadline=None)
@given(RULES, ANYTHING)
def test_nobody_fills_two_seats_and_every_seat_has_a_file(rules: list[Any], given_statements: Any) -> None:
    promotion = verdict(*rules, approvals=given_statements)
    seated = [who for item in promotion.requirements if item.kind == "approvals" for who in item.by]

    assert len(seated) == len(set(seated)) == len(promotion.counted)
    assert set(promotion.counted) <= {item.file for item in given_statements}


@settings(max_examples=60, deadline=None)
@given(RULES, ANYTHING)
def test_an_approval_by_an_eligible_person_fills_a_seat(rules: list[Any], given_statements: Any) -> None:
    assume(all(item.issued <= NOW for item in given_statements))
    before = verdict(*rules, approvals=given_statements)
    missing = [item for item in before.requirements if item.status is RequirementStatus.MISSING]

    for name in {who for item in missing for who in item.eligible}:
        after = verdict(*rules, approvals=(*given_statements, statement(name, ago=timedelta(), number=100)))
        assert len(after.counted) == len(before.counted) + 1


@given(st.integers(0, 200), st.integers(0, 200))
def test_longer_in_staging_never_makes_it_harder(first: int, second: int) -> None:
    shorter, longer = sorted((first, second))

    early = verdict(rule("soak", soak(100 * MINUTE)), longest_soak=shorter * MINUTE)
    late = verdict(rule("soak", soak(100 * MINUTE)), longest_soak=longer * MINUTE)

    assert rank(late) <= rank(early)
    assert (late.verdict is Verdict.ALLOWED) == (longer >= 100)


@settings(max_examples=40, deadline=None)
@given(st.floats(0, 1))
def test_evaluations_pass_exactly_from_their_threshold_on(value: float) -> None:
    record = evidence_record(value=value, counts=(100, 0, 0, 0))

    allowed = verdict(EVALS, evidence=(record, SAFE)).verdict is Verdict.ALLOWED

    assert allowed == (value >= 0.95)


def test_leaving_out_evidence_or_soak_never_allows() -> None:
    whole = {"evidence": (evidence_record(), SAFE), "longest_soak": timedelta(days=1)}

    assert verdict(EVALS, SOAK, **whole).verdict is Verdict.ALLOWED
    for fewer in ({"evidence": ()}, {"evidence": (SAFE,)}, {"longest_soak": timedelta()}):
        assert verdict(EVALS, SOAK, **{**whole, **fewer}).verdict is Verdict.PENDING
