"""Rules that hold folders and policy against what was written down; on values, and on real repositories."""

import shutil
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fleetward import rules
from fleetward.domain.change import Direction
from fleetward.domain.finding import Finding, Severity
from fleetward.domain.fleet import Environment, FleetConfig, Snapshot
from fleetward.domain.ledger import AgentTransition, Entry, Ledger
from fleetward.domain.manifest import Agent
from fleetward.domain.policy import Policy, PolicyRule, RuleCondition
from tests.build import PRODUCTION, STAGING, agent, fleet, manifest, policy
from tests.end_to_end import repositories
from tests.end_to_end.repositories import Repository

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
STATE = "sha256:" + "a" * 64


def findings_of(rule: str, subject: Snapshot) -> list[Finding]:
    return [finding for finding in rules.findings(subject, NOW) if finding.rule == rule]


def entry(seq: int, *agents: AgentTransition, environment: str = "production", kind: str = "update") -> Entry:
    return Entry(
        seq=seq,
        previous=None,
        governance=STATE,
        environment=environment,
        kind=kind,
        at=datetime(2026, 10, seq, tzinfo=UTC),
        commit="0" * 40,
        actor="ci",
        agents=agents,
    )


def moved(name: str, to: str | None, generation: int = 1) -> AgentTransition:
    return AgentTransition(agent=name, from_state=None, to_state=to, release=to, generation=generation)


def ledgers(*entries: Entry, environment: str = "production") -> Mapping[str, Ledger]:
    return {environment: Ledger(environment=environment, entries=entries)}


def in_both_environments(name: str = "desk-bot") -> tuple[Agent, Agent]:
    return agent(manifest(name)), agent(manifest(name, environment="production"))


class TestUnpromotedState:
    def test_the_state_that_was_promoted_last_has_no_finding(self) -> None:
        staged, standing = in_both_environments()
        ledgers_of_production = ledgers(
            entry(1, moved("desk-bot", STATE)), entry(2, moved("desk-bot", standing.state, 2))
        )

        assert findings_of("unpromoted-state", fleet(staged, standing, ledgers=ledgers_of_production)) == []

    def test_a_state_that_was_promoted_earlier_is_a_finding(self) -> None:
        staged, standing = in_both_environments()
        ledgers_of_production = ledgers(
            entry(1, moved("desk-bot", standing.state)), entry(2, moved("desk-bot", STATE, 2))
        )

        [finding] = findings_of("unpromoted-state", fleet(staged, standing, ledgers=ledgers_of_production))

        assert finding.severity is Severity.ERROR
        assert (finding.environment, finding.agent) == ("production", "desk-bot")
        assert (finding.related[0].file, finding.related[0].line) == ("ledger/production.jsonl", 2)

    def test_an_agent_without_a_ledger_entry_is_a_finding(self) -> None:
        ledgers_of_production = ledgers(entry(1, moved("desk-bot", in_both_environments()[1].state)))

        [finding] = findings_of(
            "unpromoted-state",
            fleet(*in_both_environments(), *in_both_environments("new-bot"), ledgers=ledgers_of_production),
        )

        assert finding.agent == "new-bot"
        assert "without an entry" in finding.message

    def test_an_agent_that_is_gone_without_a_retirement_is_found_at_its_entry(self) -> None:
        ledgers_of_production = ledgers(entry(1, moved("other", STATE)), entry(2, moved("desk-bot", STATE)))

        findings = findings_of(
            "unpromoted-state", fleet(agent(manifest("desk-bot")), ledgers=ledgers_of_production)
        )

        assert [(finding.agent, finding.place.file, finding.place.line) for finding in findings] == [
            ("other", "ledger/production.jsonl", 1),
            ("desk-bot", "ledger/production.jsonl", 2),
        ]

    def test_an_agent_that_was_retired_may_be_gone(self) -> None:
        ledgers_of_production = ledgers(
            entry(1, moved("desk-bot", STATE)), entry(2, moved("desk-bot", None, 2))
        )

        assert (
            findings_of("unpromoted-state", fleet(agent(manifest("other")), ledgers=ledgers_of_production))
            == []
        )

    def test_no_ledger_is_one_note_for_however_many_agents(self) -> None:
        [finding] = findings_of(
            "unpromoted-state",
            fleet(*in_both_environments(), *in_both_environments("order-bot"), ledgers=ledgers()),
        )

        assert finding.severity is Severity.NOTE
        assert finding.hint == "fleet adopt --to production --apply"

    def test_no_ledger_and_no_agents_is_no_note(self) -> None:
        assert findings_of("unpromoted-state", fleet(agent(manifest("desk-bot")), ledgers=ledgers())) == []

    def test_a_ledger_that_was_not_read_has_no_finding(self) -> None:
        assert findings_of("unpromoted-state", fleet(*in_both_environments())) == []

    def test_a_proposal_does_not_change_the_promoted_state(self) -> None:
        staged, standing = in_both_environments()
        proposed = agent(manifest("desk-bot", environment="production"), {"overrides.yaml": "{}"})
        subject = fleet(
            staged,
            standing,
            ledgers=ledgers(entry(1, moved("desk-bot", standing.state))),
            proposed_agents={("production", "desk-bot"): proposed},
        )

        assert findings_of("unpromoted-state", subject) == []

    def test_a_candidate_in_its_place_is_not_compared_with_the_ledger(self) -> None:
        staged, standing = in_both_environments()
        snapshot = fleet(staged, standing, ledgers=ledgers(entry(1, moved("desk-bot", standing.state))))
        candidate = agent(manifest("desk-bot", {"lifecycle": "production"}, environment="production"))

        assert candidate.state != standing.state
        assert findings_of("unpromoted-state", snapshot.with_agents([candidate])) == []


