from dataclasses import replace

from fleetward.changes import compare
from fleetward.domain.fleet_diff import FleetDiff
from fleetward.report import changes_github
from tests.changes.situations import FILES, SCHEMA, known, spec
from tests.report.test_changes_text import BASE, BROKEN, HEAD


def lines(*comparisons, unreadable=(), prefix=""):
    fleet_diff = FleetDiff(base=BASE, head=HEAD, agents=comparisons, unreadable=unreadable)
    return changes_github.render(fleet_diff, prefix=prefix).splitlines()


def test_a_significant_change_is_an_annotation_at_its_place_in_the_repository():
    comparison = compare(known(), known(spec(tools__0__access="admin")), schema=SCHEMA)

    first, last = lines(comparison, prefix="agents/")

    assert first.startswith("::error file=agents/")
    assert "title=critical%2C looser%3A privilege/admin-access::staging/bot: spec.tools[crm].access" in first
    assert last == "fleet diff: changes: 1 critical"


def test_a_change_of_low_significance_is_counted_and_not_annotated():
    assert lines(compare(known(), known(spec(suspended=True)), schema=SCHEMA)) == [
        "fleet diff: changes: 1 low"
    ]


def test_no_value_can_end_a_command_or_begin_another():
    value = "x\n::add-mask::y\r\n%0A##[error]z::set-output name=a::b"
    prompt = {**FILES, "prompts/system.md": f"Be kind.\n{value}\n"}
    comparison = compare(known(), known(spec(owner__team=value), prompt), schema=SCHEMA)

    output = lines(comparison)

    assert all(line.startswith(("::warning file=", "fleet diff: ")) for line in output)
    assert not any("##[" in line or "%0A##" in line for line in output)


def test_ten_of_a_kind_are_shown_and_the_rest_is_counted():
    comparison = compare(known(), known(spec(tools__0__access="admin")), schema=SCHEMA)
    many = [
        replace(comparison, changes=tuple(replace(c, agent=f"bot-{n}") for c in comparison.changes))
        for n in range(14)
    ]

    output = lines(*many, unreadable=[BROKEN])

    assert sum(line.startswith("::error") for line in output) == 10
    assert output[0].endswith("::staging/broken could not be read at the head: did not find expected key")
    assert "changes: 14 critical; could not be read: 1; 5 not annotated" in output[-1]
