"""What to do next, where something was asked that cannot be answered, or that nobody hears."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.cli.outside import Terminal, terminal
from tests.end_to_end.repositories import DESK, FLEET, MANIFEST, NOW, command, repository

TOKEN = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIK0wmN/Cr3JXqmLW7u+g9pTh+wyqDHpSQEIQczXkVx9q carla@acme.example"


@pytest.fixture
def zoe(tmp_path: Path) -> Terminal:
    return terminal(tmp_path)


def test_before_the_first_add_the_hint_is_to_add(tmp_path: Path) -> None:
    repo = repository(tmp_path, committed=False)

    before = repo.fleet("validate", "--staged")
    repo.git("add", "-A")
    after = repo.fleet("validate", "--staged")

    assert (before.code, after.code) == (2, 0)
    assert before.err == "fleet: no fleet-config.yaml is staged\n  try: git add -A\n"


def test_a_revision_without_a_fleet_is_named(tmp_path: Path) -> None:
    repo = repository(tmp_path, {"README.md": "soon\n"})
    repo.write(FLEET)

    ran = repo.fleet("validate", "--rev", "HEAD")

    assert ran.code == 2
    assert "no fleet-config.yaml in 'HEAD'" in ran.err
    assert "try: fleet validate\n" in ran.err


@pytest.mark.parametrize(
    ("files", "hint"),
    [({}, "fleet init, or -C DIR"), ({"fleet-config.yaml": "x: 1\n"}, "git init && git add -A")],
)
def test_outside_a_repository_the_hint_is_what_is_missing(
    zoe: Terminal, files: dict[str, str], hint: str
) -> None:
    zoe.write(files)

    ran = zoe.run("fleet", "validate", extra={"GIT_CEILING_DIRECTORIES": str(zoe.folder.parent)})

    # a folder is validated without git as well, and its report says what is missing
    assert ran.code == (1 if files else 2)
    assert f"{hint}\n" in ran.out + ran.err


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (("valdate",), "fleet validate"),
        (("diif", "--staged"), "fleet diff"),
        (("evidance", "add"), "fleet evidence add"),
        (("policy", "tset"), "fleet policy test"),
        (("xyzzy",), "fleet -h"),
    ],
)
def test_a_misspelt_command_is_refused_with_the_nearest_one(
    zoe: Terminal, arguments: tuple[str, ...], hint: str
) -> None:
    ran = zoe.run("fleet", *arguments)

    assert ran.code == 2
    assert ran.err.endswith(f"  try: {hint}\n")


def test_a_meaning_of_diff_leads_to_diff_rules(zoe: Terminal) -> None:
    ran = zoe.run("fleet", "explain", "privilege/tool-added")

    assert ran.code == 2
    assert "try: fleet diff --rules\n" in ran.err


def test_help_shortens_no_sentence(zoe: Terminal) -> None:
    ran = zoe.run("fleet", "-h")

    assert ran.code == 0
    assert "..." not in ran.out.partition("Commands:")[2]


def test_quiet_prints_errors_only(tmp_path: Path) -> None:
    repo = repository(tmp_path)

    clean = repo.fleet("validate", "-q")
    repo.write({f"{DESK}/agent.yaml": MANIFEST.replace("team: desk", "team: dusk")})
    refused = repo.fleet("validate", "-q")

    assert (clean.code, clean.out, clean.err) == (0, "", "")
    assert refused.code == 1
    assert len(refused.out.splitlines()) == 1


@pytest.mark.parametrize("flags", [(), ("--json",), ("-v",)])
def test_a_closed_pipe_prints_no_error(tmp_path: Path, flags: tuple[str, ...]) -> None:
    many = {f"environments/staging/a{n}/agent.yaml": "a: [\n" for n in range(900)}
    repo = repository(tmp_path, {**FLEET, **many}, committed=False)
    started = subprocess.Popen(
        command("validate", *flags, "--now", NOW),
        cwd=repo.root,
        env=repo.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert started.stdout is not None
    assert started.stderr is not None

    os.read(started.stdout.fileno(), 10)
    started.stdout.close()
    errors = started.stderr.read()

    assert started.wait(60) != 0
    assert errors == b""
    started.stderr.close()


def test_a_tab_is_called_a_tab(tmp_path: Path) -> None:
    repo = repository(
        tmp_path, {**FLEET, f"{DESK}/agent.yaml": "apiVersion: fleetward/v1\nmetadata:\n\tname: x\n"}
    )

    [finding] = [
        row for row in repo.fleet("validate", "--json").data["findings"] if row["rule"] == "yaml-syntax"
    ]

    assert (finding["line"], finding["column"]) == (3, 1)
    assert finding["message"] == "indented with a tab"
    assert "spaces" in finding["hint"]


def test_a_credential_in_governance_is_found_and_a_public_key_is_not(tmp_path: Path) -> None:
    keyed = FLEET["governance/people.yaml"].replace(
        "carla: {name: Carla Ferri,",
        f'carla: {{name: Carla Ferri, keys: [{{key: "{KEY}", since: 2025-01-01}}],',
    )
    repo = repository(tmp_path, {**FLEET, "governance/people.yaml": keyed})

    clean = repo.fleet("validate", "--json")
    policy = FLEET["governance/policy.yaml"] + f"# {TOKEN}\n"
    repo.write({"governance/policy.yaml": policy})
    leaked = repo.fleet("validate", "--json")

    assert (clean.code, leaked.code) == (0, 1)
    [finding] = [row for row in leaked.data["findings"] if row["severity"] == "error"]
    assert (finding["rule"], finding["file"], finding["line"]) == (
        "secret-in-manifest",
        "governance/policy.yaml",
        len(policy.splitlines()),
    )
    assert TOKEN not in leaked.out


def test_twenty_thousand_findings_are_counted_and_not_all_shown(tmp_path: Path) -> None:
    agent = "a:\n" + "".join(f"  k{n}: 0{n}\n" for n in range(100))  # each is read as two things
    many = {f"environments/staging/a{n}/agent.yaml": agent for n in range(200)}
    repo = repository(tmp_path, {**FLEET, **many}, committed=False)

    cold = repo.fleet("validate", "--jobs", "2", "-o", "text", "-o", "json=found.json")
    warm = repo.fleet("validate")
    data = json.loads((repo.root / "found.json").read_bytes())

    assert cold.code == 1
    assert (warm.code, warm.out) == (cold.code, cold.out)
    assert len(cold.out.splitlines()) < 1_100
    notes = data["summary"]["notes"]
    assert data["summary"]["errors"] == len(data["findings"]) - notes == 20_000
    assert "20000 errors" in cold.out
