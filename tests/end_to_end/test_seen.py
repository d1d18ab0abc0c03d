"""A robot that saw a release in its environment begins its soak."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.end_to_end.repositories import FLEET, POLICY, Repository, running
from tests.end_to_end.signing import keys_in, people_with_keys

SEEN = ("attest", "desk-bot", "--kind", "seen", "--env", "staging", "--sign")


def soak_detail(repo: Repository) -> tuple[str, str]:
    report = repo.fleet("promote", "desk-bot", "--to", "production", "--json").data
    [soak] = [item for item in report["promotions"][0]["requirements"] if item["kind"] == "soak"]
    return soak["status"], soak["detail"]


def test_a_signed_attestation_of_a_robot_begins_the_soak_and_the_audit_agrees(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = keys_in(tmp_path / "keys")
    policy = POLICY.replace("from: owner}", "from: owner}, {soak: P1D}").replace("[low", "[calm, low")
    monkeypatch.setitem(FLEET, "governance/policy.yaml", policy)
    monkeypatch.setitem(FLEET, "governance/people.yaml", people_with_keys(keys))
    repo = running(tmp_path)

    waiting = soak_detail(repo)
    seen = repo.fleet(*SEEN, str(keys["ci"]), identity="ci", now="2026-11-19T09:00:00Z")
    # whoever commits it: the robot signed it
    repo.commit("seen", at="2026-11-19T10:00:00+00:00")
    repo.approve("desk-bot", "carla", now="2026-11-20T09:00:00Z")
    begun = soak_detail(repo)
    applied = repo.fleet("promote", "desk-bot", "--to", "production", "--apply")

    assert waiting[0] == "missing"
    assert waiting[1].endswith("fleet attest desk-bot --kind seen --env ENV --sign")
    assert (seen.code, begun) == (0, ("met", "stayed 1d 2h"))
    assert applied.code == 0, applied.err
    assert repo.fleet("audit").code == 0
    last = json.loads((repo.root / "ledger/production.jsonl").read_text().splitlines()[-1])
    [witness] = last["attestations"]
    assert witness["file"] == "attestations/desk-bot/2026-11-19-seen-ci.json"
    assert list(witness) == ["file", "sha256", "signature"]
