"""A promotion that brings no release makes nobody less of an author."""

from __future__ import annotations

from pathlib import Path

from tests.end_to_end.repositories import DESK, Repository, running

STOP = ("suspend", "desk-bot", "--env", "production", "--reason", "odd", "--apply")


def suspended_repository(folder: Path, by: str) -> Repository:
    """carla edits staging, then desk-bot is suspended by alice, approved by another; the edit still waits."""
    repository = running(folder)
    repository.commit(
        "hers",
        identity="carla",
        at="2026-11-19T08:00:00+00:00",
        files={f"{DESK}/prompts/system.md": "Mine.\n"},
    )
    assert repository.fleet(*STOP, now="2026-11-19T09:00:00Z").code == 1
    repository.approve("desk-bot", by, now="2026-11-19T09:10:00Z")
    assert repository.fleet(*STOP, now="2026-11-19T09:20:00Z").code == 0
    return repository


def test_the_author_of_a_pending_change_stays_its_author_after_a_suspension(tmp_path: Path) -> None:
    repository = suspended_repository(tmp_path, "dina")
    repository.approve("desk-bot", "carla", now="2026-11-19T10:00:00Z")

    ran = repository.fleet("promote", "desk-bot", "--to", "production", "--json")

    [judged] = ran.data["promotions"]
    assert judged["verdict"] == "pending"
    reasons = {excluded["approver"]: excluded["reason"] for excluded in judged["notCounted"]}
    assert "author of the change" in reasons["carla"]


def test_the_author_of_a_pending_change_may_approve_a_suspension_without_it(tmp_path: Path) -> None:
    repository = suspended_repository(tmp_path, "carla")

    assert (repository.root / "environments/production/desk-bot/overrides.yaml").is_file()
    assert (repository.root / "environments/production/desk-bot/prompts/system.md").read_text() != "Mine.\n"
