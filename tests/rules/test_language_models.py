"""Language models: edges that the cases leave out."""

from typing import Any

import pytest

from fleetward.domain.finding import Severity
from fleetward.domain.period import parse_period
from tests.build import policy, register
from tests.rules.usual_fleet import USUAL, findings_of, fleet_of_one


class TestModel:
    def test_floating_is_a_warning_for_the_lowest_tier_and_an_error_above(self) -> None:
        floating = {"model": {"provider": "openai", "name": "gpt-4.1"}}

        [low] = findings_of("model-floating", fleet_of_one({**floating, "risk": {"tier": "low"}}))
        [medium] = findings_of("model-floating", fleet_of_one(floating))

        assert (low.severity, medium.severity) == (Severity.WARNING, Severity.ERROR)

    def test_fallbacks_judges_and_embeddings_are_models_too(self) -> None:
        alias = {"provider": "openai", "name": "gpt-4.1"}
        spec = {
            "model": {**USUAL["model"], "fallbacks": [alias]},
            "evals": [{"name": "quality", "suite": "q.yaml", "judge": alias}],
            "knowledge": [{"name": "orders", "source": "kb:orders", "embedding": alias}],
        }

        assert {finding.place.path for finding in findings_of("model-floating", fleet_of_one(spec))} == {
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

        findings = findings_of(
            "model-retiring", fleet_of_one({}, models=register({"models": [entry]}, "governance/models.yaml"))
        )

        assert [finding.severity for finding in findings] == ([severity] if severity else [])

    def test_the_policy_sets_how_early_it_warns(self) -> None:
        entry = {**USUAL["model"], "allowed": True, "retiresAt": "2026-12-20"}
        later = policy(limits={"retiring": parse_period("P7D")})

        assert (
            findings_of(
                "model-retiring", fleet_of_one({}, models=register({"models": [entry]}), policy=later)
            )
            == []
        )

    def test_a_register_that_allows_nothing_by_name_refuses_only_what_it_refuses(self) -> None:
        calendar = register({"models": [{"provider": "openai", "name": "gpt-4-0613", "allowed": False}]})

        assert findings_of("model-not-allowed", fleet_of_one({}, models=calendar)) == []
        refused = {"model": {"provider": "openai", "name": "gpt-4-0613"}}
        assert len(findings_of("model-not-allowed", fleet_of_one(refused, models=calendar))) == 1


@pytest.mark.parametrize("name", ["gpt-4.1-2025-04-15", "mistral"])
def test_a_model_that_is_not_allowed_is_answered_without_naming_another(name: str) -> None:
    listed = [
        {"provider": "openai", "name": "gpt-4.1-2025-04-14", "allowed": True},
        {"provider": "anthropic", "name": "claude-sonnet-4-6", "allowed": True},
        {"provider": "openai", "name": "gpt-3.5-turbo", "allowed": False},
    ]
    models = register({"models": listed}, "governance/models.yaml")

    [finding] = findings_of(
        "model-not-allowed", fleet_of_one({"model": {"provider": "openai", "name": name}}, models=models)
    )

    assert finding.hint == "use a model that governance/models.yaml allows, or have this one allowed there"


@pytest.mark.parametrize(
    ("successor", "target"),
    [
        ({"name": "gpt-5-2025-08-07"}, "'gpt-5-2025-08-07'"),
        ({"name": "gpt-5-2025-08-07", "allowed": False}, "a model that stays"),
        ({"name": "gpt-5-2025-08-07", "retiresAt": "2026-11-25"}, "a model that stays"),
    ],
)
def test_only_the_register_names_a_replacement_and_only_one_that_stays(
    successor: dict[str, Any], target: str
) -> None:
    retiring = {**USUAL["model"], "retiresAt": "2026-12-01", "replacedBy": "gpt-5-2025-08-07"}
    models = register({"models": [retiring, {"provider": "openai", **successor}]}, "governance/models.yaml")

    [finding] = findings_of("model-retiring", fleet_of_one({}, models=models))

    assert finding.hint == f"move to {target}, and evaluate the agent on it"


@pytest.mark.parametrize(
    ("fallback", "is_same"),
    [
        ({"provider": "OpenAI", "name": "gpt-4.1", "version": "2025-04-14"}, True),
        ({"provider": "openai", "name": "gpt-4.1-mini-2025-04-14"}, False),
        ({"provider": "azure-openai", "name": "gpt-4.1-2025-04-14"}, False),
        ({"provider": "openai", "name": "gpt-4.1-2025-04-14", "deployment": "west"}, False),
    ],
)
def test_a_fallback_is_the_model_itself_in_any_spelling(fallback: dict[str, Any], is_same: bool) -> None:
    spec = {"model": {**USUAL["model"], "fallbacks": [fallback]}}

    assert len(findings_of("fallback-same", fleet_of_one(spec))) == is_same
