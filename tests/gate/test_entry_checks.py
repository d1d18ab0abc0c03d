"""Checks of the ledger entries in one commit."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from fleetward.domain.audit import Break, FileStep, FileVersion, FirstParentCommit
from fleetward.domain.break_glass import BreakGlassRecord
from fleetward.domain.clock import format_instant
from fleetward.domain.contributor import ContributorRole
from fleetward.domain.finding import Severity
from fleetward.domain.ledger import Entry, PromotionKind
from fleetward.domain.people import People
from fleetward.domain.policy import ApplyTerms
from fleetward.domain.verdict import NotCounted, Promotion, Requirement, RequirementStatus, Verdict
from fleetward.gate import entry_checks
from fleetward.gate.appliers import applier_fault
from tests.gate.commits import (
    AT,
    ENTRY,
    OTHERS,
    PLAIN,
    PROGRAM,
    PROMPT,
    commit_with,
    entry,
    judged,
    rule_ids,
    subjects,
    summaries,
)
from tests.gate.world import NEW, OLD, OTHER, contributor, everybody

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)


def test_the_states_of_an_entry_are_compared_with_the_folders() -> None:
    commit = commit_with(FileStep(PROMPT, PLAIN, OTHERS))
    removal = entry(agents=(replace(ENTRY.agents[0], to_state=None),))
    file = "ledger/production.jsonl"

    def breaks_of(
        checked: Entry, was: str | None, now: str | None, at: FirstParentCommit = commit
    ) -> list[tuple[str, str, str]]:
        breaks = list(entry_checks.state_mismatches(at, checked, {"desk": was}, {"desk": now}))
        assert subjects(breaks) == [("production", "desk", 2)] * len(breaks)
        return summaries(breaks)

    start = "entry 2 of production: the entry says that desk"
    assert breaks_of(ENTRY, OLD, NEW) == []
    assert breaks_of(ENTRY, OLD, None) == [("state-mismatch", file, f"{start} becomes {NEW}, it is nothing")]
    assert breaks_of(removal, OLD, NEW) == [("state-mismatch", file, f"{start} becomes nothing, it is {NEW}")]
    assert breaks_of(ENTRY, None, NEW) == [("state-mismatch", file, f"{start} was {OLD}, it was nothing")]
    words = "entry 2 of production: the entry is about desk, which this commit does not change"
    assert breaks_of(ENTRY, NEW, NEW, commit_with()) == [("entry-elsewhere", file, words)]


def test_an_entry_without_a_change_of_state_needs_no_change_of_files() -> None:
    still = entry(agents=(replace(ENTRY.agents[0], from_state=NEW), replace(ENTRY.agents[0], agent="two")))
    created = entry(agents=(replace(ENTRY.agents[0], from_state=None),))

    assert summaries(
        entry_checks.state_mismatches(
            commit_with(), still, {"desk": NEW, "two": OLD}, {"desk": NEW, "two": NEW}
        )
    ) == [
        (
            "entry-elsewhere",
            "ledger/production.jsonl",
            "entry 2 of production: the entry is about two, which this commit does not change",
        )
    ]
    [breaks] = entry_checks.state_mismatches(
        commit_with(FileStep(PROMPT, None, PLAIN)), created, {"desk": OLD}, {"desk": NEW}
    )
    assert breaks.message.endswith(f"was nothing, it was {OLD}")


@pytest.mark.parametrize(
    ("dated", "direct", "rule"),
    [
        (15 * MINUTE, True, None),
        (15 * MINUTE + SECOND, True, "entry-postdated"),
        (15 * MINUTE + SECOND, False, "entry-postdated"),
        (-15 * MINUTE, True, None),
        (-15 * MINUTE - SECOND, True, "entry-backdated"),
        (-15 * MINUTE - SECOND, False, None),
        (-timedelta(days=1), False, None),
        (-timedelta(days=1) - SECOND, False, "landed-late"),
    ],
)
def test_an_entry_is_dated_as_its_commit_is(dated: timedelta, direct: bool, rule: str | None) -> None:
    b = entry(at=AT + dated)

    breaks = list(
        entry_checks.dating_errors(commit_with(), b, direct=direct, earlier=(), now=AT + timedelta(days=2))
    )

    when, noon = format_instant(AT + dated), format_instant(AT)
    words = {
        "landed-late": f"the entry is dated {when}, its commit {noon}: review the commits in between",
        None: "",
    }.get(rule, f"the entry is dated {when}, its commit {noon}")
    expected = [(rule, "ledger/production.jsonl", f"entry 2 of production: {words}")] if rule else []
    assert summaries(breaks) == expected
    assert subjects(breaks) == [("production", None, 2)] * len(expected)
    severity = Severity.WARNING if rule == "landed-late" else Severity.ERROR
    assert all(b.severity is severity for b in breaks)


def test_an_entry_is_not_older_than_its_records() -> None:
    def breaks_of(approval: timedelta, evidence: timedelta) -> list[str]:
        breaks = entry_checks.dating_errors(
            commit_with(),
            ENTRY,
            direct=True,
            earlier=[("its approval", AT + approval), ("the commit of its evidence", AT + evidence)],
            now=AT,
        )
        return [
            f"{rule}: {words.removeprefix('entry 2 of production: ')}" for rule, _, words in summaries(breaks)
        ]

    noon = "entry-backdated: the entry is dated 2026-11-20T12:00:00Z, before"
    assert breaks_of(15 * MINUTE, 15 * MINUTE) == []
    assert breaks_of(15 * MINUTE + SECOND, 0 * MINUTE) == [f"{noon} its approval"]
    assert breaks_of(0 * MINUTE, 15 * MINUTE + SECOND) == [f"{noon} the commit of its evidence"]
    assert breaks_of(16 * MINUTE, 16 * MINUTE) == [f"{noon} its approval"]


def test_an_entry_is_not_of_tomorrow() -> None:
    def rules(at: datetime, committed: datetime) -> list[str]:
        breaks = entry_checks.dating_errors(
            replace(commit_with(), committed=committed), entry(at=at), direct=False, earlier=(), now=AT
        )
        return [rule for rule, _, _ in summaries(breaks)]

    assert rules(AT + 15 * MINUTE, AT + 15 * MINUTE) == []
    assert rules(AT + 15 * MINUTE + SECOND, AT + 15 * MINUTE) == ["entry-postdated"]
    assert rules(AT, AT + 15 * MINUTE + SECOND) == ["entry-postdated"]


def test_an_entry_of_the_test_clock_is_told_by_its_tool() -> None:
    marked = entry(tool="fleetward 0.1.0 (test clock)")

    assert summaries(entry_checks.entry_under_test_clock(commit_with(), entry())) == []
    [(rule, _, words)] = summaries(entry_checks.entry_under_test_clock(commit_with(), marked))
    assert rule == "entry-test-clock"
    assert "written under the test clock, by fleetward 0.1.0 (test clock)" in words


def test_a_denied_promotion_is_reported_with_its_unmet_requirements() -> None:
    def need(kind: str, status: RequirementStatus, detail: str = "") -> Requirement:
        return Requirement(rule="every-change", kind=kind, condition="asked", status=status, detail=detail)

    requirements = (
        need("approvals", RequirementStatus.MISSING, "0 of 1"),
        need("soak", RequirementStatus.MET),
        need("evals", RequirementStatus.REFUSED),
    )
    spare = tuple(NotCounted(approver=name, reason="left") for name in ("alice", "bob", "carla"))
    blocked = judged(verdict=Verdict.BLOCKED, requirements=requirements, not_counted=spare)
    start, file = "entry 2 of production: the verdict on desk at that time is", "ledger/production.jsonl"

    assert summaries(entry_checks.denied_promotions(commit_with(), ENTRY, [judged()])) == []
    breaks = list(entry_checks.denied_promotions(commit_with(), ENTRY, [blocked]))
    assert summaries(breaks) == [
        (
            "verdict-not-allowed",
            file,
            f"{start} blocked: approvals asked: 0 of 1; evals asked: refused; "
            "alice does not count: left; bob does not count: left",
        )
    ]
    assert subjects(breaks) == [("production", "desk", 2)]
    assert summaries(entry_checks.denied_promotions(commit_with(), ENTRY, [judged("other")])) == [
        ("verdict-not-allowed", file, f"{start} not given")
    ]
    assert summaries(
        entry_checks.denied_promotions(commit_with(), ENTRY, [judged(verdict=Verdict.PENDING)])
    ) == [("verdict-not-allowed", file, f"{start} pending")]


@pytest.mark.parametrize(
    ("word", "changes", "stated", "that"),
    [
        ("kind", {"kind": PromotionKind.CREATE}, "'update'", "'create'"),
        ("from", {"from_state": OTHER}, repr(OLD), repr(OTHER)),
        ("generation", {"generation": 3}, "2", "3"),
        ("to", {"to_state": OLD}, repr(NEW), repr(OLD)),
        ("release", {"release": OLD}, repr(OTHER), repr(OLD)),
    ],
)
def test_the_fields_of_an_entry_equal_those_of_its_verdict(
    word: str, changes: dict[str, Any], stated: str, that: str
) -> None:
    breaks = list(entry_checks.entry_mismatches(commit_with(), ENTRY, [judged(**changes)]))

    words = f"{word} of desk is {stated}, its verdict gives {that}"
    assert summaries(breaks) == [
        ("entry-untrue", "ledger/production.jsonl", f"entry 2 of production: {words}")
    ]
    assert subjects(breaks) == [("production", "desk", 2)]


def test_an_entry_of_a_retirement_leaves_nothing_behind() -> None:
    retired = judged(kind=PromotionKind.RETIRE)
    removal = entry(kind="retire", agents=(replace(ENTRY.agents[0], to_state=None, release=None),))

    assert summaries(entry_checks.entry_mismatches(commit_with(), removal, [retired])) == []
    assert rule_ids(entry_checks.entry_mismatches(commit_with(), entry(kind="retire"), [retired])) == []
    half = entry(kind="retire", agents=(replace(ENTRY.agents[0], to_state=None),))
    [breaks] = entry_checks.entry_mismatches(commit_with(), half, [retired])
    assert breaks.message.endswith(f"release of desk is {OTHER!r}, its verdict gives None")


def test_an_entry_names_exactly_the_counted_records() -> None:
    recorded = entry(
        agents=(ENTRY.agents[0], replace(ENTRY.agents[0], agent="other")),
        approvals=({"file": "approvals/1"}, {"file": "approvals/2"}),
        evidence=({"file": "evidence/1"}, {"file": "evidence/2"}),
    )
    promotions = [judged(counted=("approvals/1", "evidence/1")), judged("other", counted=("approvals/3",))]

    breaks = list(entry_checks.entry_mismatches(commit_with(), recorded, promotions))

    start = "entry 2 of production: the entry"
    assert [b.message for b in breaks] == [
        f"{start} names approvals/2, and its verdict does not rest on it",
        f"{start} does not name approvals/3, and its verdict rests on it",
        f"{start} names evidence/2, and its verdict does not rest on it",
    ]
    assert {(b.rule, b.agent) for b in breaks} == {("entry-untrue", None)}
    assert summaries(entry_checks.entry_mismatches(commit_with(), recorded, promotions[:1])) == []
    assert (
        summaries(
            entry_checks.entry_mismatches(
                commit_with(), recorded, [promotions[0], judged("other", verdict=Verdict.PENDING)]
            )
        )
        == []
    )


def test_what_an_entry_leaves_out_of_the_attestations_is_told_once_its_ledger_names_them() -> None:
    promotions = [judged(counted=("approvals/1", "attestations/desk/1"))]
    silent = entry(approvals=({"file": "approvals/1"},))
    named = entry(approvals=({"file": "approvals/1"},), attestations=({"file": "attestations/desk/1"},))
    other = entry(approvals=({"file": "approvals/1"},), attestations=({"file": "attestations/desk/2"},))

    def messages_of(stated: Entry, **ledger: bool) -> list[str]:
        found = entry_checks.entry_mismatches(commit_with(), stated, promotions, **ledger)
        return [b.message.removeprefix("entry 2 of production: the entry ") for b in found]

    assert messages_of(named) == messages_of(silent, names_attestations=False) == []
    assert messages_of(silent) == ["does not name attestations/desk/1, and its verdict rests on it"]
    assert messages_of(other) == [
        "does not name attestations/desk/1, and its verdict rests on it",
        "names attestations/desk/2, and its verdict does not rest on it",
    ]


def test_an_agent_without_a_verdict_does_not_hide_the_next() -> None:
    two = entry(agents=(replace(ENTRY.agents[0], agent="none"), ENTRY.agents[0]))

    [breaks] = entry_checks.entry_mismatches(commit_with(), two, [judged(generation=9)])

    assert breaks.message.endswith("generation of desk is 2, its verdict gives 9")


def test_skipped_requirements_of_other_agents_are_ignored() -> None:
    def skipped(*kinds: str) -> tuple[Requirement, ...]:
        return tuple(
            Requirement(rule="r", kind=kind, condition="", status=RequirementStatus.MISSING, detail="")
            for kind in kinds
        )

    glass = BreakGlassRecord(incident="INC-1", skipped=("freeze", "soak"), review_by=AT + timedelta(hours=48))
    broken = entry(break_glass=glass)

    def messages_of(*promotions: Promotion) -> list[str]:
        breaks = list(
            entry_checks.break_glass_mismatches(commit_with(), broken, promotions, timedelta(hours=48))
        )
        assert {(b.rule, b.line) for b in breaks} <= {("entry-untrue", 2)}
        return [b.message for b in breaks]

    assert messages_of(judged(skipped=skipped("soak", "freeze", "soak"))) == []
    assert messages_of(judged(skipped=skipped("freeze")), judged("other", skipped=skipped("soak"))) == [
        "entry 2 of production: the skipped requirements: freeze, soak, but its verdict gives freeze"
    ]
    broken = replace(broken, break_glass=replace(glass, skipped=()))
    assert messages_of(judged(skipped=skipped("soak"))) == [
        "entry 2 of production: the skipped requirements: nothing, but its verdict gives soak"
    ]


@pytest.mark.parametrize(
    ("left_out", "breaks"),
    [(("soak: long enough",), 0), ((), 1), (("approvals: 1 of owner", "soak: long enough"), 1), (None, 0)],
)
def test_what_an_entry_says_it_left_out_is_compared_with_its_verdict(
    left_out: tuple[str, ...] | None, breaks: int
) -> None:
    within = timedelta(hours=48)
    soak = Requirement(rule="rule", kind="soak", condition="long enough", status=RequirementStatus.MISSING)
    glass = BreakGlassRecord(incident="INC-1", skipped=("soak",), review_by=AT + within, left_out=left_out)

    found = entry_checks.break_glass_mismatches(
        commit_with(), entry(break_glass=glass), [judged(skipped=(soak,))], within
    )

    assert rule_ids(found) == ["entry-untrue"] * breaks


def test_a_break_about_an_entry_names_its_line() -> None:
    break_ = entry_checks.entry_break(commit_with(), ENTRY, "line-unsigned", "nobody signed it", "desk")

    assert summaries([break_]) == [
        ("line-unsigned", "ledger/production.jsonl", "entry 2 of production: nobody signed it")
    ]
    assert subjects([break_]) == [("production", "desk", 2)]


def test_an_entry_belongs_to_the_commit_of_its_change() -> None:
    states = {"desk": NEW}

    elsewhere = entry_checks.state_mismatches(commit_with(), ENTRY, states, states)
    in_place = entry_checks.state_mismatches(
        commit_with(FileStep(PROMPT, PLAIN, OTHERS)), ENTRY, {"desk": OLD}, states
    )
    from_another = entry_checks.state_mismatches(
        commit_with(FileStep(PROMPT, PLAIN, OTHERS)), ENTRY, {"desk": OTHER}, states
    )
    from_nothing = entry_checks.state_mismatches(
        commit_with(FileStep(PROMPT, None, OTHERS)), ENTRY, {}, states
    )

    assert rule_ids(elsewhere) == ["entry-elsewhere"]
    assert rule_ids(in_place) == []
    assert [b.rule for b in (*from_another, *from_nothing)] == ["state-mismatch", "state-mismatch"]


def test_a_promoted_release_has_the_modes_that_its_manifest_says() -> None:
    listed, unlisted = {"run.sh": PROGRAM}, {"run.sh": PLAIN}
    overrides = {"overrides.yaml": PLAIN}

    def breaks(
        source: dict[str, FileVersion], target: dict[str, FileVersion], executables: tuple[str, ...] = ()
    ) -> list[Break]:
        return list(
            entry_checks.release_mode_changes(commit_with(), ENTRY, "desk", source, target, executables)
        )

    [mode] = breaks(unlisted, listed)
    [link] = breaks({}, {"link": FileVersion("120000", "e" * 40)})

    folder = "environments/production/desk"
    assert summaries([mode, link]) == [
        ("mode-changed", f"{folder}/run.sh", "its mode is 100755, it was 100644"),
        ("mode-changed", f"{folder}/link", "not a regular file: mode 120000"),
    ]
    assert subjects([mode, link]) == [("production", "desk", 1)] * 2
    assert breaks(unlisted, listed, ("run.sh",)) == []
    assert breaks(listed, unlisted) == []
    assert breaks(overrides, {"overrides.yaml": PROGRAM}) == []


def test_earlier_versions_copied_the_mode_of_the_source() -> None:
    program = {"run.sh": PROGRAM}
    later = replace(ENTRY, governance_version=2) if hasattr(ENTRY, "governance_version") else None

    assert not list(entry_checks.release_mode_changes(commit_with(), ENTRY, "desk", program, program))
    assert later is None or list(
        entry_checks.release_mode_changes(commit_with(), later, "desk", program, program)
    )


def test_other_contents_and_files_are_not_changes_of_mode() -> None:
    program = FileVersion("100755", "b" * 40)

    assert (
        summaries(
            entry_checks.release_mode_changes(
                commit_with(), ENTRY, "desk", {"a": PLAIN}, {"a": program, "b": PLAIN}
            )
        )
        == []
    )
    assert (
        summaries(
            entry_checks.release_mode_changes(
                commit_with(), ENTRY, "desk", {"a": PLAIN, "c": PLAIN}, {"a": PLAIN}
            )
        )
        == []
    )


def test_the_break_glass_fields_are_compared_with_the_verdict() -> None:
    within = timedelta(hours=48)
    glass = BreakGlassRecord(incident="INC-1", skipped=("soak",), review_by=AT + 2 * within)

    forged = [
        b.message
        for b in entry_checks.break_glass_mismatches(
            commit_with(), replace(ENTRY, break_glass=glass), (), within
        )
    ]

    assert forged == [
        "entry 2 of production: the skipped requirements: soak, but its verdict gives nothing",
        "entry 2 of production: the review deadline: 2026-11-24T12:00:00Z, but its verdict gives 2026-11-22T12:00:00Z",
    ]
    assert rule_ids(entry_checks.break_glass_mismatches(commit_with(), ENTRY, (), within)) == []
    assert (
        rule_ids(
            entry_checks.break_glass_mismatches(commit_with(), replace(ENTRY, break_glass=glass), (), None)
        )
        == []
    )


@pytest.mark.parametrize(
    ("author", "committer", "severity"),
    [
        ("ci@acme.example", "ci@acme.example", None),
        ("erin@acme.example", "CI@acme.example", None),
        ("erin@acme.example", "carla@acme.example", Severity.WARNING),
        ("erin@acme.example", "erin@acme.example", Severity.ERROR),
        ("erin@acme.example", "noreply@forge.example", None),
        ("erin@acme.example", "somebody@elsewhere.example", Severity.WARNING),
        ("somebody@elsewhere.example", "somebody@elsewhere.example", Severity.ERROR),
    ],
)
def test_a_commit_by_another_person_than_the_actor_is_a_break_unless_a_forge_made_it(
    author: str, committer: str, severity: Severity | None
) -> None:
    breaks = list(entry_checks.actor_mismatch(commit_with(), ENTRY, author, committer, everybody()))

    assert [b.severity for b in breaks] == ([] if severity is None else [severity])
    message = f"entry 2 of production: its actor is ci@acme.example, but {committer} made the commit"
    assert all((b.rule, b.message) == ("actor-unlike", message) for b in breaks)


def test_a_commit_of_the_actors_other_address_is_no_break() -> None:
    people = everybody()
    carla = replace(people.people["carla"], emails=("carla@acme.example", "carla@home.example"))
    entry_of_carla = entry(actor="carla@home.example")

    breaks = entry_checks.actor_mismatch(
        commit_with(),
        entry_of_carla,
        "carla@acme.example",
        "carla@acme.example",
        replace(people, people={**people.people, "carla": carla}),
    )

    assert list(breaks) == []


ASKED = {"agent": "desk", "rule": "every", "kind": "approvals", "by": ["carla"], "detail": "1 of 1: carla"}


@pytest.mark.parametrize(
    ("stated", "keys", "message"),
    [
        ([ASKED], ("rule", "by", "detail"), None),
        ([{**ASKED, "detail": "carla"}], ("rule", "by"), None),
        ([{**ASKED, "by": ["bob"]}], ("by",), "the entry says [['bob']]; the verdict says [['carla']]"),
        ([], ("by",), "the verdict says [['carla']]"),
        ([ASKED, ASKED], ("by",), "one is there twice"),
    ],
)
def test_the_requirements_of_an_entry_are_those_of_its_verdict(
    stated: list[dict[str, Any]], keys: tuple[str, ...], message: str | None
) -> None:
    breaks = list(
        entry_checks.requirement_mismatches(
            commit_with(), entry(requirements=tuple(stated)), [ASKED], keys=keys
        )
    )

    start = "entry 2 of production: the requirements of the entry are not those of its verdict: "
    assert [b.message for b in breaks] == ([] if message is None else [start + message])


@pytest.mark.parametrize(
    ("trailers", "required", "end"),
    [
        ([(2, OLD)], True, None),
        ([(1, NEW), (2, NEW), (2, OLD)], True, None),
        ([(1, NEW)], False, None),
        ([(2, NEW)], False, f"names {NEW}"),
        ([(1, OLD)], True, "its commit has no trailer Fleet-Ledger for it"),
    ],
)
def test_the_line_of_an_entry_is_the_one_that_its_commit_names(
    trailers: list[tuple[int, str]], required: bool, end: str | None
) -> None:
    breaks = list(entry_checks.trailer_mismatch(commit_with(), ENTRY, OLD, trailers, required=required))

    assert len(breaks) == (end is not None)
    assert all(b.message.endswith(end or "") for b in breaks)


def test_a_line_counts_where_somebody_named_wrote_it() -> None:
    people = everybody()
    gone = replace(
        people,
        people={
            **people.people,
            "zoe": replace(people.people["zoe"], departed=AT.date() - timedelta(days=1)),
        },
    )
    terms = ApplyTerms(by=frozenset({"ci", "on-call", "zoe"}))

    def fault(email: str, everyone: People = people) -> str | None:
        return applier_fault(terms, everyone.by_email(email), email, everyone, AT)

    assert fault("ci@acme.example") is None
    assert fault("hugo@acme.example") is None
    assert fault("zoe@acme.example") is None
    assert fault("zoe@acme.example", gone) == "zoe is not active, and so applies nothing"
    assert fault("bob@acme.example") == "bob is none of those whom 'apply' names: ci, on-call, zoe"
    assert fault("x@acme.example") == (
        "x@acme.example is nobody in governance/people.yaml, and 'apply' names ci, on-call, zoe"
    )
    assert list(entry_checks.applier_refusal(commit_with(), ENTRY, None)) == []
    [refusal] = entry_checks.applier_refusal(commit_with(), ENTRY, "why")
    assert (refusal.rule, refusal.line) == ("applier-refused", 2)


def test_a_commit_made_again_without_an_original_at_hand_is_a_note() -> None:
    again = replace(contributor("carla", ContributorRole.RECOMMITTER), is_compared=False)
    promotion = replace(judged(), uncompared=(again,))

    [note] = entry_checks.uncompared_commits(commit_with(), ENTRY, [promotion])

    assert (note.rule, note.severity) == ("author-uncompared", Severity.NOTE)
    assert "carla@acme.example committed c0ffeec0ffee again" in note.message
