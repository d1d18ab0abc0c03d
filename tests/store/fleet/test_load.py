"""A fleet is loaded from files, and one bad file hides no finding in the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleetward.domain.errors import GovernanceInvalid, NotAFleet
from fleetward.store.fleet.load import LoadedFleet, read_fleet
from fleetward.store.git.fleet_root import find_fleet_root
from tests.end_to_end.repositories import DESK, FLEET, MANIFEST, Files, clean_environment, repository

OTHER = "environments/staging/other-bot"


def load_repository(tmp_path: Path, files: Files) -> LoadedFleet:
    repo = repository(tmp_path, {**FLEET, **files})
    return read_fleet(find_fleet_root(repo.root, clean_environment(repo.home)).work_tree(), version="0.1.0")


def finding_files(loaded: LoadedFleet) -> set[tuple[str, str]]:
    return {(finding.rule, finding.place.file) for finding in loaded.findings}


def test_one_unreadable_agent_does_not_hide_another(tmp_path: Path) -> None:
    loaded = load_repository(tmp_path, {f"{OTHER}/agent.yaml": "a: &x 1\n"})

    assert finding_files(loaded) == {("yaml-not-allowed", f"{OTHER}/agent.yaml")}
    assert loaded.snapshot is not None
    assert {manifest.name for manifest in loaded.snapshot.manifests} == {"desk-bot"}


def test_a_folder_without_a_manifest_is_a_finding(tmp_path: Path) -> None:
    loaded = load_repository(tmp_path, {f"{OTHER}/prompts/system.md": "x\n"})

    assert finding_files(loaded) == {("manifest-missing", f"{OTHER}/agent.yaml")}


def test_an_unknown_key_is_found_at_the_key_with_the_nearest_known_one(tmp_path: Path) -> None:
    text = MANIFEST.replace("  lifecycle:", "  lifecycel:")
    [finding] = [
        f for f in load_repository(tmp_path, {f"{DESK}/agent.yaml": text}).findings if f.rule == "unknown-key"
    ]

    assert (finding.place.line, finding.place.column, finding.place.path) == (5, 3, "spec.lifecycel")
    assert "lifecycle" in finding.hint


@pytest.mark.parametrize("count", [500, 501])
def test_five_hundred_files_are_an_agent_and_one_more_is_not(tmp_path: Path, count: int) -> None:
    extra_files = {f"{DESK}/data/{n}.txt": "x" for n in range(count - 3)}

    loaded = load_repository(tmp_path, extra_files)

    assert ("yaml-limit" in {rule for rule, _ in finding_files(loaded)}) is (count > 500)


@pytest.mark.parametrize("size", [1024 * 1024, 1024 * 1024 + 1])
def test_a_text_of_one_mebibyte_is_read_and_one_byte_more_is_not(tmp_path: Path, size: int) -> None:
    loaded = load_repository(tmp_path, {f"{DESK}/data.txt": "x" * size})

    assert (("yaml-limit", f"{DESK}/data.txt") in finding_files(loaded)) is (size > 1024 * 1024)


def test_without_a_configuration_there_is_no_fleet(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    tree = find_fleet_root(repo.root, clean_environment(repo.home)).work_tree()
    repo.write({"fleet-config.yaml": None})

    with pytest.raises(NotAFleet):
        read_fleet(tree, version="0.1.0")


def test_validate_refuses_a_fleet_for_another_version(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    repo.write({"fleet-config.yaml": FLEET["fleet-config.yaml"].replace(">=0.1,<1", ">=7")})

    ran = repo.fleet("validate")

    assert ran.code == 2
    assert "fleet-config.yaml:3" in ran.out + ran.err


def test_an_error_in_governance_refuses_decisions(tmp_path: Path) -> None:
    loaded = load_repository(tmp_path, {"governance/people.yaml": "kind: People\n"})

    with pytest.raises(GovernanceInvalid) as refused:
        loaded.require_governance()

    assert "governance/people.yaml:1" in refused.value.message


@pytest.mark.parametrize("path", ["environments", "environments/staging"])
def test_a_link_in_place_of_a_folder_of_agents_is_found(tmp_path: Path, path: str) -> None:
    repo = repository(tmp_path, FLEET)
    real = repo.root / path
    real.rename(tmp_path / "elsewhere")
    real.symlink_to(tmp_path / "elsewhere")
    repo.git("add", "-A")

    loaded = read_fleet(find_fleet_root(repo.root, clean_environment(repo.home)).work_tree(), version="0.1.0")

    assert ("link-in-agent", path) in finding_files(loaded)


def test_a_setting_for_an_unknown_tier_is_found_with_the_nearest(tmp_path: Path) -> None:
    setting = "rules:\n  owner-alone: {severity: error, tiers: [low, hgih]}\n"

    [finding] = load_repository(
        tmp_path, {"fleet-config.yaml": FLEET["fleet-config.yaml"] + setting}
    ).findings

    assert (finding.rule, finding.place.file, finding.place.line) == ("schema", "fleet-config.yaml", 11)
    assert finding.message == "no tier 'hgih'"
    assert "'high'" in finding.hint


@pytest.mark.parametrize("name", ["models.yml", "model.yaml", "Waivers.yaml", "connector.YAML"])
def test_a_misnamed_governance_file_is_found(tmp_path: Path, name: str) -> None:
    assert finding_files(load_repository(tmp_path, {f"governance/{name}": "x: 1\n"})) == {
        ("file-unreadable", f"governance/{name}")
    }


@pytest.mark.parametrize(
    "name", ["README.md", "people.old.yaml", "tests/models.yml", "glossary.yaml", "models.txt"]
)
def test_other_files_may_lie_in_the_governance_folder(tmp_path: Path, name: str) -> None:
    assert finding_files(load_repository(tmp_path, {f"governance/{name}": "x: 1\n"})) == set()
