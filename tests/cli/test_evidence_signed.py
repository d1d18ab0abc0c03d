"""Signed evidence: what counts by its key, whoever carries it, also where a pull request brings it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.end_to_end.repositories import FLEET, POLICY, Repository, running
from tests.store.signing import keyring

ASKED = "{approvals: 1, from: owner}, {evals: {passed: true, from: [ci], assurance: signed}}"
SIGNED_POLICY = POLICY.replace("version: 1", "version: 2").replace("{approvals: 1, from: owner}", ASKED)
PEOPLE = "governance/people.yaml"


@pytest.fixture
def keys(tmp_path: Path) -> dict[str, Path]:
    folder = tmp_path / "keys"
    folder.mkdir()
    return {name: keyring.generate(folder / name) for name in ("ci", "mallory")}


@pytest.fixture
def repo(tmp_path: Path, keys: dict[str, Path]) -> Repository:
    repo = running(tmp_path)
    key = f'keys: [{{key: "{keyring.public(keys["ci"])}"}}]'
    robots = f"robots:\n  ci: {{emails: [ci@acme.example], operatedBy: carla, {key}}}\n"
    files = {PEOPLE: FLEET[PEOPLE] + robots, "governance/policy.yaml": SIGNED_POLICY}
    repo.commit("evaluations are signed by the pipeline", files=files)
    repo.agree("carla", now="2026-11-18T10:00:00Z")
    return repo


def add(repo: Repository, *options: str, error: str = "") -> dict[str, object]:
    rows = [{"success": True, "failureReason": 0, "gradingResult": {"pass": True}}]
    (repo.root / "results.json").write_text(
        json.dumps({"results": {"results": rows, "stats": {"successes": 1}}})
    )
    words = ("evidence", "add", "desk-bot", "results.json", "--suite", "quality", *options)
    ran = repo.fleet(*words, "--json", identity="alice")
    (repo.root / "results.json").unlink()
    assert error in ran.err
    return {} if error else ran.data


def evals(repo: Repository, *options: str) -> tuple[str, str]:
    ran = repo.fleet("promote", "desk-bot", "--to", "production", "--json", *options)
    [requirement] = [
        requirement
        for requirement in ran.data["promotions"][0]["requirements"]
        if requirement["kind"] == "evals"
    ]
    return requirement["status"], requirement["detail"]


def test_a_signed_record_counts_whoever_commits_it(repo: Repository, keys: dict[str, Path]) -> None:
    base = repo.git("rev-parse", "HEAD").strip()
    file = str(add(repo)["files"][0]["file"])  # type: ignore[index]
    repo.commit("evidence without a signature", identity="alice")

    assert evals(repo) == ("missing", f"{file}: it is not signed: add it with 'fleet evidence add --sign'")

    add(repo, "--sign", str(keys["mallory"]), error="would not count")
    add(repo, "--sign", str(keys["ci"]))
    repo.commit("carried by alice", identity="alice")

    assert evals(repo)[0] == "met"
    assert evals(repo, "--base", base)[0] == "met"

    record = (repo.root / file).read_text()
    (repo.root / file).write_text(record.replace('"passed": 1', '"passed":  1'))
    repo.commit("the same in other bytes", identity="alice")

    assert "its signature is invalid" in evals(repo)[1]


def test_a_pull_request_brings_no_evidence_of_its_own(repo: Repository) -> None:
    repo.commit(
        "evaluations by anybody",
        files={
            "governance/policy.yaml": SIGNED_POLICY.replace(
                "from: [ci], assurance: signed", "maxAge: P7D"
            ).replace("version: 2", "version: 3")
        },
    )
    repo.agree("carla", now="2026-11-18T10:00:00Z")
    base = repo.git("rev-parse", "HEAD").strip()
    add(repo)
    repo.commit("evidence", identity="alice")

    assert evals(repo)[0] == "met"
    status, detail = evals(repo, "--base", base)
    assert (status, detail.partition(": ")[2]) == (
        "missing",
        "the base does not hold it: it counts once it is merged, or where a robot signed it",
    )
