"""The schemas accept the sample fleets and refuse wrong values."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from tests.schemas.reading import ROOT, documents, load, nodes, schema, violations

ACME = ROOT / "tests" / "samples" / "acme"
EXAMPLE = ROOT / "example-fleet"
FILES = [(kind, file) for fleet in (ACME, EXAMPLE) for kind, file in documents(fleet)]


def manifest() -> dict[str, Any]:
    loaded: dict[str, Any] = load((ACME / "environments/staging/refund-bot/agent.yaml").read_text())
    return loaded


def put(data: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(data)
    *above, last = path.split(".")
    spot: Any = changed
    for step in above:
        spot = spot[int(step)] if step.isdigit() else spot[step]
    spot[last] = value
    return changed


@pytest.mark.parametrize(
    ("kind", "file"), FILES, ids=lambda v: str(v.relative_to(ROOT)) if isinstance(v, Path) else v
)
def test_a_file_of_a_sample_fleet_is_accepted(kind: str, file: Path) -> None:
    assert violations(kind, load(file.read_text())) == []


def test_both_fleets_were_read_whole() -> None:
    kinds = {kind for kind, _ in FILES}

    assert kinds == {
        "agent", "connectors", "fleet-config", "models", "overrides", "people", "policy", "waivers",
    }  # fmt: skip


def test_the_example_uses_every_group_of_the_manifest() -> None:
    manifests = [load(f.read_text()) for kind, f in documents(EXAMPLE) if kind == "agent"]

    used = {group for data in manifests for group in data["spec"]}

    # no agent of the example brings a program
    assert used == set(schema("agent")["properties"]["spec"]["properties"]) - {"executables"}


def test_the_example_shows_every_class_and_every_lifecycle() -> None:
    specs = [load(f.read_text())["spec"] for kind, f in documents(EXAMPLE) if kind == "agent"]
    properties = schema("agent")["properties"]["spec"]["properties"]

    assert {spec["class"] for spec in specs} == set(properties["class"]["enum"])
    assert {spec["lifecycle"] for spec in specs} == set(properties["lifecycle"]["enum"])


def test_production_of_the_example_runs_releases_of_staging() -> None:
    production = EXAMPLE / "environments" / "production"
    files = [
        file for file in sorted(production.rglob("*")) if file.is_file() and file.name != "overrides.yaml"
    ]

    assert len(files) >= 15
    for file in files:
        twin = EXAMPLE / "environments" / "staging" / file.relative_to(production)
        assert file.read_bytes() == twin.read_bytes()


CLOSED = [path for path, node in nodes(schema("agent")) if node.get("additionalProperties") is False]


@pytest.mark.parametrize(
    "path",
    ["", "metadata", "spec", "spec.owner", "spec.owner.roles", "spec.risk.factors", "spec.model",
     "spec.tools.0", "spec.tools.0.server", "spec.escalation.triggers.0", "spec.guardrails.killSwitch",
     "spec.budgets.0", "spec.retirement.criteria.0", "spec.model.fallbacks.0"],
)  # fmt: skip
def test_an_unknown_key_is_refused_and_one_with_x_is_not(path: str) -> None:
    where = f"{path}." if path else ""

    assert any(
        "'surprise'" in message for message in violations("agent", put(manifest(), f"{where}surprise", 1))
    )
    assert violations("agent", put(manifest(), f"{where}x-ours", {"any": ["thing"]})) == []


def test_every_group_of_the_manifest_is_closed() -> None:
    assert len(CLOSED) >= 40


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("spec.lifecycle", "live"),
        ("spec.suspended", "yes"),
        ("spec.risk.tier", "High"),
        ("spec.risk.assessedAt", "2026-02-30"),
        ("spec.model.version", 125),
        ("spec.tools.0.access", "readwrite"),
        ("spec.tools.0.allow", ["a", "a"]),
        ("spec.review.heartbeat", "P3M"),
        ("spec.review.cadence", "P"),
        ("spec.review.cadence", "P1DT"),
        ("spec.review.cadence", "90 days"),
        ("spec.observability.sampleRate", 1.2),
        ("spec.observability.dashboards", ["https://someone:secret@metrics.acme.example/"]),
        ("spec.endpoints", {"search": "ftp://files.acme.example"}),
        ("spec.endpoints", {"x-hidden": "no url"}),
        ("spec.budgets", [{"window": "day", "alertAt": 1, "haltAt": 2}]),
        ("spec.budgets", [{"window": "day", "currency": "EUR", "tokens": 5, "haltAt": 2}]),
        ("spec.budgets", [{"window": "day", "currency": "EUR", "haltAt": 0}]),
        ("spec.evals.0.min", "0.9"),
        ("spec.retirement.criteria", [{"metric": "runs"}]),
        ("spec.retirement.criteria", [{"metric": "runs", "below": 1, "date": "2027-01-01"}]),
        ("spec.retirement.criteria", [{"date": "2027-01-01", "for": "P1D"}]),
        ("metadata.name", "Refund Bot"),
        ("metadata.name", "a" * 64),
        ("spec", None),
    ],
)
def test_a_value_that_makes_no_sense_is_refused(path: str, value: object) -> None:
    assert violations("agent", put(manifest(), path, value)) != []


@pytest.mark.parametrize("span", ["P7D", "PT30M", "P1W", "P1DT12H", "PT1H30M", "PT8H0M5S", "P0D"])
def test_a_duration_of_fixed_length_is_accepted(span: str) -> None:
    assert violations("agent", put(manifest(), "spec.review.cadence", span)) == []


def test_schemas_accept_values_that_only_a_rule_checks() -> None:
    bare = {
        "apiVersion": "fleetward/v1",
        "kind": "Agent",
        "metadata": {"name": "bare"},
        "spec": {
            "lifecycle": "draft",
            "owner": {"team": "payments"},
            "risk": {"tier": "anything"},
            "model": {"provider": "openai", "name": ""},
        },
    }

    assert violations("agent", bare) == []
    for group in ("lifecycle", "owner", "risk", "model"):
        without = copy.deepcopy(bare)
        del without["spec"][group]  # type: ignore[attr-defined]
        assert violations("agent", without) != []


def test_overrides_hold_a_patch_of_spec_and_nothing_else() -> None:
    assert violations("overrides", {}) == []
    assert violations("overrides", {"spec": {"budgets": None, "suspended": True}}) == []
    assert violations("overrides", {"spec": None}) != []
    assert violations("overrides", {"metadata": {"name": "other"}}) != []


def policy(require: object) -> dict[str, Any]:
    rule = {"id": "one", "when": {"to": "production"}, "require": require}
    return {"apiVersion": "fleetward/v1", "kind": "Policy", "version": 1, "tiers": ["low"], "rules": [rule]}


@pytest.mark.parametrize(
    "requirement",
    [{"approvals": 1, "from": "owner"}, {"approvals": 2, "from": ["risk", "owner"]}, {"evals": "passed"},
     {"evals": "passed", "maxAge": "P7D"}, {"soak": "PT24H"}],
)  # fmt: skip
def test_a_requirement_of_one_kind_is_accepted(requirement: dict[str, Any]) -> None:
    assert violations("policy", policy([requirement])) == []


@pytest.mark.parametrize(
    "requirement",
    [{}, {"approvals": 1}, {"from": "owner"}, {"maxAge": "P7D"}, {"soak": "PT24H", "maxAge": "P7D"},
     {"approvals": 1, "from": "owner", "soak": "PT24H"}, {"evals": "passed", "from": "owner"},
     {"approvals": 0, "from": "owner"}, {"approvals": 1, "from": []}, {"evals": "run"}, {"soak": "P1M"}],
)  # fmt: skip
def test_a_requirement_of_no_kind_or_of_two_kinds_is_refused(requirement: dict[str, Any]) -> None:
    assert violations("policy", policy([requirement])) != []


def test_a_waiver_without_its_end_is_refused() -> None:
    waiver = {
        "rule": "review-overdue",
        "agent": "a",
        "reason": "moved",
        "approvedBy": "farid",
        "expires": "2026-12-31",
    }
    head = {"apiVersion": "fleetward/v1", "kind": "Waivers"}

    assert violations("waivers", {**head, "waivers": [waiver]}) == []
    for key in waiver:
        assert (
            violations("waivers", {**head, "waivers": [{k: v for k, v in waiver.items() if k != key}]}) != []
        )


def test_the_example_of_the_contract_for_rule_severities_is_accepted() -> None:
    config = load((ACME / "fleet-config.yaml").read_text())
    rules = {
        "review-overdue": "warning",
        "budget-missing": {"severity": "error", "tiers": ["medium", "high"]},
    }

    assert violations("fleet-config", {**config, "rules": rules}) == []
    assert violations("fleet-config", {**config, "rules": {"review-overdue": "loud"}}) != []


def test_what_reporting_names_lies_in_the_repository() -> None:
    config = load((ACME / "fleet-config.yaml").read_text())
    reporting = {
        "currency": "EUR",
        "rates": {"USD": 0.92},
        "usage": ["reports/usage/*.csv"],
        "metrics": ["reports/metrics/*.csv", "*.jsonl"],
        "observed": ["reports/observed.json"],
    }

    assert violations("fleet-config", {**config, "reporting": reporting}) == []
    for wrong in ("../m.csv", "/m.csv", "a\\m.csv", ".git/m.csv", "C:/m.csv", ""):
        assert violations("fleet-config", {**config, "reporting": {"metrics": [wrong]}}) != [], wrong
    for key, value in (("currency", "euro"), ("rates", {"USD": 0}), ("rates", {"usd": 1}), ("costs", [])):
        assert violations("fleet-config", {**config, "reporting": {key: value}}) != []