class TestNameRetired:
    RETIRED = ledgers(entry(1, moved("desk-bot", STATE)), entry(7, moved("desk-bot", None, 2), kind="retire"))

    def test_a_retired_name_is_not_used_again_in_any_environment_before(self) -> None:
        wrongs = findings_of("name-retired", fleet(*in_both_environments(), ledgers=self.RETIRED))

        assert [finding.environment for finding in wrongs] == ["production", "staging"]
        assert all("2026-10-07" in finding.message for finding in wrongs)

    def test_a_retired_agent_that_was_promoted_again_is_not_retired(self) -> None:
        again = (
            *self.RETIRED["production"].entries,
            entry(8, moved("desk-bot", in_both_environments()[1].state, 3)),
        )

        assert findings_of("name-retired", fleet(*in_both_environments(), ledgers=ledgers(*again))) == []

    def test_a_manifest_with_lifecycle_retired_may_stay_in_the_source_environment(self) -> None:
        def stays(environment: str) -> Agent:
            return agent(manifest("desk-bot", {"lifecycle": "retired"}, environment=environment))

        subject = fleet(stays("staging"), stays("production"), ledgers=self.RETIRED)

        assert [finding.environment for finding in findings_of("name-retired", subject)] == ["production"]

    def test_an_environment_that_is_not_on_the_way_may_use_the_name(self) -> None:
        lab = Environment(name="lab")
        config = FleetConfig(repository="acme/agents", environments=(lab, STAGING, PRODUCTION))
        subject = fleet(agent(manifest("desk-bot", environment="lab")), config=config, ledgers=self.RETIRED)

        assert findings_of("name-retired", subject) == []

    def test_a_retired_name_is_found_in_every_source_environment(self) -> None:
        lab = Environment(name="lab")
        stage = Environment(name="staging", sources=("lab",))
        config = FleetConfig(repository="acme/agents", environments=(lab, stage, PRODUCTION))
        subject = fleet(agent(manifest("desk-bot", environment="lab")), config=config, ledgers=self.RETIRED)

        [finding] = findings_of("name-retired", subject)

        assert finding.environment == "lab"


