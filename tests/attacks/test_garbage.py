"""Hostile bytes where law, statements and ledgers lie: an answer, never a crash, and never another's digest."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

from fleetward.domain import digest
from fleetward.domain.emergency import BrokenGlass
from tests.attacks.town import running
from tests.audit.town import at, brought, entered


def test_odd_bytes_in_governance_and_its_statements_are_an_answer(tmp_path: Path) -> None:
    place = running(tmp_path)
    for folder in ("governance", "approvals/governance", "ledger"):
        (place.path / folder).mkdir(parents=True, exist_ok=True)
        Path(os.fsdecode(os.fsencode(place.path / folder) + b"/\xff\xfe.json")).write_bytes(b"\xff{[")
        (place.path / folder / "link.json").symlink_to("/nowhere")
    place.commit("odd", at=at(3, 9))

    told = [place.judge(), place.fleet("approve", "--governance"), place.fleet("audit")]

    assert [one.code for one in told] == [2, 0, 1], [one.all for one in told]


def test_a_file_with_a_line_feed_in_its_name_does_not_stand_for_two() -> None:
    two = {"connectors.yaml": b"a", "models.yaml": b"b"}
    name = f"connectors.yaml\n{digest.of_bytes(b'b').removeprefix('sha256:')}  models.yaml"

    assert digest.of_files([(name, b"a")]) != digest.of_files(two.items())


def test_an_entry_of_no_known_kind_behind_the_glass_is_found(tmp_path: Path) -> None:
    place = running(tmp_path)
    place.change(at=at(8, 8))
    brought(place)
    glass = BrokenGlass(incident="INC-1", skipped=(), review_by=datetime.fromisoformat(at(9, 9)))
    entered(place, "desk", when=at(8, 9), kind="magic", break_glass=glass)
    place.commit("promote", who="ci", at=at(8, 9))

    assert place.fleet("audit").code == 1
    assert place.fleet("approve", "desk", "--to", "production", "--review", "2").code == 2
