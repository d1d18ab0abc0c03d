"""What an audit asks of one commit, where no tampered history of a test comes by."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fleetward.domain.audit import Break, Kept, Landing, Step
from fleetward.domain.break_glass import BrokenGlass
from fleetward.domain.clock import written
from fleetward.domain.finding import Severity
from fleetward.domain.fleet import Environment, FleetConfig
from fleetward.domain.ledger import Entry, Moved, PromotionKind
from fleetward.domain.verdict import Met, NotCounted, Promotion, Requirement, Verdict
from fleetward.gate import history_checks
from tests.gate.world import NEW, OLD, OTHER

AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
PLAIN, PROGRAM, OTHERS = Kept("100644", "a" * 40), Kept("100755", "a" * 40), Kept("100644", "b" * 40)
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
    agents=(Moved(agent="desk", from_state=OLD, to_state=NEW, release=OTHER, generation=2),),
)


def landing(*steps: Step) -> Landing:
    return Landing(commit="d" * 40, parent="c" * 40, committed=AT, steps=steps)


def rules(found: object) -> list[str]:
    return [one.rule for one in found]  # type: ignore[attr-defined]


def told(found: Iterable[Break]) -> list[tuple[str, str, str]]:
    """Rule, file and words; that each names the commit and how to look at it holds for all."""
    breaks = list(found)
    for one in breaks:
        assert one.commit == "d" * 40
        assert re.fullmatch(r"git show (--stat )?d{12}( -- \S+)?", one.hint)
    return [(one.rule, one.file, one.message) for one in breaks]


def whose(found: Iterable[Break]) -> list[tuple[str | None, str | None, int]]:
    return [(one.environment, one.agent, one.line) for one in found]


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
    gone = history_checks.lost(landing(Step(file, PLAIN, None)))
    changed = history_checks.lost(landing(Step(file, PLAIN, OTHERS)))

    assert told(gone) == [(f"{rule}-deleted", file, "a record is gone, and records only grow")]
    assert told(changed) == [(f"{rule}-changed", file, "a record is not what it was")]


def test_what_is_no_record_may_go_and_every_record_is_told() -> None:
    steps = [
        Step("ledger/production.jsonl", PLAIN, OTHERS),
        Step("README.md", PLAIN, None),
        Step(APPROVAL, None, PLAIN),
        Step("approvals/a", PLAIN, None),
        Step("approvals/b", PLAIN, PROGRAM),
        Step("approvals/c", PLAIN, OTHERS),
    ]

    found = list(history_checks.lost(landing(*steps)))

    assert [one.file for one in found] == ["approvals/a", "approvals/b", "approvals/c"]
    assert told(found)[1] == ("mode-changed", "approvals/b", "its mode is 100755, it was 100644")


def test_a_change_without_an_entry_is_told_once_for_each_agent() -> None:
    folder = "environments/production"
    steps = [
        Step(f"{folder}/README.md", None, PLAIN),
        Step(f"{folder}/desk/agent.yaml", PLAIN, OTHERS),
        Step(f"{folder}/desk/run.sh", PLAIN, PROGRAM),
        Step(f"{folder}/moved/agent.yaml", PLAIN, OTHERS),
        Step(f"{folder}/tool/agent.yaml", PLAIN, PROGRAM),
        Step(f"{folder}/tool/run.sh", PLAIN, PROGRAM),
        Step("environments/staging/desk/agent.yaml", PLAIN, OTHERS),
    ]

    found = list(history_checks.unledgered(landing(*steps), "production", ["moved"], {}))

    words = "was changed in production, and no ledger entry of this commit says so"
    assert told(found) == [
        ("unledgered-change", f"{folder}/README.md", f"README.md {words}"),
        ("unledgered-change", f"{folder}/desk/agent.yaml", f"desk {words}"),
        ("mode-changed", f"{folder}/tool/agent.yaml", "its mode is 100755, it was 100644"),
    ]
    assert whose(found) == [("production", name, 1) for name in ("README.md", "desk", "tool")]


def test_what_is_put_back_to_what_an_entry_says_is_a_note() -> None:
    step = Step("environments/production/desk/run.sh", PROGRAM, PLAIN)

    [found] = history_checks.unledgered(landing(step), "production", [], {"desk": 3})

    assert (found.severity, found.rule) == ("note", "unledgered-change")
    assert found.message == "desk was put back in production to what entry 3 says"


def test_the_folder_itself_in_the_place_of_agents_is_a_change_without_an_entry() -> None:
    link = Step("environments/production", None, Kept("120000", "e" * 40))

    [found] = history_checks.unledgered(landing(link), "production", [], {})

    assert (found.rule, found.agent) == ("unledgered-change", "production")


def test_a_link_in_the_place_of_an_agent_is_a_change_of_that_agent() -> None:
    link = Step("environments/production/desk", None, Kept("120000", "e" * 40))

    [found] = history_checks.unledgered(landing(link), "production", ["production"], {})

    assert (found.file, found.agent) == (link.path, "desk")


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        (PLAIN, PROGRAM, ["its mode is 100755, it was 100644"]),
        (PROGRAM, OTHERS, ["its mode is 100644, it was 100755"]),
        (PLAIN, OTHERS, []),
        (None, PROGRAM, []),
        (PLAIN, None, []),
        (PLAIN, Kept("120000", "e" * 40), []),
    ],
)
def test_a_ledger_keeps_its_mode(old: Kept | None, new: Kept | None, found: list[str]) -> None:
    file = "ledger/production.jsonl"

    breaks = list(history_checks.modes_of_ledger(landing(Step(file, old, new)), "production"))

    assert told(breaks) == [("mode-changed", file, words) for words in found]
    assert {one.environment for one in breaks} <= {"production"}
    assert told(history_checks.modes_of_ledger(landing(Step(file, old, new)), "staging")) == []


def test_what_an_entry_says_of_its_states_is_held_against_the_folders() -> None:
    here = landing(Step(PROMPT, PLAIN, OTHERS))
    gone = entry(agents=(replace(ENTRY.agents[0], to_state=None),))
    file = "ledger/production.jsonl"

    def found(one: Entry, was: str | None, now: str | None, at: Landing = here) -> list[tuple[str, str, str]]:
        breaks = list(history_checks.unmoved(at, one, {"desk": was}, {"desk": now}))
        assert whose(breaks) == [("production", "desk", 2)] * len(breaks)
        return told(breaks)

    start = "entry 2 of production: the entry says that desk"
    assert found(ENTRY, OLD, NEW) == []
    assert found(ENTRY, OLD, None) == [("state-mismatch", file, f"{start} becomes {NEW}, it is nothing")]
    assert found(gone, OLD, NEW) == [("state-mismatch", file, f"{start} becomes nothing, it is {NEW}")]
    assert found(ENTRY, None, NEW) == [("state-mismatch", file, f"{start} was {OLD}, it was nothing")]
    words = "entry 2 of production: the entry moves desk, which this commit does not change"
    assert found(ENTRY, NEW, NEW, landing()) == [
        ("entry-elsewhere", file, f"{words}: it is not where its change is")
    ]


def test_an_entry_that_moves_nothing_needs_no_change_but_the_right_state() -> None:
    still = entry(agents=(replace(ENTRY.agents[0], from_state=NEW), replace(ENTRY.agents[0], agent="two")))
    created = entry(agents=(replace(ENTRY.agents[0], from_state=None),))

    assert told(
        history_checks.unmoved(landing(), still, {"desk": NEW, "two": OLD}, {"desk": NEW, "two": NEW})
    ) == [
        (
            "entry-elsewhere",
            "ledger/production.jsonl",
            "entry 2 of production: the entry moves two, which this commit does not change: "
            "it is not where its change is",
        )
    ]
    [found] = history_checks.unmoved(
        landing(Step(PROMPT, None, PLAIN)), created, {"desk": OLD}, {"desk": NEW}
    )
    assert found.message.endswith(f"was nothing, it was {OLD}")


def test_a_commit_of_an_apply_holds_nothing_else() -> None:
    own = [
        Step("ledger/production.jsonl", PLAIN, OTHERS),
        Step(PROMPT, PLAIN, OTHERS),
        Step("environments/production/other/agent.yaml", PLAIN, OTHERS),
        Step("proposals/production/desk/overrides.yaml", PLAIN, None),
    ]
    more = [
        Step("proposals/production/deskbot/overrides.yaml", PLAIN, None),
        Step("README.md", PLAIN, OTHERS),
    ]

    assert told(history_checks.mixed(landing(*own), [ENTRY])) == []
    assert told(history_checks.mixed(landing(*own, *more), [ENTRY])) == [
        ("landing-mixed", more[0].path, "the commit holds more than its ledger entries say")
    ]
    assert rules(
        history_checks.mixed(landing(Step("environments/staging/desk/x", None, PLAIN)), [ENTRY])
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
    one = entry(at=AT + dated)

    found = list(history_checks.misdated(landing(), one, direct=direct, earlier=(), exact=()))

    when, noon = written(AT + dated), written(AT)
    words = {
        "landed-late": f"judged {when}, landed {noon}: look at what came in between",
        None: "",
    }.get(rule, f"the entry is dated {when}, its commit {noon}")
    expected = [(rule, "ledger/production.jsonl", f"entry 2 of production: {words}")] if rule else []
    assert told(found) == expected
    assert whose(found) == [("production", None, 2)] * len(expected)
    severity = Severity.WARNING if rule == "landed-late" else Severity.ERROR
    assert all(one.severity is severity for one in found)


def test_an_entry_is_not_older_than_what_it_rests_on() -> None:
    def found(exact: timedelta, earlier: timedelta) -> list[str]:
        breaks = history_checks.misdated(
            landing(),
            ENTRY,
            direct=True,
            exact=[("its approval", AT + exact)],
            earlier=[("the commit of its evidence", AT + earlier)],
        )
        return [f"{rule}: {words.removeprefix('entry 2 of production: ')}" for rule, _, words in told(breaks)]

    noon = "entry-backdated: the entry is dated 2026-11-20T12:00:00Z, before"
    assert found(0 * MINUTE, 15 * MINUTE) == []
    assert found(SECOND, 0 * MINUTE) == [f"{noon} its approval"]
    assert found(0 * MINUTE, 15 * MINUTE + SECOND) == [f"{noon} the commit of its evidence"]
    assert found(SECOND, 16 * MINUTE) == [f"{noon} its approval"]


def test_what_the_verdict_did_not_allow_is_told_with_what_was_open() -> None:
    def need(kind: str, status: Met, detail: str = "") -> Requirement:
        return Requirement(rule="every-change", kind=kind, asked="asked", status=status, detail=detail)

    asked = (need("approvals", Met.MISSING, "0 of 1"), need("soak", Met.MET), need("evals", Met.REFUSED))
    spare = tuple(NotCounted(approver=name, reason="left") for name in ("alice", "bob", "carla"))
    blocked = judged(verdict=Verdict.BLOCKED, requirements=asked, not_counted=spare)
    start, file = "entry 2 of production: the verdict on desk at that time is", "ledger/production.jsonl"

    assert told(history_checks.refused(landing(), ENTRY, [judged()])) == []
    found = list(history_checks.refused(landing(), ENTRY, [blocked]))
    assert told(found) == [
        (
            "verdict-not-allowed",
            file,
            f"{start} blocked: approvals asked: 0 of 1; evals asked: refused; "
            "alice does not count: left; bob does not count: left",
        )
    ]
    assert whose(found) == [("production", "desk", 2)]
    assert told(history_checks.refused(landing(), ENTRY, [judged("other")])) == [
        ("verdict-not-allowed", file, f"{start} not given")
    ]
    assert told(history_checks.refused(landing(), ENTRY, [judged(verdict=Verdict.PENDING)])) == [
        ("verdict-not-allowed", file, f"{start} pending")
    ]


@pytest.mark.parametrize(
    ("word", "changes", "this", "that"),
    [
        ("kind", {"kind": PromotionKind.CREATE}, "'update'", "'create'"),
        ("from", {"from_state": OTHER}, repr(OLD), repr(OTHER)),
        ("generation", {"generation": 3}, "2", "3"),
        ("to", {"to_state": OLD}, repr(NEW), repr(OLD)),
        ("release", {"release": OLD}, repr(OTHER), repr(OLD)),
    ],
)
def test_what_an_entry_says_is_what_its_verdict_says(
    word: str, changes: dict[str, Any], this: str, that: str
) -> None:
    found = list(history_checks.untrue(landing(), ENTRY, [judged(**changes)]))

    words = f"{word} of desk is {this}, by its verdict it would be {that}"
    assert told(found) == [("entry-untrue", "ledger/production.jsonl", f"entry 2 of production: {words}")]
    assert whose(found) == [("production", "desk", 2)]


def test_an_entry_of_a_retirement_leaves_nothing_behind() -> None:
    retired = judged(kind=PromotionKind.RETIRE)
    gone = entry(kind="retire", agents=(replace(ENTRY.agents[0], to_state=None, release=None),))

    assert told(history_checks.untrue(landing(), gone, [retired])) == []
    assert rules(history_checks.untrue(landing(), entry(kind="retire"), [retired])) == []
    half = entry(kind="retire", agents=(replace(ENTRY.agents[0], to_state=None),))
    [found] = history_checks.untrue(landing(), half, [retired])
    assert found.message.endswith(f"release of desk is {OTHER!r}, by its verdict it would be None")


def test_an_entry_names_exactly_what_its_verdicts_rest_on() -> None:
    named = entry(
        agents=(ENTRY.agents[0], replace(ENTRY.agents[0], agent="other")),
        approvals=({"file": "approvals/1"}, {"file": "approvals/2"}),
        evidence=({"file": "evidence/1"}, {"file": "evidence/2"}),
    )
    both = [judged(counted=("approvals/1", "evidence/1")), judged("other", counted=("approvals/3",))]

    found = list(history_checks.untrue(landing(), named, both))

    start = "entry 2 of production: the entry"
    assert [one.message for one in found] == [
        f"{start} names approvals/2, and its verdict does not rest on it",
        f"{start} does not name approvals/3, and its verdict rests on it",
        f"{start} names evidence/2, and its verdict does not rest on it",
    ]
    assert {(one.rule, one.agent) for one in found} == {("entry-untrue", None)}
    assert told(history_checks.untrue(landing(), named, both[:1])) == []
    assert (
        told(history_checks.untrue(landing(), named, [both[0], judged("other", verdict=Verdict.PENDING)]))
        == []
    )


def test_one_agent_without_a_verdict_hides_nothing_of_the_next() -> None:
    two = entry(agents=(replace(ENTRY.agents[0], agent="none"), ENTRY.agents[0]))

    [found] = history_checks.untrue(landing(), two, [judged(generation=9)])

    assert found.message.endswith("generation of desk is 2, by its verdict it would be 9")


def test_what_was_skipped_is_told_of_the_agents_of_the_entry_alone() -> None:
    def skipped(*kinds: str) -> tuple[Requirement, ...]:
        return tuple(
            Requirement(rule="r", kind=kind, asked="", status=Met.MISSING, detail="") for kind in kinds
        )

    glass = BrokenGlass(incident="INC-1", skipped=("freeze", "soak"), review_by=AT + timedelta(hours=48))
    broken = entry(break_glass=glass)

    def found(*promotions: Promotion) -> list[str]:
        breaks = list(history_checks.unglazed(landing(), broken, promotions, timedelta(hours=48)))
        assert {(one.rule, one.line) for one in breaks} <= {("entry-untrue", 2)}
        return [one.message for one in breaks]

    assert found(judged(skipped=skipped("soak", "freeze", "soak"))) == []
    assert found(judged(skipped=skipped("freeze")), judged("other", skipped=skipped("soak"))) == [
        "entry 2 of production: what was skipped is freeze, soak, by its verdict it would be freeze"
    ]
    broken = replace(broken, break_glass=replace(glass, skipped=()))
    assert found(judged(skipped=skipped("soak"))) == [
        "entry 2 of production: what was skipped is nothing, by its verdict it would be soak"
    ]


@pytest.mark.parametrize(("before", "after", "falls"), [(3, 2, True), (3, 3, False), (2, 3, False)])
def test_the_version_of_a_policy_never_falls(before: int, after: int, falls: bool) -> None:
    found = told(history_checks.lowered(landing(), before, after))

    words = f"the policy's version fell from {before} to {after}"
    assert found == ([("policy-lowered", "governance/policy.yaml", words)] if falls else [])
    assert told(history_checks.lowered(landing(), None, after)) == []
    assert told(history_checks.lowered(landing(), before, None)) == []


def test_a_gate_with_a_ledger_stays_a_gate() -> None:
    gated = config(environment("staging"), environment("production", "staging"))
    open_ = config(environment("staging"), environment("production"))
    file = "fleet-config.yaml"
    changed = landing(Step(file, PLAIN, OTHERS))
    removed = ("gate-removed", file, "production has a ledger, and is gated no more")
    noted = ("config-changed", file, "fleet-config.yaml was changed, which no approval is asked for")

    def found(before: FleetConfig | None, after: FleetConfig | None, *begun: str) -> list[Any]:
        breaks = list(history_checks.reconfigured(changed, before, after, begun))
        assert all((one.severity is Severity.NOTE) == (one.rule == "config-changed") for one in breaks)
        assert [one.environment for one in breaks if one.message == removed[2]] == ["production"] * (
            removed in told(breaks)
        )
        return told(breaks)

    assert found(gated, open_, "production") == [removed]
    assert found(gated, config(environment("staging")), "production") == [removed]
    assert found(None, open_, "production") == [removed]
    assert found(gated, open_, "staging") == [noted]
    assert found(gated, gated, "production") == [noted]
    assert found(None, gated, "production") == [noted]
    assert found(open_, open_, "production") == [noted]
    assert found(open_, open_, "gone") == [noted]
    assert found(gated, None, "production") == [
        ("gate-removed", file, "nothing that can be read says any more what is gated")
    ]
    first = landing(Step(file, None, PLAIN))
    assert told(history_checks.reconfigured(first, None, gated, ["production"])) == []
    assert told(history_checks.reconfigured(landing(), gated, open_, ["production"])) == []


def test_a_first_configuration_hides_no_other_step_of_the_same_name() -> None:
    gated = config(environment("staging"), environment("production", "staging"))
    steps = (Step("fleet-config.yaml", None, PLAIN), Step("fleet-config.yaml/x", PLAIN, OTHERS))

    assert rules(history_checks.reconfigured(landing(*steps), gated, gated, [])) == ["config-changed"]
    assert (
        rules(history_checks.reconfigured(landing(steps[1], steps[1]), gated, None, []))
        == ["gate-removed"] * 2
    )


def test_what_is_said_about_an_entry_names_its_line() -> None:
    one = history_checks.about(landing(), ENTRY, "line-unsigned", "nobody signed it", "desk")

    assert told([one]) == [
        ("line-unsigned", "ledger/production.jsonl", "entry 2 of production: nobody signed it")
    ]
    assert whose([one]) == [("production", "desk", 2)]


def test_a_record_that_became_a_program_is_told_by_its_mode() -> None:
    assert rules(history_checks.lost(landing(Step(APPROVAL, PLAIN, PROGRAM)))) == ["mode-changed"]
    assert rules(history_checks.lost(landing(Step(APPROVAL, None, PLAIN)))) == []


def test_an_entry_belongs_where_its_change_is() -> None:
    states = {"desk": NEW}

    elsewhere = history_checks.unmoved(landing(), ENTRY, states, states)
    here = history_checks.unmoved(landing(Step(PROMPT, PLAIN, OTHERS)), ENTRY, {"desk": OLD}, states)
    from_another = history_checks.unmoved(
        landing(Step(PROMPT, PLAIN, OTHERS)), ENTRY, {"desk": OTHER}, states
    )
    from_nothing = history_checks.unmoved(landing(Step(PROMPT, None, OTHERS)), ENTRY, {}, states)

    assert rules(elsewhere) == ["entry-elsewhere"]
    assert rules(here) == []
    assert [one.rule for one in (*from_another, *from_nothing)] == ["state-mismatch", "state-mismatch"]


def test_a_release_keeps_its_modes_and_the_environment_its_overrides() -> None:
    wanted = {"run.sh": PROGRAM, "agent.yaml": PLAIN, "overrides.yaml": PLAIN}
    held = {"run.sh": PLAIN, "agent.yaml": PLAIN, "overrides.yaml": PROGRAM, "link": Kept("120000", "e" * 40)}

    [mode, link] = history_checks.unlike(landing(), ENTRY, "desk", wanted, held)

    folder = "environments/production/desk"
    assert told([mode, link]) == [
        ("mode-changed", f"{folder}/run.sh", "its mode is 100644, it was 100755"),
        ("mode-changed", f"{folder}/link", "no regular file: mode 120000"),
    ]
    assert whose([mode, link]) == [("production", "desk", 1)] * 2


def test_other_contents_and_other_files_are_no_other_modes() -> None:
    program = Kept("100755", "b" * 40)

    assert (
        told(history_checks.unlike(landing(), ENTRY, "desk", {"a": PLAIN}, {"a": program, "b": PLAIN})) == []
    )
    assert told(history_checks.unlike(landing(), ENTRY, "desk", {"a": PLAIN, "c": PLAIN}, {"a": PLAIN})) == []


def test_what_an_entry_says_of_the_broken_glass_is_held_against_its_verdict() -> None:
    within = timedelta(hours=48)
    glass = BrokenGlass(incident="INC-1", skipped=("soak",), review_by=AT + 2 * within)

    forged = [
        one.message
        for one in history_checks.unglazed(landing(), replace(ENTRY, break_glass=glass), (), within)
    ]

    assert forged == [
        "entry 2 of production: what was skipped is soak, by its verdict it would be nothing",
        "entry 2 of production: its review is 2026-11-24T12:00:00Z, by its verdict it would be 2026-11-22T12:00:00Z",
    ]
    assert rules(history_checks.unglazed(landing(), ENTRY, (), within)) == []
    assert rules(history_checks.unglazed(landing(), replace(ENTRY, break_glass=glass), (), None)) == []
