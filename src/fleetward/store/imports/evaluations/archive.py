"""Members of a zip archive, unpacked one at a time and within limits."""

from __future__ import annotations

import io
import struct
import sys
import zipfile
import zlib
from importlib import import_module
from typing import Any

from fleetward.domain import limits
from fleetward.domain.errors import FleetError

Members = dict[str, zipfile.ZipInfo]
_STORED, _DEFLATED, _ZSTANDARD = 0, 8, 93
_DAMAGED = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, ValueError, OSError)


def list_members(content: bytes, file: str) -> Members:
    """
    The members that the archive lists, by name.

    Errors: FleetError when it is damaged, too large, or lists a name twice, so that two readers could differ.
    """
    if len(content) > limits.EVALUATION_ARCHIVE_BYTES:
        raise FleetError(
            f"{file}: {len(content)} bytes, the limit for an archive is {limits.EVALUATION_ARCHIVE_BYTES}"
        )
    if content.count(b"PK\x01\x02") > limits.EVALUATION_ARCHIVE_MEMBERS:
        raise FleetError(f"{file}: the archive lists more than {limits.EVALUATION_ARCHIVE_MEMBERS} members")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as opened:
            listed = opened.infolist()
    except (*_DAMAGED, NotImplementedError) as error:
        raise FleetError(f"{file}: not a readable zip archive: {error}") from None
    by_name = {member.filename: member for member in listed}
    if len(by_name) != len(listed):
        raise FleetError(f"{file}: the archive lists a name twice")
    return by_name


def read_member(content: bytes, member: zipfile.ZipInfo, file: str, *, limit: int) -> bytes:
    """
    One member, unpacked.

    Errors: FleetError when it is encrypted, packed in an unknown way, damaged, or longer than *limit* bytes.
    """
    where = f"{file}: {member.filename}"
    if member.flag_bits & 0x41 or member.compress_type not in (_STORED, _DEFLATED, _ZSTANDARD):
        raise FleetError(f"{where}: encrypted, or packed in an unknown way")
    if max(member.file_size, member.compress_size) > limit:
        raise FleetError(f"{where}: {member.file_size} bytes unpacked, the limit is {limit}")
    try:
        unpacked = _unpacked(_packed(content, member), member.compress_type, limit)
    except _DAMAGED as error:
        raise FleetError(f"{where}: damaged: {error}") from None
    if len(unpacked) != member.file_size or zlib.crc32(unpacked) != member.CRC:
        raise FleetError(f"{where}: damaged: its content is not what the archive lists")
    return unpacked


def _packed(content: bytes, member: zipfile.ZipInfo) -> bytes:
    begin = member.header_offset
    if content[begin : begin + 4] != b"PK\x03\x04":
        raise ValueError("no member begins where the archive says")
    name_size, extra_size = struct.unpack_from("<HH", content, begin + 26)
    start = begin + 30 + name_size + extra_size
    if content[begin + 30 : begin + 30 + name_size] != member.orig_filename.encode():
        raise ValueError("the archive lists another name")
    return content[start : start + member.compress_size]


def _unpacked(packed: bytes, kind: int, limit: int) -> bytes:
    if kind == _ZSTANDARD:
        return _zstandard(packed, limit)
    if kind == _STORED:
        return packed
    return zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, limit + 1)


def _zstandard(packed: bytes, limit: int) -> bytes:
    """By Python from 3.14 on; before that by ``backports.zstd``, of the extra ``inspect``."""
    try:
        zstd: Any = import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")
    except ImportError:
        hint = "pip install 'fleetward[inspect]', or write JSON: inspect log convert --to json LOG"
        raise FleetError("packed with Zstandard, which is not installed here", hint=hint) from None
    try:
        unpacked: bytes = zstd.ZstdDecompressor().decompress(packed, max_length=limit + 1)
    except zstd.ZstdError as error:
        raise ValueError(str(error)) from None
    return unpacked
