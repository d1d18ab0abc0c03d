"""What an audit asks of one commit, where no tampered history of a test comes by."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fleetward.domain.audit import Break, FileStep, FileVersion, FirstParentCommit
from fleetward.domain.break_glass import BreakGlassRecord
from fleetward.domain.clock import format_instant
from fleetward.domain.finding import Severity
from fleetward.domain.fleet import Environment, FleetConfig
from fleetward.domain.ledger import AgentTransition, Entry, PromotionKind
from fleetward.domain.verdict import NotCounted, Promotion, Requirement, RequirementStatus, Verdict
from fleetward.gate import history_checks
from tests.gate.world import NEW, OLD, OTHER

AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
PLAIN, PROGRAM, OTHERS = (
    FileVersion("100644", "a" * 40),
    FileVersion("100755", "a" * 40),
    FileVersion("100644", "b" * 40),
)
APPROVAL = "approvals/production/desk/1.json"
PROMPT = "environments/production/desk/prompts/system.md"
ENTRY = Entry(
    seq=2,
    previous=None,
    governance=OTHER,
    environment="production",
    kind="update",
    at=AT,
    commit="c" * 40,
    actor="ci@acme.example",
    agents=(AgentTransition(agent="desk", from_state=OLD, to_state=NEW, release=OTHER, generation=2),),
)


def commit_with(*steps: FileStep) -> FirstParentCommit:
    return FirstParentCommit(id="d" * 40, parent="c" * 40, committed=AT, changes=steps)


def rule_ids(breaks: object) -> list[str]:
    return [b.rule for b in breaks]  # type: ignore[attr-defined]


def summaries(breaks: Iterable[Break]) -> list[tuple[str, str, str]]:
    """Rule, file and words; that each names the commit and how to look at it holds for all."""
    breaks = list(breaks)
    for b in breaks:
        assert b.commit == "d" * 40
        assert re.fullmatch(r"git show (--stat )?d{12}( -- \S+)?", b.hint)
    return [(b.rule, b.file, b.message) for b in breaks]


def subjects(breaks: Iterable[Break]) -> list[tuple[str | None, str | None, int]]:
    return [(b.environment, b.agent, b.line) for b in breaks]


def entry(**changes: Any) -> Entry:
    return replace(ENTRY, **changes)


def judged(agent: str = "desk", **changes: Any) -> Promotion:
    """The verdict that ENTRY tells of."""
    usual: dict[str, Any] = {
        "kind": PromotionKind.UPDATE,
        "tier": "medium",
        "release": OTHER,
        "from_state": OLD,
        "to_state": NEW,
        "generation": 2,
        "verdict": Verdict.ALLOWED,
        "requirements": (),
    }
    return Promotion(agent=agent, **{**usual, **changes})


def environment(name: str, *sources: str) -> Environment:
    return Environment(name=name, sources=sources)


def config(*environments: Environment) -> FleetConfig:
    return FleetConfig(repository="acme/agents", environments=environments)


@pytest.mark.parametrize(
    ("file", "rule"),
    [
        (APPROVAL, "approval"),
        ("evidence/desk/1/quality-1.json", "evidence"),
        ("ledger/production.sigs/1.sig", "record"),
    ],
)
def test_records_are_never_taken_away_nor_changed(file: str, rule: str) -> None:
    deleted = history_checks.record_losses(commit_with(FileStep(file, PLAIN, None)))
    changed = history_checks.record_losses(commit_with(FileStep(file, PLAIN, OTHERS)))

    assert summaries(deleted) == [(f"{rule}-deleted", file, "a record is gone, and records only grow")]
    assert summaries(changed) == [(f"{rule}-changed", file, "a record is not what it was")]


def test_what_is_no_record_may_go_and_every_record_is_told() -> None:
    steps = [
        FileStep("ledger/production.jsonl", PLAIN, OTHERS),
        FileStep("README.md", PLAIN, None),
        FileStep(APPROVAL, None, PLAIN),
        FileStep("approvals/a", PLAIN, None),
        FileStep("approvals/b", PLAIN, PROGRAM),
        FileStep("approvals/c", PLAIN, OTHERS),
    ]

    breaks = list(history_checks.record_losses(commit_with(*steps)))

    assert [b.file for b in breaks] == ["approvals/a", "approvals/b", "approvals/c"]
    assert summaries(breaks)[1] == ("mode-changed", "approvals/b", "its mode is 100755, it was 100644")


def test_a_change_without_an_entry_is_told_once_for_each_agent() -> None:
    folder = "environments/production"
    steps = [
        FileStep(f"{folder}/README.md", None, PLAIN),
        FileStep(f"{folder}/desk/agent.yaml", PLAIN, OTHERS),
        FileStep(f"{folder}/desk/run.sh", PLAIN, PROGRAM),
        FileStep(f"{folder}/moved/agent.yaml", PLAIN, OTHERS),
        FileStep(f"{folder}/tool/agent.yaml", PLAIN, PROGRAM),
        FileStep(f"{folder}/tool/run.sh", PLAIN, PROGRAM),
        FileStep("environments/staging/desk/agent.yaml", PLAIN, OTHERS),
    ]

    breaks = list(history_checks.changes_without_entry(commit_with(*steps), "production", ["moved"], {}))

    words = "was changed in production, and no ledger entry of this commit says so"
    assert summaries(breaks) == [
        ("unledgered-change", f"{folder}/README.md", f"README.md {words}"),
        ("unledgered-change", f"{folder}/desk/agent.yaml", f"desk {words}"),
        ("mode-changed", f"{folder}/tool/agent.yaml", "its mode is 100755, it was 100644"),
    ]
    assert subjects(breaks) == [("production", name, 1) for name in ("README.md", "desk", "tool")]


def test_what_is_put_back_to_what_an_entry_says_is_a_note() -> None:
    step = FileStep("environments/production/desk/run.sh", PROGRAM, PLAIN)

    [breaks] = history_checks.changes_without_entry(commit_with(step), "production", [], {"desk": 3})

    assert (breaks.severity, breaks.rule) == ("note", "unledgered-change")
    assert breaks.message == "desk was put back in production to what entry 3 says"


def test_the_folder_itself_in_the_place_of_agents_is_a_change_without_an_entry() -> None:
    link = FileStep("environments/production", None, FileVersion("120000", "e" * 40))

    [breaks] = history_checks.changes_without_entry(commit_with(link), "production", [], {})

    assert (breaks.rule, breaks.agent) == ("unledgered-change", "production")


def test_a_link_in_the_place_of_an_agent_is_a_change_of_that_agent() -> None:
    link = FileStep("environments/production/desk", None, FileVersion("120000", "e" * 40))

    [breaks] = history_checks.changes_without_entry(commit_with(link), "production", ["production"], {})

    assert (breaks.file, breaks.agent) == (link.path, "desk")


@pytest.mark.parametrize(
    ("old", "new", "messages"),
    [
        (PLAIN, PROGRAM, ["its mode is 100755, it was 100644"]),
        (PROGRAM, OTHERS, ["its mode is 100644, it was 100755"]),
        (PLAIN, OTHERS, []),
        (None, PROGRAM, []),
        (PLAIN, None, []),
        (PLAIN, FileVersion("120000", "e" * 40), []),
    ],
)
def test_a_ledger_keeps_its_mode(
    old: FileVersion | None, new: FileVersion | None, messages: list[str]
) -> None:
    file = "ledger/production.jsonl"

    breaks = list(history_checks.ledger_mode_changes(commit_with(FileStep(file, old, new)), "production"))

    assert summaries(breaks) == [("mode-changed", file, words) for words in messages]
    assert {b.environment for b in breaks} <= {"production"}
    assert (
        summaries(history_checks.ledger_mode_changes(commit_with(FileStep(file, old, new)), "staging")) == []
    )


def test_what_an_entry_says_of_its_states_is_held_against_the_folders() -> None:
    commit = commit_with(FileStep(PROMPT, PLAIN, OTHERS))
    removal = entry(agents=(replace(ENTRY.agents[0], to_state=None),))
    file = "ledger/production.jsonl"

    def breaks_of(
        checked: Entry, was: str | None, now: str | None, at: FirstParentCommit = commit
    ) -> list[tuple[str, str, str]]:
        breaks = list(history_checks.state_mismatches(at, checked, {"desk": was}, {"desk": now}))
        assert subjects(breaks) == [("production", "desk", 2)] * len(breaks)
        return summaries(breaks)

    start = "entry 2 of production: the entry says that desk"
    assert breaks_of(ENTRY, OLD, NEW) == []
    assert breaks_of(ENTRY, OLD, None) == [("state-mismatch", file, f"{start} becomes {NEW}, it is nothing")]
    assert breaks_of(removal, OLD, NEW) == [("state-mismatch", file, f"{start} becomes nothing, it is {NEW}")]
    assert breaks_of(ENTRY, None, NEW) == [("state-mismatch", file, f"{start} was {OLD}, it was nothing")]
    words = "entry 2 of production: the entry moves desk, which this commit does not change"
    assert breaks_of(ENTRY, NEW, NEW, commit_with()) == [
        ("entry-elsewhere", file, f"{words}: it is not where its change is")
    ]


def test_an_entry_that_moves_nothing_needs_no_change_but_the_right_state() -> None:
    still = entry(agents=(replace(ENTRY.agents[0], from_state=NEW), replace(ENTRY.agents[0], agent="two")))
    created = entry(agents=(replace(ENTRY.agents[0], from_state=None),))

    assert summaries(
        history_checks.state_mismatches(
            commit_with(), still, {"desk": NEW, "two": OLD}, {"desk": NEW, "two": NEW}
        )
    ) == [
        (
            "entry-elsewhere",
            "ledger/production.jsonl",
            "entry 2 of production: the entry moves two, which this commit does not change: "
            "it is not where its change is",
        )
    ]
    [breaks] = history_checks.state_mismatches(
        commit_with(FileStep(PROMPT, None, PLAIN)), created, {"desk": OLD}, {"desk": NEW}
    )
    assert breaks.message.endswith(f"was nothing, it was {OLD}")


def test_a_commit_of_an_apply_holds_nothing_else() -> None:
    applied = [
        FileStep("ledger/production.jsonl", PLAIN, OTHERS),
        FileStep(PROMPT, PLAIN, OTHERS),
        FileStep("environments/production/other/agent.yaml", PLAIN, OTHERS),
        FileStep("proposals/production/desk/overrides.yaml", PLAIN, None),
    ]
    unrelated = [
        FileStep("proposals/production/deskbot/overrides.yaml", PLAIN, None),
        FileStep("README.md", PLAIN, OTHERS),
    ]

    assert summaries(history_checks.unrelated_changes(commit_with(*applied), [ENTRY])) == []
    assert summaries(history_checks.unrelated_changes(commit_with(*applied, *unrelated), [ENTRY])) == [
        ("landing-mixed", unrelated[0].path, "the commit holds more than its ledger entries say")
    ]
    assert rule_ids(
        history_checks.unrelated_changes(
            commit_with(FileStep("environments/staging/desk/x", None, PLAIN)), [ENTRY]
        )
    ) == ["landing-mixed"]


MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)


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

    breaks = list(history_checks.dating_errors(commit_with(), b, direct=direct, earlier=(), exact=()))

    when, noon = format_instant(AT + dated), format_instant(AT)
    words = {
        "landed-late": f"judged {when}, landed {noon}: look at what came in between",
        None: "",
    }.get(rule, f"the entry is dated {when}, its commit {noon}")
    expected = [(rule, "ledger/production.jsonl", f"entry 2 of production: {words}")] if rule else []
    assert summaries(breaks) == expected
    assert subjects(breaks) == [("production", None, 2)] * len(expected)
    severity = Severity.WARNING if rule == "landed-late" else Severity.ERROR
    assert all(b.severity is severity for b in breaks)


def test_an_entry_is_not_older_than_what_it_rests_on() -> None:
    def breaks_of(exact: timedelta, earlier: timedelta) -> list[str]:
        breaks = history_checks.dating_errors(
            commit_with(),
            ENTRY,
            direct=True,
            exact=[("its approval", AT + exact)],
            earlier=[("the commit of its evidence", AT + earlier)],
        )
        return [
            f"{rule}: {words.removeprefix('entry 2 of production: ')}" for rule, _, words in summaries(breaks)
        ]

    noon = "entry-backdated: the entry is dated 2026-11-20T12:00:00Z, before"
    assert breaks_of(0 * MINUTE, 15 * MINUTE) == []
    assert breaks_of(SECOND, 0 * MINUTE) == [f"{noon} its approval"]
    assert breaks_of(0 * MINUTE, 15 * MINUTE + SECOND) == [f"{noon} the commit of its evidence"]
    assert breaks_of(SECOND, 16 * MINUTE) == [f"{noon} its approval"]


def test_what_the_verdict_did_not_allow_is_told_with_what_was_open() -> None:
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

    assert summaries(history_checks.denied_promotions(commit_with(), ENTRY, [judged()])) == []
    breaks = list(history_checks.denied_promotions(commit_with(), ENTRY, [blocked]))
    assert summaries(breaks) == [
        (
            "verdict-not-allowed",
            file,
            f"{start} blocked: approvals asked: 0 of 1; evals asked: refused; "
            "alice does not count: left; bob does not count: left",
        )
    ]
    assert subjects(breaks) == [("production", "desk", 2)]
    assert summaries(history_checks.denied_promotions(commit_with(), ENTRY, [judged("other")])) == [
        ("verdict-not-allowed", file, f"{start} not given")
    ]
    assert summaries(
        history_checks.denied_promotions(commit_with(), ENTRY, [judged(verdict=Verdict.PENDING)])
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
def test_what_an_entry_says_is_what_its_verdict_says(
    word: str, changes: dict[str, Any], stated: str, that: str
) -> None:
    breaks = list(history_checks.entry_mismatches(commit_with(), ENTRY, [judged(**changes)]))

    words = f"{word} of desk is {stated}, by its verdict it would be {that}"
    assert summaries(breaks) == [
        ("entry-untrue", "ledger/production.jsonl", f"entry 2 of production: {words}")
    ]
    assert subjects(breaks) == [("production", "desk", 2)]


def test_an_entry_of_a_retirement_leaves_nothing_behind() -> None:
    retired = judged(kind=PromotionKind.RETIRE)
    removal = entry(kind="retire", agents=(replace(ENTRY.agents[0], to_state=None, release=None),))

    assert summaries(history_checks.entry_mismatches(commit_with(), removal, [retired])) == []
    assert rule_ids(history_checks.entry_mismatches(commit_with(), entry(kind="retire"), [retired])) == []
    half = entry(kind="retire", agents=(replace(ENTRY.agents[0], to_state=None),))
    [breaks] = history_checks.entry_mismatches(commit_with(), half, [retired])
    assert breaks.message.endswith(f"release of desk is {OTHER!r}, by its verdict it would be None")


def test_an_entry_names_exactly_what_its_verdicts_rest_on() -> None:
    recorded = entry(
        agents=(ENTRY.agents[0], replace(ENTRY.agents[0], agent="other")),
        approvals=({"file": "approvals/1"}, {"file": "approvals/2"}),
        evidence=({"file": "evidence/1"}, {"file": "evidence/2"}),
    )
    promotions = [judged(counted=("approvals/1", "evidence/1")), judged("other", counted=("approvals/3",))]

    breaks = list(history_checks.entry_mismatches(commit_with(), recorded, promotions))

    start = "entry 2 of production: the entry"
    assert [b.message for b in breaks] == [
        f"{start} names approvals/2, and its verdict does not rest on it",
        f"{start} does not name approvals/3, and its verdict rests on it",
        f"{start} names evidence/2, and its verdict does not rest on it",
    ]
    assert {(b.rule, b.agent) for b in breaks} == {("entry-untrue", None)}
    assert summaries(history_checks.entry_mismatches(commit_with(), recorded, promotions[:1])) == []
    assert (
        summaries(
            history_checks.entry_mismatches(
                commit_with(), recorded, [promotions[0], judged("other", verdict=Verdict.PENDING)]
            )
        )
        == []
    )


def test_one_agent_without_a_verdict_hides_nothing_of_the_next() -> None:
    two = entry(agents=(replace(ENTRY.agents[0], agent="none"), ENTRY.agents[0]))

    [breaks] = history_checks.entry_mismatches(commit_with(), two, [judged(generation=9)])

    assert breaks.message.endswith("generation of desk is 2, by its verdict it would be 9")


def test_what_was_skipped_is_told_of_the_agents_of_the_entry_alone() -> None:
    def skipped(*kinds: str) -> tuple[Requirement, ...]:
        return tuple(
            Requirement(rule="r", kind=kind, condition="", status=RequirementStatus.MISSING, detail="")
            for kind in kinds
        )

    glass = BreakGlassRecord(incident="INC-1", skipped=("freeze", "soak"), review_by=AT + timedelta(hours=48))
    broken = entry(break_glass=glass)

    def messages_of(*promotions: Promotion) -> list[str]:
        breaks = list(
            history_checks.break_glass_mismatches(commit_with(), broken, promotions, timedelta(hours=48))
        )
        assert {(b.rule, b.line) for b in breaks} <= {("entry-untrue", 2)}
        return [b.message for b in breaks]

    assert messages_of(judged(skipped=skipped("soak", "freeze", "soak"))) == []
    assert messages_of(judged(skipped=skipped("freeze")), judged("other", skipped=skipped("soak"))) == [
        "entry 2 of production: what was skipped is freeze, soak, by its verdict it would be freeze"
    ]
    broken = replace(broken, break_glass=replace(glass, skipped=()))
    assert messages_of(judged(skipped=skipped("soak"))) == [
        "entry 2 of production: what was skipped is nothing, by its verdict it would be soak"
    ]


@pytest.mark.parametrize(("before", "after", "falls"), [(3, 2, True), (3, 3, False), (2, 3, False)])
def test_the_version_of_a_policy_never_falls(before: int, after: int, falls: bool) -> None:
    breaks = summaries(history_checks.policy_version_drop(commit_with(), before, after))

    words = f"the policy's version fell from {before} to {after}"
    assert breaks == ([("policy-lowered", "governance/policy.yaml", words)] if falls else [])
    assert summaries(history_checks.policy_version_drop(commit_with(), None, after)) == []
    assert summaries(history_checks.policy_version_drop(commit_with(), before, None)) == []


def test_a_gate_with_a_ledger_stays_a_gate() -> None:
    gated = config(environment("staging"), environment("production", "staging"))
    open_ = config(environment("staging"), environment("production"))
    file = "fleet-config.yaml"
    changed = commit_with(FileStep(file, PLAIN, OTHERS))
    removed = ("gate-removed", file, "production has a ledger, and is gated no more")
    noted = ("config-changed", file, "fleet-config.yaml was changed, which no approval is asked for")

    def breaks_of(
        before: FleetConfig | None, after: FleetConfig | None, *ledger_environments: str
    ) -> list[Any]:
        breaks = list(history_checks.configuration_changes(changed, before, after, ledger_environments))
        assert all((b.severity is Severity.NOTE) == (b.rule == "config-changed") for b in breaks)
        assert [b.environment for b in breaks if b.message == removed[2]] == ["production"] * (
            removed in summaries(breaks)
        )
        return summaries(breaks)

    assert breaks_of(gated, open_, "production") == [removed]
    assert breaks_of(gated, config(environment("staging")), "production") == [removed]
    assert breaks_of(None, open_, "production") == [removed]
    assert breaks_of(gated, open_, "staging") == [noted]
    assert breaks_of(gated, gated, "production") == [noted]
    assert breaks_of(None, gated, "production") == [noted]
    assert breaks_of(open_, open_, "production") == [noted]
    assert breaks_of(open_, open_, "gone") == [noted]
    assert breaks_of(gated, None, "production") == [
        ("gate-removed", file, "nothing that can be read says any more what is gated")
    ]
    first = commit_with(FileStep(file, None, PLAIN))
    assert summaries(history_checks.configuration_changes(first, None, gated, ["production"])) == []
    assert summaries(history_checks.configuration_changes(commit_with(), gated, open_, ["production"])) == []


def test_a_first_configuration_hides_no_other_step_of_the_same_name() -> None:
    gated = config(environment("staging"), environment("production", "staging"))
    steps = (FileStep("fleet-config.yaml", None, PLAIN), FileStep("fleet-config.yaml/x", PLAIN, OTHERS))

    assert rule_ids(history_checks.configuration_changes(commit_with(*steps), gated, gated, [])) == [
        "config-changed"
    ]
    assert (
        rule_ids(history_checks.configuration_changes(commit_with(steps[1], steps[1]), gated, None, []))
        == ["gate-removed"] * 2
    )


def test_what_is_said_about_an_entry_names_its_line() -> None:
    break_ = history_checks.entry_break(commit_with(), ENTRY, "line-unsigned", "nobody signed it", "desk")

    assert summaries([break_]) == [
        ("line-unsigned", "ledger/production.jsonl", "entry 2 of production: nobody signed it")
    ]
    assert subjects([break_]) == [("production", "desk", 2)]


def test_a_record_that_became_a_program_is_told_by_its_mode() -> None:
    assert rule_ids(history_checks.record_losses(commit_with(FileStep(APPROVAL, PLAIN, PROGRAM)))) == [
        "mode-changed"
    ]
    assert rule_ids(history_checks.record_losses(commit_with(FileStep(APPROVAL, None, PLAIN)))) == []


def test_an_entry_belongs_where_its_change_is() -> None:
    states = {"desk": NEW}

    elsewhere = history_checks.state_mismatches(commit_with(), ENTRY, states, states)
    in_place = history_checks.state_mismatches(
        commit_with(FileStep(PROMPT, PLAIN, OTHERS)), ENTRY, {"desk": OLD}, states
    )
    from_another = history_checks.state_mismatches(
        commit_with(FileStep(PROMPT, PLAIN, OTHERS)), ENTRY, {"desk": OTHER}, states
    )
    from_nothing = history_checks.state_mismatches(
        commit_with(FileStep(PROMPT, None, OTHERS)), ENTRY, {}, states
    )

    assert rule_ids(elsewhere) == ["entry-elsewhere"]
    assert rule_ids(in_place) == []
    assert [b.rule for b in (*from_another, *from_nothing)] == ["state-mismatch", "state-mismatch"]


def test_a_release_keeps_its_modes_and_the_environment_its_overrides() -> None:
    source_files = {"run.sh": PROGRAM, "agent.yaml": PLAIN, "overrides.yaml": PLAIN}
    target_files = {
        "run.sh": PLAIN,
        "agent.yaml": PLAIN,
        "overrides.yaml": PROGRAM,
        "link": FileVersion("120000", "e" * 40),
    }

    [mode, link] = history_checks.release_mode_changes(
        commit_with(), ENTRY, "desk", source_files, target_files
    )

    folder = "environments/production/desk"
    assert summaries([mode, link]) == [
        ("mode-changed", f"{folder}/run.sh", "its mode is 100644, it was 100755"),
        ("mode-changed", f"{folder}/link", "no regular file: mode 120000"),
    ]
    assert subjects([mode, link]) == [("production", "desk", 1)] * 2


def test_other_contents_and_other_files_are_no_other_modes() -> None:
    program = FileVersion("100755", "b" * 40)

    assert (
        summaries(
            history_checks.release_mode_changes(
                commit_with(), ENTRY, "desk", {"a": PLAIN}, {"a": program, "b": PLAIN}
            )
        )
        == []
    )
    assert (
        summaries(
            history_checks.release_mode_changes(
                commit_with(), ENTRY, "desk", {"a": PLAIN, "c": PLAIN}, {"a": PLAIN}
            )
        )
        == []
    )


def test_what_an_entry_says_of_the_broken_glass_is_held_against_its_verdict() -> None:
    within = timedelta(hours=48)
    glass = BreakGlassRecord(incident="INC-1", skipped=("soak",), review_by=AT + 2 * within)

    forged = [
        b.message
        for b in history_checks.break_glass_mismatches(
            commit_with(), replace(ENTRY, break_glass=glass), (), within
        )
    ]

    assert forged == [
        "entry 2 of production: what was skipped is soak, by its verdict it would be nothing",
        "entry 2 of production: its review is 2026-11-24T12:00:00Z, by its verdict it would be 2026-11-22T12:00:00Z",
    ]
    assert rule_ids(history_checks.break_glass_mismatches(commit_with(), ENTRY, (), within)) == []
    assert (
        rule_ids(
            history_checks.break_glass_mismatches(commit_with(), replace(ENTRY, break_glass=glass), (), None)
        )
        == []
    )
