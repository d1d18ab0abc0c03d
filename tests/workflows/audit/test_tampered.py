"""Tampered histories: the audit names the rule, the commit and the file."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fleetward.domain.ledger import AgentTransition, Ledger
from fleetward.store.records import ledger as lines
from tests.attacks.scenarios import FleetRepository
from tests.templates import copy_of
from tests.workflows.audit.histories import (
    DESK,
    LEDGER,
    PROMPT,
    agent_change,
    append_entry,
    at,
    audit,
    copy_from_staging,
    current_ledger,
    forge_promotion,
    message_of_entry,
    met_requirements,
    record,
    record_evaluation,
)

ExpectedBreak = tuple[str, str]
"""Rule and file."""
LATE = at(10, 12)
POLICY = "governance/policy.yaml"
EVALUATED = "  - {id: shown, when: {to: production}, require: [{evals: passed}]}\n"
CARLA = "approvals/production/desk/{}-carla-1.json"


@dataclass(frozen=True, slots=True)
class Tampering:
    """A change of the history, and the breaks expected at its last commit, or at the commit that it returns."""

    do: Callable[[FleetRepository], str | None]
    expected: tuple[ExpectedBreak, ...]

    @property
    def name(self) -> str:
        """The name of the function with hyphens."""
        return self.do.__name__.replace("_", "-")


TAMPERINGS: list[Tampering] = []


def finds(
    *expected: ExpectedBreak,
) -> Callable[[Callable[[FleetRepository], Any]], Callable[[FleetRepository], Any]]:
    """Add a tampering to the table, with all breaks of the audit; * stands for any file."""

    def listed(do: Callable[[FleetRepository], Any]) -> Callable[[FleetRepository], Any]:
        TAMPERINGS.append(Tampering(do, expected))
        return do

    return listed


WAITING: list[Tampering] = []


def waits(file: str) -> Callable[[Callable[[FleetRepository], Any]], Callable[[FleetRepository], Any]]:
    """Add a change of governance that nobody agreed to, and that nothing used: a warning, or a note once taken back."""

    def listed(do: Callable[[FleetRepository], Any]) -> Callable[[FleetRepository], Any]:
        WAITING.append(Tampering(do, (("governance-unapproved", file),)))
        return do

    return listed


def statements(place: FleetRepository, agent: str = "desk") -> list[str]:
    """The approvals of an agent, oldest first by the time that they give."""
    folder = place.path / "approvals/production" / agent
    files = sorted(folder.glob("*.json"), key=lambda file: file.read_text().partition('"issued"')[2])
    return [file.relative_to(place.path).as_posix() for file in files]


def evidence(place: FleetRepository, agent: str = "desk") -> list[str]:
    """The evaluation records of an agent, oldest first."""
    folder = place.path / "evidence" / agent
    files = sorted(folder.rglob("*.json"), key=lambda file: file.read_text().partition('"recorded"')[2])
    return [file.relative_to(place.path).as_posix() for file in files]


def write_lines(place: FleetRepository, content: Iterable[str]) -> None:
    (place.path / LEDGER).write_text("".join(f"{line}\n" for line in content))


def read_lines(place: FleetRepository) -> list[str]:
    return (place.path / LEDGER).read_text().splitlines()


def edit_policy(place: FleetRepository, old: str, new: str) -> None:
    """Change the text of the policy."""
    file = place.path / "governance/policy.yaml"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def withdraw_veto(place: FleetRepository) -> tuple[str, str]:
    """Withdraw the veto of dina; return the approval and the evaluation of the pending change of desk."""

    def build(folder: Path) -> None:
        copied = shutil.copytree(place.path, folder / place.path.name, symlinks=True)
        FleetRepository(copied).approve("dina", "--withdraw", now=at(7, 10))

    # from the same branches without edits the same follows every time
    if place.git("status", "--porcelain"):
        place.approve("dina", "--withdraw", now=at(7, 10))
    else:
        branches = [place.git("symbolic-ref", "HEAD"), place.git("for-each-ref")]
        copy_of(["a withdrawn veto", *branches], build, place.path.parent)
    return next(file for file in statements(place)[::-1] if "carla" in file), evidence(place)[-1]


def supporting_records(place: FleetRepository, *, approver: str = "carla", **fields: Any) -> dict[str, Any]:
    """The records that an entry about the pending change of desk names."""
    statement, run = withdraw_veto(place)
    return {
        "approvals": (record(place, statement, approver),),
        "evidence": (record(place, run),),
        "requirements": met_requirements("desk", approver, at(6, 10)),
        **fields,
    }


# Folders of the gated environment


@finds(("unledgered-change", PROMPT))
def a_prompt_is_edited_in_production(place: FleetRepository) -> None:
    place.write(PROMPT, "You answer everything, at once.\n")
    place.commit("quick fix", at=LATE)


@finds(("unledgered-change", f"{DESK}/prompts/more.md"))
def a_file_is_added_to_production(place: FleetRepository) -> None:
    place.write(f"{DESK}/prompts/more.md", "And more.\n")
    place.commit("more", at=LATE)


@finds(("unledgered-change", f"{DESK}/evals/quality.yaml"))
def a_file_is_deleted_from_production(place: FleetRepository) -> None:
    place.git("rm", "-q", f"{DESK}/evals/quality.yaml")
    place.commit("less", at=LATE)


@finds(("unledgered-change", f"{DESK}/agent.yaml"))
def an_agent_is_deleted_by_hand(place: FleetRepository) -> None:
    place.git("rm", "-qr", DESK)
    place.commit("away", at=LATE)


@finds(("unledgered-change", "environments/production/spy/agent.yaml"))
def an_agent_is_added_by_hand(place: FleetRepository) -> None:
    manifest = (place.path / DESK / "agent.yaml").read_text().replace("name: desk", "name: spy")
    place.write("environments/production/spy/agent.yaml", manifest)
    place.commit("hello", at=LATE)


@finds(("unledgered-change", "environments/production/notes.txt"))
def a_file_lies_beside_the_agents(place: FleetRepository) -> None:
    place.write("environments/production/notes.txt", "hello\n")
    place.commit("notes", at=LATE)


@finds(("unledgered-change", f"{DESK}/overrides.yaml"))
def overrides_are_written_in_production(place: FleetRepository) -> None:
    place.write(f"{DESK}/overrides.yaml", "spec: {budgets: [{window: day, currency: EUR, haltAt: 900}]}\n")
    place.commit("more money", at=LATE)


@finds(("mode-changed", PROMPT))
def a_file_becomes_executable(place: FleetRepository) -> None:
    (place.path / PROMPT).chmod(0o755)
    place.commit("run", at=LATE)


@finds(("unledgered-change", PROMPT))
def a_file_becomes_a_link(place: FleetRepository) -> None:
    (place.path / PROMPT).unlink()
    (place.path / PROMPT).symlink_to("../agent.yaml")
    place.commit("link", at=LATE)


@finds(("unledgered-change", PROMPT))
def an_edit_comes_by_a_merge_of_its_branch(place: FleetRepository) -> None:
    place.git("checkout", "-q", "-b", "side")
    place.write(PROMPT, "You answer everything, at once.\n")
    place.commit("quick fix", at=LATE)
    place.git("checkout", "-q", "main")
    place.git("merge", "-q", "--no-ff", "side", "-m", "merge", at=LATE)


@finds(("unledgered-change", PROMPT))
def a_merge_writes_what_neither_side_had(place: FleetRepository) -> None:
    place.git("checkout", "-q", "-b", "side")
    place.write("notes.txt", "more\n")
    place.commit("notes", at=LATE)
    place.git("checkout", "-q", "main")
    place.git("merge", "-q", "--no-ff", "--no-commit", "side")
    place.write(PROMPT, "You answer everything, at once.\n")
    place.commit("merge notes", at=LATE)


# The ledger


@finds(("ledger-edited", LEDGER))
def a_line_is_edited(place: FleetRepository) -> None:
    written = read_lines(place)
    write_lines(
        place, [written[0], written[1].replace("ci@town", "no@town").replace("erin@", "eve@"), *written[2:]]
    )
    place.commit("tidy", at=LATE)


@finds(("ledger-edited", LEDGER))
def a_line_is_edited_and_the_chain_hashed_again(place: FleetRepository) -> None:
    entries = current_ledger(place).entries
    ledger = Ledger(environment="production")
    content = b""
    for entry in entries:
        fields = {
            name: getattr(entry, name)
            for name in (
                *("kind", "at", "governance", "commit", "agents", "policy_version", "policy_sha256"),
                *("approvals", "evidence", "requirements", "reason", "tool"),
            )
        }
        rewritten, content = lines.append(ledger, **fields, actor="eve@town.example")
        ledger = Ledger(environment="production", entries=(*ledger.entries, rewritten))
    (place.path / LEDGER).write_bytes(content)
    place.commit("tidy", at=LATE)


@finds(("ledger-edited", LEDGER))
def two_lines_change_places(place: FleetRepository) -> None:
    first, second, third, fourth = read_lines(place)
    write_lines(place, [first, third, second, fourth])
    place.commit("sorted", at=LATE)


@finds(("ledger-edited", LEDGER))
def a_line_in_the_middle_is_deleted(place: FleetRepository) -> None:
    first, second, _, fourth = read_lines(place)
    write_lines(place, [first, second, fourth])
    place.commit("shorter", at=LATE)


@finds(("ledger-shortened", LEDGER))
def the_last_line_is_deleted(place: FleetRepository) -> None:
    write_lines(place, read_lines(place)[:-1])
    place.commit("shorter", at=LATE)


@finds(("ledger-shortened", LEDGER))
def the_last_line_is_cut_off(place: FleetRepository) -> None:
    (place.path / LEDGER).write_bytes((place.path / LEDGER).read_bytes()[:-40])
    place.commit("shorter", at=LATE)


@finds(("ledger-shortened", LEDGER))
def the_ledger_is_deleted(place: FleetRepository) -> None:
    place.git("rm", "-q", LEDGER)
    place.commit("gone", at=LATE)


@finds(("ledger-edited", LEDGER))
def the_ledger_becomes_a_link(place: FleetRepository) -> None:
    (place.path / "elsewhere").write_bytes((place.path / LEDGER).read_bytes())
    (place.path / LEDGER).unlink()
    (place.path / LEDGER).symlink_to("../elsewhere")
    place.commit("link", at=LATE)


@finds(("mode-changed", LEDGER))
def the_ledger_becomes_executable(place: FleetRepository) -> None:
    (place.path / LEDGER).chmod(0o755)
    place.commit("run", at=LATE)


@finds(("chain-broken", LEDGER))
def a_line_does_not_follow_the_one_before(place: FleetRepository) -> None:
    records = supporting_records(place)
    copy_from_staging(place)
    append_entry(place, "desk", when=at(7, 13), **records)
    *before, last = read_lines(place)
    previous = last.partition('"previous":"')[2][:71]
    write_lines(place, [*before, last.replace(previous, "sha256:" + "0" * 64)])
    place.commit(message_of_entry(place), who="ci", at=at(7, 13))


@finds(("state-mismatch", LEDGER))
def an_entry_without_a_change(place: FleetRepository) -> None:
    records = supporting_records(place)
    copy_from_staging(place)
    append_entry(place, "desk", when=at(7, 13), **records)
    place.git("checkout", "HEAD", "--", DESK)
    place.commit(message_of_entry(place), who="ci", at=at(7, 13))


@finds(("unledgered-change", PROMPT), ("state-mismatch", LEDGER))
def an_entry_for_another_agent(place: FleetRepository) -> None:
    records = supporting_records(place)
    copy_from_staging(place)
    step = agent_change(place, "desk")
    till = current_ledger(place).last_transition("till")
    assert till
    lie = AgentTransition(
        agent="till", from_state=till[1].to_state, to_state=step.to_state, release=step.release, generation=3
    )
    append_entry(place, when=at(7, 13), agents=(lie,), **records)
    place.commit(message_of_entry(place), who="ci", at=at(7, 13))


@finds(("entry-untrue", LEDGER))
def an_entry_of_another_kind(place: FleetRepository) -> None:
    forge_promotion(place, when=at(7, 13), **supporting_records(place), kind="override")


@finds(("state-mismatch", LEDGER))
def a_second_entry_in_the_same_commit(place: FleetRepository) -> None:
    records = supporting_records(place)
    copy_from_staging(place)
    append_entry(place, "desk", when=at(7, 13), **records)
    till = current_ledger(place).last_transition("till")
    assert till
    lie = AgentTransition(
        agent="till", from_state=till[1].to_state, to_state=None, release=None, generation=3
    )
    append_entry(place, when=at(7, 13), agents=(lie,), kind="retire")
    place.commit(message_of_entry(place), who="ci", at=at(7, 13))


@finds(("adopted-again", LEDGER))
def an_agent_is_adopted_later(place: FleetRepository) -> None:
    manifest = (place.path / DESK / "agent.yaml").read_text().replace("name: desk", "name: spy")
    place.write("environments/staging/spy/agent.yaml", manifest)
    place.commit("a spy", at=at(7, 12))
    place.write("environments/production/spy/agent.yaml", manifest)
    append_entry(place, "spy", when=at(7, 13), kind="adopt")
    place.commit("adopt", who="ci", at=at(7, 13))


# Approvals and evidence


@finds(("approval-deleted", "*"))
def an_approval_is_deleted(place: FleetRepository) -> None:
    place.git("rm", "-q", statements(place)[0])
    place.commit("tidy", at=LATE)


@finds(("approval-changed", "*"))
def an_approval_is_edited(place: FleetRepository) -> None:
    place.rewrite(statements(place)[0], note="looked at it twice")
    place.commit("tidy", who="carla", at=LATE)


@finds(("approval-deleted", "*"))
def a_veto_is_deleted(place: FleetRepository) -> None:
    place.git("rm", "-q", next(file for file in statements(place) if "dina" in file))
    place.commit("tidy", at=LATE)


@finds(("evidence-deleted", "*"))
def evidence_is_deleted(place: FleetRepository) -> None:
    place.git("rm", "-q", evidence(place)[0])
    place.commit("tidy", at=LATE)


@finds(("evidence-changed", "*"))
def evidence_is_swapped(place: FleetRepository) -> None:
    first, second = evidence(place)[:2]
    place.write(first, (place.path / second).read_text())
    place.commit("tidy", at=LATE)


ATTESTED = "attestations/desk/2026-11-05-review-carla.json"


@finds(("attestation-deleted", ATTESTED))
def an_attestation_is_deleted(place: FleetRepository) -> None:
    place.write(ATTESTED, "{}")
    place.commit("reviewed", who="carla", at=at(10, 10))
    place.git("rm", "-q", ATTESTED)
    place.commit("tidy", at=LATE)


@finds(("attestation-changed", ATTESTED))
def an_attestation_is_renewed(place: FleetRepository) -> None:
    place.write(ATTESTED, "{}")
    place.commit("reviewed", who="carla", at=at(10, 10))
    place.write(ATTESTED, '{"on": "2026-11-20"}')
    place.commit("tidy", who="carla", at=LATE)


@finds(("approval-deleted", "*"))
def an_approval_moves_to_another_folder(place: FleetRepository) -> None:
    file = statements(place)[0]
    place.git(
        "mv", file, file.replace("/desk/", "/till/").replace("approvals/production", "approvals/production")
    )
    place.commit("tidy", at=LATE)


@finds(("record-dropped", "*"))
def a_merge_leaves_a_veto_out(place: FleetRepository) -> None:
    place.git("checkout", "-q", "-b", "side")
    file = place.approve("dina", "--reject", agent="till", now=at(9, 9))
    place.git("checkout", "-q", "main")
    place.git("merge", "-q", "--no-ff", "--no-commit", "side")
    place.git("rm", "-qf", file)
    place.commit("merge", at=LATE)


@finds(("approval-missing", "*"), ("entry-untrue", LEDGER))
def an_entry_names_an_approval_that_is_not_there(place: FleetRepository) -> None:
    records = supporting_records(place)
    [approval] = records["approvals"]
    ghost = {**approval, "file": approval["file"].replace("carla", "bob"), "approver": "bob"}
    forge_promotion(place, when=at(7, 13), **{**records, "approvals": (approval, ghost)})


@finds(("approval-changed", "*"))
def an_entry_names_an_approval_by_another_digest(place: FleetRepository) -> None:
    records = supporting_records(place)
    [approval] = records["approvals"]
    forge_promotion(
        place, when=at(7, 13), **{**records, "approvals": ({**approval, "sha256": "sha256:" + "1" * 64},)}
    )


@finds(("entry-untrue", LEDGER))
def an_entry_hides_what_it_rests_on(place: FleetRepository) -> None:
    forge_promotion(place, when=at(7, 13), **{**supporting_records(place), "evidence": ()})


# Verdicts: entries that look as the tool writes them


@finds(("verdict-not-allowed", LEDGER))
def a_vetoed_change_is_promoted(place: FleetRepository) -> None:
    statement = next(file for file in statements(place)[::-1] if "carla" in file)
    records: dict[str, Any] = {
        "approvals": (record(place, statement, "carla"),),
        "evidence": (record(place, evidence(place)[-1]),),
    }
    forge_promotion(place, when=at(7, 13), **records)


@finds(("verdict-not-allowed", LEDGER))
def no_approval_was_given(place: FleetRepository) -> None:
    place.approve("dina", "--withdraw", now=at(7, 10))
    place.change("You answer all.\n", at=at(7, 11))
    run = record_evaluation(place, "desk", at(7, 12))
    forge_promotion(place, when=at(7, 13), evidence=(record(place, run),))


@finds(("verdict-not-allowed", LEDGER))
def the_author_approved(place: FleetRepository) -> None:
    place.approve("dina", "--withdraw", now=at(7, 10))
    place.change("You answer all.\n", at=at(7, 11))
    run = record_evaluation(place, "desk", at(7, 12))
    statement = place.approve("alice", now=at(7, 12))
    forge_promotion(
        place, when=at(7, 13), approvals=(record(place, statement, "alice"),), evidence=(record(place, run),)
    )


@finds(("verdict-not-allowed", LEDGER))
def no_evaluation_was_run(place: FleetRepository) -> None:
    place.approve("dina", "--withdraw", now=at(7, 10))
    place.change("You answer all.\n", at=at(7, 11))
    statement = place.approve("carla", now=at(7, 12))
    forge_promotion(place, when=at(7, 13), approvals=(record(place, statement, "carla"),))


@finds(("verdict-not-allowed", LEDGER))
def the_evaluation_was_of_another_release(place: FleetRepository) -> None:
    place.approve("dina", "--withdraw", now=at(7, 10))
    run = evidence(place)[-1]
    place.change("You answer all.\n", at=at(7, 11))
    statement = place.approve("carla", now=at(7, 12))
    forge_promotion(
        place, when=at(7, 13), approvals=(record(place, statement, "carla"),), evidence=(record(place, run),)
    )


@finds(("verdict-not-allowed", LEDGER))
def an_ineligible_person_approved(place: FleetRepository) -> None:
    place.approve("dina", "--withdraw", now=at(7, 10))
    place.change("You answer all.\n", at=at(7, 11))
    run = record_evaluation(place, "desk", at(7, 12))
    statement = place.approve("erin", now=at(7, 12))
    forge_promotion(
        place, when=at(7, 13), approvals=(record(place, statement, "erin"),), evidence=(record(place, run),)
    )


@finds(("verdict-not-allowed", LEDGER))
def the_approval_was_committed_by_the_author(place: FleetRepository) -> None:
    place.approve("dina", "--withdraw", now=at(7, 10))
    place.change("You answer all.\n", at=at(7, 11))
    run = record_evaluation(place, "desk", at(7, 12))
    statement = place.approve("carla", now=at(7, 12), commit=False)
    place.commit("decide", who="alice", at=at(7, 12))
    forge_promotion(
        place, when=at(7, 13), approvals=(record(place, statement, "carla"),), evidence=(record(place, run),)
    )


@finds(("verdict-not-allowed", LEDGER))
def the_approval_had_expired(place: FleetRepository) -> None:
    records = supporting_records(place)
    forge_promotion(place, when=at(21, 12), **records)


def with_statement(place: FleetRepository, **predicate: Any) -> None:
    """The next change of desk, with an approval by carla whose fields are replaced."""
    place.approve("dina", "--withdraw", now=at(7, 10))
    place.change("You answer all.\n", at=at(7, 11))
    run = record_evaluation(place, "desk", at(7, 12))
    statement = place.approve("carla", now=at(7, 12), commit=False)
    place.rewrite(statement, **predicate)
    place.commit("decide", who="carla", at=at(7, 12))
    forge_promotion(
        place, when=at(7, 13), approvals=(record(place, statement, "carla"),), evidence=(record(place, run),)
    )


@finds(("verdict-not-allowed", LEDGER))
def the_approval_was_given_in_another_repository(place: FleetRepository) -> None:
    with_statement(place, repository="village/agents")


@finds(("verdict-not-allowed", LEDGER))
def the_approval_was_given_for_another_step(place: FleetRepository) -> None:
    with_statement(place, generation=2)


@finds(("verdict-not-allowed", LEDGER), ("entry-backdated", LEDGER))
def the_approval_was_given_afterwards(place: FleetRepository) -> None:
    with_statement(place, issued=at(9, 12), expires=at(19, 12))


@finds(("verdict-not-allowed", LEDGER))
def the_approval_is_of_another_agent(place: FleetRepository) -> None:
    place.approve("dina", "--withdraw", now=at(7, 10))
    place.change("You answer all.\n", at=at(7, 11))
    run = record_evaluation(place, "desk", at(7, 12))
    copy_from_staging(place)
    state = agent_change(place, "desk").to_state or ""
    place.git("checkout", "HEAD", "--", DESK)
    statement = statements(place, "till")[0]
    copy = f"approvals/production/desk/{state[7:19]}-bob-1.json"
    place.write(copy, (place.path / statement).read_text())
    place.commit("decide", who="bob", at=at(7, 12))
    forge_promotion(
        place, when=at(7, 13), approvals=(record(place, copy, "bob"),), evidence=(record(place, run),)
    )


@finds(("verdict-not-allowed", LEDGER))
def a_freeze_was_in_force(place: FleetRepository) -> None:
    forge_promotion(place, when=at(8, 12), **supporting_records(place))


@finds(("entry-untrue", LEDGER))
def the_promoted_files_differ_from_staging(place: FleetRepository) -> None:
    records = supporting_records(place)
    copy_from_staging(place)
    place.write(PROMPT, "You answer everything, and more.\n")
    append_entry(place, "desk", when=at(7, 13), **records)
    place.commit(message_of_entry(place), who="ci", at=at(7, 13))


@finds(("mode-changed", PROMPT))
def a_promotion_makes_a_file_executable(place: FleetRepository) -> None:
    records = supporting_records(place)
    copy_from_staging(place)
    (place.path / PROMPT).chmod(0o755)
    append_entry(place, "desk", when=at(7, 13), **records)
    place.commit(message_of_entry(place), who="ci", at=at(7, 13))


@finds(("landing-mixed", "environments/staging/till/prompts/system.md"))
def a_promotion_changes_something_besides(place: FleetRepository) -> None:
    records = supporting_records(place)
    copy_from_staging(place)
    append_entry(place, "desk", when=at(7, 13), **records)
    place.write("environments/staging/till/prompts/system.md", "You count.\n")
    place.commit(message_of_entry(place), who="ci", at=at(7, 13))


@finds(("mode-changed", PROMPT))
def a_rollback_makes_a_file_executable(place: FleetRepository) -> None:
    place.approve("dina", "--withdraw", now=at(7, 10))
    place.approve("bob", "--rollback", now=at(7, 11))
    back = ("rollback", "desk", "--env", "production", "--reason", "it shouts", "--apply")
    assert place.fleet(*back, who="erin", now=at(7, 12)).code == 0
    (place.path / PROMPT).chmod(0o755)
    place.git("commit", "-q", "--amend", "--no-edit", PROMPT, at=at(7, 12))


@finds(("landing-mixed", "proposals/production/till/overrides.yaml"))
def a_promotion_brings_a_proposal_for_another_agent(place: FleetRepository) -> None:
    records = supporting_records(place)
    copy_from_staging(place)
    append_entry(place, "desk", when=at(7, 13), **records)
    place.write("proposals/production/till/overrides.yaml", "{}\n")
    place.commit(message_of_entry(place), who="ci", at=at(7, 13))


# Dates


@finds(("entry-backdated", LEDGER))
def a_promotion_and_its_commit_are_dated_back(place: FleetRepository) -> None:
    records = supporting_records(place)
    place.write("notes.txt", "more\n")
    place.commit("notes", at=at(9, 9))
    forge_promotion(place, when=at(7, 13), **records)


@finds(("entry-backdated", LEDGER))
def an_entry_is_dated_before_its_commit(place: FleetRepository) -> None:
    forge_promotion(place, when=at(7, 13), commit_at=at(9, 9), **supporting_records(place))


@finds(("entry-postdated", LEDGER))
def an_entry_is_dated_after_its_commit(place: FleetRepository) -> None:
    forge_promotion(place, when=at(10, 9), commit_at=at(7, 13), **supporting_records(place))


# Governance and configuration


@finds(
    ("policy-not-in-force", LEDGER),
    ("landing-mixed", POLICY),
    ("verdict-not-allowed", LEDGER),
)
def the_policy_is_weakened_in_the_commit_that_uses_it(place: FleetRepository) -> None:
    place.approve("dina", "--withdraw", now=at(7, 10))
    place.change("You answer all.\n", at=at(7, 11))
    edit_policy(place, EVALUATED, "")
    statement = place.approve("carla", now=at(7, 12), commit=False)
    place.git("add", statement)
    place.git("commit", "-q", "-m", "decide", who="carla", at=at(7, 12))
    forge_promotion(place, when=at(7, 13), approvals=(record(place, statement, "carla"),))


@finds(("policy-not-in-force", LEDGER), ("verdict-not-allowed", LEDGER))
def a_branch_with_a_weaker_policy_of_its_own_is_merged(place: FleetRepository) -> None:
    place.approve("dina", "--withdraw", now=at(7, 10))
    place.change("You answer all.\n", at=at(7, 11))
    place.git("checkout", "-q", "-b", "side")
    statement = place.approve("carla", now=at(7, 12))
    policy = (place.path / "governance/policy.yaml").read_text()
    edit_policy(place, EVALUATED, "")
    place.commit("easier", at=at(7, 12))
    forge_promotion(place, when=at(7, 13), approvals=(record(place, statement, "carla"),))
    place.git("checkout", "-q", "main")
    place.git("merge", "-q", "--no-ff", "--no-commit", "side")
    place.write("governance/policy.yaml", policy)
    place.commit("merge", at=at(7, 14))


@finds(("policy-not-in-force", LEDGER), ("verdict-not-allowed", LEDGER))
def a_policy_is_weakened_used_and_put_back(place: FleetRepository) -> str:
    place.approve("dina", "--withdraw", now=at(7, 10))
    place.change("You answer all.\n", at=at(7, 11))
    text = (place.path / POLICY).read_text()
    edit_policy(place, EVALUATED, "")
    place.commit("easier", at=at(7, 11))
    statement = place.approve("carla", now=at(7, 12))
    forged = forge_promotion(
        place,
        when=at(7, 13),
        approvals=(record(place, statement, "carla"),),
        requirements=met_requirements("desk", "carla", at(7, 12))[:1],
    )
    place.write(POLICY, text)
    place.commit("as it was", at=at(7, 14))
    return forged


@waits(POLICY)
def the_policy_gets_an_older_version(place: FleetRepository) -> None:
    edit_policy(place, "version: 2", "version: 1")
    place.commit("older", at=LATE)


@waits(POLICY)
def the_policy_becomes_unreadable(place: FleetRepository) -> None:
    place.write(POLICY, "rules: [\n")
    place.commit("less", at=LATE)


@waits("governance/people.yaml")
def a_person_is_added_to_a_team(place: FleetRepository) -> None:
    file = place.path / "governance/people.yaml"
    file.write_text(file.read_text().replace("[alice, bob, carla]", "[alice, bob, carla, erin]"))
    place.commit("erin helps", at=LATE)


@waits(POLICY)
def the_author_approves_a_change_of_the_policy(place: FleetRepository) -> str:
    edit_policy(place, EVALUATED, "")
    edit_policy(place, "version: 2", "version: 3")
    commit = place.commit("easier", who="carla", at=LATE)
    place.agree("carla", now=at(10, 13))
    return commit


@finds(("records-unseen", LEDGER))
def a_promotion_was_decided_before_a_veto_of_the_branch(place: FleetRepository) -> None:
    records = supporting_records(place)
    judged = place.git("rev-parse", "HEAD")
    place.approve("dina", "--reject", now=at(7, 12))
    forge_promotion(place, when=at(7, 13), commit=judged, **records)


@finds(("judged-commit-missing", LEDGER))
def a_promotion_was_decided_at_a_missing_commit(place: FleetRepository) -> None:
    forge_promotion(place, when=at(7, 13), commit="5" * 40, **supporting_records(place))


@finds(("entry-elsewhere", LEDGER))
def a_promotion_was_decided_on_another_ledger(place: FleetRepository) -> None:
    older = place.git("rev-list", "--first-parent", "HEAD", "--", LEDGER).split()[1]
    forge_promotion(place, when=at(7, 13), commit=older, **supporting_records(place))


@waits("fleet-config.yaml")
def production_is_no_longer_gated(place: FleetRepository) -> None:
    text = (place.path / "fleet-config.yaml").read_text()
    place.write(
        "fleet-config.yaml", text.replace("from: staging, overridable: [spec.budgets]", "overridable: []")
    )
    place.commit("easier", at=LATE)


@waits("fleet-config.yaml")
def the_configuration_is_missing_for_one_commit(place: FleetRepository) -> str:
    text = (place.path / "fleet-config.yaml").read_text()
    place.git("rm", "-q", "fleet-config.yaml")
    commit = place.commit("easier", at=LATE)
    place.write("fleet-config.yaml", text)
    place.commit("back", at=LATE)
    return commit


@finds(("actor-unlike", LEDGER))
def the_entry_names_another_actor_than_its_commit(place: FleetRepository) -> str:
    records = supporting_records(place)
    copy_from_staging(place)
    append_entry(place, "desk", when=LATE, **records)
    return place.commit(message_of_entry(place), who="bob", at=LATE)


@pytest.mark.parametrize("tampering", TAMPERINGS, ids=lambda tampering: tampering.name)
def test_a_tampering_is_reported_with_its_commit_and_file(
    place: FleetRepository, tampering: Tampering
) -> None:
    commit = tampering.do(place) or place.git("rev-parse", "HEAD")

    result = audit(place, now=at(25, 12))

    expected, files = set(tampering.expected), {file for _, file in tampering.expected}
    assert {(rule, file if file in files else "*") for rule, _, file in result.errors} == expected, (
        result.messages()
    )
    assert {commit_id for _, commit_id, _ in result.errors} == {commit}, result.messages()
    assert result.code == 1


@pytest.mark.parametrize("tampering", WAITING, ids=lambda tampering: tampering.name)
def test_governance_that_nobody_agreed_to_and_nothing_used_is_told(
    place: FleetRepository, tampering: Tampering
) -> None:
    commit = tampering.do(place) or place.git("rev-parse", "HEAD")

    result = audit(place, now=at(25, 12))
    brought = audit(place, "--base", f"{commit}~1", now=at(25, 12))

    told = {(item["rule"], item["file"], item["commit"]) for item in result.data["breaks"]}
    [(rule, file)] = tampering.expected
    assert (rule, file, commit) in told, result.messages()
    assert result.errors == set()
    # a pull request that brings it is refused, unless it takes it back itself
    is_taken_back = place.git("rev-parse", "HEAD") != commit and "configuration" in tampering.name
    assert (brought.code, rule in brought.rules) == ((0, False) if is_taken_back else (1, True))


def test_there_are_at_least_40_tamperings() -> None:
    assert len(TAMPERINGS) >= 40
