"""Questions to git that a memory of its history answers in git's own words; None where one is not understood."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence

from fleetward.store.git.history_index import ABSENT, HistoryIndex, IndexedChange
from fleetward.store.git.repository import Id

_HEX = frozenset("0123456789abcdef")


def answer(memory: HistoryIndex, arguments: tuple[str, ...], stdin: bytes) -> bytes | None:
    """What git would write on standard output."""
    words, scope = _scope(arguments)
    if scope and not memory.covers(scope):
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
    return arguments[:at], tuple(os.fsencode(part) for part in arguments[at + 1 :])


def _listed(memory: HistoryIndex, words: Sequence[str], scope: Sequence[bytes]) -> bytes | None:
    flags = {item for item in words if item.startswith("--")}
    tips = [item for item in words if item and item[0] in _HEX]
    without = [item[1:] for item in words if item.startswith("^")]
    if len(tips) != 1 or len(flags) + 1 + len(without) != len(words):
        return None
    if any(item not in memory.parents for item in (*tips, *without)):
        return None
    [tip] = tips
    if flags == {"--first-parent", "--timestamp"} and not scope and not without and tip in memory.position:
        line = memory.line[memory.position[tip] :: -1]
        return "".join(f"{memory.stamps[item]} {item}\n" for item in line).encode()
    if flags in ({"--first-parent"}, {"--first-parent", "--reverse"}) and scope:
        return _on_the_line(memory, tip, without, scope, reverse="--reverse" in flags)
    if "--full-history" not in flags or not scope or flags - {"--full-history", "--merges", "--no-merges"}:
        return None
    return _lines(
        item
        for item in _touched(memory, memory.touching, scope)
        if memory.is_reachable(tip, item)
        and not any(memory.is_reachable(past, item) for past in without)
        and not ("--merges" in flags and len(memory.parents[item]) < 2)
        and not ("--no-merges" in flags and len(memory.parents[item]) > 1)
    )


def _on_the_line(
    memory: HistoryIndex, tip: Id, without: Sequence[Id], scope: Sequence[bytes], *, reverse: bool
) -> bytes | None:
    if any(commit_id not in memory.position for commit_id in (tip, *without)):
        return None
    first = max((memory.position[commit_id] for commit_id in without), default=-1)
    last = memory.position[tip]
    matches = [
        commit_id
        for commit_id in _touched(memory, memory.touching_first, scope)
        if first < memory.position.get(commit_id, -1) <= last
    ]
    return _lines(reversed(matches) if reverse else matches)


def _touched(memory: HistoryIndex, index: Mapping[bytes, Sequence[Id]], scope: Sequence[bytes]) -> list[Id]:
    """Newest first."""
    matches = {commit_id for path in scope for commit_id in index.get(path.rstrip(b"/"), ())}
    return sorted(matches, key=lambda commit_id: memory.place[commit_id], reverse=True)


def _lines(ids: Iterable[Id]) -> bytes:
    return "".join(f"{commit_id}\n" for commit_id in ids).encode()


def _tree(memory: HistoryIndex, commit: Id, scope: Sequence[bytes]) -> bytes | None:
    if commit not in memory.position or not scope:
        return None
    files = memory.files_at(commit, scope)
    out = []
    for path, entry in sorted(files.items()):
        kind = "commit" if entry.mode == "160000" else "blob"
        out.append(f"{entry.mode} {kind} {entry.id}\t".encode() + path + b"\0")
    return b"".join(out)


def _compared(
    memory: HistoryIndex, words: Sequence[str], scope: Sequence[bytes], commits: Sequence[Id]
) -> bytes | None:
    names = {"--root", "-m", "-r", "-z", "--name-only", "--no-renames"}
    raw = {"--no-commit-id", "--root", "-m", "-r", "-z", "--raw", "--no-renames"}
    if set(words) not in (names, raw) or any(commit_id not in memory.parents for commit_id in commits):
        return None
    out: list[bytes] = []
    for commit_id in commits:
        for number in range(max(1, len(memory.parents[commit_id]))):
            moves = sorted(set(memory.changes_in(commit_id, number, scope)), key=lambda move: move.path)
            if moves and "--raw" not in words:
                out.append(commit_id.encode())
            for move in moves:
                if "--raw" in words:
                    out.append(_raw(move))
                out.append(move.path)
    return b"".join(part + b"\0" for part in out)


def _raw(move: IndexedChange) -> bytes:
    status = "A" if move.old_mode == ABSENT else "D" if move.new_mode == ABSENT else "M"
    kinds = (move.old_mode[:3], move.new_mode[:3])
    if status == "M" and kinds[0] != kinds[1]:
        status = "T"
    return f":{move.old_mode} {move.new_mode} {move.old} {move.new} {status}".encode()
