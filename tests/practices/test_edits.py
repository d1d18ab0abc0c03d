"""Every edit that breaks a practice is found, and a fleet without one has no error and no warning."""

from typing import Any

import pytest

from fleetward.domain.finding import Severity
from tests.practices.edits import Edit, edits, findings_after

EDITS = edits()


def test_the_fleet_that_is_edited_has_no_errors_and_no_warnings() -> None:
    findings = [finding for finding in findings_after(None) if finding.severity is not Severity.NOTE]

    assert not findings


def test_every_edit_has_a_name_of_its_own() -> None:
    names = [edit.edit for edit in EDITS]

    assert len(names) == len({*names})


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.edit)
def test_the_edit_is_found_by_its_rule(edit: Edit) -> None:
    before = {(finding.rule, finding.agent, finding.place.path) for finding in findings_after(None)}

    found = {
        finding.rule
        for finding in findings_after(edit)
        if (finding.rule, finding.agent, finding.place.path) not in before
        or finding.severity is not Severity.NOTE
    }

    assert edit.rule in found


@pytest.mark.parametrize(
    "harmless",
    [
        {"files": {"prompts/system.md": "TODO lists are what you keep. Mark a TODO as done when asked.\n"}},
        {"files": {"prompts/system.md": "You are the TODO assistant.\nTODO: is how an entry begins.\n"}},
        {"set": {"spec.purpose.summary": "Todo lists of customers"}},
    ],
    ids=str,
)
def test_a_text_about_things_to_do_is_no_placeholder(harmless: dict[str, Any]) -> None:
    found = {
        finding.rule for finding in findings_after(Edit(edit="harmless", rule="placeholder-text", **harmless))
    }

    assert "placeholder-text" not in found
