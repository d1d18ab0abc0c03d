"""Files on which the gate and other readers of the schemas once differed."""

from __future__ import annotations

import pytest

from fleetward.domain.names import NAME_FORM
from fleetward.store.formats.document import read_document
from tests.schemas.test_accepting import EXAMPLE

DESK = (EXAMPLE / "environments" / "staging" / "delivery-desk" / "agent.yaml").read_text()
PEOPLE = "apiVersion: fleetward/v1\nkind: People\npeople:\n"


def findings_of(text: str, kind: str) -> list[tuple[str, int, int, str]]:
    findings = read_document(text.encode(), "file.yaml", kind).findings
    return [(finding.rule, finding.place.line, finding.place.column, finding.message) for finding in findings]


@pytest.mark.parametrize("value", ['"nadia\\n"', "|\n      nadia"])
def test_a_name_with_a_line_feed_at_its_end_is_refused(value: str) -> None:
    text = DESK.replace("accountable: nadia", f"accountable: {value}")

    [(rule, _, _, message)] = findings_of(text, "agent")

    assert text != DESK
    assert (rule, "nadia\\n" in message) == ("schema", True)


@pytest.mark.parametrize("day", ["0000-01-01", "2026-13-01", "2026-00-10", "2026-01-32", "2026-02-29"])
def test_a_day_that_no_calendar_has_is_refused(day: str) -> None:
    text = DESK.replace("assessedAt: 2026-09-14", f"assessedAt: {day}")

    findings = findings_of(text, "agent")

    assert text != DESK
    assert {rule for rule, _, _, _ in findings} == {"schema"}


def test_a_leap_day_is_accepted() -> None:
    assert findings_of(DESK.replace("assessedAt: 2026-09-14", "assessedAt: 2024-02-29"), "agent") == []


def test_overrides_have_no_free_space_at_their_top() -> None:
    findings = findings_of("spec: {}\nx-ours: 1\n", "overrides")

    assert findings == [("unknown-key", 2, 1, "no key 'x-ours' under the top")]


def test_an_invalid_key_is_found_at_its_place() -> None:
    findings = findings_of(f"{PEOPLE}  Viktor: {{name: Viktor, emails: [viktor@a.example]}}\n", "people")

    message = f"the key 'Viktor' under people does not have the right form: {NAME_FORM}"
    assert ("schema", 4, 3, message) in findings
