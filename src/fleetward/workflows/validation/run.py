"""A look at a whole fleet: agent by agent, so that parts can be kept, or left to other processes."""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any

from fleetward import __version__, rules
from fleetward.domain.agent_check import Piece
from fleetward.domain.digest import of_parts
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Finding, Place, Severity
from fleetward.domain.fleet import Key, Waiver
from fleetward.domain.manifest import MANIFEST, Agent
from fleetward.store.cache.agent_summary import decoded, encoded, files, stands, unasked, written
from fleetward.store.cache.agent_summary import found as findings
from fleetward.store.fleet.agents import ENVIRONMENTS, agents, folder_of, unfounded
from fleetward.store.fleet.file_checks import LARGEST_FILE, Contents
from fleetward.store.fleet.load import GOVERNANCE, Opened, opened
from fleetward.store.git.tree import REGULAR, Entry, Tree
from fleetward.workflows.parallel import PAYS, jobs, spread

if TYPE_CHECKING:
    from fleetward.store.cache.validation_cache import Cache

AT_ONCE = 100
"""Agents that are held whole at any time."""
_PAYS_KNOWN = 300
"""Agents for each process, where most of them are known from an earlier look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What was found, and in how much."""

    findings: tuple[Finding, ...]
    judgeable: bool
    files: int
    text: Callable[[str], str]
    """A file's text, read again for showing lines of it."""
    agents: tuple[Key, ...] = ()
    unasked: tuple[Key, ...] = ()
    """Those of them whose manifest is not right, so that no rule was asked of it."""
    waivers: tuple[Waiver, ...] = ()


@dataclass(frozen=True, slots=True)
class _Unit:
    """An agent's files and those of its proposal."""

    key: Key
    entries: tuple[Entry, ...]


def look(tree: Tree, now: datetime, *, cache: Cache | None = None, processes: int | None = None) -> Look:
    """
    All that is wrong in *tree* at *now*: the same whatever *cache* holds and however many *processes* take part.

    Errors: NotAFleet when there is no ``fleet-config.yaml``.
    """
    documents = dict(cache.documents) if cache else {}
    known = frozenset(rule.id for rule in rules.CATALOGUE)
    found = opened(tree, version=__version__, rules=known, documents=documents)
    seen = Look(findings=found.findings, judgeable=False, files=len(found.contents), text=_text(found))
    if found.governing is None:
        return seen
    units, loose = _units(found.entries)
    looking = _Looking(found, now, cache)
    pays = _PAYS_KNOWN if looking.known else PAYS
    answers = spread(units, looking.answers, jobs(processes, len(units), pays))
    pieces = {name: _kept(name, piece, cache) for name, piece in answers}
    name = _verdict(looking.under, found, loose, pieces)
    verdict = cache.verdicts.get(name) if cache else None
    if verdict is None:
        verdict = written(_judged(found, units, loose, pieces, now))
    if cache is not None:
        cache.save(pieces, _used(documents, found), {name: verdict})
    held = [(unit.key, piece) for unit, piece in zip(units, pieces.values(), strict=True) if stands(piece)]
    return replace(
        seen,
        findings=(*found.findings, *_lawless(found), *findings(verdict)),
        judgeable=found.judgeable,
        files=seen.files + sum(map(files, pieces.values())) + _count(loose, _contents(tree, loose)),
        agents=tuple(key for key, _ in held),
        unasked=tuple(key for key, piece in held if found.judgeable and unasked(piece)),
        waivers=found.governing.waivers,
    )


def _lawless(found: Opened) -> Iterator[Finding]:
    """Agents are to be promoted, and nothing says what that asks: then no rule of tiers was asked either."""
    law = f"{GOVERNANCE}/policy.yaml"
    gated = [one.name for one in found.governing.config.environments if one.gated] if found.governing else []
    if gated and all(entry.path != law for entry in found.governed_by):
        yield Finding(
            rule="policy-unsatisfiable",
            severity=Severity.ERROR,
            message=f"nothing says what a promotion into {gated[0]!r} asks: there is no {law}",
            place=Place(file=law),
            hint=f"write {law}; its shape: fleet schema policy",
        )


def _judged(
    found: Opened, units: Sequence[_Unit], loose: list[Entry], pieces: Mapping[str, list[Any]], now: datetime
) -> Iterator[Finding]:
    """What is wrong with agents: what reading found, then what rules find, waivers applied."""
    if found.governing is None:
        return
    locate = _locate(found, units)
    made = [decoded(piece, locate) for piece in pieces.values()]
    fleet = replace(
        found.governing,
        agents={one.key: one.agent for one in made if one.agent is not None},
        proposed={one.key: one.proposed for one in made if one.proposed is not None},
    )
    yield from agents(loose, {}, fleet.config).findings
    yield from unfounded((entry for unit in units for entry in unit.entries), fleet.config)
    yield from (one for piece in made for one in piece.unfit)
    if found.judgeable:
        yield from rules.among(fleet, now, (one for piece in made for one in piece.wrong))


