"""`fleet policy check` and `fleet policy test`, run as they are installed, on a copy of the example fleet."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tests.cli.outside import NOW, Ran, Terminal, terminal
from tests.paths import CHECKOUT
from tests.schemas.reading import schema

POLICY = "governance/policy.yaml"


@pytest.fixture(scope="module")
def committed(tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    nadia = terminal(tmp_path_factory.mktemp("policy"), "Nadia Brandt", "nadia@brightwater.example")
    shutil.copytree(CHECKOUT / "example-fleet", nadia.folder, dirs_exist_ok=True)
    nadia.git("init", "-q")
    nadia.commit("the fleet as it is")
    return nadia


@pytest.fixture
def nadia(committed: Terminal) -> Terminal:
    committed.git("checkout", "-q", "--", ".")
    committed.git("clean", "-qfd")
    return committed


def run_policy(user: Terminal, verb: str, *arguments: str) -> Ran:
    ran = user.run("fleet", "policy", verb, "--now", NOW, *arguments)
    assert "Traceback" not in ran.err, ran.err
    return ran


def edit(user: Terminal, before: str, after: str, file: str = POLICY) -> int:
    """Replace the one place where *before* stands; its line."""
    place = user.folder / file
    text = place.read_text(encoding="utf-8")
    assert text.count(before) == 1, before
    place.write_text(text.replace(before, after), encoding="utf-8")
    return text[: text.index(before)].count("\n") + 1


def check_findings(user: Terminal, *arguments: str) -> dict[str, list[tuple[int, str]]]:
    """By check: line and message of every error; the answer fits its schema and its exit code."""
    return findings_of(user, "error", *arguments)


def findings_of(user: Terminal, severity: str, *arguments: str) -> dict[str, list[tuple[int, str]]]:
    ran = run_policy(user, "check", "--json", *arguments)
    assert list(Draft202012Validator(schema("output/policy-check-output")).iter_errors(ran.data)) == []
    assert ran.code == int(any(finding["severity"] == "error" for finding in ran.data["findings"])), ran.err
    findings: dict[str, list[tuple[int, str]]] = {}
    for finding in ran.data["findings"]:
        assert finding["hint"]
        if finding["severity"] == severity:
            findings.setdefault(finding["check"], []).append((finding["line"], finding["message"]))
    return findings


def case(user: Terminal, text: str, name: str = "new.yaml") -> str:
    head = 'apiVersion: fleetward/v1\nkind: PolicyTest\nat: "2026-11-20T12:00:00Z"\ncases:\n'
    user.write({name: head + text})
    return name


HOLDS = "  - {name: it waits, agent: delivery-desk, changes: [behaviour neutral medium], expect: pending}\n"


class TestCheck:
    def test_the_example_policy_has_only_warnings(self, nadia: Terminal) -> None:
        ran = run_policy(nadia, "check")

        assert (ran.code, ran.err) == (0, "")
        assert ran.out.endswith("\n5 findings in 5 rules for 8 agents\nfleet policy test\n")
        warnings = findings_of(nadia, "warning")
        assert [message for _, message in warnings["policy-key-missing"]] == [
            "rule 'high-and-up' wants approvals signed, and daniel, greta, helen, marek, priya, 2 more have no valid "
            "key; nobody can fill 1 of owner for 'claims-clerk', 1 of platform, 1 of security, 2 of risk"
        ]
        assert [message.split(":")[0] for _, message in warnings["policy-recorded"]] == [
            "approvals of tier 'medium' are only recorded",
            "rule 'only-safer' takes recorded approvals of tier 'high', 'critical', whose usual changes ask for more",
            "rollback takes recorded approvals of tier 'high', 'critical', whose usual changes ask for more",
        ]
        assert [message.split()[0] for _, message in warnings["policy-break-glass-unsigned"]] == [
            "breakGlass"
        ]

    @pytest.mark.parametrize(
        ("before", "after", "check", "message"),
        [
            (
                "{approvals: 1, from: security}",
                "{approvals: 2, from: security}",
                "policy-seat-shortage",
                "rule 'new-privilege' asks for 2 of security: once greta or viktor writes the change, "
                "nobody is left for it",
            ),
            (
                "{approvals: 2, from: admins}",
                "{approvals: 3, from: admins}",
                "policy-seat-shortage",
                "governance asks for 3 of admins: once helen or viktor or yusuf writes the change, "
                "nobody is left for it",
            ),
            (
                "{approvals: 1, from: owner} #",
                "{approvals: 4, from: owner} #",
                "policy-seat-shortage",
                "rule 'every-change' asks for 4 of owner for 'address-check', 'call-notes', 'claims-clerk', "
                "'delivery-desk', 'depot-handbook' and 3 more, and there are too few people",
            ),
            (
                "assurance: signed",
                "assurance: forge",
                "policy-forge-unavailable",
                "rule 'high-and-up' asks for assurance 'forge', which no approval can get: only a signature meets it",
            ),
            (
                "exclude: [author, committer,",
                "exclude: [author,",
                "policy-authors-approve",
                "the committer of a change may approve it: approvals.exclude leaves them out",
            ),
            (
                "{approvals: 1, from: security}",
                "{approvals: 1, from: security}\n      - {criteria: met}",
                "policy-criteria-unmeasured",
                "rule 'new-privilege' asks for exit criteria to be met, and no file of metrics is named: "
                "they never are",
            ),
        ],
    )
    def test_the_day_that_will_come_is_a_warning(
        self, nadia: Terminal, before: str, after: str, check: str, message: str
    ) -> None:
        edit(nadia, before, after)

        assert message in [text for _, text in findings_of(nadia, "warning")[check]]

    def test_a_required_field_that_no_manifest_can_have_is_an_error(self, nadia: Terminal) -> None:
        line = edit(
            nadia, "low: [spec.owner.team,", "low: [spec.ownr.team, spec.x-note, metadata.labels.area,"
        )

        assert check_findings(nadia) == {
            "policy-unsatisfiable": [
                (line, "tier 'low' requires 'spec.ownr.team', which no manifest can have")
            ]
        }

    def test_practices_are_listed_with_the_tier_that_asks_them(self, nadia: Terminal) -> None:
        text = run_policy(nadia, "check", "--practices").out
        data = run_policy(nadia, "check", "--practices", "--json").data

        assert "\nmedium    spec.budgets                           found by budget-missing\n" in text
        assert "\nopen      spec.slos\n" in text
        assert {"path": "spec.slos", "asked": False, "tier": None, "rule": None} in data["practices"]
        assert "practices" not in run_policy(nadia, "check", "--json").data

    def test_the_last_line_is_a_command_that_works(self, nadia: Terminal) -> None:
        shutil.rmtree(nadia.folder / "policy-tests")

        last = run_policy(nadia, "check").out.splitlines()[-1]

        assert nadia.run(*last.split(), "--now", NOW).code == 0

    def test_a_rule_that_never_applies_is_dead_though_the_fleet_has_switched_that_rule_off(
        self, nadia: Terminal
    ) -> None:
        edit(
            nadia,
            "  owner-alone: error\n",
            "  owner-alone: error\n  policy-dead-rule: off\n",
            "fleet-config.yaml",
        )
        line = edit(
            nadia, "when: {to: production, tier: [high, critical]}", "when: {to: staging, tier: critical}"
        )

        [(where, message)] = check_findings(nadia)["policy-dead-rule"]

        assert where in (line, line - 2)
        assert message == "rule 'high-and-up' names environment 'staging', which takes no promotions"

    @pytest.mark.parametrize(
        ("before", "after", "message"),
        [
            (
                "{approvals: 2, from: risk}",
                "{approvals: 9, from: risk}",
                "asks for 9 of risk, which has 3 members",
            ),
            ("from: security}", "from: securty}", "no team 'securty'"),
        ],
    )
    def test_a_requirement_that_nobody_can_meet_is_found_at_its_line(
        self, nadia: Terminal, before: str, after: str, message: str
    ) -> None:
        line = edit(nadia, before, after)

        assert check_findings(nadia) == {"policy-unsatisfiable": [(line, message)]}

    def test_an_uncovered_agent_is_named_with_its_blocked_kinds(self, nadia: Terminal) -> None:
        edit(nadia, "    when: {to: production}\n", "    when: {to: production, kind: [create, update]}\n")

        findings = check_findings(nadia)["policy-uncovered"]

        message = (
            "no rule covers a promotion of 'driver-brief' to 'production' (tier 'low'): "
            "blocked for override, retire"
        )
        assert [text for _, text in findings if "driver-brief" in text] == [message]
        assert not any("delivery-desk" in text for _, text in findings)

    def test_a_rule_about_some_changes_covers_nobody(self, nadia: Terminal) -> None:
        edit(
            nadia,
            "    when: {to: production}\n",
            "    when: {to: production, class: behaviour, direction: looser}\n",
        )

        assert any("driver-brief" in text for _, text in check_findings(nadia)["policy-uncovered"])

    @pytest.mark.parametrize(
        ("before", "after", "message"),
        [
            (
                "    - {dataSensitivity: confidential}\n",
                "",
                "{dataSensitivity: confidential} required at least tier 'medium', and requires no tier now",
            ),
            (
                "{financialImpact: material}",
                "{financialImpact: material, autonomy: act}",
                "{financialImpact: material} required at least tier 'high', and requires no tier now",
            ),
            ("spec.owner.backup, ", "", "tier 'high' does not require 'spec.owner.backup' any more"),
            (
                "veto: {from: [risk, security]}",
                "veto: {from: [risk]}",
                "'security' lost its veto",
            ),
            (
                "  - id: new-privilege\n"
                "    description: A new tool, wider access or a new source of data, whatever the tier.\n"
                "    when: {to: production, class: [privilege, data], direction: looser}\n"
                "    require:\n"
                "      - {approvals: 1, from: security}\n",
                "",
                "rule 'new-privilege' was removed",
            ),
            ("soak: PT72H", "soak: PT2H", "rule 'high-and-up' asks for soak 'PT2H', before 'PT72H'"),
        ],
    )
    def test_a_loosened_requirement_is_found_against_a_revision(
        self, nadia: Terminal, before: str, after: str, message: str
    ) -> None:
        edit(nadia, before, after)

        assert check_findings(nadia) == {}
        assert [text for _, text in check_findings(nadia, "--base", "HEAD")["policy-loosened"]] == [message]

    def test_a_floor_that_only_asks_for_more_is_not_loosened(self, nadia: Terminal) -> None:
        edit(nadia, "{dataSensitivity: restricted}", "{dataSensitivity: confidential}")
        edit(nadia, "low: [spec.owner.team,", "low: [spec.owner.backup, spec.owner.team,")

        assert "policy-loosened" not in check_findings(nadia, "--base", "HEAD")

    def test_without_a_policy_or_with_an_unknown_revision_it_is_an_error(self, nadia: Terminal) -> None:
        assert run_policy(nadia, "check", "--base", "nowhere").code == 2
        (nadia.folder / POLICY).unlink()

        ran = run_policy(nadia, "check")

        assert (ran.code, ran.out) == (2, "")
        assert "there is no policy to check" in ran.err


class TestTest:
    def test_the_example_ships_a_dozen_cases_that_all_hold(self, nadia: Terminal) -> None:
        ran = run_policy(nadia, "test", "--json")

        assert list(Draft202012Validator(schema("output/policy-test-output")).iter_errors(ran.data)) == []
        assert ran.code == 0, ran.out
        assert ran.data["summary"]["failed"] == 0
        assert ran.data["summary"]["cases"] >= 12
        assert {result["expected"] for result in ran.data["cases"]} == {"allowed", "pending", "blocked"}

    @pytest.mark.parametrize(
        ("before", "after", "name"),
        [
            (
                "      - {approvals: 1, from: platform}\n",
                "",
                "without anybody's word it waits, and says for what",
            ),
            ("expire: P14D", "expire: P20D", "an approval lasts for two weeks"),
            ("    assurance: signed\n", "", "money asks two of risk, by signature"),
            (
                "veto: {from: [risk, security]}",
                "veto: {from: security}",
                "a veto of risk stands against every approval",
            ),
            (
                "unknownAuthors: refuse",
                "unknownAuthors: ignore",
                "a change by somebody whom people.yaml does not know",
            ),
            ("exclude: [author, ", "exclude: [", "nobody approves their own work"),
        ],
    )
    def test_a_weaker_policy_fails_the_case_that_tests_it(
        self, nadia: Terminal, before: str, after: str, name: str
    ) -> None:
        edit(nadia, before, after)

        ran = run_policy(nadia, "test", "--json")

        assert ran.code == 1
        assert any(result["name"].startswith(name) for result in ran.data["cases"] if not result["passed"])

    def test_a_case_that_fails_shows_expected_and_got_and_the_requirement_between_them(
        self, nadia: Terminal
    ) -> None:
        edit(nadia, "{approvals: 1, from: platform}", "{approvals: 2, from: platform}")

        ran = run_policy(nadia, "test", "-q", "policy-tests/everyday.yaml")

        assert ran.code == 1
        lines = ran.out.splitlines()
        start = lines.index("FAILED without anybody's word it waits, and says for what")
        assert lines[start + 1].strip().startswith("policy-tests/everyday.yaml:")
        assert lines[start + 2].strip() == (
            "missing: expected 1 of owner, 1 of platform, evals, soak; got 1 of owner, 2 of platform, evals, soak"
        )
        assert lines[start + 3].strip() == "missing approvals 2 of platform (medium-and-up): 0 of 2"
        assert not any(line.startswith("ok") for line in lines)

    def test_an_edit_means_what_diff_says_it_means(self, nadia: Terminal) -> None:
        name = case(
            nadia,
            "  - name: less money is only safer\n"
            "    agent: driver-brief\n"
            "    edit: {spec: {suspended: true}}\n"
            "    approved: [oskar]\n"
            "    expect: allowed\n",
        )

        ran = run_policy(nadia, "test", name, "--json")

        assert ran.code == 0, ran.out
        assert {requirement["rule"] for requirement in ran.data["cases"][0]["requirements"]} == {"only-safer"}

    def test_a_tier_below_the_floor_is_judged_at_the_floor(self, nadia: Terminal) -> None:
        name = case(
            nadia,
            "  - name: claims stay high\n"
            "    agent: claims-clerk\n"
            "    tier: {before: low, after: low}\n"
            "    changes: [behaviour neutral medium]\n"
            "    expect: pending\n"
            "    missing: [1 of owner, 1 of platform, 2 of risk, evals, soak]\n",
        )

        assert run_policy(nadia, "test", name).code == 0

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            (
                HOLDS.replace("delivery-desk", "delivery-dusk"),
                "no agent 'delivery-dusk'",
            ),
            ("  - {name: x, agent: delivery-desk, expect: pending}\n", "does not say what changes"),
            (HOLDS.replace("expect", "approved: [nadja], expect"), "nobody is called 'nadja'"),
            (HOLDS.replace("expect", "by: [nadja], expect"), "nobody is called 'nadja'"),
            (HOLDS.replace("expect", "to: staging, expect"), "no gated environment 'staging'"),
            (HOLDS.replace("expect", "tier: {after: huge}, expect"), "no tier 'huge'"),
            (HOLDS.replace("expect", "evals: {answer: passed}, expect"), "has no suite 'answer'"),
            (HOLDS.replace("expect", "soak: P1M, expect"), "P1M"),
            (HOLDS.replace("expect", "edit: {spec: {model: 7}}, expect"), "would not be valid"),
            (HOLDS.replace("expect", "left: P1D, expect"), "only a rollback can have 'left'"),
            (HOLDS.replace("expect", "kind: rollback, by: [tomas], expect"), "a rollback has no 'by'"),
            (HOLDS.replace("expect", "kind: rollback, breakGlass: true, expect"), "has no 'breakGlass'"),
            (HOLDS + HOLDS, "a second case 'it waits'"),
            (HOLDS.replace("expect", "expects"), "expects"),
            ("  - " + "[" * 50_000, "new.yaml"),
        ],
    )
    def test_an_invalid_case_is_an_error_at_its_place(self, nadia: Terminal, text: str, message: str) -> None:
        ran = run_policy(nadia, "test", case(nadia, text))

        assert (ran.code, ran.out) == (2, "")
        assert message in ran.err
        assert "new.yaml:" in ran.err

    def test_from_another_folder_files_are_named_relative_to_the_fleet(self, nadia: Terminal) -> None:
        edit(nadia, "expire: P14D", "expire: P20D")

        ran = run_policy(nadia, "test", "-C", str(nadia.folder), "policy-tests/everyday.yaml", "--json")

        assert ran.code == 1
        assert {result["file"] for result in ran.data["cases"]} == {"policy-tests/everyday.yaml"}

    def test_a_pipe_or_a_device_is_refused_at_once(self, nadia: Terminal) -> None:
        os.mkfifo(nadia.folder / "pipe.yaml")

        for name in ("pipe.yaml", "governance", "/dev/zero"):
            assert run_policy(nadia, "test", name).code == 2

    def test_nothing_to_test_is_never_a_success(self, nadia: Terminal) -> None:
        shutil.rmtree(nadia.folder / "policy-tests")

        assert run_policy(nadia, "test").code == 2
        assert run_policy(nadia, "test", "gone.yaml").code == 2
        assert run_policy(nadia, "test", case(nadia, "  []\n")).code == 2


class TestReady:
    @pytest.mark.parametrize("policy", ["small", "standard", "regulated"])
    def test_a_starter_policy_is_valid_and_can_be_met_by_its_people(
        self, tmp_path: Path, policy: str
    ) -> None:
        zoe = terminal(tmp_path)
        ran = zoe.fleet("init", "--yes", "--policy", policy, "--json")
        zoe.commit("start")

        assert (ran.code, ran.data["policy"]) == (0, policy)
        remarks = zoe.fleet("validate", "--json").data["findings"]
        assert {(finding["rule"], finding["severity"]) for finding in remarks} == {
            ("people-pattern", "warning")
        }
        assert check_findings(zoe) == {}
        assert "\nrollback:" in (zoe.folder / "governance/policy.yaml").read_text()
        for agent in ("handbook-lookup", "ticket-sorter"):
            manifest = zoe.folder / f"environments/staging/{agent}/agent.yaml"
            manifest.write_text(manifest.read_text().replace("lifecycle: draft", "lifecycle: production"))
        zoe.commit("ready")
        for agent in ("handbook-lookup", "ticket-sorter"):
            promotion = zoe.fleet("why", agent, "--json").data["promotions"][0]
            assert promotion["verdict"] == "pending"
            assert promotion["unblock"]["fewest"], promotion

    def test_the_starter_policies_require_more_and_more(self, tmp_path: Path) -> None:
        zoe, needed = terminal(tmp_path), []
        for policy in ("small", "standard", "regulated"):
            zoe.fleet("init", policy, "--yes", "--policy", policy)
            zoe.commit("start", at=policy)
            promotion = zoe.fleet("why", "ticket-sorter", "--json", at=policy).data["promotions"][0]
            needed.append(len(promotion["unblock"]["fewest"]))

        assert needed == [1, 2, 4]
