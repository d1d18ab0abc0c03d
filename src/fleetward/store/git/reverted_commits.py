"""Which commits of a change still stand in what became of it, and who wrote what a revert brought back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fleetward.domain.audit import FileStep, FileVersion
from fleetward.domain.fast_dataclass import dataclass
from fleetward.store.git.commit import Commit
from fleetward.store.git.line_changes import FileTexts, LineChange, is_telling, line_counts, replacements
from fleetward.store.git.repository import Id

Files = Mapping[str, FileVersion]
"""The files of a commit by path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenCommit:
    """A commit, and what it wrote itself of the files in question."""

    commit: Commit
    steps: tuple[FileStep, ...]


class StandingCommits:
    """
    The commits of a change that stand in its result.

    A commit stands where a line that it added is new in the result, or one that it took away is gone from it. It also
    stands where somebody wrote its lines anew, as long as that stands. Lines that a later commit took out again,
    or put back as they were, are no trace of anybody. In doubt a commit stands.
    """

    def __init__(
        self, texts: FileTexts, commits: Sequence[WrittenCommit], before: Files, after: Files
    ) -> None:
        self._texts = texts
        self._commits = commits
        """Newest first."""
        self._after = after
        texts.load([*before.values(), *after.values()])
        texts.load_steps(step for written in commits for step in written.steps)
        self._new_lines: frozenset[bytes] = frozenset()
        self._lost_lines: dict[str, frozenset[bytes]] = {}
        for path in {*before, *after}:
            old, new = texts.lines(before.get(path)), texts.lines(after.get(path))
            # across files: a paragraph that was moved is still its author's
            self._new_lines |= frozenset(new - old)
            self._lost_lines[path] = frozenset(old - new)

    def standing(self) -> tuple[WrittenCommit, ...]:
        """The commits that stand, newest first."""
        marks: list[bool] = []
        for number, written in enumerate(self._commits):
            marks.append(any(self._holds(step, number, marks) for step in written.steps))
        added = {
            line
            for mark, written in zip(marks, self._commits, strict=True)
            if mark
            for step in written.steps
            for line in self._change(step).added
        }
        # who took a line out of a text that still stands has a part in that text
        return tuple(
            written
            for mark, written in zip(marks, self._commits, strict=True)
            if mark or any(self._takes_from(step, added) for step in written.steps)
        )

    @property
    def new_lines(self) -> frozenset[bytes]:
        """The lines that the result has and the beginning had not."""
        return self._new_lines

    def _holds(self, step: FileStep, number: int, newer_marks: Sequence[bool]) -> bool:
        change = self._texts.change(step)
        if change is None:
            return True
        if not change.added and not change.removed:
            return not self._is_undone_exactly(step, number)
        if change.added & self._new_lines or change.removed & self._lost_lines.get(step.path, frozenset()):
            return True
        return any(self._lives_on(line, step, number, newer_marks) for line in change.added)

    def _lives_on(self, line: bytes, step: FileStep, number: int, newer_marks: Sequence[bool]) -> bool:
        """Was *line* written anew by a newer commit that stands, or lost in a way that nobody wrote?"""
        is_accounted = False
        for newer, is_standing in zip(self._commits[:number], newer_marks, strict=False):
            for later in newer.steps:
                if later.path == step.path and line in self._change(later).removed:
                    is_accounted = True
                    if is_standing and self._rewrites(later, line, step):
                        return True
        return not is_accounted

    def _rewrites(self, later: FileStep, line: bytes, step: FileStep) -> bool:
        """Did *later* put something in the place of *line* that was not there before *step*?"""
        old, new = self._texts.content(later.old), self._texts.content(later.new)
        original = self._texts.lines(step.old)
        return any(
            line in line_counts(b"\n".join(before))
            and any(text not in original for text in line_counts(b"\n".join(after)))
            for before, after in replacements(old or b"", new or b"")
        )

    def _is_undone_exactly(self, step: FileStep, number: int) -> bool:
        """Did a newer commit put the file back as it was, for a change in which no line tells anything?"""
        if self._after.get(step.path) == step.new:
            return False
        return any(
            later.path == step.path and later.new == step.old
            for newer in self._commits[:number]
            for later in newer.steps
        )

    def _takes_from(self, step: FileStep, added: set[bytes]) -> bool:
        gone = self._change(step).removed - self._texts.lines(self._after.get(step.path)).keys()
        return bool(gone & added)

    def _change(self, step: FileStep) -> LineChange:
        return self._texts.change(step) or LineChange(added=frozenset(), removed=frozenset())


def brought_back(
    texts: FileTexts,
    standing: Sequence[WrittenCommit],
    new_lines: frozenset[bytes],
    earlier: Mapping[Id, tuple[FileStep, ...]],
) -> Mapping[Id, tuple[FileStep, ...]]:
    """
    Of the *earlier* commits those whose words the *standing* ones brought back: a whole file, or a sentence of it.

    *new_lines* are those of the result that the beginning had not and that were never promoted.
    """
    files = {(step.path, step.new) for written in standing for step in written.steps if step.new is not None}
    sentences = frozenset(line for line in new_lines if is_telling(line))
    if not earlier or not (files or sentences):
        return {}
    if sentences:
        texts.load_steps(step for steps in earlier.values() for step in steps)
    return {
        commit: steps
        for commit, steps in earlier.items()
        if any((step.path, step.new) in files for step in steps)
        or (sentences and any(_adds(texts, step, sentences) for step in steps))
    }


def _adds(texts: FileTexts, step: FileStep, sentences: frozenset[bytes]) -> bool:
    lines = texts.lines(step.new)
    if not any(sentence in lines for sentence in sentences):
        return False
    change = texts.change(step)
    return change is None or not sentences.isdisjoint(change.added)
