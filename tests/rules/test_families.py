"""Edges of single rules, which the case folders leave out."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from fleetward import rules
from fleetward.domain.finding import Finding, Place, Severity
from fleetward.domain.fleet import Environment, FleetConfig, Snapshot
from fleetward.domain.manifest import Agent
from fleetward.domain.people import Membership, People, Person, Team
from fleetward.rules.dependencies import cycles
from fleetward.rules.environments import touched
from fleetward.rules.prompts import is_inside
from tests.build import agent, fleet, manifest, people, policy, register

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
TEAMS = people({"desk": ["carla", "dina"]})
USUAL: Mapping[str, Any] = {
    "lifecycle": "production",
    "owner": {"team": "desk", "accountable": "carla"},
    "risk": {"tier": "medium", "assessedAt": "2026-09-01"},
    "model": {"provider": "openai", "name": "gpt-4.1-2025-04-14"},
}


def found(rule: str, subject: Snapshot, now: datetime = NOW) -> list[Finding]:
    return [one for one in rules.findings(subject, now) if one.rule == rule]


def single(spec: Mapping[str, Any], **governance: Any) -> Snapshot:
    known = {"people": TEAMS, "policy": policy(), **governance}
    return fleet(manifest("desk-bot", {**USUAL, **spec}), **known)


def test_the_barest_manifest_is_judged_by_every_rule_without_an_exception() -> None:
    bare = fleet(manifest("bare", {}))

    assert {one.rule for one in rules.findings(bare, NOW)} >= {"owner-unknown", "retirement-missing"}


def test_an_unreadable_agent_is_passed_over_and_the_others_are_judged() -> None:
    broken = Agent(
        environment="staging", name="broken", folder="environments/staging/broken", files=(), manifest=None
    )
    lost = agent(manifest("lost", {**USUAL, "owner": {"team": "nobody"}}))

    [one] = found("owner-unknown", fleet(broken, lost, people=TEAMS, policy=policy()))

    assert one.agent == "lost"


class TestOwner:
    def person(self, **when: date) -> People:
        other = Person(id="erin", name="Erin", emails=("erin@acme.example",), **when)
        return people({"desk": ["carla", "dina"]}, other)

    def owned(self, path: str = "accountable", **when: date) -> Snapshot:
        owner = {"team": "desk", "accountable": "carla", path: "erin"}
        return single({"owner": owner}, people=self.person(**when))

    @pytest.mark.parametrize("path", ["accountable", "backup"])
    def test_somebody_is_gone_from_the_day_of_leaving_on(self, path: str) -> None:
        leaving = self.owned(path, departed=date(2026, 11, 20))

        [gone] = found("owner-left", leaving, datetime(2026, 11, 20, tzinfo=UTC))
        assert gone.place.path == f"spec.owner.{path}"
        assert found("owner-left", leaving, datetime(2026, 11, 19, 23, 59, tzinfo=UTC)) == []

    def test_somebody_who_is_yet_to_come_does_not_own(self) -> None:
        [early] = found("owner-left", self.owned(since=date(2026, 12, 1)))

        assert "2026-12-01" in early.message

    def test_a_role_held_by_somebody_who_left_is_found(self) -> None:
        owner = {"team": "desk", "accountable": "carla", "roles": {"prompts": "erin"}}

        [gone] = found("owner-left", single({"owner": owner}, people=self.person(departed=date(2026, 1, 1))))

        assert gone.place.path == "spec.owner.roles.prompts"

    def test_a_team_cannot_be_accountable(self) -> None:
        [one] = found("role-unknown", single({"owner": {"team": "desk", "accountable": "desk"}}))

        assert one.place.path == "spec.owner.accountable"

    def test_an_unknown_owner_of_a_connector_is_found_in_the_register(self) -> None:
        connectors = register({"connectors": {"crm": {"owner": "nobody"}}})

        [one] = found("role-unknown", single({}, connectors=connectors))

        assert one.place.file == "governance/connectors.yaml"

    def test_accountable_and_backup_in_one_person_is_one_person(self) -> None:
        owner = {"team": "desk", "accountable": "carla", "backup": "carla"}

        [one] = found("owner-alone", single({"owner": owner}))

        assert one.place.path == "spec.owner.backup"

    def test_a_membership_that_ended_yesterday_leaves_the_team_empty(self) -> None:
        known = people({"desk": ["carla"]})
        ended = Membership(person="carla", until=date(2026, 11, 19))
        subject = single(
            {}, people=People(people=known.people, teams={"desk": Team(id="desk", members=(ended,))})
        )

        assert len(found("team-empty", subject)) == 1
        assert found("owner-alone", subject) == []


class TestTier:
    FLOORS: Mapping[str, Any] = {
        "medium": ({"dataSensitivity": "confidential"}, {"toolAccess": "write"}),
        "high": ({"reversibility": "irreversible", "autonomy": "act"},),
    }

    def risky(self, tier: str, **spec: Any) -> Snapshot:
        return single(
            {"risk": {"tier": tier, "factors": spec.pop("factors", {})}, **spec}, policy=self.floors()
        )

    def floors(self) -> Any:
        return policy(floors=self.FLOORS)

    def test_a_factor_above_the_line_counts_as_reaching_it(self) -> None:
        calm = {"dataSensitivity": "restricted", "reversibility": "reversible", "autonomy": "suggest"}

        [one] = found("tier-below-floor", self.risky("low", factors=calm))

        assert "'medium'" in one.message

    def test_a_line_holds_only_when_all_of_it_holds(self) -> None:
        half = {"dataSensitivity": "public", "reversibility": "irreversible", "autonomy": "act-with-review"}

        assert found("tier-below-floor", self.risky("low", factors=half)) == []

    def test_a_factor_left_out_of_written_factors_counts_as_its_highest(self) -> None:
        [one] = found("tier-below-floor", self.risky("low", factors={"dataSensitivity": "public"}))

        assert "'high'" in one.message

    def test_without_factors_the_tools_still_count(self) -> None:
        writing = {"tools": [{"name": "crm", "access": "write"}]}

        assert len(found("tier-below-floor", self.risky("low", **writing))) == 1
        assert found("tier-below-floor", self.risky("low")) == []
        assert found("tier-below-floor", self.risky("medium", **writing)) == []

    def test_an_undefined_tier_is_said_once(self) -> None:
        subject = single({"risk": {"tier": "moderate"}}, policy=policy(required={"low": ("spec.purpose",)}))

        assert len(found("tier-undefined", subject)) == 1
        assert found("required-for-tier", subject) == []
        assert found("tier-below-floor", subject) == []

    def test_what_lower_tiers_require_is_required_above_them_and_not_the_other_way_round(self) -> None:
        required = {"low": ("spec.purpose.summary",), "high": ("spec.guardrails.killSwitch",)}

        [one] = found("required-for-tier", single({}, policy=policy(required=required)))

        assert "spec.purpose.summary" in one.message
        assert "'low'" in one.message

    def test_an_empty_list_is_not_there(self) -> None:
        required = {"low": ("spec.evals",)}

        assert len(found("required-for-tier", single({"evals": []}, policy=policy(required=required)))) == 1


class TestModel:
    def test_floating_is_a_warning_for_the_lowest_tier_and_an_error_above(self) -> None:
        floating = {"model": {"provider": "openai", "name": "gpt-4.1"}}

        [low] = found("model-floating", single({**floating, "risk": {"tier": "low"}}))
        [medium] = found("model-floating", single(floating))

        assert (low.severity, medium.severity) == (Severity.WARNING, Severity.ERROR)

    def test_fallbacks_judges_and_embeddings_are_models_too(self) -> None:
        alias = {"provider": "openai", "name": "gpt-4.1"}
        spec = {
            "model": {**USUAL["model"], "fallbacks": [alias]},
            "evals": [{"name": "quality", "suite": "q.yaml", "judge": alias}],
            "knowledge": [{"name": "orders", "source": "kb:orders", "embedding": alias}],
        }

        assert {one.place.path for one in found("model-floating", single(spec))} == {
            "spec.model.fallbacks[0].name",
            "spec.evals[quality].judge.name",
            "spec.knowledge[orders].embedding.name",
        }

    @pytest.mark.parametrize(
        ("day", "severity"),
        [
            ("2026-11-19", Severity.ERROR),
            ("2026-11-20", Severity.WARNING),
            ("2027-02-18", Severity.WARNING),
            ("2027-02-19", None),
        ],
    )
    def test_retiring_warns_ninety_days_ahead_and_is_an_error_after_the_last_day(
        self, day: str, severity: Severity | None
    ) -> None:
        entry = {**USUAL["model"], "allowed": True, "retiresAt": day}

        said = found(
            "model-retiring", single({}, models=register({"models": [entry]}, "governance/models.yaml"))
        )

        assert [one.severity for one in said] == ([severity] if severity else [])

    def test_the_policy_sets_how_early_it_warns(self) -> None:
        entry = {**USUAL["model"], "allowed": True, "retiresAt": "2026-12-20"}
        later = policy(limits={"retiring": timedelta(days=7)})

        assert found("model-retiring", single({}, models=register({"models": [entry]}), policy=later)) == []

    def test_a_register_that_allows_nothing_by_name_refuses_only_what_it_refuses(self) -> None:
        calendar = register({"models": [{"provider": "openai", "name": "gpt-4-0613", "allowed": False}]})

        assert found("model-not-allowed", single({}, models=calendar)) == []
        refused = {"model": {"provider": "openai", "name": "gpt-4-0613"}}
        assert len(found("model-not-allowed", single(refused, models=calendar))) == 1


@pytest.mark.parametrize(
    "name",
    [
        "/etc/passwd",
        "../a.md",
        "a/../b.md",
        "./a.md",
        "a/./b.md",
        ".git/config",
        "a/.GIT/x",
        "a\\b.md",
        "a//b",
        "a/",
        "",
        "C:/a.md",
    ],
)
def test_a_path_that_leaves_the_folder_is_outside(name: str) -> None:
    assert not is_inside(name)
    spec = {"prompts": [{"name": "system", "file": name}]}
    assert len(found("prompt-outside", single(spec))) == 1
    assert found("prompt-missing", single(spec)) == []


@pytest.mark.parametrize(
    "name", ["system.md", "prompts/system.md", "a/b/c..md", ".hidden/x", "gitignore/.gitkeep"]
)
def test_a_path_that_stays_is_inside(name: str) -> None:
    assert is_inside(name)


@pytest.mark.parametrize("text", ["\ufeff \n\t\n", "\u00a0\u3000\n"])
def test_a_prompt_of_white_space_and_a_byte_order_mark_is_empty(text: str) -> None:
    spec = {**USUAL, "prompts": [{"name": "system", "file": "system.md"}]}
    subject = agent(manifest("desk-bot", spec), {"system.md": text})

    assert len(found("prompt-empty", fleet(subject, people=TEAMS, policy=policy()))) == 1


class TestTools:
    def crm(self, **changed: Any) -> dict[str, Any]:
        usual = {"name": "crm", "connector": "crm", "allow": ["order.cancel"], "access": "write"}
        return {"tools": [{**usual, **changed}]}

    def test_without_a_register_no_connector_is_known(self) -> None:
        assert len(found("connector-unknown", single(self.crm()))) == 1
        assert found("connector-unknown", single({"tools": [{"name": "clock", "kind": "function"}]})) == []

    @pytest.mark.parametrize(
        "safe",
        [
            {"reversible": True},
            {"approval": "always"},
            {"approval": "on-irreversible"},
            {"access": "read"},
            {"allow": ["order.read", "orders.search"]},
            {"allow": []},
        ],
    )
    def test_one_way_of_being_safe_is_enough(self, safe: dict[str, Any]) -> None:
        assert len(found("irreversible-without-review", single(self.crm()))) == 1
        assert found("irreversible-without-review", single(self.crm(**safe))) == []

    def test_each_operation_that_changes_something_is_looked_at_or_named(self) -> None:
        tools = self.crm(allow=["order.read", "order.cancel", "order.refund"])
        reviewed = {"guardrails": {"humanReview": {"required": ["crm.order.cancel"]}}}

        [one] = found("irreversible-without-review", single({**tools, **reviewed}))

        assert "'order.refund'" in one.message
        assert "order.cancel" not in one.message

    def test_reviewing_the_whole_tool_covers_its_operations(self) -> None:
        reviewed = {"guardrails": {"humanReview": {"required": ["crm"]}}}

        assert found("irreversible-without-review", single({**self.crm(), **reviewed})) == []

    def test_the_same_agent_in_two_environments_shares_its_account_with_nobody(self) -> None:
        spec = {**USUAL, **self.crm(identity="svc-desk-bot")}
        both = [
            manifest("desk-bot", spec, environment=environment) for environment in ("staging", "production")
        ]

        assert found("identity-shared", fleet(*both, people=TEAMS, policy=policy())) == []


class TestDependencies:
    def calling(self, **calls: tuple[str, ...]) -> Snapshot:
        manifests = [
            manifest(name, {**USUAL, "dependsOn": [{"agent": needed} for needed in needs]})
            for name, needs in calls.items()
        ]
        return fleet(*manifests, people=TEAMS, policy=policy())

    def test_an_agent_of_another_environment_is_not_there(self) -> None:
        lookup = manifest("lookup", USUAL)
        caller = manifest("caller", {**USUAL, "dependsOn": [{"agent": "lookup"}]}, environment="production")

        assert len(found("dependency-missing", fleet(lookup, caller, people=TEAMS, policy=policy()))) == 1

    def test_a_circle_of_three_is_one_finding_that_shows_all_three(self) -> None:
        [one] = found("dependency-cycle", self.calling(c=("a",), a=("b",), b=("c",), d=("a",)))

        assert "a -> b -> c -> a" in one.message
        assert one.agent == "a"
        assert len(one.related) == 2

    def test_an_agent_that_needs_itself_is_a_circle(self) -> None:
        [one] = found("dependency-cycle", self.calling(a=("a",)))

        assert "a -> a" in one.message

    def test_a_diamond_is_no_circle(self) -> None:
        assert found("dependency-cycle", self.calling(a=("b", "c"), b=("d",), c=("d",), d=())) == []

    def test_two_circles_are_two_findings(self) -> None:
        calls = {"a": {"b": ""}, "b": {"a": "", "c": ""}, "c": {"d": ""}, "d": {"c": ""}}

        assert list(cycles(calls)) == [("a", "b"), ("c", "d")]

    def test_a_chain_longer_than_any_stack_is_walked(self) -> None:
        chain = {str(n): {str(n + 1): ""} for n in range(5_000)} | {"5000": {"0": ""}}

        [circle] = cycles(chain)

        assert len(circle) == 5_001

    def test_owners_who_are_no_agents_are_not_compared_besides(self) -> None:
        def claim(name: str, owner: str) -> Any:
            return manifest(name, {**USUAL, "sharedState": [{"name": "queue", "owner": owner}]})

        subject = fleet(claim("a", "ghost"), claim("b", "b"), people=TEAMS, policy=policy())

        assert len(found("state-without-owner", subject)) == 1
        assert found("state-two-owners", subject) == []


class TestEscalation:
    GROUP: Mapping[str, Any] = {"default": "escalate", "queue": "l2", "responsible": "desk"}

    def test_queue_and_responsible_are_asked_for_each(self) -> None:
        said = found("escalation-nobody", single({"escalation": {"default": "park"}}))

        assert {one.place.path for one in said} == {"spec.escalation.queue", "spec.escalation.responsible"}

    def test_an_agent_that_only_acts_needs_nobody(self) -> None:
        assert found("escalation-nobody", single({"escalation": {"default": "act"}})) == []
        triggered = {"default": "act", "triggers": [{"when": "tool-error", "count": 2}]}
        assert len(found("escalation-nobody", single({"escalation": triggered}))) == 2

    def test_a_role_that_nobody_knows_is_said_once(self) -> None:
        owner = {"team": "desk", "accountable": "carla", "roles": {"escalation": "ghosts"}}
        subject = single({"owner": owner, "escalation": self.GROUP})

        assert len(found("role-unknown", subject)) == 1
        assert found("escalation-nobody", subject) == []

    def test_somebody_who_left_and_should_answer_escalations_is_said_once(self) -> None:
        gone = Person(id="erin", name="Erin", emails=("e@acme.example",), departed=date(2026, 11, 1))
        owner = {"team": "desk", "accountable": "carla", "roles": {"escalation": "erin"}}

        subject = single({"owner": owner, "escalation": self.GROUP}, people=people({"desk": ["carla"]}, gone))

        assert [one.place.path for one in found("escalation-nobody", subject)] == [
            "spec.owner.roles.escalation"
        ]
        assert found("owner-left", subject) == []

    def test_a_team_whose_people_have_left_answers_nothing(self) -> None:
        gone = Person(id="erin", name="Erin", emails=("e@acme.example",), departed=date(2026, 11, 1))
        known = people({"desk": ["carla"], "night": ["erin"]}, gone)

        [one] = found(
            "escalation-nobody", single({"escalation": {**self.GROUP, "responsible": "night"}}, people=known)
        )

        assert "'night'" in one.message

    def test_an_impossible_day_is_no_test(self) -> None:
        assert (
            len(
                found(
                    "escalation-untested",
                    single({"escalation": {**self.GROUP, "lastTestedAt": "2026-02-30"}}),
                )
            )
            == 1
        )

    def test_a_test_in_the_future_is_no_test(self) -> None:
        assert (
            len(
                found(
                    "escalation-untested",
                    single({"escalation": {**self.GROUP, "lastTestedAt": "2026-11-21"}}),
                )
            )
            == 1
        )


class TestLife:
    def test_a_cadence_in_months_is_not_guessed(self) -> None:
        [one] = found(
            "review-overdue", single({"review": {"cadence": "P3M", "lastReviewedAt": "2026-11-01"}})
        )

        assert one.place.path == "spec.review.cadence"

    def test_a_review_is_due_on_its_day_and_overdue_after_it(self) -> None:
        review = {"review": {"cadence": "P10D", "lastReviewedAt": "2026-11-10"}}

        assert found("review-overdue", single(review)) == []
        assert len(found("review-overdue", single(review), datetime(2026, 11, 21, tzinfo=UTC))) == 1

    def test_a_retired_agent_owes_no_upkeep(self) -> None:
        retired = single(
            {"lifecycle": "retired", "review": {"cadence": "P1D", "lastReviewedAt": "2026-01-01"}}
        )

        said = {one.rule for one in rules.findings(retired, NOW)}
        assert not said & {"review-overdue", "retirement-missing", "budget-missing", "eval-missing"}

    def test_nothing_takes_its_own_place(self) -> None:
        itself = {"lifecycle": "deprecated", "retirement": {"replacedBy": "desk-bot"}}

        assert len(found("deprecated-without-replacement", single(itself))) == 1


@pytest.mark.parametrize(("alert", "halt", "wrong"), [(59, 60, 0), (60, 60, 1), (60.5, 60, 1), (None, 60, 0)])
def test_the_alert_comes_before_the_halt(alert: float | None, halt: float, wrong: int) -> None:
    budget = {"window": "day", "currency": "EUR", "alertAt": alert, "haltAt": halt}

    assert len(found("budget-alert-above-halt", single({"budgets": [budget]}))) == wrong


@pytest.mark.parametrize("seen", ["partners", "customers", "public"])
def test_whoever_is_outside_is_told(seen: str) -> None:
    met = {"risk": {"tier": "medium", "factors": {"externalVisibility": seen}}}

    assert len(found("disclosure-missing", single(met))) == 1
    assert found("disclosure-missing", single({**met, "disclosure": {"aiDisclosed": True}})) == []


class TestOverrides:
    def overriding(self, patch: Mapping[str, Any], *overridable: str) -> Snapshot:
        known = manifest("desk-bot", USUAL, environment="production")
        made = agent(known)
        with_patch = Agent(
            environment="production",
            name="desk-bot",
            folder=made.folder,
            files=made.files,
            manifest=known,
            overrides=patch,
            locate_overrides=lambda path: Place(file=f"{made.folder}/overrides.yaml", line=2, path=path),
        )
        there = Environment(name="production", sources=("staging",), overridable=overridable)
        config = FleetConfig(repository="acme/agents", environments=(there,))
        return fleet(with_patch, config=config, people=TEAMS, policy=policy())

    def test_a_path_is_covered_from_its_beginning_and_by_whole_words(self) -> None:
        patch = {"spec": {"budgets": [], "budgetsExtra": 1}}

        [one] = found("override-not-allowed", self.overriding(patch, "spec.budgets"))

        assert one.place.path == "spec.budgetsExtra"
        assert one.place.line == 2

    def test_removing_a_whole_group_is_more_than_setting_a_part_of_it(self) -> None:
        said = found(
            "override-not-allowed", self.overriding({"spec": {"review": None}}, "spec.review.heartbeat")
        )

        assert [one.place.path for one in said] == ["spec.review"]

    def test_suspending_is_always_allowed(self) -> None:
        assert found("override-not-allowed", self.overriding({"spec": {"suspended": True}})) == []

    @pytest.mark.parametrize(
        ("patch", "paths"),
        [
            ({}, ()),
            ({"spec": {}}, ()),
            ({"spec": None}, ("spec",)),
            ({"spec": {"tools": {}}}, ("spec.tools",)),
            ({"metadata": {"name": "other"}}, ("metadata.name",)),
        ],
    )
    def test_what_a_patch_touches(self, patch: Mapping[str, Any], paths: tuple[str, ...]) -> None:
        assert touched(patch) == paths


def test_a_trigger_on_completion_needs_a_depth() -> None:
    orchestration = {"triggers": [{"on": "completion", "of": "other"}], "limits": {"maxTurns": 3}}

    [one] = found("triggers-without-limits", single({"orchestration": orchestration}))

    assert one.place.path == "spec.orchestration.triggers[0]"
    orchestration["limits"] = {"maxTurns": 3, "maxDepth": 1}
    assert found("triggers-without-limits", single({"orchestration": orchestration})) == []


@pytest.mark.parametrize(
    ("team", "teams", "end"),
    [
        ("dsk", ["desk", "risk"], "; did you mean 'desk'?"),
        ("nobody", ["desk", "risk"], "; teams: desk, risk"),
        ("nobody", [f"team-{number}" for number in range(13)], "there"),
        ("nobody", [], "there"),
    ],
)
def test_an_unknown_team_is_answered_with_the_nearest_or_the_few_that_there_are(
    team: str, teams: list[str], end: str
) -> None:
    subject = single({"owner": {"team": team}}, people=people({name: ["carla", "dina"] for name in teams}))

    [one] = found("owner-unknown", subject)

    assert one.hint.endswith(end)


@pytest.mark.parametrize(
    ("name", "end"),
    [
        ("gpt-4.1-2025-04-15", "; did you mean 'gpt-4.1-2025-04-14'?"),
        ("mistral", "; allowed: claude-sonnet-4-6, gpt-4.1-2025-04-14"),
    ],
)
def test_a_model_that_is_not_allowed_is_answered_with_those_that_are(name: str, end: str) -> None:
    listed = [
        {"provider": "openai", "name": "gpt-4.1-2025-04-14", "allowed": True},
        {"provider": "anthropic", "name": "claude-sonnet-4-6", "allowed": True},
        {"provider": "openai", "name": "gpt-3.5-turbo", "allowed": False},
    ]
    models = register({"models": listed}, "governance/models.yaml")

    [one] = found("model-not-allowed", single({"model": {"provider": "openai", "name": name}}, models=models))

    assert one.hint.endswith(end)