class _Looking:
    """How an agent is looked at, and the name of all that this rests on."""

    def __init__(self, found: Opened, now: datetime, cache: Cache | None) -> None:
        self.found, self.now = found, now
        self.known = cache.pieces if cache else {}
        self.compared = rules.compared()
        self.under = _under(found, now)

    def answers(self, units: Sequence[_Unit]) -> list[Any]:
        """For each its name and its piece, None where that is known already."""
        return [answer for some in _batches(units) for answer in self._batch(some)]

    def _batch(self, units: Sequence[_Unit]) -> Iterator[list[Any]]:
        contents = _contents(self.found.tree, [entry for unit in units for entry in unit.entries])
        names = [_name(self.under, unit, contents) for unit in units]
        unknown = [unit for unit, name in zip(units, names, strict=True) if name not in self.known]
        made = {piece.key: encoded(piece, self.compared) for piece in self._pieces(unknown, contents)}
        for unit, name in zip(units, names, strict=True):
            yield [name, made.get(unit.key)]

    def _pieces(self, units: Sequence[_Unit], contents: Contents) -> Iterator[Piece]:
        governing = self.found.governing
        if governing is None:
            return
        read = [(unit, agents(unit.entries, contents, governing.config)) for unit in units]
        part = replace(
            governing,
            agents={key: agent for _, one in read for key, agent in one.agents.items()},
            proposed={key: agent for _, one in read for key, agent in one.proposed.items()},
            ledgers={},
        )
        wrong: dict[Key, list[Finding]] = defaultdict(list)
        for finding in rules.alone(part, self.now) if self.found.judgeable else ():
            wrong[finding.environment or "", finding.agent or ""].append(finding)
        for unit, one in read:
            yield Piece(
                key=unit.key,
                unfit=one.findings,
                wrong=tuple(wrong[unit.key]),
                files=_count(unit.entries, contents),
                agent=one.agents.get(unit.key),
                proposed=one.proposed.get(unit.key),
            )


def _units(entries: Iterable[Entry]) -> tuple[list[_Unit], list[Entry]]:
    """The agents in order, and what lies beside them."""
    inside: dict[Key, list[Entry]] = {}
    loose = []
    for entry in entries:
        folder = folder_of(entry)
        if folder is None:
            loose.append(entry)
        else:
            inside.setdefault(folder[1:], []).append(entry)
    return [_Unit(key, tuple(inside[key])) for key in sorted(inside)], loose


def _batches(units: Sequence[_Unit]) -> Iterator[Sequence[_Unit]]:
    rest = iter(units)
    while some := tuple(islice(rest, AT_ONCE)):
        yield some


def _contents(tree: Tree, entries: Iterable[Entry]) -> Contents:
    return tree.read((entry for entry in entries if entry.mode in REGULAR), LARGEST_FILE)


def _count(entries: Iterable[Entry], contents: Contents) -> int:
    return sum(isinstance(contents.get(entry.path), bytes) for entry in entries)


def _under(found: Opened, now: datetime) -> bytes:
    """What every agent is judged by: the day, and all that governs."""
    day = now.astimezone(UTC).date().isoformat()
    files = sorted(found.contents.items())
    modes = [f"{entry.path}\0{entry.mode}" for entry in found.governed_by]
    parts = [part for path, content in files for part in (path.encode(), content)]
    return of_parts(day.encode(), *map(os.fsencode, modes), *parts).encode()


def _name(under: bytes, unit: _Unit, contents: Contents) -> str:
    """The digest of all that an agent's piece rests on."""
    parts = [under, *map(os.fsencode, unit.key)]
    for entry in unit.entries:
        parts += [os.fsencode(entry.path), entry.mode.encode(), _said(contents.get(entry.path))]
    return of_parts(*parts)


def _verdict(under: bytes, found: Opened, loose: Iterable[Entry], pieces: Iterable[str]) -> str:
    """The digest of all that a verdict on the whole rests on."""
    ledgers = [f"{path}\0".encode() + _said(content) for path, content in sorted(found.ledgers.items())]
    beside = [f"{entry.mode} {entry.path}" for entry in loose]
    return of_parts(
        under,
        of_parts(*ledgers).encode(),
        of_parts(*map(os.fsencode, beside)).encode(),
        *map(str.encode, pieces),
    )


def _said(content: bytes | int | None) -> bytes:
    return b"=" + content if isinstance(content, bytes) else repr(content).encode()


def _kept(name: str, piece: list[Any] | None, cache: Cache | None) -> list[Any]:
    if piece is not None:
        return piece
    assert cache is not None  # noqa: S101 - where nothing is known, everything is made
    return cache.pieces[name]


def _used(documents: dict[str, list[Any]], found: Opened) -> dict[str, list[Any]]:
    digests = {hashlib.sha256(content).hexdigest() for content in found.contents.values()}
    return {name: data for name, data in documents.items() if name.partition(" ")[2] in digests}


def _text(found: Opened) -> Callable[[str], str]:
    def text(file: str) -> str:
        if file in found.contents:
            return found.contents[file].decode("utf-8-sig", "replace")
        entries = [entry for entry in found.entries if entry.path == file]
        content = _contents(found.tree, entries).get(file)
        return content.decode("utf-8-sig", "replace") if isinstance(content, bytes) else ""

    return lru_cache(maxsize=64)(text)


def _locate(found: Opened, units: Sequence[_Unit]) -> Callable[[Key, bool, str], Place]:
    """Where a path of an agent is written; it is read again, for few are ever asked for."""
    by_key = {unit.key: unit.entries for unit in units}

    @lru_cache(maxsize=64)
    def whole(key: Key, proposed: bool) -> Agent | None:
        governing = found.governing
        if governing is None:
            return None
        made = agents(by_key[key], _contents(found.tree, by_key[key]), governing.config)
        return (made.proposed if proposed else made.agents).get(key)

    def locate(key: Key, proposed: bool, path: str) -> Place:
        agent = whole(key, proposed)
        if agent is None or agent.manifest is None:  # it has changed since
            return Place(file=f"{ENVIRONMENTS}/{'/'.join(key)}/{MANIFEST}")
        return agent.manifest.place(path)

    return locate
