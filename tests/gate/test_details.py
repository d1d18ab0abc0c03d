"""What a verdict tells of each thing that was asked, word for word: reports print it as it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from fleetward.domain.ledger import PromotionKind
from fleetward.domain.policy import Assurance, Freeze
from fleetward.domain.verdict import NotCounted, Promotion, Requirement, RequirementStatus, Verdict
from fleetward.gate import policy_requirements
from fleetward.gate.batch import hold_dependents
from tests.gate.world import (
    DAY,
    EVALS,
    HOUR,
    MINUTE,
    NEW,
    NOW,
    OLD,
    OTHER,
    OWNER,
    RELEASE,
    REWORDED,
    RISK,
    SAFE,
    SAFER,
    SECURITY,
    SOAK,
    STRICTER,
    SUITES,
    approvals,
    comparison,
    contributor,
    error,
    evals,
    evidence_record,
    manifest,
    of_kind,
    people_with_dates,
    policy,
    reasons,
    rejection,
    rule,
    statement,
    verdict,
    withdrawal,
)

MET, MISSING, REFUSED = RequirementStatus.MET, RequirementStatus.MISSING, RequirementStatus.REFUSED
SIGNED = rule("signed", approvals(1, "owner"), assurance=Assurance.SIGNED)


def requirements_of(promotion: Promotion) -> tuple[Requirement, ...]:
    return promotion.requirements


def need(
    rule: str, kind: str, condition: str, status: RequirementStatus, detail: str, **extra: object
) -> Requirement:
    return Requirement(rule=rule, kind=kind, condition=condition, status=status, detail=detail, **extra)  # type: ignore[arg-type]


# policy


def test_a_missing_rule_is_reported_with_kind_environment_and_tier() -> None:
    assert requirements_of(verdict()) == (
        need(
            *("rules", "policy", "a rule that applies", REFUSED),
            "no policy rule covers update to 'production' at tier 'medium'",
        ),
    )


def test_a_rule_that_requires_nothing_is_named() -> None:
    nothing = rule("nothing")

    low = verdict(nothing, running=None, candidate=manifest("low"))

    assert requirements_of(low) == (need("nothing", "policy", "nothing", MET, "requires nothing"),)
    assert requirements_of(verdict(nothing)) == (
        need(
            "nothing", "policy", "nothing", REFUSED, "requires nothing, which is too little at tier 'medium'"
        ),
    )


def test_a_retirement_that_requires_nothing_is_refused() -> None:
    assert requirements_of(verdict(EVALS, kind=PromotionKind.RETIRE, candidate=None)) == (
        need("evals", "policy", "nothing", REFUSED, "requires nothing, which is too little at tier 'medium'"),
    )


def test_each_unknown_author_is_reported_once() -> None:
    strangers = (contributor("x@evil.example"), contributor("X@Evil.example"), contributor("a@evil.example"))

    promotion = verdict(OWNER, approvals=(statement("alice"),), contributors=strangers)

    assert of_kind(promotion, "policy") == [
        need(
            *("approvals.unknownAuthors", "policy", "known authors", REFUSED),
            f"{email!r}, author of commit c0ffeec0ffee, is not listed in people.yaml",
        )
        for email in ("a@evil.example", "X@Evil.example")
    ]


def test_errors_are_listed_in_order_with_their_places() -> None:
    two = (error("second"), replace(error("first"), rule="a-rule"))

    assert of_kind(verdict(OWNER, errors=two), "validation") == [
        need(
            *("validation", "validation", "no errors in production", REFUSED),
            "2 errors: environments/staging/refund-bot/agent.yaml:9 a-rule: first; "
            "environments/staging/refund-bot/agent.yaml:9 owner-unknown: second",
            error_rules=("a-rule", "owner-unknown"),
        )
    ]
    assert of_kind(verdict(OWNER, errors=two[:1]), "validation")[0].detail.startswith("1 error: ")


def test_three_errors_are_listed_and_a_fourth_is_counted() -> None:
    def detail(count: int) -> str:
        return str(of_kind(verdict(OWNER, errors=(error(),) * count), "validation")[0].detail)

    assert detail(3).count("owner-unknown") == 3
    assert "more" not in detail(3)
    assert detail(4).count("owner-unknown") == 3
    assert detail(4).endswith("; 1 more")


# people


def test_a_seat_names_its_approvers_and_the_assurance() -> None:
    full = verdict(RISK, approvals=(statement("gita"), statement("bob")))
    sure = verdict(SIGNED, approvals=(statement("alice", assurance=Assurance.SIGNED),))

    assert requirements_of(full) == (
        need("risk", "approvals", "2 of risk", MET, "2 of 2: bob, gita", by=("bob", "gita")),
    )
    assert requirements_of(sure) == (
        need("signed", "approvals", "1 of owner", MET, "1 of 1: alice (signed)", by=("alice",)),
    )


def test_seats_without_eligible_people_are_counted() -> None:
    hands = tuple(contributor(name) for name in ("bob", "farid", "gita"))
    three = rule("three", approvals(3, "risk"))

    nobody = verdict(three, contributors=hands)
    single = verdict(three, contributors=hands[:2])
    taken = verdict(three, contributors=hands[:2], approvals=(statement("gita"),))

    assert [of_kind(promotion, "approvals")[0].detail for promotion in (nobody, single, taken)] == [
        "0 of 3; no eligible people for 3 seats",
        "0 of 3; only 1 eligible person for 3 seats",
        "1 of 3: gita; no eligible people for 2 seats",
    ]


def test_enough_eligible_people_are_not_mentioned() -> None:
    promotion = verdict(RISK, contributors=(contributor("bob"),))

    assert of_kind(promotion, "approvals")[0].detail == "0 of 2"


def test_the_first_of_two_equal_rules_is_named() -> None:
    promotion = verdict(rule("first", approvals(1, "risk")), rule("second", approvals(1, "risk")))

    assert [requirement.rule for requirement in requirements_of(promotion)] == ["first"]


def test_a_veto_names_its_author_and_its_note() -> None:
    promotion = verdict(
        OWNER, approvals=(statement("alice"), rejection("bob", note="too soon"), rejection("hugo"))
    )

    assert of_kind(promotion, "veto") == [
        need(
            *("veto", "veto", "lifted by bob", REFUSED, "rejected by bob: too soon"),
            by=("bob",),
            eligible=("bob",),
        ),
        need("veto", "veto", "lifted by hugo", REFUSED, "rejected by hugo", by=("hugo",), eligible=("hugo",)),
    ]


def test_only_the_latest_veto_of_a_person_is_listed() -> None:
    first, last = rejection("bob", note="first", ago=DAY), rejection("bob", note="last", number=2)

    [veto] = of_kind(verdict(OWNER, approvals=(last, first)), "veto")

    assert veto.detail == "rejected by bob: last"


def test_a_rejection_without_veto_is_reported_for_this_state_only() -> None:
    current, elsewhere = rejection("erin"), rejection("alice", to_state=OTHER)

    promotion = verdict(
        OWNER, approvals=(statement("carla"), current, elsewhere, rejection("bob", to_state=OTHER))
    )

    assert reasons(promotion) == {"erin": "rejected, but is in no team that may veto"}


def test_of_two_approvals_of_one_person_the_later_counts() -> None:
    earlier, later = statement("alice"), statement("alice", ago=MINUTE, number=2)

    for statements in ((earlier, later), (later, earlier)):
        promotion = verdict(OWNER, approvals=statements)
        assert promotion.counted == (later.file,)
        assert reasons(promotion) == {"alice": "replaced by a later approval"}


def test_in_one_second_the_higher_number_counts_and_then_the_later_name() -> None:
    ninth, tenth = statement("alice", number=9), statement("alice", number=10)
    unnumbered = replace(statement("alice"), file="approvals/a.json")
    later_name = replace(unnumbered, file="approvals/b.json")

    assert verdict(OWNER, approvals=(ninth, tenth)).counted == (tenth.file,)
    assert verdict(OWNER, approvals=(unnumbered, ninth)).counted == (ninth.file,)
    assert verdict(OWNER, approvals=(later_name, unnumbered)).counted == (later_name.file,)


def test_a_withdrawal_wins_over_an_approval_of_the_same_instant() -> None:
    approval = statement("alice", number=1)
    taken = replace(
        withdrawal("alice", ago=HOUR, number=1), file=approval.file.replace("alice-1", "0-alice-1")
    )

    assert verdict(OWNER, approvals=(approval, taken)).verdict is Verdict.PENDING
    assert verdict(
        OWNER, approvals=(statement("carla"), rejection("bob"), withdrawal("bob", ago=HOUR, number=1))
    ).verdict is (Verdict.BLOCKED)


def test_every_file_that_does_not_count_has_a_reason() -> None:
    old, older = statement("alice", to_state=OTHER), statement("alice", to_state=OTHER, ago=DAY, number=2)
    spare = statement("dina")

    promotion = verdict(OWNER, approvals=(old, older, statement("carla"), spare))

    assert [(excluded.approver, excluded.files) for excluded in promotion.not_counted] == [
        ("alice", tuple(sorted((old.file, older.file)))),
        ("dina", (spare.file,)),
    ]


def test_reasons_name_the_change_that_was_approved() -> None:
    promotion = verdict(
        OWNER,
        RISK,
        approvals=(
            statement("alice", from_state=OTHER),
            statement("bob", from_state=None),
            statement("carla", generation=7),
            statement("dina", environment="staging"),
            statement("farid", agent="policy-lookup"),
            statement("hugo"),
        ),
    )

    assert reasons(promotion) == {
        "alice": f"approved a change from another state ({OTHER})",
        "bob": "approved a change from another state (none)",
        "carla": "approved generation 7, this is 3",
        "dina": "approved staging/refund-bot",
        "farid": "approved production/policy-lookup",
        "hugo": "not in owner or risk",
    }


def test_the_reason_says_how_an_approval_was_taken_back() -> None:
    promotion = verdict(
        OWNER,
        approvals=(statement("alice"), rejection("alice", number=2, ago=MINUTE)),
        terms={"veto": frozenset()},
    )

    assert [excluded.reason for excluded in promotion.not_counted] == [
        "rejected, but is in no team that may veto",
        "replaced by a rejection on 2026-11-20T11:59:00Z",
    ]


def test_an_approver_is_in_no_required_team_where_none_is_required() -> None:
    assert reasons(verdict(SOAK, approvals=(statement("alice"),))) == {"alice": "not in a required team"}


def test_a_person_who_starts_later_is_not_active_yet() -> None:
    def reason(**days: date) -> str:
        return reasons(
            verdict(OWNER, approvals=(statement("alice"),), people=people_with_dates("alice", **days))
        )["alice"]

    assert reason(since=date(2026, 11, 21)) == "not active before 2026-11-21"
    assert reason(since=date(2026, 11, 21), departed=date(2026, 12, 31)) == "not active before 2026-11-21"
    assert reason(since=date(2026, 11, 20), departed=date(2026, 11, 20)) == "left on 2026-11-20"
    assert reason(departed=date(2026, 11, 19)) == "left on 2026-11-19"


# evaluations and soak


def test_suites_are_listed_with_their_thresholds() -> None:
    suites = [
        *SUITES,
        {"name": "between", "min": 0.5, "max": 0.9},
        {"name": "plain", "format": "promptfoo"},
    ]
    requirements = of_kind(
        verdict(EVALS, candidate=manifest(evals=suites), evidence=(evidence_record(), SAFE)), "evals"
    )

    assert requirements == [
        need(
            "evals", "evals", "quality passed (pass-rate at least 0.95)", MET, "0.97 on 2026-11-19T12:00:00Z"
        ),
        need("evals", "evals", "safety passed (toxicity at most 0.01)", MET, "0.002 on 2026-11-19T12:00:00Z"),
        need(
            *("evals", "evals", "between passed (pass-rate at least 0.5 and at most 0.9)", MISSING),
            "no record for this release; fleet evidence add refund-bot --suite between FILE",
        ),
        need(
            *("evals", "evals", "plain passed (every sample)", MISSING),
            "no record for this release; fleet evidence add refund-bot --suite plain FILE (promptfoo)",
        ),
    ]


def test_a_manifest_without_suites_misses_evaluations() -> None:
    assert requirements_of(verdict(EVALS, candidate=manifest(evals=[]))) == (
        need("evals", "evals", "passed", MISSING, "the manifest declares no evaluation suite"),
    )


def test_a_candidate_that_cannot_be_read_declares_no_suites() -> None:
    [requirement] = of_kind(verdict(EVALS, candidate=None, errors=(error(),)), "evals")

    assert (requirement.status, requirement.detail) == (MISSING, "the manifest declares no evaluation suite")


def test_the_reason_follows_the_name_of_the_record() -> None:
    def why(suite: dict[str, object] | None = None, **facts: object) -> str:
        record = evidence_record(**facts)  # type: ignore[arg-type]
        candidate = manifest(evals=[suite or SUITES[0]])
        [requirement] = of_kind(verdict(EVALS, candidate=candidate, evidence=(record,)), "evals")
        return str(requirement.detail).removeprefix(f"{record.file}: ")

    mean = {"name": "quality", "metric": "score", "max": 0.5}
    assert why(counts=(0, 0, 1, 1)) == "no sample completed"
    assert why(counts=(99, 0, 1, 1), value=1.0) == "0.9802 on 2026-11-19T12:00:00Z"
    assert why(mean, metric="score", counts=(8, 0, 1, 1)) == (
        "2 of 10 samples did not complete, and 'score' leaves them out"
    )
    assert why(mean, metric="score", counts=(9, 1, 0, 0), value=0.6) == "0.6 is above 0.5"
    assert why(metric="accuracy") == "measures 'accuracy', but the suite requires 'pass-rate'"
    assert why(ago=-HOUR) == "dated in the future (2026-11-20T13:00:00Z)"
    assert why(ago=8 * DAY) == "finished 8d ago, the limit is 7d"
    assert why({"name": "quality"}, value=0.9) == "90 of 100 samples passed, all are required"
    assert why({**SUITES[0], "maxAge": "soon"}).startswith("'soon'")
    assert why(counts=(0, 1, 0, 0), value=1.0) == "0 is below 0.95"
    assert why(counts=(1, 0, 0, 0), value=1.0) == "1 on 2026-11-19T12:00:00Z"


def test_a_soak_names_its_progress_and_its_end() -> None:
    kind = ("soak", "soak", "at least 1d")

    assert requirements_of(verdict(SOAK, longest_soak=2 * DAY)) == (need(*kind, MET, "stayed 2d"),)
    assert requirements_of(verdict(SOAK, longest_soak=HOUR)) == (
        need(*kind, MISSING, "stayed 1h and is not there now"),
    )
    assert requirements_of(verdict(SOAK, longest_soak=HOUR, is_soaking=True)) == (
        need(
            *(*kind, MISSING, "1h so far, long enough at 2026-11-21T11:00:00Z"),
            ready_at=NOW + 23 * HOUR,
        ),
    )


# time


def test_a_freeze_names_its_end_and_the_end_of_all_freezes() -> None:
    freezes = (
        Freeze(id="year-end", start=NOW, end=NOW + DAY),
        Freeze(id="audit", start=NOW + DAY, end=NOW + 2 * DAY),
    )

    promotion = verdict(OWNER, approvals=(statement("alice"),), terms={"freezes": freezes})

    assert of_kind(promotion, "freeze") == [
        need(
            *("year-end", "freeze", "no freeze in force", REFUSED, "frozen until 2026-11-21T12:00:00Z"),
            ready_at=NOW + 2 * DAY,
        )
    ]


def test_an_exempt_rule_is_ready_during_a_freeze() -> None:
    freezes = (Freeze(id="year-end", start=NOW + HOUR, end=NOW + 9 * DAY),)
    exempt = replace(SOAK, exempt=frozenset({"freeze"}))

    promotion = verdict(exempt, longest_soak=HOUR, is_soaking=True, terms={"freezes": freezes})

    assert promotion.unblock.ready_at == NOW + 23 * HOUR


def test_a_soak_that_ends_with_a_freeze_is_ready_then() -> None:
    freezes = (Freeze(id="year-end", start=NOW, end=NOW + DAY),)

    promotion = verdict(SOAK, longest_soak=timedelta(), is_soaking=True, terms={"freezes": freezes})

    assert promotion.unblock.ready_at == NOW + DAY


# the whole of it


def test_an_unchanged_promotion_names_tier_and_release() -> None:
    unchanged, update = verdict(OWNER, kind=None), verdict(OWNER)

    assert (unchanged.kind, unchanged.tier, unchanged.release) == (None, "medium", RELEASE)
    assert (update.kind, update.release) == (PromotionKind.UPDATE, RELEASE)
    assert (update.from_state, update.to_state) == (OLD, NEW)


def test_an_unknown_tier_counts_as_the_highest() -> None:
    assert verdict(OWNER, running=None, running_unreadable=True).tier == "critical"
    assert verdict(OWNER, candidate=manifest("ultra")).tier == "critical"


def test_owners_are_the_team_the_accountable_person_and_the_backup() -> None:
    elsewhere = manifest(owner={"team": "payments", "accountable": "erin", "backup": "bob"})
    alone = manifest(owner={"accountable": "erin"})

    assert verdict(OWNER, running=elsewhere, contributors=()).unblock.people == (
        *("alice", "bob", "carla", "dina", "erin"),
    )
    assert verdict(OWNER, running=alone, contributors=()).unblock.people == ("erin",)


def test_the_candidates_owners_count_where_the_running_manifest_is_unreadable() -> None:
    promotion = verdict(OWNER, running=None, running_unreadable=True, approvals=(statement("alice"),))

    assert promotion.verdict is Verdict.ALLOWED


def test_the_candidates_owners_count_for_a_new_agent() -> None:
    promotion = verdict(OWNER, kind=PromotionKind.CREATE, running=manifest(team="support"), contributors=())

    assert "alice" in promotion.unblock.people


def test_a_dependency_is_added_to_the_other_requirements() -> None:
    front, back = verdict(OWNER, approvals=(statement("alice"),)), verdict(OWNER)
    front, back = replace(front, agent="front"), replace(back, agent="back")

    [waiting_front, _] = hold_dependents([front, back], {"front": frozenset({"back", "elsewhere"})})

    assert waiting_front.verdict is Verdict.PENDING
    assert waiting_front.requirements == (
        *front.requirements,
        need("unit", "dependency", "back promoted before or with it", MISSING, "back is not allowed yet"),
    )


def test_policy_requirements_depend_on_tier_kind_and_agent() -> None:
    rules = (
        rule("tier", approvals(1, "risk"), when={"tiers": frozenset({"high"})}),
        rule("kind", approvals(1, "security"), when={"kinds": frozenset({"create"})}),
        rule("agent", approvals(1, "on-call"), when={"agents": frozenset({"refund-bot"})}),
        rule("other", approvals(1, "support"), when={"agents": frozenset({"sales-bot"})}),
        rule("evals", evals()),
    )

    def ids(
        tier: str = "low", kind: PromotionKind = PromotionKind.UPDATE, agent: str | None = None
    ) -> list[str]:
        change = comparison(REWORDED)
        required = policy_requirements(
            policy(*rules), to="production", tier=tier, comparison=change, kind=kind, agent=agent
        )
        return [r.id for r, _ in required]

    assert ids() == ["agent", "evals"]
    assert ids(tier="high") == ["tier", "agent", "evals"]
    assert ids(kind=PromotionKind.CREATE) == ["kind", "agent", "evals"]
    assert ids(agent="policy-lookup") == ["evals"]


def test_a_rule_that_replaces_all_others_is_listed_alone() -> None:
    promotion = verdict(SECURITY, SAFER, comparison=comparison(STRICTER))

    assert [requirement.rule for requirement in requirements_of(promotion)] == ["only-safer"]


def test_two_files_with_one_reason_are_listed_once() -> None:
    twice = (statement("erin"), statement("erin", number=2, ago=MINUTE))

    assert verdict(OWNER, approvals=twice).not_counted == (
        NotCounted(approver="erin", reason="author of the change (commit c0ffeec0ffee)"),
    )


def test_a_rule_about_an_agent_applies_where_nothing_was_compared() -> None:
    sales_rule = rule("other", approvals(1, "support"), when={"agents": frozenset({"sales-bot"})})

    required = policy_requirements(
        policy(sales_rule), to="production", tier="low", comparison=None, kind=PromotionKind.UPDATE
    )

    assert [r.id for r, _ in required] == ["other"]
