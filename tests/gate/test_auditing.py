"""What an audit asks of one commit, where no tampered history of a test comes by."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from fleetward.domain.audit import Kept, Landing, Step
from fleetward.domain.emergency import BrokenGlass
from fleetward.domain.ledger import Entry, Moved
from fleetward.gate import auditing
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


def test_a_record_that_became_a_program_is_told_by_its_mode() -> None:
    assert rules(auditing.lost(landing(Step(APPROVAL, PLAIN, PROGRAM)))) == ["mode-changed"]
    assert rules(auditing.lost(landing(Step(APPROVAL, None, PLAIN)))) == []


def test_an_entry_belongs_where_its_change_is() -> None:
    states = {"desk": NEW}

    elsewhere = auditing.unmoved(landing(), ENTRY, states, states)
    here = auditing.unmoved(landing(Step(PROMPT, PLAIN, OTHERS)), ENTRY, {"desk": OLD}, states)
    from_another = auditing.unmoved(landing(Step(PROMPT, PLAIN, OTHERS)), ENTRY, {"desk": OTHER}, states)
    from_nothing = auditing.unmoved(landing(Step(PROMPT, None, OTHERS)), ENTRY, {}, states)

    assert rules(elsewhere) == ["entry-elsewhere"]
    assert rules(here) == []
    assert [one.rule for one in (*from_another, *from_nothing)] == ["state-mismatch", "state-mismatch"]


def test_a_release_keeps_its_modes_and_the_environment_its_overrides() -> None:
    wanted = {"run.sh": PROGRAM, "agent.yaml": PLAIN, "overrides.yaml": PLAIN}
    held = {"run.sh": PLAIN, "agent.yaml": PLAIN, "overrides.yaml": PROGRAM, "link": Kept("120000", "e" * 40)}

    [mode, link] = auditing.unlike(landing(), ENTRY, "desk", wanted, held)

    assert (mode.rule, mode.file) == ("mode-changed", "environments/production/desk/run.sh")
    assert (link.rule, link.message) == ("mode-changed", "no regular file: mode 120000")


def test_what_an_entry_says_of_the_broken_glass_is_held_against_its_verdict() -> None:
    within = timedelta(hours=48)
    glass = BrokenGlass(incident="INC-1", skipped=("soak",), review_by=AT + 2 * within)

    forged = [
        one.message for one in auditing.unglazed(landing(), replace(ENTRY, break_glass=glass), (), within)
    ]

    assert forged == [
        "entry 2 of production: what was skipped is soak, by its verdict it would be nothing",
        "entry 2 of production: its review is 2026-11-24T12:00:00Z, by its verdict it would be 2026-11-22T12:00:00Z",
    ]
    assert rules(auditing.unglazed(landing(), ENTRY, (), within)) == []
    assert rules(auditing.unglazed(landing(), replace(ENTRY, break_glass=glass), (), None)) == []
