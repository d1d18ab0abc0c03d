import json
from dataclasses import replace
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from fleetward.changes import compare, compare_document
from fleetward.domain.change import ExpectedRequirement, Unreadable
from fleetward.domain.finding import Finding, Place, Severity
from fleetward.domain.fleet_diff import FleetDiff
from fleetward.report import changes_json, changes_text
from tests.changes.situations import FILES, SCHEMA, TIERS, known, spec
from tests.paths import SCHEMAS

OUTPUT = SCHEMAS / "output" / "diff-output.schema.json"
GOLDEN = Path(__file__).parent / "golden" / "changes.txt"
MANIFEST = "environments/staging/broken/agent.yaml"
BROKEN = Unreadable(
    environment="staging",
    agent="broken",
    side="head",
    finding=Finding(
        rule="yaml-syntax",
        severity=Severity.ERROR,
        message="did not find expected key",
        place=Place(file=MANIFEST, line=3, column=5),
        hint="check indentation",
    ),
    further_findings=1,
)
BASE, HEAD = ("main", "a" * 40), ("HEAD", "b" * 40)


@pytest.fixture
def comparisons():
    prompt = {**FILES, "prompts/system.md": "Be kind.\nPromise up to 50 EUR.\n", "overrides.yaml": "{}"}
    after = known(spec(risk__tier="medium", tools__1=None, review__heartbeat="P7D", **{"x-a": 1}), prompt)
    edited = compare(known(), after, schema=SCHEMA, tiers=TIERS)
    tidied = compare(known(), known(files={**FILES, "overrides.yaml": "{}"}), schema=SCHEMA)
    added = compare(None, known(), schema=SCHEMA)
    retired = compare(known(), None, schema=SCHEMA, dependents=("triage",))
    by_name = {"edited": edited, "tidied": tidied, "come": added, "gone": retired}
    return [
        replace(comparison, row=replace(comparison.row, agent=name)) for name, comparison in by_name.items()
    ]


@pytest.fixture
def governance():
    def located(path):
        return Place(file="governance/policy.yaml", line=3, path=path)

    return compare_document({"version": 3}, {"version": 4}, schema={"properties": {"version": {}}},
                            file="governance/policy.yaml", locate_before=located, locate_after=located)  # fmt: skip


def rendered(comparisons, governance=(), *, verbose=False, unreadable=()):
    page = changes_text.render(
        fleet_diff(comparisons, governance, unreadable),
        verbose=verbose,
        next_command="fleet promote edited --to production",
    )
    return [line.text for line in page]


def fleet_diff(comparisons, governance=(), unreadable=()):
    return FleetDiff(
        base=BASE,
        head=HEAD,
        agents=tuple(comparisons),
        governance=tuple(governance),
        unreadable=tuple(unreadable),
    )


def test_the_report_reads_as_it_did(comparisons, governance):
    text = "\n".join(rendered(comparisons, governance, unreadable=[BROKEN])) + "\n"

    assert text == GOLDEN.read_text(encoding="utf-8")


def test_the_last_line_is_the_command_that_the_caller_gave(comparisons):
    assert rendered(comparisons)[-1] == "fleet promote edited --to production"


def test_the_worst_agent_comes_first(comparisons):
    lines = rendered(comparisons)

    heads = [line.split()[0] for line in lines if line.startswith("staging/")]
    assert heads[-1] == "staging/tidied"
    assert heads.index("staging/edited") < heads.index("staging/come")


def test_an_empty_diff_has_totals():
    assert "agents: 0 added, 0 retired, 0 changed; changes: 0" in rendered([])


def test_the_requirements_of_a_promotion_are_listed_with_the_change(comparisons):
    first = comparisons[0]
    change = replace(first.changes[0], requires=(ExpectedRequirement(kind="approvals", detail="2 of risk"),))

    assert "  will require  approvals 2 of risk" in rendered([replace(first, changes=(change,))])


def test_a_long_edit_is_cut_unless_verbose():
    long = {**FILES, "prompts/system.md": "\n".join(f"line {n}" for n in range(40))}
    comparison = compare(known(), known(files=long), schema=SCHEMA)

    assert "        + line 39" not in rendered([comparison])
    assert any("more lines (-v shows all)" in line for line in rendered([comparison]))
    assert "        + line 39" in rendered([comparison], verbose=True)


