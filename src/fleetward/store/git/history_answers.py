"""Questions to git that a memory of its history answers in git's own words; None where one is not understood."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence

from fleetward.store.git.history_index import ABSENT, Memory, Move
from fleetward.store.git.repository import Id

_HEX = frozenset("0123456789abcdef")


def answer(memory: Memory, arguments: tuple[str, ...], stdin: bytes) -> bytes | None:
    """What git would write on standard output."""
    words, scope = _scope(arguments)
    if scope and not memory.knows(scope):
        return None
    if words[0] == "rev-list":
        return _listed(memory, words[1:], scope)
    if words[0] == "ls-tree" and words[1:4] == ("-r", "-z", "--full-tree") and len(words) == 5:
        return _tree(memory, words[4], scope)
    if words[0] == "diff-tree" and words[1:2] == ("--stdin",):
        return _compared(memory, words[2:], scope, stdin.decode().split())
    return None


def _scope(arguments: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[bytes, ...]]:
    if "--" not in arguments:
        return arguments, ()
    at = arguments.index("--")
    return arguments[:at], tuple(os.fsencode(one) for one in arguments[at + 1 :])


def _listed(memory: Memory, words: Sequence[str], scope: Sequence[bytes]) -> bytes | None:
    flags = {one for one in words if one.startswith("--")}
    tips = [one for one in words if one and one[0] in _HEX]
    without = [one[1:] for one in words if one.startswith("^")]
    if len(tips) != 1 or len(flags) + 1 + len(without) != len(words):
        return None
    if any(one not in memory.parents for one in (*tips, *without)):
        return None
    [tip] = tips
    if flags == {"--first-parent", "--timestamp"} and not scope and not without and tip in memory.position:
        line = memory.line[memory.position[tip] :: -1]
        return "".join(f"{memory.stamps[one]} {one}\n" for one in line).encode()
    if flags in ({"--first-parent"}, {"--first-parent", "--reverse"}) and scope:
        return _on_the_line(memory, tip, without, scope, reverse="--reverse" in flags)
    if "--full-history" not in flags or not scope or flags - {"--full-history", "--merges", "--no-merges"}:
        return None
    return _lines(
        one
        for one in _touched(memory, memory.touching, scope)
        if memory.holds(tip, one)
        and not any(memory.holds(past, one) for past in without)
        and not ("--merges" in flags and len(memory.parents[one]) < 2)
        and not ("--no-merges" in flags and len(memory.parents[one]) > 1)
    )


def _on_the_line(
    memory: Memory, tip: Id, without: Sequence[Id], scope: Sequence[bytes], *, reverse: bool
) -> bytes | None:
    if any(one not in memory.position for one in (tip, *without)):
        return None
    first = max((memory.position[one] for one in without), default=-1)
    last = memory.position[tip]
    found = [
        one
        for one in _touched(memory, memory.touching_first, scope)
        if first < memory.position.get(one, -1) <= last
    ]
    return _lines(reversed(found) if reverse else found)


def _touched(memory: Memory, index: Mapping[bytes, Sequence[Id]], scope: Sequence[bytes]) -> list[Id]:
    """Newest first."""
    found = {one for path in scope for one in index.get(path.rstrip(b"/"), ())}
    return sorted(found, key=lambda one: memory.place[one], reverse=True)


def _lines(ids: Iterable[Id]) -> bytes:
    return "".join(f"{one}\n" for one in ids).encode()


def _tree(memory: Memory, commit: Id, scope: Sequence[bytes]) -> bytes | None:
    if commit not in memory.position or not scope:
        return None
    found = memory.tree(commit, scope)
    out = []
    for path, kept in sorted(found.items()):
        kind = "commit" if kept.mode == "160000" else "blob"
        out.append(f"{kept.mode} {kind} {kept.id}\t".encode() + path + b"\0")
    return b"".join(out)


def _compared(
    memory: Memory, words: Sequence[str], scope: Sequence[bytes], commits: Sequence[Id]
) -> bytes | None:
    names = {"--root", "-m", "-r", "-z", "--name-only", "--no-renames"}
    raw = {"--no-commit-id", "--root", "-m", "-r", "-z", "--raw", "--no-renames"}
    if set(words) not in (names, raw) or any(one not in memory.parents for one in commits):
        return None
    out: list[bytes] = []
    for one in commits:
        for number in range(max(1, len(memory.parents[one]))):
            moves = sorted(set(memory.within(one, number, scope)), key=lambda move: move.path)
            if moves and "--raw" not in words:
                out.append(one.encode())
            for move in moves:
                if "--raw" in words:
                    out.append(_raw(move))
                out.append(move.path)
    return b"".join(part + b"\0" for part in out)


def _raw(move: Move) -> bytes:
    what = "A" if move.old_mode == ABSENT else "D" if move.new_mode == ABSENT else "M"
    kinds = (move.old_mode[:3], move.new_mode[:3])
    if what == "M" and kinds[0] != kinds[1]:
        what = "T"
    return f":{move.old_mode} {move.new_mode} {move.old} {move.new} {what}".encode()