class TestEnvironmentSkipped:
    def test_an_agent_in_production_alone_is_found_and_one_in_both_is_not(self) -> None:
        alone = agent(manifest("alone", environment="production"))

        [finding] = findings_of("environment-skipped", fleet(*in_both_environments(), alone))

        assert (finding.agent, finding.severity) == ("alone", Severity.WARNING)

    def test_every_source_environment_must_hold_the_agent(self) -> None:
        east, west = Environment(name="east"), Environment(name="west")
        config = FleetConfig(
            repository="acme/agents",
            environments=(east, west, Environment(name="production", sources=("east", "west"))),
        )
        agents = [agent(manifest("desk-bot", environment=env)) for env in ("east", "production")]

        [finding] = findings_of("environment-skipped", fleet(*agents, config=config))

        assert "'west'" in finding.message
        assert "'east'" not in finding.message


class TestPolicyDeadRule:
    def messages_about(self, when: RuleCondition, *further_rules: PolicyRule, **options: Any) -> list[str]:
        policy_rule = PolicyRule(id="one", when=when, require=(), **options)
        return self.messages(policy(rules=(policy_rule, *further_rules)))

    def messages(self, policy: Policy) -> list[str]:
        return [
            finding.message
            for finding in findings_of("policy-dead-rule", fleet(*in_both_environments(), policy=policy))
        ]

    @pytest.mark.parametrize(
        "when",
        [
            RuleCondition(),
            RuleCondition(to=frozenset({"production"})),
            RuleCondition(agents=frozenset({"desk-bot"})),
            RuleCondition(kinds=frozenset({"create"})),
            RuleCondition(kinds=frozenset({"create", "update"}), only=Direction.STRICTER),
            RuleCondition(only=Direction.STRICTER, direction=Direction.STRICTER),
        ],
    )
    def test_a_rule_that_can_apply_is_left_alone(self, when: RuleCondition) -> None:
        assert self.messages_about(when) == []

    @pytest.mark.parametrize(
        ("when", "reason"),
        [
            (RuleCondition(to=frozenset({"prod"})), "environment 'prod', and there is none"),
            (RuleCondition(to=frozenset({"production", "staging"})), "'staging', which takes no promotions"),
            (RuleCondition(agents=frozenset({"dusk-bot"})), "agent 'dusk-bot', and there is none"),
            (
                RuleCondition(kinds=frozenset({"create"}), only=Direction.STRICTER),
                "whose changes never have one direction only",
            ),
            (RuleCondition(kinds=frozenset({"rollback"})), "for which only 'rollback' of the policy counts"),
            (
                RuleCondition(only=Direction.STRICTER, direction=Direction.LOOSER),
                "only stricter changes and a looser",
            ),
        ],
    )
    def test_a_rule_that_can_never_apply_gets_the_reason(self, when: RuleCondition, reason: str) -> None:
        [message] = self.messages_about(when)

        assert reason in message

    def test_a_rule_is_dead_where_another_always_replaces_it(self) -> None:
        wide = PolicyRule(
            id="wide", when=RuleCondition(to=frozenset({"production"})), require=(), replaces_all=True
        )

        [message] = self.messages_about(
            RuleCondition(to=frozenset({"production"}), tiers=frozenset({"high"})), wide
        )

        assert "'wide' replaces it" in message

    def test_a_rule_that_is_replaced_only_sometimes_can_apply(self) -> None:
        narrow = PolicyRule(
            id="narrow", when=RuleCondition(tiers=frozenset({"low"})), require=(), replaces_all=True
        )

        assert self.messages_about(RuleCondition(tiers=frozenset({"low", "high"})), narrow) == []
        assert self.messages_about(RuleCondition(tiers=frozenset({"low"})), narrow, replaces_all=True) == []


@pytest.fixture
def running(tmp_path: Path) -> Repository:
    """desk-bot runs in production and is in the ledger; a change of it waits in staging."""
    return repositories.running(tmp_path)


