"""Batches, worker processes and the cache find the same as one reading of the whole fleet."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fleetward import rules
from fleetward.domain.finding import Severity
from fleetward.store.cache import validation_cache
from fleetward.store.fleet.load import read_fleet
from fleetward.store.git.fleet_root import FleetRoot, find_fleet_root
from fleetward.workflows.validation.run import ValidationRun, validate_fleet
from tests.end_to_end.repositories import DESK, FLEET, MANIFEST, Files, clean_environment, repository
from tests.rule_cases import rules_with_cases, write_all

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
RULES = [rule.id for rule in rules.CATALOGUE]
SHARED = "  sharedState: [{name: queue, access: write, owner: OWNER}]\n"
MISTAKES: dict[str, tuple[str, str]] = {
    "right": ("", ""),
    "no yaml": ("  lifecycle:", "  lifecycle: [\n"),
    "unknown key": ("  lifecycle:", "  lifecycel:"),
    "no prompt": ("prompts/system.md}", "prompts/none.md}"),
    "nobody's": ("team: desk", "team: dusk"),
    "another's name": ("name: desk-bot", "name: dusk-bot"),
    "needs nobody": ("  review:", "  dependsOn: [{agent: nobody}]\n  review:"),
    "in a circle": ("  review:", "  dependsOn: [{agent: a1}, {agent: a0}]\n  review:"),
    "owns a state": ("  review:", SHARED.replace("OWNER", "a0") + "  review:"),
    "owns it, too": ("  review:", SHARED.replace("OWNER", "a1") + "  review:"),
    "shares an account": (
        "  review:",
        "  tools: [{name: crm, kind: mcp, allow: [read], access: read, identity: svc}]\n  review:",
    ),
    "deprecated": ("lifecycle: production", "lifecycle: deprecated"),
    "overdue": ("lastReviewedAt: 2026-10-15", "lastReviewedAt: 2025-10-15"),
    "hidden": ("Answer questions", "Answer\u200b questions"),
    "a token": ("  lifecycle:", "  # ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8" + "\n  lifecycle:"),
}


def read_at_once(ground: FleetRoot, now: datetime = NOW) -> tuple[object, ...]:
    """The findings of one reading of the whole fleet."""
    reading = read_fleet(ground.work_tree(), version="0.1.0", rules=RULES)
    assert reading.snapshot is not None
    judged = rules.findings(reading.snapshot, now) if reading.governance_valid else ()
    findings = sorted((*reading.findings, *judged), key=lambda finding: finding.sort_key)
    return tuple(findings), tuple(sorted(reading.snapshot.agents)), len(reading.contents)


def comparable(run: ValidationRun) -> tuple[object, ...]:
    return tuple(sorted(run.findings, key=lambda finding: finding.sort_key)), run.agents, run.files


def open_cache(ground: FleetRoot, home: Path) -> validation_cache.ValidationCache:
    cache = validation_cache.open_cache(ground.repository.common_dir, ground.prefix, {"HOME": str(home)})
    assert cache is not None
    return cache


@pytest.fixture(scope="session")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_all(tmp_path_factory.mktemp("fleets") / "cases")


@pytest.mark.parametrize("rule_id", rules_with_cases())
def test_batches_and_cache_find_what_one_reading_finds(cases: Path, rule_id: str, tmp_path: Path) -> None:
    ground = find_fleet_root(cases / rule_id / "bad", os.environ)

    cold = validate_fleet(ground.work_tree(), NOW, cache=open_cache(ground, tmp_path), processes=2)
    warm = validate_fleet(ground.work_tree(), NOW, cache=open_cache(ground, tmp_path))

    assert comparable(cold) == read_at_once(ground)
    assert comparable(warm) == read_at_once(ground)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mistakes=st.lists(st.sampled_from(sorted(MISTAKES)), min_size=1, max_size=7))
def test_neither_processes_nor_the_cache_change_what_is_found(
    tmp_path_factory: pytest.TempPathFactory, mistakes: list[str]
) -> None:
    repo = repository(tmp_path_factory.mktemp("fleet"), {**FLEET, **agents(mistakes)})
    ground = find_fleet_root(repo.root, clean_environment(repo.home))
    expected = read_at_once(ground)

    for processes in (1, 2, 3):
        assert comparable(validate_fleet(ground.work_tree(), NOW, processes=processes)) == expected
        assert (
            comparable(
                validate_fleet(
                    ground.work_tree(), NOW, cache=open_cache(ground, repo.home), processes=processes
                )
            )
            == expected
        )
    assert open_cache(ground, repo.home).agent_checks
    repo.write({"environments/staging/a0/agent.yaml": MANIFEST})  # one changes, the others are known
    again = validate_fleet(ground.work_tree(), NOW, cache=open_cache(ground, repo.home), processes=2)
    assert comparable(again) == read_at_once(ground)


def agents(mistakes: list[str]) -> Files:
    files = {}
    for number, mistake in enumerate(mistakes):
        manifest = MANIFEST.replace(*MISTAKES[mistake]) if mistake != "right" else MANIFEST
        if mistake != "another's name":
            manifest = manifest.replace("name: desk-bot", f"name: a{number}")
        files[f"environments/staging/a{number}/agent.yaml"] = manifest
        for path in ("prompts/system.md", "evals/quality.yaml"):
            files[f"environments/staging/a{number}/{path}"] = FLEET[f"{DESK}/{path}"]
    return files


def test_every_mistake_of_the_property_is_found(tmp_path: Path) -> None:
    circle, remaining = ["in a circle"] * 2, sorted({*MISTAKES} - {"in a circle"})
    mistakes = [*circle, *remaining, "shares an account"]
    repo = repository(tmp_path, {**FLEET, **agents(mistakes)})

    run = validate_fleet(find_fleet_root(repo.root, clean_environment(repo.home)).work_tree(), NOW)

    findings = [finding for finding in run.findings if finding.severity is not Severity.NOTE]
    agents_with_findings = {finding.agent for finding in findings} | {
        place.file.split("/")[2] for finding in findings for place in finding.related
    }
    assert agents_with_findings == {f"a{n}" for n, mistake in enumerate(mistakes) if mistake != "right"}


def test_a_changed_file_is_noticed_though_its_size_and_its_times_are_the_same(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    ground = find_fleet_root(repo.root, clean_environment(repo.home))
    file = repo.root / DESK / "agent.yaml"
    validate_fleet(ground.work_tree(), NOW, cache=open_cache(ground, repo.home))
    before = file.stat()

    file.write_text(MANIFEST.replace("team: desk", "team: dusk"))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    findings = validate_fleet(ground.work_tree(), NOW, cache=open_cache(ground, repo.home)).findings

    assert "owner-unknown" in {finding.rule for finding in findings}


@pytest.mark.parametrize("days", [1, 90])
def test_findings_of_another_day_are_not_cached(tmp_path: Path, days: int) -> None:
    repo = repository(tmp_path)
    ground = find_fleet_root(repo.root, clean_environment(repo.home))
    validate_fleet(ground.work_tree(), NOW, cache=open_cache(ground, repo.home))

    later = validate_fleet(
        ground.work_tree(), NOW + timedelta(days=days), cache=open_cache(ground, repo.home)
    )

    assert comparable(later) == read_at_once(ground, NOW + timedelta(days=days))
    assert ("review-overdue" in {finding.rule for finding in later.findings}) is (days == 90)


@pytest.mark.parametrize(
    ("path", "content", "rule"),
    [
        ("fleet-config.yaml", FLEET["fleet-config.yaml"] + "rules: {owner-alone: error}\n", "owner-alone"),
        ("governance/people.yaml", FLEET["governance/people.yaml"].replace("dina]", "alice]"), "owner-alone"),
        (
            "governance/people.yaml",
            FLEET["governance/people.yaml"].replace("desk:", "disk:"),
            "policy-unsatisfiable",
        ),
    ],
)
def test_changed_governance_is_not_cached(tmp_path: Path, path: str, content: str, rule: str) -> None:
    repo = repository(tmp_path)
    ground = find_fleet_root(repo.root, clean_environment(repo.home))
    validate_fleet(ground.work_tree(), NOW, cache=open_cache(ground, repo.home))

    repo.write({path: content})
    run = validate_fleet(ground.work_tree(), NOW, cache=open_cache(ground, repo.home))

    assert comparable(run) == read_at_once(ground)
    assert rule == "owner-alone" or rule in {finding.rule for finding in run.findings}


def test_the_cache_holds_the_results_of_the_last_run_only(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    ground = find_fleet_root(repo.root, clean_environment(repo.home))

    for turn in range(3):
        repo.write({f"{DESK}/prompts/system.md": f"Answer, {turn}.\n"})
        validate_fleet(ground.work_tree(), NOW, cache=open_cache(ground, repo.home))

    cache = open_cache(ground, repo.home)
    assert (len(cache.agent_checks), len(cache.documents), len(cache.fleet_findings)) == (1, 3, 1)
