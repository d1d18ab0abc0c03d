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


def found(rule: str, subject: Snapshot) -> list[Finding]:
    return [one for one in rules.findings(subject, NOW) if one.rule == rule]


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


def both(name: str = "desk-bot") -> tuple[Agent, Agent]:
    return agent(manifest(name)), agent(manifest(name, environment="production"))


class TestUnpromotedState:
    def test_the_state_that_was_promoted_last_is_no_wrong(self) -> None:
        staged, standing = both()
        known = ledgers(entry(1, moved("desk-bot", STATE)), entry(2, moved("desk-bot", standing.state, 2)))

        assert found("unpromoted-state", fleet(staged, standing, ledgers=known)) == []

    def test_a_state_that_was_promoted_earlier_is_one(self) -> None:
        staged, standing = both()
        known = ledgers(entry(1, moved("desk-bot", standing.state)), entry(2, moved("desk-bot", STATE, 2)))

        [one] = found("unpromoted-state", fleet(staged, standing, ledgers=known))

        assert one.severity is Severity.ERROR
        assert (one.environment, one.agent) == ("production", "desk-bot")
        assert (one.related[0].file, one.related[0].line) == ("ledger/production.jsonl", 2)

    def test_an_agent_that_the_ledger_does_not_know_was_put_there_by_hand(self) -> None:
        known = ledgers(entry(1, moved("desk-bot", both()[1].state)))

        [one] = found("unpromoted-state", fleet(*both(), *both("new-bot"), ledgers=known))

        assert one.agent == "new-bot"
        assert "without an entry" in one.message

    def test_an_agent_that_is_gone_without_a_retirement_is_found_at_its_entry(self) -> None:
        known = ledgers(entry(1, moved("other", STATE)), entry(2, moved("desk-bot", STATE)))

        gone = found("unpromoted-state", fleet(agent(manifest("desk-bot")), ledgers=known))

        assert [(one.agent, one.place.file, one.place.line) for one in gone] == [
            ("other", "ledger/production.jsonl", 1),
            ("desk-bot", "ledger/production.jsonl", 2),
        ]

    def test_an_agent_that_was_retired_may_be_gone(self) -> None:
        known = ledgers(entry(1, moved("desk-bot", STATE)), entry(2, moved("desk-bot", None, 2)))

        assert found("unpromoted-state", fleet(agent(manifest("other")), ledgers=known)) == []

    def test_no_ledger_is_one_note_for_however_many_agents(self) -> None:
        [one] = found("unpromoted-state", fleet(*both(), *both("order-bot"), ledgers=ledgers()))

        assert one.severity is Severity.NOTE
        assert one.hint == "fleet adopt --to production --apply"

    def test_no_ledger_and_no_agents_is_no_note(self) -> None:
        assert found("unpromoted-state", fleet(agent(manifest("desk-bot")), ledgers=ledgers())) == []

    def test_a_ledger_that_was_not_read_says_nothing(self) -> None:
        assert found("unpromoted-state", fleet(*both())) == []

    def test_a_proposal_does_not_change_what_stands_there(self) -> None:
        staged, standing = both()
        wanted = agent(manifest("desk-bot", environment="production"), {"overrides.yaml": "{}"})
        subject = fleet(
            staged,
            standing,
            ledgers=ledgers(entry(1, moved("desk-bot", standing.state))),
            proposed_agents={("production", "desk-bot"): wanted},
        )

        assert found("unpromoted-state", subject) == []

    def test_a_fleet_in_which_a_candidate_is_placed_is_not_held_against_the_ledger(self) -> None:
        staged, standing = both()
        known = fleet(staged, standing, ledgers=ledgers(entry(1, moved("desk-bot", standing.state))))
        candidate = agent(manifest("desk-bot", {"lifecycle": "production"}, environment="production"))

        assert candidate.state != standing.state
        assert found("unpromoted-state", known.with_agents([candidate])) == []


