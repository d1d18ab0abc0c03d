"""Situation -> verdict: going back, breaking the glass, what is held and what has to be reviewed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleetward.domain.approval import Approval, Decision
from fleetward.domain.break_glass import BrokenGlass, Due, Way
from fleetward.domain.clock import written
from fleetward.domain.ledger import Held, PromotionKind
from fleetward.domain.policy import ApprovalTerms, Assurance, BreakGlass, Freeze, Rollback, Rule, When
from fleetward.domain.verdict import Met, Promotion, Verdict
from fleetward.gate import Role
from tests.gate.test_properties import ANYTHING, RULES
from tests.gate.world import (
    BINDING,
    DAY,
    EVALS,
    HOUR,
    LOOSER,
    MINUTE,
    NOW,
    OLD,
    OTHER,
    OWNER,
    RISK,
    SAFE,
    SOAK,
    STRICTER,
    all_say,
    approvals,
    comparison,
    error,
    evals,
    folk,
    manifest,
    measured,
    member,
    of_kind,
    person,
    reasons,
    rejected,
    rule,
    said,
    soak,
    verdict,
    wrote,
)

ALLOWED, PENDING, BLOCKED = Verdict.ALLOWED, Verdict.PENDING, Verdict.BLOCKED
SECOND = timedelta(seconds=1)
GLASS = Way.BREAK_GLASS
FROZEN = {"freezes": (Freeze(id="fair", start=NOW - DAY, end=NOW + DAY),)}
CREW = all_say(["carla", "hugo"])


def emergency(name: str, *require: Any, **fields: Any) -> Rule:
    return Rule(id=name, when=When(), require=require, replaces_all=True, **fields)


def door(*skips: str, require: Any = None, **fields: Any) -> dict[str, Any]:
    """Two of on-call, for eight hours; of these."""
    asked = require or (approvals(2, "on-call"),)
    glass = BreakGlass(
        rule=emergency("breakGlass", *asked, **fields),
        skips=frozenset(skips),
        lasts=8 * HOUR,
        review_within=2 * DAY,
    )
    return {"break_glass": glass}


def exit_(within: timedelta = 30 * DAY, *require: Any, **fields: Any) -> dict[str, Any]:
    asked = require or (approvals(1, "on-call"),)
    return {"rollback": Rollback(within=within, rule=emergency("rollback", *asked, **fields))}


ALL = door("soak", "evals", "freeze")
BACK: dict[str, Any] = {"kind": PromotionKind.ROLLBACK, "left": NOW - DAY, "contributors": ()}
HELD = Held(seq=4, at=NOW - 2 * HOUR, reason="it lied")
LOW: dict[str, Any] = {"running": manifest("low"), "candidate": manifest("low")}
ENTRY = replace(BINDING, from_state=OTHER, to_state=OLD, generation=2)


def due(ago: timedelta = 3 * DAY, **changes: Any) -> Due:
    """Entry 7, to be reviewed within two days; erin wrote it, carla and hugo approved it, dina applied it."""
    usual: dict[str, Any] = {
        "seq": 7,
        "at": NOW - ago,
        "glass": BrokenGlass(incident="INC-7", skipped=("soak",), review_by=NOW - ago + 2 * DAY),
        "binding": ENTRY,
        "actor": "dina@acme.example",
        "approvers": frozenset({"carla", "hugo"}),
        "contributors": (wrote("erin"),),
    }
    return Due(**{**usual, **changes})


def looked(who: str, **changes: Any) -> Approval:
    """This person reviewed entry 7, an hour ago."""
    bound = {"from_state": OTHER, "to_state": OLD, "generation": 2}
    return said(who, Decision.REVIEW, **{**bound, **changes})


Row = tuple[str, Verdict, tuple[Any, ...], dict[str, Any]]


def row(sentence: str, expected: Verdict, *rules: Any, **facts: Any) -> Row:
    return sentence, expected, rules, facts


def glass(sentence: str, expected: Verdict, *rules: Any, terms: Any = ALL, **facts: Any) -> Row:
    return row(f"glass: {sentence}", expected, *rules, terms=terms, way=GLASS, **facts)


def back(sentence: str, expected: Verdict, *rules: Any, terms: Any = None, **facts: Any) -> Row:
    usual = {**BACK, "approvals": (said("carla"),), **facts}
    return row(f"back: {sentence}", expected, *rules, terms=exit_() if terms is None else terms, **usual)


def hold(sentence: str, expected: Verdict, *rules: Any, **facts: Any) -> Row:
    return row(f"held: {sentence}", expected, *rules, **{"held": HELD, **facts})


def review(sentence: str, expected: Verdict, *statements: Any, **facts: Any) -> Row:
    usual = {"reviews": (due(),), "approvals": (said("alice"), *statements)}
    return row(f"review: {sentence}", expected, OWNER, **{**usual, **facts})


SITUATIONS: list[Row] = [
    glass("nobody approved", PENDING, OWNER),
    glass("two of on-call, in place of all", ALLOWED, OWNER, RISK, approvals=CREW),
    glass("one of them", PENDING, OWNER, approvals=(said("carla"),)),
    glass("those whom the rules ask", PENDING, OWNER, approvals=all_say(["alice", "dina"])),
    glass("a policy without it", BLOCKED, OWNER, terms={}, approvals=all_say(["alice", "carla", "hugo"])),
    glass("no rule speaks about the change", BLOCKED, approvals=CREW),
    glass("a rule that asks nothing", ALLOWED, rule("none"), approvals=CREW, **LOW),
    glass("evaluations, soak and freeze", ALLOWED, EVALS, SOAK, terms={**ALL, **FROZEN}, approvals=CREW),
    glass("soak is not listed", PENDING, SOAK, terms=door("evals", "freeze"), approvals=CREW),
    glass("soak is not listed, but met", ALLOWED, SOAK, terms=door(), approvals=CREW, longest=DAY),
    glass("evaluations are not listed", PENDING, EVALS, terms=door("soak", "freeze"), approvals=CREW),
    glass(
        "evaluations are not listed, and failed",
        BLOCKED,
        EVALS,
        terms=door("soak"),
        approvals=CREW,
        evidence=(measured(value=0.2),),
    ),
    glass("failed evaluations are listed", ALLOWED, EVALS, approvals=CREW, evidence=(measured(value=0.2),)),
    glass("a freeze is not listed", BLOCKED, OWNER, terms={**door("soak"), **FROZEN}, approvals=CREW),
    glass(
        "what its own rule asks may be listed, too",
        ALLOWED,
        OWNER,
        terms=door("evals", require=(approvals(1, "on-call"), evals())),
        approvals=CREW,
    ),
    glass(
        "what its own rule asks is asked",
        PENDING,
        OWNER,
        terms=door("evals", require=(approvals(1, "on-call"), soak(DAY))),
        approvals=CREW,
    ),
    glass("an error on the candidate", BLOCKED, OWNER, approvals=CREW, errors=(error(),)),
    glass("a veto", BLOCKED, OWNER, approvals=(*CREW, rejected("bob"))),
    glass("the author is one of them", PENDING, OWNER, approvals=CREW, contributors=(wrote("hugo"),)),
    glass(
        "a co-author is one of them",
        PENDING,
        OWNER,
        approvals=CREW,
        contributors=(wrote("hugo", Role.CO_AUTHOR),),
    ),
    glass("an author whom nobody knows", BLOCKED, OWNER, approvals=CREW, contributors=(wrote("mallory"),)),
    glass("the same person twice", PENDING, OWNER, approvals=(said("carla"), said("carla", number=2))),
    glass("an approval of another state", PENDING, OWNER, approvals=(CREW[0], said("hugo", to_state=OTHER))),
    glass(
        "approved a second less than eight hours ago",
        ALLOWED,
        OWNER,
        approvals=(CREW[0], said("hugo", ago=8 * HOUR - SECOND)),
    ),
    glass("approved eight hours ago", PENDING, OWNER, approvals=(CREW[0], said("hugo", ago=8 * HOUR))),
    glass(
        "the policy's own expiry is shorter",
        PENDING,
        OWNER,
        terms={**ALL, "approvals": ApprovalTerms(expire=30 * MINUTE)},
        approvals=CREW,
    ),
    glass(
        "approvals never expire, but these do",
        PENDING,
        OWNER,
        terms={**ALL, "approvals": ApprovalTerms(expire=None)},
        approvals=(CREW[0], said("hugo", ago=9 * HOUR)),
    ),
    glass("its own assurance", PENDING, OWNER, terms=door(assurance=Assurance.SIGNED), approvals=CREW),
    glass(
        "the rules' assurance is not its own",
        ALLOWED,
        replace(OWNER, assurance=Assurance.SIGNED),
        approvals=CREW,
    ),
    glass("a retirement", ALLOWED, EVALS, OWNER, approvals=CREW, kind=PromotionKind.RETIRE, candidate=None),
    row("whole: the door alone opens nothing", PENDING, OWNER, SOAK, terms=ALL, approvals=CREW),
    # going back
    back("one of on-call", ALLOWED, OWNER, RISK, SOAK, EVALS),
    back("nobody", PENDING, OWNER, approvals=()),
    back("an owner", PENDING, OWNER, approvals=(said("alice"),)),
    back("no rule speaks about it, its own does", ALLOWED),
    back("a policy without it", BLOCKED, OWNER, RISK, terms={}, approvals=all_say(["alice", "carla"])),
    back("left a second less than thirty days ago", ALLOWED, OWNER, left=NOW - 30 * DAY + SECOND),
    back("left thirty days ago", BLOCKED, OWNER, left=NOW - 30 * DAY),
    back("never ran", BLOCKED, OWNER, left=None),
    back("a span without end", ALLOWED, OWNER, terms=exit_(timedelta.max)),
    back("a veto", BLOCKED, OWNER, approvals=(said("carla"), rejected("bob"))),
    back("an error", BLOCKED, OWNER, errors=(error(),)),
    back("a freeze", BLOCKED, OWNER, terms={**exit_(), **FROZEN}),
    back(
        "a freeze that it is exempt from",
        ALLOWED,
        OWNER,
        terms={**exit_(exempt=frozenset({"freeze"})), **FROZEN},
    ),
    back("evaluations are asked", PENDING, terms=exit_(30 * DAY, approvals(1, "on-call"), evals())),
    back(
        "evaluations are asked and shown",
        ALLOWED,
        terms=exit_(30 * DAY, approvals(1, "on-call"), evals()),
        evidence=(measured(), SAFE),
    ),
    back("its own assurance", PENDING, terms=exit_(assurance=Assurance.SIGNED)),
    # a release that was left
    hold("approved since, by whom the rules ask", ALLOWED, OWNER, approvals=(said("alice"),)),
    hold("approved before", PENDING, OWNER, approvals=(said("alice", ago=3 * HOUR),)),
    hold("approved at that very instant", PENDING, OWNER, approvals=(said("alice", ago=2 * HOUR),)),
    hold(
        "one of two seats is filled since",
        ALLOWED,
        rule("two", approvals(2, "owner")),
        approvals=(said("alice", ago=3 * HOUR), said("dina")),
    ),
    hold(
        "approved since, but less surely than is asked",
        PENDING,
        replace(OWNER, assurance=Assurance.SIGNED),
        approvals=(said("alice", ago=3 * HOUR, assurance=Assurance.SIGNED), said("dina")),
    ),
    hold("the rules ask nobody", PENDING, rule("none"), **LOW),
    hold("the rules ask nobody, an owner approved", ALLOWED, rule("none"), **LOW, approvals=(said("alice"),)),
    hold("the rules ask nobody, a stranger approved", PENDING, rule("none"), **LOW, approvals=(said("bob"),)),
    hold(
        "the rules ask nobody, its author approved",
        PENDING,
        rule("none"),
        **LOW,
        approvals=(said("alice"),),
        contributors=(wrote("alice"),),
    ),
    hold("another was never left", ALLOWED, rule("none"), **LOW, held=None),
    hold("the glass does not lift it", PENDING, OWNER, terms=ALL, way=GLASS, approvals=all_say([])),
    hold("a rollback to it", PENDING, terms=exit_(), **BACK, approvals=(said("carla", ago=3 * HOUR),)),
    # reviews
    review("nobody reviewed, and it is overdue", PENDING),
    review("at the instant when it is due", PENDING, reviews=(due(2 * DAY),)),
    review("a second before", ALLOWED, reviews=(due(2 * DAY - SECOND),)),
    review("an owner", ALLOWED, looked("alice")),
    review("the backup, who is in no team", ALLOWED, looked("zoe")),
    review("in no team that any rule names", PENDING, looked("farid")),
    *(
        row(
            f"review: in a team that a rule about {about} names",
            expected,
            *(OWNER, rule("other", approvals(1, "risk"), when=when)),
            reviews=(due(),),
            approvals=(said("alice"), looked("gita")),
        )
        for about, expected, when in (
            ("another kind", ALLOWED, {"kinds": frozenset({"create"})}),
            ("another tier", PENDING, {"tiers": frozenset({"high"})}),
            ("another agent", PENDING, {"agents": frozenset({"policy-lookup"})}),
            ("another environment", PENDING, {"to": frozenset({"qa"})}),
        )
    ),
    review("the author", PENDING, looked("erin")),
    review("who approved it", PENDING, looked("carla")),
    review("who applied it", PENDING, looked("dina")),
    review(
        "who operates the robot that applied it",
        PENDING,
        looked("carla"),
        reviews=(due(actor="ci@acme.example", approvers=frozenset()),),
    ),
    review("nobody of the house", PENDING, looked("mallory")),
    review("a robot", PENDING, looked("ci")),
    review(
        "a plain approval of that entry", PENDING, said("zoe", from_state=OTHER, to_state=OLD, generation=2)
    ),
    review("of another generation", PENDING, looked("alice", generation=3)),
    review("of another fleet", PENDING, looked("alice", repository="fork/agents")),
    review("given before the entry", PENDING, looked("alice", ago=3 * DAY + SECOND)),
    review("given at its instant", ALLOWED, looked("alice", ago=3 * DAY)),
    review("dated in the future", PENDING, looked("alice", ago=-HOUR)),
    review("given this instant", ALLOWED, looked("alice", ago=timedelta())),
    review("tampered with", PENDING, looked("alice", fault="changed")),
    review("the first does not count, the second does", ALLOWED, looked("carla"), looked("zoe", number=2)),
    review(
        "who left since", ALLOWED, looked("zoe", ago=2 * DAY), people=person("zoe", left=NOW.date() - DAY)
    ),
    review("who had left by then", PENDING, looked("zoe"), people=person("zoe", left=NOW.date() - DAY)),
    review(
        "who came into the team since",
        PENDING,
        looked("gita", ago=DAY),
        people=member("payments", "gita", since=NOW.date()),
    ),
    review("two of them, one closed", PENDING, looked("alice"), reviews=(due(), due(seq=8, binding=BINDING))),
    review("an emergency passes", ALLOWED, *CREW, way=GLASS, terms=ALL),
    review("a rollback passes", ALLOWED, said("carla"), terms=exit_(), **BACK),
    review("a change that is only stricter passes", ALLOWED, comparison=comparison(STRICTER)),
    review("one that is stricter and looser does not", PENDING, comparison=comparison(STRICTER, LOOSER)),
    review("nothing is known of the change", PENDING, comparison=None),
    review(
        "a retirement does not pass",
        PENDING,
        kind=PromotionKind.RETIRE,
        comparison=comparison(STRICTER),
        candidate=None,
    ),
    review(
        "assurance is the strictest that is asked",
        PENDING,
        looked("alice"),
        terms=door(assurance=Assurance.SIGNED),
    ),
    review(
        "and signed it counts",
        ALLOWED,
        looked("alice", assurance=Assurance.SIGNED),
        terms=door(assurance=Assurance.SIGNED),
    ),
]


@pytest.mark.parametrize(
    ("expected", "rules", "facts"), [one[1:] for one in SITUATIONS], ids=[one[0] for one in SITUATIONS]
)
def test_situation(expected: Verdict, rules: tuple[Any, ...], facts: dict[str, Any]) -> None:
    assert verdict(*rules, **facts).verdict is expected


def test_what_is_skipped_is_told_as_it_stands_and_asked_of_nobody() -> None:
    told = verdict(
        *(EVALS, SOAK),
        terms={**ALL, **FROZEN},
        way=GLASS,
        approvals=CREW,
        evidence=(measured(value=0.2),),
        longest=HOUR,
        soaking=True,
    )

    assert [(one.kind, one.status) for one in told.skipped] == [
        ("evals", Met.REFUSED),
        ("evals", Met.MISSING),
        ("soak", Met.MISSING),
        ("freeze", Met.REFUSED),
    ]
    assert told.unblock.ready_at is None
    assert (told.way, told.verdict) == (GLASS, ALLOWED)


def test_a_soak_that_is_waited_for_is_not_put_off_by_a_freeze_that_is_not() -> None:
    told = verdict(SOAK, terms={**door("freeze"), **FROZEN}, way=GLASS, longest=DAY - HOUR, soaking=True)

    assert told.unblock.ready_at == NOW + HOUR


def test_what_holds_a_release_is_named_with_its_entry_its_day_and_its_reason() -> None:
    told = verdict(rule("none"), held=HELD, **LOW)

    [need] = of_kind(told, "held")
    assert need.asked == "1 of owner, given after the rollback"
    assert need.detail.startswith("left by rollback 4 on 2026-11-20T10:00:00Z, because: it lied; 0 of 1")
    assert need.could == ("alice", "carla", "dina", "zoe")
    assert told.unblock.fewest == ("alice",)


def test_a_release_that_is_held_does_not_look_nearer_than_it_is() -> None:
    four = rule("four", approvals(4, "risk"))

    assert verdict(four, held=HELD).unblock.fewest is verdict(four).unblock.fewest is None
    assert verdict(RISK, held=HELD).unblock.fewest == ("bob", "farid")


def test_what_is_met_is_not_skipped() -> None:
    told = verdict(SOAK, way=GLASS, terms=ALL, approvals=CREW, longest=DAY)

    assert told.skipped == ()
    assert of_kind(told, "soak")[0].status is Met.MET


def test_an_approval_that_lifts_a_hold_takes_no_seat_of_its_own_and_is_told_once() -> None:
    told = verdict(OWNER, held=HELD, approvals=(said("alice"),))
    alone = verdict(rule("none"), held=HELD, **LOW, approvals=(said("alice"),))

    assert told.counted == alone.counted == (said("alice").file,)
    assert told.not_counted == alone.not_counted == ()


def test_reviews_are_neither_approvals_nor_do_they_take_one_back() -> None:
    own = said("alice", Decision.REVIEW, ago=MINUTE, number=2)
    told = verdict(OWNER, approvals=(said("alice"), own, said("dina", Decision.REVIEW)))

    assert (told.verdict, told.not_counted) == (ALLOWED, ())


def test_a_review_that_does_not_count_says_why() -> None:
    told = verdict(OWNER, reviews=(due(),), approvals=(said("alice"), looked("carla"), looked("erin")))

    assert reasons(told) == {
        "carla": "approved entry 7",
        "erin": "author of the change (commit c0ffeec0ffee)",
    }
    assert of_kind(told, "review")[0].could == ("alice", "zoe")


@pytest.mark.parametrize(
    ("left", "status", "told"),
    [
        (NOW - DAY, Met.MET, "left on 2026-11-19T12:00:00Z, 1d ago"),
        (NOW - 31 * DAY, Met.REFUSED, "left on 2026-10-20T12:00:00Z, 31d ago"),
        (None, Met.REFUSED, "never ran here"),
    ],
)
def test_a_way_back_tells_when_its_release_left(left: datetime | None, status: Met, told: str) -> None:
    found = verdict(terms=exit_(), **{**BACK, "left": left})

    [need] = of_kind(found, "rollback")
    assert (need.rule, need.status, need.detail) == ("rollback", status, told)
    assert need.asked == "a release that left less than 30d ago"


def test_a_hold_is_a_rule_of_its_own_and_asks_for_the_surest_word_of_the_others() -> None:
    signed = rule("signed", approvals(1, "owner"), assurance=Assurance.SIGNED)

    plain = of_kind(verdict(OWNER, held=HELD, approvals=(said("alice"),)), "held")
    sure = of_kind(verdict(OWNER, signed, held=HELD, approvals=(said("alice"),)), "held")

    assert [(one.rule, one.status) for one in (*plain, *sure)] == [
        ("rollback", Met.MET),
        ("rollback", Met.MISSING),
    ]


@pytest.mark.parametrize(
    ("ago", "facts", "status", "told"),
    [
        (DAY, {}, Met.MET, "not due yet, alice or zoe could give it"),
        (3 * DAY, {}, Met.MISSING, "overdue, alice or zoe could give it"),
        (
            3 * DAY,
            {"comparison": comparison(STRICTER)},
            Met.MET,
            "overdue, which does not hold up this, alice or zoe could give it",
        ),
    ],
)
def test_a_review_tells_how_it_stands_and_how_it_is_given(
    ago: timedelta, facts: dict[str, Any], status: Met, told: str
) -> None:
    [need] = of_kind(verdict(OWNER, reviews=(due(ago),), **facts), "review")

    assert (need.rule, need.status) == ("breakGlass", status)
    assert need.asked == f"of entry 7 (INC-7) by {written(NOW - ago + 2 * DAY)}"
    assert need.detail == f"{told}: fleet approve refund-bot --to production --review 7"
    assert need.could == (("alice", "zoe") if status is Met.MISSING else ())


def test_a_review_that_does_not_count_names_its_teams_and_its_file() -> None:
    late = looked("bob")
    asked = rule("asked", approvals(1, "security", "on-call"))

    [one] = verdict(asked, reviews=(due(),), approvals=(late,)).not_counted

    teams = "on-call or owner or security"
    assert (one.reason, one.files) == (f"was not in {teams} then (2026-11-20T11:00:00Z)", (late.file,))


def test_the_rules_of_its_own_tier_say_who_reviews_and_how_sure_that_has_to_be() -> None:
    medium = rule(
        "medium", approvals(1, "support"), when={"tiers": frozenset({"medium"})}, assurance=Assurance.SIGNED
    )

    told = verdict(OWNER, medium, reviews=(due(),), approvals=(looked("bob"),))

    [need] = of_kind(told, "review")
    assert need.could == ("alice", "bob", "zoe")
    assert reasons(told) == {"bob": "its assurance is recorded, signed is asked"}


def test_the_rules_of_another_tier_say_nothing_of_a_review() -> None:
    critical = rule(
        "critical", approvals(1, "risk"), when={"tiers": frozenset({"critical"})}, assurance=Assurance.SIGNED
    )

    [need] = of_kind(verdict(OWNER, critical, reviews=(due(),)), "review")
    counted = verdict(OWNER, critical, reviews=(due(),), approvals=(looked("alice"), said("alice")))

    assert need.could == ("alice", "zoe")
    assert counted.verdict is ALLOWED


def rank(promotion: Promotion) -> int:
    return promotion.verdict.rank


@settings(max_examples=60, deadline=None)
@given(RULES, ANYTHING, st.sets(st.sampled_from(["soak", "evals", "freeze"])))
def test_the_glass_never_lets_pass_what_is_not_valid(rules: list[Any], some: Any, skips: set[str]) -> None:
    told = verdict(*rules, way=GLASS, terms=door(*skips), approvals=some, errors=(error(),))

    assert told.verdict is BLOCKED


@settings(max_examples=60, deadline=None)
@given(RULES, ANYTHING, st.integers(1, 3))
def test_behind_the_glass_as_many_different_people_are_asked(rules: list[Any], some: Any, seats: int) -> None:
    terms = door("soak", "evals", "freeze", require=(approvals(seats, "on-call"),))
    told = verdict(*rules, way=GLASS, terms=terms, approvals=some)

    people = {who for one in of_kind(told, "approvals") for who in one.by}
    assert len(people) <= seats
    assert (told.verdict is ALLOWED) <= (len(people) == seats)
    assert people <= folk().members("on-call", NOW) - {"erin"}


@settings(max_examples=60, deadline=None)
@given(
    ANYTHING,
    st.sets(st.sampled_from(["soak", "evals", "freeze"])),
    st.sets(st.sampled_from(["soak", "evals", "freeze"])),
    st.integers(0, 30),
)
def test_skipping_more_never_makes_it_harder_and_only_what_is_listed_is_skipped(
    some: Any, skips: set[str], more: set[str], hours: int
) -> None:
    facts = {"way": GLASS, "approvals": some, "longest": hours * HOUR, "soaking": True}
    few = verdict(EVALS, SOAK, terms={**door(*skips), **FROZEN}, **facts)
    many = verdict(EVALS, SOAK, terms={**door(*skips, *more), **FROZEN}, **facts)

    assert rank(many) <= rank(few)
    assert {one.kind for one in few.skipped} <= skips
    assert all(one.status is not Met.MET for one in few.skipped)


@settings(max_examples=60, deadline=None)
@given(RULES, ANYTHING, st.integers(0, 400))
def test_holding_a_release_never_makes_it_easier(rules: list[Any], some: Any, ago: int) -> None:
    hold = replace(HELD, at=NOW - ago * HOUR)

    assert rank(verdict(*rules, approvals=some, held=hold)) >= rank(verdict(*rules, approvals=some))


@settings(max_examples=60, deadline=None)
@given(RULES, ANYTHING, st.integers(0, 100))
def test_a_review_that_is_due_never_makes_it_easier(rules: list[Any], some: Any, ago: int) -> None:
    owed = verdict(*rules, approvals=some, reviews=(due(ago * HOUR),))

    assert rank(owed) >= rank(verdict(*rules, approvals=some))
