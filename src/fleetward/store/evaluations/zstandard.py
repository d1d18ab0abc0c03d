"""
Zstandard, read only (RFC 8878): Inspect packs its logs with it, and Python before 3.14 cannot open them.

Small and slow, about a megabyte a second, for the few kilobytes that evidence needs. No dictionaries; a
frame's checksum is passed over, because the archive around it has one.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import NamedTuple

from fleetward.store.evaluations.entropy import (
    Backward,
    Cell,
    Malformed,
    Table,
    described,
    huffman,
    spread,
    symbols,
)

_MAGIC = 0xFD2FB528
_BLOCK = 128 * 1024

_LENGTHS = (
    *((code, 0) for code in range(16)),
    *((16, 1), (18, 1), (20, 1), (22, 1), (24, 2), (28, 2), (32, 3), (40, 3), (48, 4), (64, 6)),
    *((1 << bits, bits) for bits in range(7, 17)),
)
_MATCHES = (
    *((code + 3, 0) for code in range(32)),
    *((35, 1), (37, 1), (39, 1), (41, 1), (43, 2), (47, 2), (51, 3), (59, 3), (67, 4), (83, 4), (99, 5)),
    *(((1 << bits) + 3, bits) for bits in range(7, 17)),
)
_OFFSETS = tuple((1 << bits, bits) for bits in range(32))


def unpacked(content: bytes, *, limit: int) -> bytes:
    """
    What *content* was before it was packed.

    Errors: Malformed when it is damaged, asks for a dictionary, or unpacks to more than *limit* bytes.
    """
    out = bytearray()
    try:
        rest = memoryview(content)
        while rest:
            rest = _frame(rest, out, limit)
    except (IndexError, struct.error) as error:
        raise Malformed("the packed data end too early") from error
    return bytes(out)


@dataclass(slots=True)
class _Memory:
    """What one block of a frame leaves to the next."""

    start: int
    offsets: list[int] = field(default_factory=lambda: [1, 4, 8])
    huffman: tuple[list[tuple[int, int]], int] | None = None
    tables: dict[str, Table] = field(default_factory=dict)


def _frame(data: memoryview, out: bytearray, limit: int) -> memoryview:
    (magic,) = struct.unpack_from("<I", data)
    if magic & 0xFFFFFFF0 == 0x184D2A50:
        (size,) = struct.unpack_from("<I", data, 4)
        return _split(data[8:], size)[1]
    if magic != _MAGIC:
        raise Malformed("no Zstandard frame begins here")
    descriptor = data[4]
    single = bool(descriptor & 0x20)
    if descriptor & 0x0B:
        raise Malformed("a dictionary or a reserved feature is asked for")
    size_bytes = (1 if single else 0, 2, 4, 8)[descriptor >> 6]
    data = _split(data[5:], size_bytes + (0 if single else 1))[1]
    memory = _Memory(start=len(out))
    last = False
    while not last:
        header, data = _split(data, 3)
        value = int.from_bytes(header, "little")
        last = bool(value & 1)
        data = _block((value >> 1) & 3, value >> 3, data, out, memory)
        if len(out) > limit:
            raise Malformed(f"it unpacks to more than {limit} bytes")
    return _split(data, 4)[1] if descriptor & 0x04 else data


def _split(data: memoryview, size: int) -> tuple[memoryview, memoryview]:
    if size > len(data):
        raise Malformed("the packed data end too early")
    return data[:size], data[size:]


def _block(kind: int, size: int, data: memoryview, out: bytearray, memory: _Memory) -> memoryview:
    if size > _BLOCK or kind == 3:
        raise Malformed("a block is too large or of no known kind")
    body, rest = _split(data, 1 if kind == 1 else size)
    if kind == 0:
        out += body
    elif kind == 1:
        out += bytes(body) * size
    else:
        literals, sequences = _literals(bytes(body), memory)
        _execute(sequences, literals, out, memory)
    return rest


def _literals(body: bytes, memory: _Memory) -> tuple[bytes, bytes]:
    """The literals of a block, and what follows them."""
    kind, form = body[0] & 3, (body[0] >> 2) & 3
    if kind < 2:
        width, shift = {0: (1, 3), 2: (1, 3), 1: (2, 4), 3: (3, 4)}[form]
        size = int.from_bytes(body[:width], "little") >> shift
        if size > _BLOCK:
            raise Malformed("too many literals")
        stored = 1 if kind else size
        raw = body[width : width + stored]
        if len(raw) != stored:
            raise Malformed("the packed data end too early")
        return raw * size if kind else raw, body[width + stored :]
    width, bits = ((3, 10), (3, 10), (4, 14), (5, 18))[form]
    value = int.from_bytes(body[:width], "little") >> 4
    size, packed = value & ((1 << bits) - 1), value >> bits
    streams = body[width : width + packed]
    if size > _BLOCK or len(streams) != packed:
        raise Malformed("the literals are longer than their block")
    if kind == 2:
        memory.huffman, used = huffman(streams)
        streams = streams[used:]
    if memory.huffman is None:
        raise Malformed("a Huffman table is repeated before there is one")
    table, longest = memory.huffman
    count = 1 if form == 0 else 4
    return _streams(streams, size, count, table, longest), body[width + packed :]


def _streams(data: bytes, size: int, count: int, table: list[tuple[int, int]], longest: int) -> bytes:
    if count == 1:
        return symbols(data, size, table, longest)
    lengths = struct.unpack_from("<3H", data)
    part = (size + 3) // 4
    out, at = bytearray(), 6
    for length in lengths:
        out += symbols(data[at : at + length], part, table, longest)
        at += length
    return bytes(out + symbols(data[at:], size - 3 * part, table, longest))


class _Code(NamedTuple):
    """One of the three codes of a sequence: its meanings, its largest table, its table where none is sent."""

    values: tuple[tuple[int, int], ...]
    longest: int
    usual: Table


_CODES = {
    "length": _Code(_LENGTHS, 9, spread([4, 3, *[2] * 11, *[1] * 3, *[2] * 9, 3, 2, *[1] * 5, *[-1] * 4], 6)),
    "offset": _Code(_OFFSETS, 8, spread([*[1] * 6, *[2] * 3, *[1] * 15, *[-1] * 5], 5)),
    "match": _Code(_MATCHES, 9, spread([1, 4, 3, *[2] * 6, *[1] * 37, *[-1] * 7], 6)),
}


def _tables(data: bytes, modes: int, memory: _Memory) -> bytes:
    """Set the three tables of a block; what follows them."""
    for shift, (name, code) in zip((6, 4, 2), _CODES.items(), strict=True):
        mode = (modes >> shift) & 3
        if mode == 0:
            memory.tables[name] = code.usual
        elif mode == 1:
            memory.tables[name] = [Cell(data[0], 0, 0)]
            data = data[1:]
        elif mode == 2:
            memory.tables[name], used = described(data, code.longest, len(code.values))
            data = data[used:]
        elif name not in memory.tables:
            raise Malformed("an FSE table is repeated before there is one")
    return data


def _execute(data: bytes, literals: bytes, out: bytearray, memory: _Memory) -> None:
    """Write a block: literals and copies of what was written before, in turns."""
    first = data[0]
    if first == 0:
        out += literals
        return
    if first < 128:
        count, used = first, 1
    elif first < 255:
        count, used = ((first - 128) << 8) + data[1], 2
    else:
        count, used = data[1] + (data[2] << 8) + 0x7F00, 3
    if data[used] & 3:
        raise Malformed("a reserved feature is asked for")
    bits = Backward(_tables(data[used + 1 :], data[used], memory))
    tables = [memory.tables[name] for name in _CODES]
    cells = [table[bits.read((len(table) - 1).bit_length())] for table in tables]
    taken, begun = 0, len(out)
    for number in range(1, count + 1):
        of_length, of_offset, of_match = cells
        wide = _meaning(_OFFSETS, of_offset, bits)
        match = _meaning(_MATCHES, of_match, bits)
        length = _meaning(_LENGTHS, of_length, bits)
        if taken + length > len(literals) or len(out) - begun + length + match > _BLOCK:
            raise Malformed("a sequence is longer than its block")
        out += literals[taken : taken + length]
        taken += length
        _copy(out, _distance(wide, length, memory.offsets), match, memory.start)
        if number < count:
            following = [(i, cells[i].base + bits.read(cells[i].bits)) for i in (0, 2, 1)]
            for i, state in following:
                cells[i] = tables[i][state]
        if bits.at < 0:
            raise Malformed("a sequence stream ends too early")
    if bits.at:
        raise Malformed("a sequence stream does not end where it should")
    out += literals[taken:]


def _meaning(values: tuple[tuple[int, int], ...], cell: Cell, bits: Backward) -> int:
    base, extra = values[cell.symbol]
    return base + bits.read(extra)


def _distance(value: int, length: int, recent: list[int]) -> int:
    """How far back to copy from; the three most recent distances have short names."""
    if value > 3:
        recent[:] = [value - 3, *recent[:2]]
        return recent[0]
    which = value - 1 + (length == 0)
    distance = recent[0] - 1 if which == 3 else recent[which]
    if which:
        recent[:] = [distance, recent[0], recent[1] if which > 1 else recent[2]]
    return distance


def _copy(out: bytearray, distance: int, size: int, start: int) -> None:
    if not 0 < distance <= len(out) - start:
        raise Malformed("a copy reaches before the beginning")
    if distance >= size:
        begin = len(out) - distance
        out += out[begin : begin + size]
        return
    pattern = out[-distance:]
    out += (pattern * (size // distance + 1))[:size]