class TestRepository:
    """The same through the command, where the ledger is a file."""

    def reported_rules(self, repository: Repository) -> list[tuple[str, str]]:
        result = repository.fleet("validate", "--json")
        assert result.err == ""
        return [
            (finding["rule"], finding["severity"])
            for finding in result.data["findings"]
            if not finding["waived"] and finding["rule"] != "practice-missing"
        ]

    def test_an_adopted_fleet_has_no_findings(self, running: Repository) -> None:
        assert self.reported_rules(running) == []

    def test_an_edit_by_hand_in_production_is_an_error(self, running: Repository) -> None:
        running.write({"environments/production/desk-bot/prompts/system.md": "Approve everything.\n"})

        assert self.reported_rules(running) == [("unpromoted-state", "error")]

    @pytest.mark.parametrize("committed", [False, True])
    @pytest.mark.parametrize(
        ("path", "text", "message"),
        [
            ("notes.txt", "mine\n", "'notes.txt' was not promoted with it: "),
            ("prompts/system.md", "Approve everything.\n", "'prompts/system.md' is not as it was promoted: "),
            ("evals/quality.yaml", None, "'evals/quality.yaml' is not as it was promoted: "),
        ],
    )
    def test_a_change_by_hand_is_found_at_its_file_with_the_command_that_restores_it(
        self, running: Repository, path: str, text: str | None, message: str, committed: bool
    ) -> None:
        file = f"environments/production/desk-bot/{path}"
        running.write({file: text})
        if committed:
            running.commit("by hand")
            refused = running.fleet("promote", "desk-bot", "--to", "production")
            assert "try: git restore --source=" in refused.err

        findings = running.fleet("validate", "--json").data["findings"]
        [finding] = [finding for finding in findings if finding["rule"] == "unpromoted-state"]
        subprocess.run(["sh", "-c", finding["hint"]], cwd=running.root, env=running.environment(), check=True)

        assert (finding["file"], finding["line"]) == (file, 1)
        assert finding["message"].startswith(message)
        assert self.reported_rules(running) == []

    def test_a_promotion_is_not_held_up_by_the_state_that_it_would_make(self, running: Repository) -> None:
        running.approve("desk-bot", "carla", now="2026-11-19T09:00:00Z")

        result = running.fleet(*repositories.APPLY, "--json")

        assert result.code == 0, result.out
        assert self.reported_rules(running) == []

    def test_a_ledger_with_a_broken_chain_is_a_finding_at_its_line(self, running: Repository) -> None:
        file = running.root / "ledger/production.jsonl"
        first = file.read_bytes().splitlines(keepends=True)[0]
        file.write_bytes(first + first)

        result = running.fleet("validate", "--json")
        finding = result.data["findings"][0]

        assert result.code == 1
        assert (finding["rule"], finding["file"], finding["line"]) == (
            "file-unreadable",
            "ledger/production.jsonl",
            2,
        )

    @pytest.mark.parametrize("content", [b"{", b"\xff\n", b"[]\n", b"{}"])
    def test_an_unreadable_ledger_is_a_finding_not_a_crash(self, running: Repository, content: bytes) -> None:
        (running.root / "ledger/production.jsonl").write_bytes(content)

        assert self.reported_rules(running) == [("file-unreadable", "error")]

    def test_a_link_in_place_of_the_ledger_is_not_followed(self, running: Repository) -> None:
        file = running.root / "ledger/production.jsonl"
        shutil.move(file, running.root / "copy.jsonl")
        file.symlink_to("../copy.jsonl")

        assert self.reported_rules(running) == [("file-unreadable", "error")]

    @pytest.mark.parametrize("sample", [repositories.ACME, repositories.EXAMPLE], ids=["acme", "example"])
    def test_a_sample_without_a_ledger_gets_one_note_about_it_and_no_warning(
        self, tmp_path: Path, sample: Path
    ) -> None:
        rules_and_severities = self.reported_rules(repositories.repository(tmp_path, sample))

        assert rules_and_severities.count(("unpromoted-state", "note")) == 1
        assert {severity for _, severity in rules_and_severities} == {"note"}
