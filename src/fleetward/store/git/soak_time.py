"""What a branch held and since when, by its first-parent line: a merge counts by its result."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from fleetward.domain import layout
from fleetward.domain.clock import CLOCK_TOLERANCE, instant_after
from fleetward.domain.fast_dataclass import dataclass
from fleetward.store.git.commit import instant, read_commits
from fleetward.store.git.fleet_root import FleetRoot
from fleetward.store.git.repository import Id


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
    """
    How long *folder* (an agent's) has held the release that it holds at *head*.

    A commit counts as no older than the ones before it, so that a back-dated one gains nothing; and no stay
    lasts longer than until *now*.
    """
    touching = root.history.first_parent_commits_changing(head, [folder])
    release = _release_files(root, head, folder)
    longest, since, moments = timedelta(), None, commit_dates(root, head, now, touching)
    for commit in read_commits(root.repository, touching):
        moment = max(moments[commit.id], commit.committed)
        is_present = bool(release) and _release_files(root, commit.id, folder) == release
        if is_present and since is None:
            since = moment
        elif not is_present and since is not None:
            # cut at now: a commit dated tomorrow must not add soak time
            longest, since = max(longest, min(moment, now) - since), None
    if since is not None:
        longest = max(longest, now - since, timedelta())
    return SoakTime(longest=longest, since=since)


def commit_dates(root: FleetRoot, head: Id, now: datetime, ids: Iterable[Id]) -> dict[Id, datetime]:
    """
    When these commits reached the branch: no earlier than their own date and the dates before them.

    A date that is ahead of *now* is not passed on to later commits: one wrong clock would stop time for ever.
    """
    latest, requested = 0, frozenset(ids)
    limit = instant_after(now, CLOCK_TOLERANCE).timestamp()
    moments: dict[Id, datetime] = {}
    for commit, seconds in root.history.first_parent_times(head):
        if commit in requested:
            moments[commit] = instant(max(latest, seconds))
        # a date from the future would hold back all later ones
        if latest < seconds <= limit:
            latest = seconds
    return moments


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
