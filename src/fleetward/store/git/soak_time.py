"""What a branch held and since when, by its first-parent line: a merge counts by its result."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from fleetward.domain import layout
from fleetward.domain.clock import CLOCK_TOLERANCE, instant_after, is_ahead
from fleetward.domain.fast_dataclass import dataclass
from fleetward.store.git.commit import Commit, instant, read_commits
from fleetward.store.git.fleet_root import FleetRoot
from fleetward.store.git.repository import Id

_CHUNK = 50
"""Commits that are read at a time: the first of them mostly is the one that is looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """A time in which a folder held the release, without a break."""

    since: datetime
    until: datetime | None = None
    """None where it is there still."""
    commits: tuple[Id, ...] = ()
    """The commits of the first-parent line that hold it, oldest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SoakTime:
    """How long a release was in an environment: the longest time without a break, and the present one."""

    longest: timedelta = timedelta()
    since: datetime | None = None
    """When the present stay began; None when it is not there now."""


def first_parent_commits_of(
    root: FleetRoot, head: Id, since: Id | None, paths: Sequence[str]
) -> tuple[Id, ...]:
    """The commits of the branch that changed *paths* after *since*, oldest first."""
    return root.history.first_parent_commits_changing(head, paths, since=since)


def soak_time(root: FleetRoot, head: Id, folder: str, now: datetime) -> SoakTime:
    """How long *folder* (an agent's) has held the release that it holds at *head*."""
    return time_of(stays(root, head, folder, now), now)


def time_of(periods: Iterable[Stay], now: datetime) -> SoakTime:
    """The longest of these stays, oldest first, and the beginning of the present one; none lasts beyond *now*."""
    longest, since = timedelta(), None
    for stay in periods:
        since = stay.since if stay.until is None else None
        # cut at now: a commit dated tomorrow must not add soak time
        end = now if stay.until is None else min(stay.until, now)
        longest = max(longest, end - stay.since)
    return SoakTime(longest=longest, since=since)


def stays(root: FleetRoot, head: Id, folder: str, now: datetime) -> tuple[Stay, ...]:
    """
    When *folder* (an agent's) held the release that it holds at *head*, oldest first.

    A commit counts as no older than the ones before it, so that a back-dated one gains nothing.
    """
    touching = root.history.first_parent_commits_changing(head, [folder])
    release = _release_files(root, head, folder)
    times = root.history.first_parent_times(head)
    moments = _dates(times, now, touching)
    line = [commit for commit, _ in times]
    position = {commit: number for number, commit in enumerate(line)}
    periods: list[Stay] = []
    start: tuple[datetime, int] | None = None
    for commit in read_commits(root.repository, touching):
        moment = max(moments[commit.id], commit.committed)
        is_present = bool(release) and _release_files(root, commit.id, folder) == release
        if is_present and start is None:
            start = (moment, position[commit.id])
        elif not is_present and start is not None:
            held = tuple(line[start[1] : position[commit.id]])
            periods.append(Stay(since=start[0], until=moment, commits=held))
            start = None
    if start is not None:
        periods.append(Stay(since=start[0], commits=tuple(line[start[1] :])))
    return tuple(periods)


def from_first_commit(
    root: FleetRoot, stay: Stay, now: datetime, counts: Callable[[Commit], bool]
) -> Stay | None:
    """
    *stay* from its first commit that *counts*, at the date of that commit or of a later one before it.

    None where no commit counts. A commit dated ahead of *now* does not count: it would hold back the others.
    """
    for commit in _read_by_chunks(root, stay.commits):
        if counts(commit) and not is_ahead(commit.committed, now):
            since = latest_date_behind(root, commit.id, now)
            return Stay(since=since, until=stay.until, commits=stay.commits)
    return None


def latest_date_behind(root: FleetRoot, commit: Id, now: datetime) -> datetime:
    """The latest date of *commit* and all commits on the way to it, without those that are ahead of *now*."""
    return instant(root.history.latest_time(commit, limit=_limit(now)))


def commit_dates(root: FleetRoot, head: Id, now: datetime, ids: Iterable[Id]) -> dict[Id, datetime]:
    """
    When these commits reached the branch: no earlier than their own date and the dates before them.

    A date that is ahead of *now* is not passed on to later commits: one wrong clock would stop time for ever.
    """
    return _dates(root.history.first_parent_times(head), now, ids)


def _dates(times: Iterable[tuple[Id, int]], now: datetime, ids: Iterable[Id]) -> dict[Id, datetime]:
    latest, limit, requested = 0, _limit(now), frozenset(ids)
    moments: dict[Id, datetime] = {}
    for commit, seconds in times:
        if commit in requested:
            moments[commit] = instant(max(latest, seconds))
        # a date from the future would hold back all later ones
        if latest < seconds <= limit:
            latest = seconds
    return moments


def _limit(now: datetime) -> int:
    return int(instant_after(now, CLOCK_TOLERANCE).timestamp())


def _read_by_chunks(root: FleetRoot, ids: Sequence[Id]) -> Iterator[Commit]:
    for start in range(0, len(ids), _CHUNK):
        yield from read_commits(root.repository, ids[start : start + _CHUNK])


def _release_files(root: FleetRoot, commit: Id, folder: str) -> frozenset[tuple[str, Id | None]]:
    """The paths and blobs of a release: equal where its digest is."""
    entries = root.history.files(commit, [folder])
    overrides = f"{folder}/{layout.OVERRIDES}"
    return frozenset(
        (entry.path, entry.id)
        for entry in entries
        # overrides belong to the environment and not to the release
        if entry.path != overrides and entry.path.startswith(f"{folder}/")
    )
