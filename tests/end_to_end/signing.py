"""Fleets whose people and robot have keys, with a signed approval for the promotion of an agent."""

from __future__ import annotations

from pathlib import Path

from tests.end_to_end.repositories import FLEET, NOW, Repository
from tests.end_to_end.repositories import running as start
from tests.store.signing import keyring

PEOPLE = "governance/people.yaml"


def keys_in(folder: Path) -> dict[str, Path]:
    """A key for each of two people and the robot, and one that nobody knows."""
    folder.mkdir()
    return {name: keyring.generate(folder / name) for name in ("carla", "dina", "ci", "stranger")}


def people_with_keys(keys: dict[str, Path]) -> str:
    """people.yaml, in which carla, dina and the robot ci have keys."""
    text = FLEET[PEOPLE] + (
        f"robots:\n  ci: {{emails: [ci@acme.example], operatedBy: alice, keys: "
        f'[{{key: "{keyring.public(keys["ci"])}"}}]}}\n'
    )
    for person in ("carla", "dina"):
        row = f'keys: [{{key: "{keyring.public(keys[person])}", since: 2026-01-01}}]'
        address = f"emails: [{person}@acme.example]"
        text = text.replace(address, f"{address}, {row}")
    return text


def approved(folder: Path, keys: dict[str, Path], **options: str) -> Repository:
    """The change of desk-bot has carla's signed approval."""
    repo = start(folder, **options)
    repo.commit("keys", at="2026-11-18T10:00:00+00:00", files={PEOPLE: people_with_keys(keys)})
    repo.agree("dina", now="2026-11-18T11:00:00Z")
    done = repo.fleet(
        *("approve", "desk-bot", "--to", "production", "--sign", str(keys["carla"])), identity="carla"
    )
    assert done.code == 0, done.err
    repo.commit("approve", identity="carla", at=NOW)
    return repo