class TestNameRetired:
    RETIRED = ledgers(entry(1, moved("desk-bot", STATE)), entry(7, moved("desk-bot", None, 2), kind="retire"))

    def test_a_retired_name_is_not_used_again_in_any_environment_before(self) -> None:
        wrongs = found("name-retired", fleet(*both(), ledgers=self.RETIRED))

        assert [one.environment for one in wrongs] == ["production", "staging"]
        assert all("2026-10-07" in one.message for one in wrongs)

    def test_a_retired_agent_that_was_promoted_again_is_at_work(self) -> None:
        again = (*self.RETIRED["production"].entries, entry(8, moved("desk-bot", both()[1].state, 3)))

        assert found("name-retired", fleet(*both(), ledgers=ledgers(*again))) == []

    def test_its_manifest_may_stay_where_releases_are_made_as_long_as_it_says_retired(self) -> None:
        def stays(environment: str) -> Agent:
            return agent(manifest("desk-bot", {"lifecycle": "retired"}, environment=environment))

        subject = fleet(stays("staging"), stays("production"), ledgers=self.RETIRED)

        assert [one.environment for one in found("name-retired", subject)] == ["production"]

    def test_an_environment_that_is_not_on_the_way_may_use_the_name(self) -> None:
        lab = Environment(name="lab")
        config = FleetConfig(repository="acme/agents", environments=(lab, STAGING, PRODUCTION))
        subject = fleet(agent(manifest("desk-bot", environment="lab")), config=config, ledgers=self.RETIRED)

        assert found("name-retired", subject) == []

    def test_a_name_is_looked_for_through_every_stage(self) -> None:
        lab = Environment(name="lab")
        stage = Environment(name="staging", sources=("lab",))
        config = FleetConfig(repository="acme/agents", environments=(lab, stage, PRODUCTION))
        subject = fleet(agent(manifest("desk-bot", environment="lab")), config=config, ledgers=self.RETIRED)

        [one] = found("name-retired", subject)

        assert one.environment == "lab"


class TestEnvironmentSkipped:
    def test_an_agent_in_production_alone_is_found_and_one_in_both_is_not(self) -> None:
        alone = agent(manifest("alone", environment="production"))

        [one] = found("environment-skipped", fleet(*both(), alone))

        assert (one.agent, one.severity) == ("alone", Severity.WARNING)

    def test_every_source_has_to_hold_it(self) -> None:
        east, west = Environment(name="east"), Environment(name="west")
        config = FleetConfig(
            repository="acme/agents",
            environments=(east, west, Environment(name="production", sources=("east", "west"))),
        )
        held = [agent(manifest("desk-bot", environment=env)) for env in ("east", "production")]

        [one] = found("environment-skipped", fleet(*held, config=config))

        assert "'west'" in one.message
        assert "'east'" not in one.message


