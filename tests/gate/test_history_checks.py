"""Checks of one commit: its records, gated folders, policy version and configuration."""

from __future__ import annotations

from typing import Any

import pytest

from fleetward.domain.audit import FileStep, FileVersion
from fleetward.domain.finding import Severity
from fleetward.domain.fleet import FleetConfig
from fleetward.gate import history_checks
from tests.gate.commits import (
    APPROVAL,
    ENTRY,
    OTHERS,
    PLAIN,
    PROGRAM,
    PROMPT,
    commit_with,
    config,
    environment,
    rule_ids,
    subjects,
    summaries,
)


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

    assert summaries(deleted) == [
        (f"{rule}-deleted", file, "a record was deleted, and records are append-only")
    ]
    assert summaries(changed) == [
        (f"{rule}-changed", file, "a record was changed, and records are append-only")
    ]


def test_only_records_are_protected_and_each_is_reported() -> None:
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


def test_a_change_without_an_entry_is_reported_once_for_each_agent() -> None:
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

    words = "was changed in production without a ledger entry in this commit"
    assert summaries(breaks) == [
        ("unledgered-change", f"{folder}/README.md", f"README.md {words}"),
        ("unledgered-change", f"{folder}/desk/agent.yaml", f"desk {words}"),
        ("mode-changed", f"{folder}/tool/agent.yaml", "its mode is 100755, it was 100644"),
    ]
    assert subjects(breaks) == [("production", name, 1) for name in ("README.md", "desk", "tool")]


def test_restoring_the_state_of_an_entry_is_a_note() -> None:
    step = FileStep("environments/production/desk/run.sh", PROGRAM, PLAIN)

    [breaks] = history_checks.changes_without_entry(commit_with(step), "production", [], {"desk": 3})

    assert (breaks.severity, breaks.rule) == ("note", "unledgered-change")
    assert breaks.message == "desk was restored in production to the state of entry 3"


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


def test_a_commit_of_an_apply_holds_no_unrelated_change() -> None:
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
        ("landing-mixed", unrelated[0].path, "the commit holds changes beside its ledger entries")
    ]
    assert rule_ids(
        history_checks.unrelated_changes(
            commit_with(FileStep("environments/staging/desk/x", None, PLAIN)), [ENTRY]
        )
    ) == ["landing-mixed"]


@pytest.mark.parametrize(("before", "after", "falls"), [(3, 2, True), (3, 3, False), (2, 3, False)])
def test_the_version_of_a_policy_never_falls(before: int, after: int, falls: bool) -> None:
    breaks = summaries(history_checks.policy_version_drop(commit_with().id, before, after))

    words = f"the policy's version decreased from {before} to {after}"
    assert breaks == ([("policy-lowered", "governance/policy.yaml", words)] if falls else [])


def test_a_gate_with_a_ledger_stays_a_gate() -> None:
    gated = config(environment("staging"), environment("production", "staging"))
    open_ = config(environment("staging"), environment("production"))
    file = "fleet-config.yaml"
    changed = commit_with(FileStep(file, PLAIN, OTHERS))
    removed = ("gate-removed", file, "production has a ledger, but is no longer gated")
    noted = ("config-changed", file, "fleet-config.yaml was changed, which needed no approval then")

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
        ("gate-removed", file, "fleet-config.yaml cannot be read any more, so no environment is gated")
    ]
    first = commit_with(FileStep(file, None, PLAIN))
    assert summaries(history_checks.configuration_changes(first, None, gated, ["production"])) == []
    assert summaries(history_checks.configuration_changes(commit_with(), gated, open_, ["production"])) == []


def test_a_gate_that_an_agreed_configuration_takes_away_is_a_note() -> None:
    gated = config(environment("staging"), environment("production", "staging"))
    open_ = config(environment("staging"), environment("production"))

    def notes(before: FleetConfig | None, after: FleetConfig | None) -> list[tuple[str, Severity]]:
        found = history_checks.agreed_gate_removals(commit_with(), before, after, ["production", "gone"])
        return [(item.environment or "", item.severity) for item in found]

    assert notes(gated, open_) == notes(gated, None) == [("production", Severity.NOTE)]
    assert notes(gated, gated) == notes(None, open_) == notes(open_, gated) == []


def test_lines_of_an_unknown_environment_are_named() -> None:
    found = history_checks.lines_before_environment(commit_with(), "canary")

    assert (found.rule, found.file, found.severity) == (
        "policy-not-in-force",
        "ledger/canary.jsonl",
        Severity.ERROR,
    )


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


def test_a_record_that_became_executable_is_a_change_of_mode() -> None:
    assert rule_ids(history_checks.record_losses(commit_with(FileStep(APPROVAL, PLAIN, PROGRAM)))) == [
        "mode-changed"
    ]
    assert rule_ids(history_checks.record_losses(commit_with(FileStep(APPROVAL, None, PLAIN)))) == []
