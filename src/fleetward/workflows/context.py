"""The outside world as a use case sees it: folder, clock and environment variables, read once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import field
from datetime import UTC, datetime
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from fleetward.domain.clock import parse_instant, suggested_instant
from fleetward.domain.errors import UsageError
from fleetward.domain.fast_dataclass import dataclass

if TYPE_CHECKING:
    from fleetward.store.formats.document import DocumentCache

TEST_CLOCK = "FLEETWARD_TEST_CLOCK"
"""The variable that sets the clock of every verb, for tests alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunContext:
    """Where and when a command runs."""

    folder: Path
    """The folder of ``-C``, ``.`` where there is none."""
    now: datetime
    now_given: bool = False
    """``--now`` has set the clock."""
    test_clock: bool = False
    """``FLEETWARD_TEST_CLOCK`` has set the clock, or would have without ``--now``."""
    environment: Mapping[str, str] = field(default_factory=dict)
    documents: DocumentCache | None = None
    """For a replay of history, which reads the same documents in many commits."""

    @property
    def chdir(self) -> str:
        """What a printed command needs to name the same folder: `` -C DIR``, or nothing."""
        return "" if str(self.folder) == "." else f" -C {quote(str(self.folder))}"

    def path(self, text: str) -> Path:
        """A path argument, relative to ``-C``."""
        return self.folder / text

    def path_argument(self, path: Path) -> str:
        """The argument that names *path* in a command with the same ``-C``."""
        return os.path.relpath(path, self.folder.resolve())


def run_context(*, folder: str | None, now: str | None) -> RunContext:
    """
    The context of this process.

    Errors: UsageError where *now* or the test clock is no instant with a zone, or a test clock is set in CI.
    """
    environment = dict(os.environ)
    test_clock = environment.get(TEST_CLOCK)
    if test_clock is not None and environment.get("CI"):
        # a pipeline that decides by another clock than everybody else would decide for everybody
        raise UsageError(f"{TEST_CLOCK} is for tests, and CI is set", hint=f"unset {TEST_CLOCK}")
    moment = datetime.now(UTC).replace(microsecond=0)
    if test_clock is not None:
        moment = _instant(TEST_CLOCK, test_clock, "=")
    if now:
        moment = _instant("--now", now, " ")
    return RunContext(
        folder=Path(folder or "."),
        now=moment,
        now_given=now is not None,
        test_clock=test_clock is not None,
        environment=environment,
    )


def _instant(name: str, text: str, separator: str) -> datetime:
    try:
        return parse_instant(text)
    except ValueError as error:
        raise UsageError(f"{name}: {error}", hint=f"{name}{separator}{suggested_instant(text)}") from None
