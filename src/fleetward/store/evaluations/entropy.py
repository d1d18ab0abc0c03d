"""The codes of Zstandard, Huffman and finite state entropy, and the bits they come from (RFC 8878, 4)."""

from __future__ import annotations

from typing import NamedTuple

_HUFFMAN_BITS = 11


class Malformed(ValueError):
    """These bytes are no Zstandard, or more than was allowed."""


class Cell(NamedTuple):
    """One state of an FSE table: what it stands for, and how to get to the next."""

    symbol: int
    bits: int
    base: int


Table = list[Cell]


class Backward:
    """Bits read from the end; the highest set bit of the last byte marks where they begin."""

    __slots__ = ("at", "data")

    def __init__(self, data: bytes) -> None:
        if not data or not data[-1]:
            raise Malformed("a bit stream has no end mark")
        self.data = data
        self.at = (len(data) - 1) * 8 + data[-1].bit_length() - 1

    def read(self, count: int) -> int:
        """The next *count* bits; zeros past the beginning, where ``at`` is then negative."""
        self.at = at = self.at - count
        if at >= 0:
            byte = at >> 3
            value = int.from_bytes(self.data[byte : byte + 8], "little") >> (at & 7)
            return value & ((1 << count) - 1)
        if at + count <= 0:
            return 0
        return (int.from_bytes(self.data[:8], "little") & ((1 << (at + count)) - 1)) << -at


def symbols(data: bytes, size: int, table: list[tuple[int, int]], longest: int) -> bytes:
    at, mask, out = Backward(data).at, (1 << longest) - 1, bytearray()
    for _ in range(size):
        low = at - longest
        if low >= 0:
            byte = low >> 3
            value = int.from_bytes(data[byte : byte + 3], "little") >> (low & 7)
        else:
            value = (int.from_bytes(data[:3], "little") & ((1 << at) - 1)) << -low
        symbol, bits = table[value & mask]
        at -= bits
        if at < 0:
            break
        out.append(symbol)
    if at:
        raise Malformed("a literal stream does not end where it should")
    return bytes(out)


def huffman(data: bytes) -> tuple[tuple[list[tuple[int, int]], int], int]:
    """The decoding table by the next bits, how many these are, and how many bytes described it."""
    head = data[0]
    if head < 128:
        weights = _packed_weights(data[1 : 1 + head])
        used = 1 + head
    else:
        used = 1 + (head - 126) // 2
        pairs = [nibble for byte in data[1:used] for nibble in (byte >> 4, byte & 15)]
        weights = pairs[: head - 127]
    total = sum(1 << (weight - 1) for weight in weights if weight)
    longest = total.bit_length()
    missing = (1 << longest) - total
    if not total or missing & (missing - 1) or longest > _HUFFMAN_BITS or used > len(data):
        raise Malformed("a Huffman table is damaged")
    weights = [*weights, missing.bit_length()]
    table: list[tuple[int, int]] = []
    for weight in range(1, longest + 1):
        for symbol, own in enumerate(weights):
            if own == weight:
                table += [(symbol, longest + 1 - weight)] * (1 << (weight - 1))
    if len(table) != 1 << longest or len(weights) > 256:
        raise Malformed("a Huffman table is damaged")
    return (table, longest), used


def _packed_weights(data: bytes) -> list[int]:
    table, used = described(data, 6, 256)
    log = (len(table) - 1).bit_length()
    bits = Backward(data[used:])
    states = [table[bits.read(log)], table[bits.read(log)]]
    weights: list[int] = []
    turn = 0
    while len(weights) < 255:
        cell = states[turn]
        weights.append(cell.symbol)
        following = cell.base + bits.read(cell.bits)
        if bits.at < 0:
            weights.append(states[1 - turn].symbol)
            return weights
        states[turn] = table[following]
        turn = 1 - turn
    raise Malformed("a Huffman table is damaged")


def described(data: bytes, longest: int, symbols: int) -> tuple[Table, int]:
    """The FSE table that *data* begins with, and how many bytes it took."""
    value = int.from_bytes(data[:512], "little")
    log = (value & 15) + 5
    if log > longest:
        raise Malformed("an FSE table is too large")
    at, remaining = 4, 1 << log
    counts: list[int] = []
    while remaining > 0 and len(counts) <= symbols:
        width = (remaining + 1).bit_length()
        found = (value >> at) & ((1 << width) - 1)
        low = (1 << (width - 1)) - 1
        spare = (1 << width) - 2 - remaining
        if found & low < spare:
            found, at = found & low, at + width - 1
        else:
            found, at = found - (spare if found > low else 0), at + width
        counts.append(found - 1)
        remaining -= abs(found - 1)
        more = 3 if found == 1 else 0
        while more == 3 and len(counts) <= symbols:
            more, at = (value >> at) & 3, at + 2
            counts += [0] * more
    used = (at + 7) // 8
    if remaining or len(counts) > symbols or used > len(data):
        raise Malformed("an FSE table is damaged")
    return spread(counts, log), used


def spread(counts: list[int], log: int) -> Table:
    size = 1 << log
    states = [0] * size
    high = size - 1
    for symbol, count in enumerate(counts):
        if count == -1:
            states[high] = symbol
            high -= 1
    at, step = 0, (size >> 1) + (size >> 3) + 3
    for symbol, count in enumerate(counts):
        for _ in range(count):
            states[at] = symbol
            at = (at + step) & (size - 1)
            while at > high:
                at = (at + step) & (size - 1)
    following = [abs(count) for count in counts]
    cells: Table = []
    for symbol in states:
        state = following[symbol]
        following[symbol] += 1
        bits = log - (state.bit_length() - 1)
        cells.append(Cell(symbol, bits, (state << bits) - size))
    return cells
