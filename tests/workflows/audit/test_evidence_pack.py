"""An evidence pack can be checked with git, sha256sum and ssh-keygen alone, as its README says."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from fleetward.cli import main as cli
from tests.attacks.scenarios import FleetRepository
from tests.end_to_end.repositories import Repository
from tests.end_to_end.test_signed import approve, keys, repo  # noqa: F401 - fixtures
from tests.workflows.audit.histories import audit

BASH = ("bash", "-euo", "pipefail", "-c")


def packed(place: FleetRepository, folder: Path, *arguments: str) -> Path:
    assert audit(place, "--bundle", str(folder), *arguments).code == 0
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    files = (file for file in folder.rglob("*") if file.is_file())
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}


def checked(folder: Path, clone: Path) -> subprocess.CompletedProcess[str]:
    """Every command of the pack's own README."""
    commands = re.findall(r"```sh\n(.*?)```", (folder / "README.md").read_text(), re.DOTALL)
    assert len(commands) == 5
    environment = {name: os.environ[name] for name in ("PATH",)}
    return subprocess.run(
        [*BASH, "\n".join(commands)],
        cwd=folder,
        env={**environment, "CLONE": str(clone)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_command_of_the_readme_succeeds(place: FleetRepository, tmp_path: Path) -> None:
    folder = packed(place, tmp_path / "pack")

    done = checked(folder, place.path)

    assert done.returncode == 0, done.stdout + done.stderr
    names = contents(folder)
    assert {"audit.json", "audit.txt", "SHA256SUMS", "records.txt", "ledger/production.jsonl"} <= set(names)
    assert b"You answer the phone kindly." in names["promotions/production-000003/change.txt"]
    assert sum(name.startswith("approvals/") for name in names) == 3
    assert sum(name.endswith("policy.yaml") for name in names) == 1


@pytest.mark.parametrize(
    "pattern", ["ledger/*.jsonl", "approvals/*/*/*.json", "audit.txt", "evidence/*/*/*.json"]
)
def test_a_command_of_the_readme_fails_if_a_file_was_changed(
    place: FleetRepository, tmp_path: Path, pattern: str
) -> None:
    folder = packed(place, tmp_path / "pack")
    file = next(iter(sorted(folder.glob(pattern))))
    file.write_bytes(file.read_bytes().replace(b"2026", b"2025", 1) + b"\n")

    assert checked(folder, place.path).returncode != 0


def test_stock_openssh_verifies_the_signatures(
    repo: Repository,  # noqa: F811
    keys: dict[str, Path],  # noqa: F811
    tmp_path: Path,
) -> None:
    approve(repo, keys["carla"])
    repo.commit("signed")
    ran = repo.fleet("promote", "desk-bot", "--to", "production", "--apply")
    assert ran.code == 0, ran.err
    ran = repo.fleet("audit", "--bundle", str(tmp_path / "pack"))
    assert ran.code == 0, ran.out + ran.err

    done = checked(tmp_path / "pack", repo.top)

    assert done.returncode == 0, done.stdout + done.stderr
    assert 'Good "fleet-approval-v1" signature for carla@acme.example' in done.stdout


def test_the_same_range_makes_the_same_bytes(place: FleetRepository, tmp_path: Path) -> None:
    first = packed(place, tmp_path / "one")
    second = packed(place, tmp_path / "other", "main")

    assert contents(first) == contents(second)


def test_a_range_packs_only_its_own_promotions(place: FleetRepository, tmp_path: Path) -> None:
    older = place.git("rev-list", "--first-parent", "HEAD", "--", "ledger").split()[1]

    folder = packed(place, tmp_path / "pack", f"{older}..HEAD")

    assert [promotion.name for promotion in (folder / "promotions").iterdir()] == ["production-000004"]


def test_an_existing_folder_is_not_overwritten(place: FleetRepository, tmp_path: Path) -> None:
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "mine").write_text("mine")

    assert cli.run(["audit", "-C", str(place.path), "--bundle", str(tmp_path / "pack")]) == 2
    assert contents(tmp_path / "pack") == {"mine": b"mine"}
