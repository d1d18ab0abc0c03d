"""The commits on the way to a head, read at once: parents, dates and the first-parent line."""

from __future__ import annotations

from fleetward.store.git.repository import Id, Repository


class CommitGraph:
    """Every commit on the way to *head*."""

    def __init__(self, repository: Repository, head: Id) -> None:
        self.head = head
        self.parents: dict[Id, tuple[Id, ...]] = {}
        """By commit; no commit stands before its parents."""
        self.times: dict[Id, int] = {}
        """Committer dates in seconds."""
        # --topo-order: dates can lie, and parents have to come before children
        out = repository.output("rev-list", "--topo-order", "--parents", "--timestamp", head)
        for line in reversed(out.decode().splitlines()):
            stamp, commit, *parents = line.split(" ")
            self.parents[commit] = tuple(parents)
            self.times[commit] = int(stamp)
        self.order = {commit: number for number, commit in enumerate(self.parents)}
        self.line = self._first_parent_line()
        """The first-parent line, oldest first."""
        self.position = {commit: number for number, commit in enumerate(self.line)}
        self._reached_at = self._positions_reached()
        self._arrivals: list[list[Id]] = [[] for _ in self.line]
        for commit, number in self._reached_at.items():
            self._arrivals[number].append(commit)
        self._latest: list[Id] = []
        for commit in self.line:
            before = self._latest[-1] if self._latest else commit
            # a back-dated commit does not turn the clock back
            self._latest.append(commit if self.times[commit] >= self.times[before] else before)
        self._latest_times: list[int] = []
        for arrivals in self._arrivals:
            latest = max(self.times[commit] for commit in arrivals)
            self._latest_times.append(max(latest, self._latest_times[-1] if self._latest_times else latest))
        self._ancestors: dict[Id, frozenset[Id]] = {}

    def is_behind(self, commit: Id, head: Id) -> bool:
        """Is *commit* the commit *head*, or on the way to it?"""
        if head in self.position:
            return self._reached_at[commit] <= self.position[head]
        return commit in self._ancestors_of(head)

    def merged(self, commit: Id, parent: Id | None) -> list[Id]:
        """The commits that *commit* brought with it beside its *parent*, itself aside."""
        if commit in self.position and (parent is None or parent in self.position):
            return [arrival for arrival in self._arrivals[self.position[commit]] if arrival != commit]
        return [
            earlier
            for earlier in self.parents
            if earlier != commit
            and self.is_behind(earlier, commit)
            and not (parent and self.is_behind(earlier, parent))
        ]

    def latest_dated(self, commit: Id) -> Id:
        """The commit with the latest date up to *commit*, one of the first-parent line."""
        return self._latest[self.position[commit]]

    def latest_time(self, commit: Id, limit: int) -> int:
        """The latest date up to *limit* of *commit*, one of the first-parent line, and of all behind it."""
        number = self.position[commit]
        if self._latest_times[number] <= limit:
            return self._latest_times[number]
        # some clock was ahead: its date is left out
        times = (self.times[behind] for arrivals in self._arrivals[: number + 1] for behind in arrivals)
        return max((seconds for seconds in times if seconds <= limit), default=self.times[commit])

    def _first_parent_line(self) -> list[Id]:
        line = [self.head]
        while parents := self.parents[line[-1]]:
            line.append(parents[0])
        return line[::-1]

    def _positions_reached(self) -> dict[Id, int]:
        """For every commit the position of the first one on the line that has it behind it."""
        reached: dict[Id, int] = {}
        for number, tip in enumerate(self.line):
            # a list and no recursion: histories are longer than Python's stack
            front = [tip]
            while front:
                commit = front.pop()
                if commit not in reached:
                    reached[commit] = number
                    front.extend(self.parents[commit])
        return reached

    def _ancestors_of(self, head: Id) -> frozenset[Id]:
        if head not in self._ancestors:
            ancestors, front = set(), [head]
            while front:
                commit = front.pop()
                if commit not in ancestors:
                    ancestors.add(commit)
                    front.extend(self.parents[commit])
            self._ancestors[head] = frozenset(ancestors)
        return self._ancestors[head]