def test_the_json_answer_has_the_promised_shape(comparisons, governance):
    answer = changes_json.render(fleet_diff(comparisons, governance, [BROKEN]))

    assert list(answer) == [
        "format", "base", "head", "summary", "agents", "changes", "groups", "unreadable",
    ]  # fmt: skip
    assert answer["format"] == "fleetward.diff/1"
    assert answer["base"] == {"rev": "main", "commit": "a" * 40}
    assert {k: v for k, v in answer["summary"].items() if k != "bySignificance"} == {
        "added": 1, "retired": 1, "changed": 1, "formattingOnly": 1, "governanceFormattingOnly": []
    }  # fmt: skip
    assert sum(answer["summary"]["bySignificance"].values()) == len(answer["changes"])
    assert [row["agent"] for row in answer["agents"]] == ["edited", "gone", "come", "tidied"]
    [broken] = answer["unreadable"]
    assert (broken["environment"], broken["agent"], broken["side"]) == ("staging", "broken", "head")
    assert (broken["file"], broken["line"], broken["rule"]) == (MANIFEST, 3, "yaml-syntax")


def test_a_change_in_json_carries_every_promised_field(comparisons, governance):
    answer = changes_json.render(fleet_diff(comparisons, governance))

    promised = {"environment", "agent", "path", "kind", "before", "after", "rule", "class", "direction",
                "significance", "reason", "requires", "file", "line", "proposed", "usedBy", "fingerprint"}  # fmt: skip
    assert all(set(change) == promised for change in answer["changes"])
    assert answer["changes"][0]["significance"] == "critical"
    assert all(change["file"] and change["line"] for change in answer["changes"])


def test_the_json_answer_is_what_its_schema_says(comparisons, governance):
    answer = changes_json.render(fleet_diff(comparisons, governance, [BROKEN]))

    schema = json.loads(OUTPUT.read_text(encoding="utf-8"))
    assert list(Draft202012Validator(schema).iter_errors(json.loads(json.dumps(answer)))) == []


def test_a_change_of_three_agents_is_listed_once_with_their_names():
    edited = compare(known(), known(spec(budgets__0__haltAt=90)), schema=SCHEMA)
    agents = [replace(edited, row=replace(edited.row, agent=name), changes=tuple(
        replace(change, agent=name) for change in edited.changes)) for name in ("a", "b", "c")]  # fmt: skip

    lines = rendered(agents)

    assert "the same in 3 agents  high" in lines
    assert "  staging/a, staging/b, staging/c" in lines
    assert sum("haltAt per day is 90" in line for line in lines) == 1
    assert lines[-2] == "agents: 0 added, 0 retired, 3 changed; changes: 3 high"
    assert "the same in 2 agents  high" in rendered(agents[:2])
    beside = replace(agents[0], row=replace(agents[0].row, environment="production"), changes=tuple(
        replace(change, environment="production") for change in agents[0].changes))  # fmt: skip
    # one agent in two environments is no group
    assert not any("the same in" in line for line in rendered([agents[0], beside]))


def test_agents_of_which_other_things_are_required_share_the_change_all_the_same():
    edited = compare(known(), known(spec(budgets__0__haltAt=90)), schema=SCHEMA)
    agents = [replace(edited, row=replace(edited.row, agent=name), changes=tuple(
        replace(change, agent=name, requires=(ExpectedRequirement(kind="approvals", detail=detail),))
        for change in edited.changes)) for name, detail in (("a", "2"), ("b", "1"), ("c", "2"))]  # fmt: skip

    lines = rendered(agents)

    start = lines.index("the same in 3 agents  high")
    assert [line.strip() for line in lines[start + 4 : start + 8]] == [
        "will require  approvals 2", "staging/a, staging/c", "will require  approvals 1", "staging/b",
    ]  # fmt: skip


def test_json_lists_a_shared_change_for_each_agent():
    edited = compare(known(), known(spec(budgets__0__haltAt=90)), schema=SCHEMA)
    agents = [replace(edited, row=replace(edited.row, agent=name)) for name in ("a", "b", "c")]

    answer = changes_json.render(fleet_diff(agents))

    assert len(answer["changes"]) == 3


def test_a_long_value_is_whole_in_a_pipe_and_cut_on_a_terminal():
    comparison = compare(known(), known(spec(purpose__summary="x" * 900)), schema=SCHEMA)

    def text(cut):
        page = changes_text.render(
            fleet_diff([comparison]), verbose=False, next_command="fleet validate", cut=cut
        )
        return "\n".join(line.text for line in page)

    assert "x" * 900 in text(cut=False)
    assert "x" * 300 not in text(cut=True)
    assert "(-v shows it whole)" in text(cut=True)