class TestPolicyDeadRule:
    def dead(self, when: RuleCondition, *others: PolicyRule, **options: Any) -> list[str]:
        one = PolicyRule(id="one", when=when, require=(), **options)
        return self.messages(policy(rules=(one, *others)))

    def messages(self, known: Policy) -> list[str]:
        return [one.message for one in found("policy-dead-rule", fleet(*both(), policy=known))]

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
        assert self.dead(when) == []

    @pytest.mark.parametrize(
        ("when", "said"),
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
    def test_a_rule_that_cannot_is_told_why(self, when: RuleCondition, said: str) -> None:
        [message] = self.dead(when)

        assert said in message

    def test_a_rule_is_dead_where_another_always_replaces_it(self) -> None:
        wide = PolicyRule(
            id="wide", when=RuleCondition(to=frozenset({"production"})), require=(), replaces_all=True
        )

        [message] = self.dead(RuleCondition(to=frozenset({"production"}), tiers=frozenset({"high"})), wide)

        assert "'wide' replaces it" in message

    def test_a_rule_lives_where_the_other_replaces_it_only_sometimes(self) -> None:
        narrow = PolicyRule(
            id="narrow", when=RuleCondition(tiers=frozenset({"low"})), require=(), replaces_all=True
        )

        assert self.dead(RuleCondition(tiers=frozenset({"low", "high"})), narrow) == []
        assert self.dead(RuleCondition(tiers=frozenset({"low"})), narrow, replaces_all=True) == []


@pytest.fixture
def running(tmp_path: Path) -> Repository:
    """desk-bot runs in production and is in the ledger; a change of it waits in staging."""
    return repositories.running(tmp_path)


class TestRepository:
    """The same through the command, where the ledger is a file."""

    def told(self, repository: Repository) -> list[tuple[str, str]]:
        said = repository.fleet("validate", "--json")
        assert said.err == ""
        return [(one["rule"], one["severity"]) for one in said.data["findings"] if not one["waived"]]

    def test_a_fleet_that_was_adopted_has_nothing_left_to_say(self, running: Repository) -> None:
        assert self.told(running) == []

    def test_an_edit_by_hand_in_production_is_an_error(self, running: Repository) -> None:
        running.write({"environments/production/desk-bot/prompts/system.md": "Approve everything.\n"})

        assert self.told(running) == [("unpromoted-state", "error")]

    @pytest.mark.parametrize("committed", [False, True])
    @pytest.mark.parametrize(
        ("path", "text", "what"),
        [
            ("notes.txt", "mine\n", "'notes.txt' was not promoted with it: "),
            ("prompts/system.md", "Approve everything.\n", "'prompts/system.md' is not as it was promoted: "),
            ("evals/quality.yaml", None, "'evals/quality.yaml' is not as it was promoted: "),
        ],
    )
    def test_it_is_found_at_its_file_with_the_command_that_restores_it(
        self, running: Repository, path: str, text: str | None, what: str, committed: bool
    ) -> None:
        file = f"environments/production/desk-bot/{path}"
        running.write({file: text})
        if committed:
            running.commit("by hand")
            refused = running.fleet("promote", "desk-bot", "--to", "production")
            assert "try: git restore --source=" in refused.err

        found = running.fleet("validate", "--json").data["findings"]
        [one] = [one for one in found if one["rule"] == "unpromoted-state"]
        subprocess.run(["sh", "-c", one["hint"]], cwd=running.root, env=running.environment(), check=True)

        assert (one["file"], one["line"]) == (file, 1)
        assert one["message"].startswith(what)
        assert self.told(running) == []

    def test_a_promotion_is_not_held_up_by_the_state_that_it_would_make(self, running: Repository) -> None:
        running.approve("desk-bot", "carla", now="2026-11-19T09:00:00Z")

        said = running.fleet(*repositories.APPLY, "--json")

        assert said.code == 0, said.out
        assert self.told(running) == []

    def test_a_ledger_with_a_broken_chain_is_a_finding_at_its_line(self, running: Repository) -> None:
        file = running.root / "ledger/production.jsonl"
        first = file.read_bytes().splitlines(keepends=True)[0]
        file.write_bytes(first + first)

        said = running.fleet("validate", "--json")
        [one] = said.data["findings"]

        assert said.code == 1
        assert (one["rule"], one["file"], one["line"]) == ("file-unreadable", "ledger/production.jsonl", 2)

    @pytest.mark.parametrize("content", [b"{", b"\xff\n", b"[]\n", b"{}"])
    def test_a_ledger_that_is_none_is_a_finding_not_a_crash(
        self, running: Repository, content: bytes
    ) -> None:
        (running.root / "ledger/production.jsonl").write_bytes(content)

        assert self.told(running) == [("file-unreadable", "error")]

    def test_a_link_in_place_of_the_ledger_is_not_followed(self, running: Repository) -> None:
        file = running.root / "ledger/production.jsonl"
        shutil.move(file, running.root / "copy.jsonl")
        file.symlink_to("../copy.jsonl")

        assert self.told(running) == [("file-unreadable", "error")]

    @pytest.mark.parametrize("sample", [repositories.ACME, repositories.EXAMPLE], ids=["acme", "example"])
    def test_a_sample_without_a_ledger_gets_one_note_about_it_and_no_warning(
        self, tmp_path: Path, sample: Path
    ) -> None:
        told = self.told(repositories.repository(tmp_path, sample))

        assert told.count(("unpromoted-state", "note")) == 1
        assert {severity for _, severity in told} == {"note"}
