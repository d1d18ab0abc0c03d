"""Situation -> verdict: going back, breaking the glass, what is held and what has to be reviewed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleetward.domain.approval import Approval, Decision
from fleetward.domain.break_glass import BreakGlassRecord, PromotionMode, RequiredReview
from fleetward.domain.clock import format_instant
from fleetward.domain.contributor import ContributorRole
from fleetward.domain.ledger import PromotionKind, RollbackHold
from fleetward.domain.policy import (
    ApprovalTerms,
    Assurance,
    BreakGlassPolicy,
    Freeze,
    PolicyRule,
    RollbackPolicy,
    RuleCondition,
)
from fleetward.domain.verdict import Promotion, RequirementStatus, Verdict, left_out_words, skipped_kinds
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
    approvals,
    approvals_of,
    comparison,
    contributor,
    error,
    evals,
    everybody,
    evidence_record,
    manifest,
    of_kind,
    people_with_dates,
    people_with_membership,
    reasons,
    rejection,
    rule,
    soak,
    statement,
    verdict,
)

ALLOWED, PENDING, BLOCKED = Verdict.ALLOWED, Verdict.PENDING, Verdict.BLOCKED
SECOND = timedelta(seconds=1)
GLASS = PromotionMode.BREAK_GLASS
FROZEN = {"freezes": (Freeze(id="fair", start=NOW - DAY, end=NOW + DAY),)}
CREW = approvals_of(["carla", "hugo"])


def emergency(name: str, *require: Any, **fields: Any) -> PolicyRule:
    return PolicyRule(id=name, when=RuleCondition(), require=require, replaces_all=True, **fields)


def break_glass_terms(*skips: str, require: Any = None, **fields: Any) -> dict[str, Any]:
    """Two of on-call, for eight hours; of these."""
    required = require or (approvals(2, "on-call"),)
    glass = BreakGlassPolicy(
        rule=emergency("breakGlass", *required, **fields),
        skips=frozenset(skips),
        lasts=8 * HOUR,
        review_within=2 * DAY,
    )
    return {"break_glass": glass}


def rollback_terms(within: timedelta = 30 * DAY, *require: Any, **fields: Any) -> dict[str, Any]:
    required = require or (approvals(1, "on-call"),)
    return {"rollback": RollbackPolicy(within=within, rule=emergency("rollback", *required, **fields))}


ALL = break_glass_terms("soak", "evals", "freeze")
BACK: dict[str, Any] = {"kind": PromotionKind.ROLLBACK, "left_at": NOW - DAY, "contributors": ()}
HELD = RollbackHold(seq=4, at=NOW - 2 * HOUR, reason="it lied")
LOW: dict[str, Any] = {"running": manifest("low"), "candidate": manifest("low")}
ENTRY = replace(BINDING, from_state=OTHER, to_state=OLD, generation=2)


def required_review(ago: timedelta = 3 * DAY, **changes: Any) -> RequiredReview:
    """Entry 7, to be reviewed within two days; erin wrote it, carla and hugo approved it, dina applied it."""
    usual: dict[str, Any] = {
        "seq": 7,
        "at": NOW - ago,
        "break_glass": BreakGlassRecord(incident="INC-7", skipped=("soak",), review_by=NOW - ago + 2 * DAY),
        "binding": ENTRY,
        "actor": "dina@acme.example",
        "approvers": frozenset({"carla", "hugo"}),
        "contributors": (contributor("erin"),),
    }
    return RequiredReview(**{**usual, **changes})


def review_statement(who: str, **changes: Any) -> Approval:
    """This person reviewed entry 7, an hour ago."""
    bound = {"from_state": OTHER, "to_state": OLD, "generation": 2}
    return statement(who, Decision.REVIEW, **{**bound, **changes})


Row = tuple[str, Verdict, tuple[Any, ...], dict[str, Any]]


def row(sentence: str, expected: Verdict, *rules: Any, **facts: Any) -> Row:
    return sentence, expected, rules, facts


def break_glass_row(sentence: str, expected: Verdict, *rules: Any, terms: Any = ALL, **facts: Any) -> Row:
    return row(f"glass: {sentence}", expected, *rules, terms=terms, mode=GLASS, **facts)


def rollback_row(sentence: str, expected: Verdict, *rules: Any, terms: Any = None, **facts: Any) -> Row:
    usual = {**BACK, "approvals": (statement("carla"),), **facts}
    return row(
        f"back: {sentence}", expected, *rules, terms=rollback_terms() if terms is None else terms, **usual
    )


def hold_row(sentence: str, expected: Verdict, *rules: Any, **facts: Any) -> Row:
    return row(f"held: {sentence}", expected, *rules, **{"hold": HELD, **facts})


def review_row(sentence: str, expected: Verdict, *statements: Any, **facts: Any) -> Row:
    usual = {"required_reviews": (required_review(),), "approvals": (statement("alice"), *statements)}
    return row(f"review: {sentence}", expected, OWNER, **{**usual, **facts})


SITUATIONS: list[Row] = [
    break_glass_row("nobody approved", PENDING, OWNER),
    break_glass_row("two of on-call, in place of all", ALLOWED, OWNER, RISK, approvals=CREW),
    break_glass_row("one of them", PENDING, OWNER, approvals=(statement("carla"),)),
    break_glass_row("those whom the rules ask", PENDING, OWNER, approvals=approvals_of(["alice", "dina"])),
    break_glass_row(
        "a policy without it", BLOCKED, OWNER, terms={}, approvals=approvals_of(["alice", "carla", "hugo"])
    ),
    break_glass_row("no rule speaks about the change", BLOCKED, approvals=CREW),
    break_glass_row("a rule that asks nothing", ALLOWED, rule("none"), approvals=CREW, **LOW),
    break_glass_row(
        "evaluations, soak and freeze", ALLOWED, EVALS, SOAK, terms={**ALL, **FROZEN}, approvals=CREW
    ),
    break_glass_row(
        "soak is not listed", PENDING, SOAK, terms=break_glass_terms("evals", "freeze"), approvals=CREW
    ),
    break_glass_row(
        "soak is not listed, but met",
        ALLOWED,
        SOAK,
        terms=break_glass_terms(),
        approvals=CREW,
        longest_soak=DAY,
    ),
    break_glass_row(
        "evaluations are not listed",
        PENDING,
        EVALS,
        terms=break_glass_terms("soak", "freeze"),
        approvals=CREW,
    ),
    break_glass_row(
        "evaluations are not listed, and failed",
        BLOCKED,
        EVALS,
        terms=break_glass_terms("soak"),
        approvals=CREW,
        evidence=(evidence_record(value=0.2),),
    ),
    break_glass_row(
        "failed evaluations are listed",
        ALLOWED,
        EVALS,
        approvals=CREW,
        evidence=(evidence_record(value=0.2),),
    ),
    break_glass_row(
        "a freeze is not listed",
        BLOCKED,
        OWNER,
        terms={**break_glass_terms("soak"), **FROZEN},
        approvals=CREW,
    ),
    break_glass_row(
        "what its own rule asks may be listed, too",
        ALLOWED,
        OWNER,
        terms=break_glass_terms("evals", require=(approvals(1, "on-call"), evals())),
        approvals=CREW,
    ),
    break_glass_row(
        "what its own rule asks is asked",
        PENDING,
        OWNER,
        terms=break_glass_terms("evals", require=(approvals(1, "on-call"), soak(DAY))),
        approvals=CREW,
    ),
    break_glass_row("an error on the candidate", BLOCKED, OWNER, approvals=CREW, errors=(error(),)),
    break_glass_row("a veto", BLOCKED, OWNER, approvals=(*CREW, rejection("bob"))),
    break_glass_row(
        "the author is one of them", PENDING, OWNER, approvals=CREW, contributors=(contributor("hugo"),)
    ),
    break_glass_row(
        "a co-author is one of them",
        PENDING,
        OWNER,
        approvals=CREW,
        contributors=(contributor("hugo", ContributorRole.CO_AUTHOR),),
    ),
    break_glass_row(
        "an author whom nobody knows", BLOCKED, OWNER, approvals=CREW, contributors=(contributor("mallory"),)
    ),
    break_glass_row(
        "the same person twice", PENDING, OWNER, approvals=(statement("carla"), statement("carla", number=2))
    ),
    break_glass_row(
        "an approval of another state", PENDING, OWNER, approvals=(CREW[0], statement("hugo", to_state=OTHER))
    ),
    break_glass_row(
        "approved a second less than eight hours ago",
        ALLOWED,
        OWNER,
        approvals=(CREW[0], statement("hugo", ago=8 * HOUR - SECOND)),
    ),
    break_glass_row(
        "approved eight hours ago", PENDING, OWNER, approvals=(CREW[0], statement("hugo", ago=8 * HOUR))
    ),
    break_glass_row(
        "the policy's own expiry is shorter",
        PENDING,
        OWNER,
        terms={**ALL, "approvals": ApprovalTerms(expire=30 * MINUTE)},
        approvals=CREW,
    ),
    break_glass_row(
        "approvals never expire, but these do",
        PENDING,
        OWNER,
        terms={**ALL, "approvals": ApprovalTerms(expire=None)},
        approvals=(CREW[0], statement("hugo", ago=9 * HOUR)),
    ),
    break_glass_row(
        "its own assurance",
        PENDING,
        OWNER,
        terms=break_glass_terms(assurance=Assurance.SIGNED),
        approvals=CREW,
    ),
    break_glass_row(
        "the rules' assurance is not its own",
        ALLOWED,
        replace(OWNER, assurance=Assurance.SIGNED),
        approvals=CREW,
    ),
    break_glass_row(
        "a retirement", ALLOWED, EVALS, OWNER, approvals=CREW, kind=PromotionKind.RETIRE, candidate=None
    ),
    row("whole: the door alone opens nothing", PENDING, OWNER, SOAK, terms=ALL, approvals=CREW),
    # going back
    rollback_row("one of on-call", ALLOWED, OWNER, RISK, SOAK, EVALS),
    rollback_row("nobody", PENDING, OWNER, approvals=()),
    rollback_row("an owner", PENDING, OWNER, approvals=(statement("alice"),)),
    rollback_row("no rule speaks about it, its own does", ALLOWED),
    rollback_row(
        "a policy without it", BLOCKED, OWNER, RISK, terms={}, approvals=approvals_of(["alice", "carla"])
    ),
    rollback_row("left a second less than thirty days ago", ALLOWED, OWNER, left_at=NOW - 30 * DAY + SECOND),
    rollback_row("left thirty days ago", BLOCKED, OWNER, left_at=NOW - 30 * DAY),
    rollback_row("never ran", BLOCKED, OWNER, left_at=None),
    rollback_row("a span without end", ALLOWED, OWNER, terms=rollback_terms(timedelta.max)),
    rollback_row("a veto", BLOCKED, OWNER, approvals=(statement("carla"), rejection("bob"))),
    rollback_row("an error", BLOCKED, OWNER, errors=(error(),)),
    rollback_row("a freeze", BLOCKED, OWNER, terms={**rollback_terms(), **FROZEN}),
    rollback_row(
        "a freeze that it is exempt from",
        ALLOWED,
        OWNER,
        terms={**rollback_terms(exempt=frozenset({"freeze"})), **FROZEN},
    ),
    rollback_row(
        "evaluations are asked", PENDING, terms=rollback_terms(30 * DAY, approvals(1, "on-call"), evals())
    ),
    rollback_row(
        "evaluations are asked and shown",
        ALLOWED,
        terms=rollback_terms(30 * DAY, approvals(1, "on-call"), evals()),
        evidence=(evidence_record(), SAFE),
    ),
    rollback_row("its own assurance", PENDING, terms=rollback_terms(assurance=Assurance.SIGNED)),
    # a release that was left
    hold_row("approved since, by whom the rules ask", ALLOWED, OWNER, approvals=(statement("alice"),)),
    hold_row("approved before", PENDING, OWNER, approvals=(statement("alice", ago=3 * HOUR),)),
    hold_row("approved at that very instant", PENDING, OWNER, approvals=(statement("alice", ago=2 * HOUR),)),
    hold_row(
        "one of two seats is filled since",
        ALLOWED,
        rule("two", approvals(2, "owner")),
        approvals=(statement("alice", ago=3 * HOUR), statement("dina")),
    ),
    hold_row(
        "approved since, but less surely than is asked",
        PENDING,
        replace(OWNER, assurance=Assurance.SIGNED),
        approvals=(statement("alice", ago=3 * HOUR, assurance=Assurance.SIGNED), statement("dina")),
    ),
    hold_row("the rules ask nobody", PENDING, rule("none"), **LOW),
    hold_row(
        "the rules ask nobody, an owner approved",
        ALLOWED,
        rule("none"),
        **LOW,
        approvals=(statement("alice"),),
    ),
    hold_row(
        "the rules ask nobody, a stranger approved",
        PENDING,
        rule("none"),
        **LOW,
        approvals=(statement("bob"),),
    ),
    hold_row(
        "the rules ask nobody, its author approved",
        PENDING,
        rule("none"),
        **LOW,
        approvals=(statement("alice"),),
        contributors=(contributor("alice"),),
    ),
    hold_row("another was never left", ALLOWED, rule("none"), **LOW, hold=None),
    hold_row("the glass does not lift it", PENDING, OWNER, terms=ALL, mode=GLASS, approvals=approvals_of([])),
    hold_row(
        "a rollback to it",
        PENDING,
        terms=rollback_terms(),
        **BACK,
        approvals=(statement("carla", ago=3 * HOUR),),
    ),
    # reviews
    review_row("nobody reviewed, and it is overdue", PENDING),
    review_row("at the instant when it is due", PENDING, required_reviews=(required_review(2 * DAY),)),
    review_row("a second before", ALLOWED, required_reviews=(required_review(2 * DAY - SECOND),)),
    review_row("an owner", ALLOWED, review_statement("alice")),
    review_row("the backup, who is in no team", ALLOWED, review_statement("zoe")),
    review_row("in no team that any rule names", PENDING, review_statement("farid")),
    *(
        row(
            f"review: in a team that a rule about {about} names",
            expected,
            *(OWNER, rule("other", approvals(1, "risk"), when=when)),
            required_reviews=(required_review(),),
            approvals=(statement("alice"), review_statement("gita")),
        )
        for about, expected, when in (
            ("another kind", ALLOWED, {"kinds": frozenset({"create"})}),
            ("another tier", PENDING, {"tiers": frozenset({"high"})}),
            ("another agent", PENDING, {"agents": frozenset({"policy-lookup"})}),
            ("another environment", PENDING, {"to": frozenset({"qa"})}),
        )
    ),
    review_row("the author", PENDING, review_statement("erin")),
    review_row("who approved it", PENDING, review_statement("carla")),
    review_row("who applied it", PENDING, review_statement("dina")),
    review_row(
        "who operates the robot that applied it",
        PENDING,
        review_statement("carla"),
        required_reviews=(required_review(actor="ci@acme.example", approvers=frozenset()),),
    ),
    review_row("nobody of the house", PENDING, review_statement("mallory")),
    review_row("a robot", PENDING, review_statement("ci")),
    review_row(
        "a plain approval of that entry",
        PENDING,
        statement("zoe", from_state=OTHER, to_state=OLD, generation=2),
    ),
    review_row("of another generation", PENDING, review_statement("alice", generation=3)),
    review_row("of another fleet", PENDING, review_statement("alice", repository="fork/agents")),
    review_row("given before the entry", PENDING, review_statement("alice", ago=3 * DAY + HOUR)),
    review_row("given at its instant", ALLOWED, review_statement("alice", ago=3 * DAY)),
    review_row("dated in the future", PENDING, review_statement("alice", ago=-HOUR)),
    review_row("given this instant", ALLOWED, review_statement("alice", ago=timedelta())),
    review_row("tampered with", PENDING, review_statement("alice", fault="changed")),
    review_row(
        "the first does not count, the second does",
        ALLOWED,
        review_statement("carla"),
        review_statement("zoe", number=2),
    ),
    review_row(
        "who left since",
        ALLOWED,
        review_statement("zoe", ago=2 * DAY),
        people=people_with_dates("zoe", departed=NOW.date() - DAY),
    ),
    review_row(
        "who had left by then",
        PENDING,
        review_statement("zoe"),
        people=people_with_dates("zoe", departed=NOW.date() - DAY),
    ),
    review_row(
        "who came into the team since",
        PENDING,
        review_statement("gita", ago=DAY),
        people=people_with_membership("payments", "gita", since=NOW.date()),
    ),
    review_row(
        "two of them, one closed",
        PENDING,
        review_statement("alice"),
        required_reviews=(required_review(), required_review(seq=8, binding=BINDING)),
    ),
    review_row("an emergency passes", ALLOWED, *CREW, mode=GLASS, terms=ALL),
    review_row("a rollback passes", ALLOWED, statement("carla"), terms=rollback_terms(), **BACK),
    review_row("a change that is only stricter passes", ALLOWED, comparison=comparison(STRICTER)),
    review_row("one that is stricter and looser does not", PENDING, comparison=comparison(STRICTER, LOOSER)),
    review_row("nothing is known of the change", PENDING, comparison=None),
    review_row(
        "a retirement does not pass",
        PENDING,
        kind=PromotionKind.RETIRE,
        comparison=comparison(STRICTER),
        candidate=None,
    ),
    review_row(
        "assurance is the strictest that is asked",
        PENDING,
        review_statement("alice"),
        terms=break_glass_terms(assurance=Assurance.SIGNED),
    ),
    review_row(
        "and signed it counts",
        ALLOWED,
        review_statement("alice", assurance=Assurance.SIGNED),
        terms=break_glass_terms(assurance=Assurance.SIGNED),
    ),
]


@pytest.mark.parametrize(
    ("expected", "rules", "facts"), [r[1:] for r in SITUATIONS], ids=[r[0] for r in SITUATIONS]
)
def test_situation(expected: Verdict, rules: tuple[Any, ...], facts: dict[str, Any]) -> None:
    assert verdict(*rules, **facts).verdict is expected


def test_skipped_requirements_are_listed_and_not_waited_for() -> None:
    promotion = verdict(
        *(EVALS, SOAK),
        terms={**ALL, **FROZEN},
        mode=GLASS,
        approvals=CREW,
        evidence=(evidence_record(value=0.2),),
        longest_soak=HOUR,
        is_soaking=True,
    )

    assert [(requirement.kind, requirement.status) for requirement in promotion.skipped] == [
        ("evals", RequirementStatus.REFUSED),
        ("evals", RequirementStatus.MISSING),
        ("soak", RequirementStatus.MISSING),
        ("freeze", RequirementStatus.REFUSED),
    ]
    assert promotion.unblock.ready_at is None
    assert (promotion.mode, promotion.verdict) == (GLASS, ALLOWED)


def test_every_seat_and_signature_that_break_glass_leaves_out_is_listed() -> None:
    usual = replace(rule("usual", approvals(1, "owner"), approvals(2, "risk")), assurance=Assurance.SIGNED)
    facts = {"terms": ALL, "mode": GLASS}

    recorded = verdict(usual, approvals=CREW, **facts)
    signed = verdict(usual, approvals=[replace(given, assurance=Assurance.SIGNED) for given in CREW], **facts)

    assert left_out_words(recorded.skipped) == (
        "approvals: 1 of owner",
        "approvals: 2 of risk",
        "signature: signed",
    )
    assert not any(requirement.eligible for requirement in recorded.skipped)
    assert "signature" not in {requirement.kind for requirement in signed.skipped}
    assert skipped_kinds(recorded.skipped) == ()
    assert recorded.verdict is ALLOWED


def test_a_soak_that_is_waited_for_is_not_put_off_by_a_freeze_that_is_not() -> None:
    promotion = verdict(
        SOAK,
        terms={**break_glass_terms("freeze"), **FROZEN},
        mode=GLASS,
        longest_soak=DAY - HOUR,
        is_soaking=True,
    )

    assert promotion.unblock.ready_at == NOW + HOUR


def test_a_rollback_hold_names_entry_date_and_reason() -> None:
    promotion = verdict(rule("none"), hold=HELD, **LOW)

    [need] = of_kind(promotion, "held")
    assert need.condition == "1 of owner, given after the rollback"
    assert need.detail.startswith("rolled back by entry 4 on 2026-11-20T10:00:00Z, because: it lied; 0 of 1")
    assert need.eligible == ("alice", "carla", "dina", "zoe")
    assert promotion.unblock.minimal_approvers == ("alice",)


def test_a_release_that_is_held_does_not_look_nearer_than_it_is() -> None:
    four = rule("four", approvals(4, "risk"))

    assert (
        verdict(four, hold=HELD).unblock.minimal_approvers is verdict(four).unblock.minimal_approvers is None
    )
    assert verdict(RISK, hold=HELD).unblock.minimal_approvers == ("bob", "farid")


def test_a_met_requirement_is_not_skipped() -> None:
    promotion = verdict(SOAK, mode=GLASS, terms=ALL, approvals=CREW, longest_soak=DAY)

    assert promotion.skipped == ()
    assert of_kind(promotion, "soak")[0].status is RequirementStatus.MET


def test_an_approval_that_lifts_a_hold_also_fills_a_seat() -> None:
    promotion = verdict(OWNER, hold=HELD, approvals=(statement("alice"),))
    alone = verdict(rule("none"), hold=HELD, **LOW, approvals=(statement("alice"),))

    assert promotion.counted == alone.counted == (statement("alice").file,)
    assert promotion.not_counted == alone.not_counted == ()


def test_reviews_are_neither_approvals_nor_do_they_take_one_back() -> None:
    own_review = statement("alice", Decision.REVIEW, ago=MINUTE, number=2)
    promotion = verdict(OWNER, approvals=(statement("alice"), own_review, statement("dina", Decision.REVIEW)))

    assert (promotion.verdict, promotion.not_counted) == (ALLOWED, ())


def test_a_review_that_does_not_count_has_a_reason() -> None:
    promotion = verdict(
        OWNER,
        required_reviews=(required_review(),),
        approvals=(statement("alice"), review_statement("carla"), review_statement("erin")),
    )

    assert reasons(promotion) == {
        "carla": "approved entry 7",
        "erin": "author of the change (commit c0ffeec0ffee)",
    }
    assert of_kind(promotion, "review")[0].eligible == ("alice", "zoe")


@pytest.mark.parametrize(
    ("left_at", "status", "detail"),
    [
        (NOW - DAY, RequirementStatus.MET, "left on 2026-11-19T12:00:00Z, 1d ago"),
        (NOW - 31 * DAY, RequirementStatus.REFUSED, "left on 2026-10-20T12:00:00Z, 31d ago"),
        (None, RequirementStatus.REFUSED, "never ran here"),
    ],
)
def test_a_rollback_names_when_its_release_left(
    left_at: datetime | None, status: RequirementStatus, detail: str
) -> None:
    promotion = verdict(terms=rollback_terms(), **{**BACK, "left_at": left_at})

    [need] = of_kind(promotion, "rollback")
    assert (need.rule, need.status, need.detail) == ("rollback", status, detail)
    assert need.condition == "a release that left less than 30d ago"


def test_a_hold_has_its_own_rule_with_the_highest_assurance() -> None:
    signed = rule("signed", approvals(1, "owner"), assurance=Assurance.SIGNED)

    plain = of_kind(verdict(OWNER, hold=HELD, approvals=(statement("alice"),)), "held")
    sure = of_kind(verdict(OWNER, signed, hold=HELD, approvals=(statement("alice"),)), "held")

    assert [(requirement.rule, requirement.status) for requirement in (*plain, *sure)] == [
        ("rollback", RequirementStatus.MET),
        ("rollback", RequirementStatus.MISSING),
    ]


@pytest.mark.parametrize(
    ("ago", "facts", "status", "state"),
    [
        (DAY, {}, RequirementStatus.MET, "not due yet, alice or zoe could give it"),
        (3 * DAY, {}, RequirementStatus.MISSING, "overdue, alice or zoe could give it"),
        (
            3 * DAY,
            {"comparison": comparison(STRICTER)},
            RequirementStatus.MET,
            "overdue, but not blocking this promotion, alice or zoe could give it",
        ),
    ],
)
def test_an_open_review_names_its_state_and_the_command(
    ago: timedelta, facts: dict[str, Any], status: RequirementStatus, state: str
) -> None:
    [need] = of_kind(verdict(OWNER, required_reviews=(required_review(ago),), **facts), "review")

    assert (need.rule, need.status) == ("breakGlass", status)
    assert need.condition == f"of entry 7 (INC-7) by {format_instant(NOW - ago + 2 * DAY)}"
    assert need.detail == f"{state}: fleet approve refund-bot --to production --review 7"
    assert need.eligible == (("alice", "zoe") if status is RequirementStatus.MISSING else ())


def test_a_review_that_does_not_count_names_its_teams_and_its_file() -> None:
    late = review_statement("bob")
    teams_rule = rule("asked", approvals(1, "security", "on-call"))

    [excluded] = verdict(teams_rule, required_reviews=(required_review(),), approvals=(late,)).not_counted

    teams = "on-call or owner or security"
    assert (excluded.reason, excluded.files) == (
        f"was not in {teams} then (2026-11-20T11:00:00Z)",
        (late.file,),
    )


def test_rules_of_the_tier_decide_reviewers_and_assurance() -> None:
    medium = rule(
        "medium", approvals(1, "support"), when={"tiers": frozenset({"medium"})}, assurance=Assurance.SIGNED
    )

    promotion = verdict(
        OWNER, medium, required_reviews=(required_review(),), approvals=(review_statement("bob"),)
    )

    [need] = of_kind(promotion, "review")
    assert need.eligible == ("alice", "bob", "zoe")
    assert reasons(promotion) == {"bob": "its assurance is recorded, signed is required"}


def test_rules_of_another_tier_do_not_decide_reviewers() -> None:
    critical = rule(
        "critical", approvals(1, "risk"), when={"tiers": frozenset({"critical"})}, assurance=Assurance.SIGNED
    )

    [need] = of_kind(verdict(OWNER, critical, required_reviews=(required_review(),)), "review")
    counted = verdict(
        OWNER,
        critical,
        required_reviews=(required_review(),),
        approvals=(review_statement("alice"), statement("alice")),
    )

    assert need.eligible == ("alice", "zoe")
    assert counted.verdict is ALLOWED


def rank(promotion: Promotion) -> int:
    return promotion.verdict.rank


@settings(max_examples=60, deadline=None)
@given(RULES, ANYTHING, st.sets(st.sampled_from(["soak", "evals", "freeze"])))
def test_break_glass_never_skips_validation(rules: list[Any], statements: Any, skips: set[str]) -> None:
    promotion = verdict(
        *rules, mode=GLASS, terms=break_glass_terms(*skips), approvals=statements, errors=(error(),)
    )

    assert promotion.verdict is BLOCKED


@settings(max_examples=60, deadline=None)
@given(RULES, ANYTHING, st.integers(1, 3))
def test_break_glass_needs_as_many_different_people(rules: list[Any], statements: Any, seats: int) -> None:
    terms = break_glass_terms("soak", "evals", "freeze", require=(approvals(seats, "on-call"),))
    promotion = verdict(*rules, mode=GLASS, terms=terms, approvals=statements)

    people = {who for requirement in of_kind(promotion, "approvals") for who in requirement.by}
    assert len(people) <= seats
    assert (promotion.verdict is ALLOWED) <= (len(people) == seats)
    assert people <= everybody().members("on-call", NOW) - {"erin"}


@settings(max_examples=60, deadline=None)
@given(
    ANYTHING,
    st.sets(st.sampled_from(["soak", "evals", "freeze"])),
    st.sets(st.sampled_from(["soak", "evals", "freeze"])),
    st.integers(0, 30),
)
def test_more_skips_never_worsen_the_verdict(
    statements: Any, skips: set[str], extra_skips: set[str], hours: int
) -> None:
    facts = {"mode": GLASS, "approvals": statements, "longest_soak": hours * HOUR, "is_soaking": True}
    few = verdict(EVALS, SOAK, terms={**break_glass_terms(*skips), **FROZEN}, **facts)
    many = verdict(EVALS, SOAK, terms={**break_glass_terms(*skips, *extra_skips), **FROZEN}, **facts)

    assert rank(many) <= rank(few)
    assert set(skipped_kinds(few.skipped)) <= skips
    assert all(requirement.status is not RequirementStatus.MET for requirement in few.skipped)


@settings(max_examples=60, deadline=None)
@given(RULES, ANYTHING, st.integers(0, 400))
def test_a_rollback_hold_never_improves_the_verdict(rules: list[Any], statements: Any, ago: int) -> None:
    hold = replace(HELD, at=NOW - ago * HOUR)

    assert rank(verdict(*rules, approvals=statements, hold=hold)) >= rank(
        verdict(*rules, approvals=statements)
    )


@settings(max_examples=60, deadline=None)
@given(RULES, ANYTHING, st.integers(0, 100))
def test_a_required_review_never_improves_the_verdict(rules: list[Any], statements: Any, ago: int) -> None:
    owed = verdict(*rules, approvals=statements, required_reviews=(required_review(ago * HOUR),))

    assert rank(owed) >= rank(verdict(*rules, approvals=statements))
