"""Members of archives are unpacked within limits; damaged ones are refused."""

from __future__ import annotations

import zipfile
import zlib

import pytest

from fleetward.domain.errors import FleetError
from fleetward.store.imports.evaluations import archive
from tests.paths import SAMPLES

LOG = SAMPLES / "evals" / "inspect_ai" / "invoice-triage.eval"
pytest.importorskip("backports.zstd", reason="the extra inspect is not installed")


def members() -> dict[str, zipfile.ZipInfo]:
    return archive.list_members(LOG.read_bytes(), "log")


@pytest.mark.parametrize("name", sorted(members()))
def test_every_member_of_a_real_log_unpacks_to_its_checksum(name: str) -> None:
    member = members()[name]

    content = archive.read_member(LOG.read_bytes(), member, "log", limit=10**6)

    assert member.compress_type == 93
    assert (len(content), zlib.crc32(content)) == (member.file_size, member.CRC)


@pytest.mark.parametrize("name", sorted(members()))
def test_a_damaged_member_is_refused_not_half_read(name: str) -> None:
    member = members()[name]
    content = bytearray(LOG.read_bytes())
    start = member.header_offset + 30 + len(member.filename) + 12
    content[start : start + 8] = b"\xff" * 8

    with pytest.raises(FleetError, match="damaged"):
        archive.read_member(bytes(content), member, "log", limit=10**6)


def test_a_member_is_never_unpacked_beyond_the_limit() -> None:
    member = max(members().values(), key=lambda m: m.file_size)

    with pytest.raises(FleetError, match="limit"):
        archive.read_member(LOG.read_bytes(), member, "log", limit=member.file_size - 1)
