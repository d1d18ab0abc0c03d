"""Every input of a cached result is in its key."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fleetward import __version__
from fleetward.store.cache.keys import agent_key, fleet_key, governance_key
from fleetward.store.fleet.load import FleetOutline, read_outline
from fleetward.store.git.fleet_root import find_fleet_root
from fleetward.store.git.tree import TreeEntry
from tests.end_to_end.repositories import clean_environment, repository

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
KEY = ("staging", "desk")
MANIFEST = TreeEntry(path="environments/staging/desk/agent.yaml", mode="100644")


@pytest.fixture
def fleet(tmp_path: Path) -> FleetOutline:
    repo = repository(tmp_path)
    root = find_fleet_root(repo.root, clean_environment(repo.home))
    return read_outline(root.work_tree(), version=__version__)


def test_governance_key_changes_with_the_day_but_not_with_the_hour(fleet: FleetOutline) -> None:
    key = governance_key(fleet, NOW)

    assert governance_key(fleet, NOW + timedelta(hours=1)) == key
    assert governance_key(fleet, NOW + timedelta(days=1)) != key


def test_governance_key_changes_with_content_and_mode(fleet: FleetOutline) -> None:
    key = governance_key(fleet, NOW)
    path, content = next(iter(fleet.contents.items()))
    edited = replace(fleet, contents={**fleet.contents, path: content + b"\n"})
    executable = replace(
        fleet,
        governance_entries=tuple(replace(entry, mode="100755") for entry in fleet.governance_entries),
    )

    assert len({key, governance_key(edited, NOW), governance_key(executable, NOW)}) == 3


def test_agent_key_changes_with_every_input() -> None:
    contents: dict[str, bytes | int | None] = {MANIFEST.path: b"a"}
    keys = [
        agent_key(b"governance", KEY, [MANIFEST], contents),
        agent_key(b"other governance", KEY, [MANIFEST], contents),
        agent_key(b"governance", ("production", "desk"), [MANIFEST], contents),
        agent_key(b"governance", KEY, [replace(MANIFEST, mode="100755")], contents),
        agent_key(b"governance", KEY, [MANIFEST], {MANIFEST.path: b"b"}),
        agent_key(b"governance", KEY, [MANIFEST], {MANIFEST.path: 1}),
        agent_key(b"governance", KEY, [MANIFEST], {MANIFEST.path: b"1"}),
        agent_key(b"governance", KEY, [MANIFEST], {}),
    ]

    assert len(set(keys)) == len(keys)


def test_fleet_key_changes_with_ledgers_agents_and_other_files(fleet: FleetOutline) -> None:
    with_ledger = replace(fleet, ledger_contents={"ledger/production.jsonl": b"{}\n"})
    keys = [
        fleet_key(b"governance", fleet, [], ["agent"]),
        fleet_key(b"other governance", fleet, [], ["agent"]),
        fleet_key(b"governance", with_ledger, [], ["agent"]),
        fleet_key(b"governance", fleet, [MANIFEST], ["agent"]),
        fleet_key(b"governance", fleet, [], ["agent", "another agent"]),
    ]

    assert len(set(keys)) == len(keys)
