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


@dataclass(frozen=True, slots=True, kw_only=True)
class RunContext:
    """Where and when a command runs."""

    folder: Path
    """The folder of ``-C``, ``.`` where there is none."""
    now: datetime
    now_given: bool = False
    """``--now`` has set the clock."""
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

    Errors: UsageError where *now* is no instant with a zone.
    """
    try:
        moment = parse_instant(now) if now else datetime.now(UTC).replace(microsecond=0)
    except ValueError as error:
        raise UsageError(f"--now: {error}", hint=f"--now {suggested_instant(now or '')}") from None
    return RunContext(
        folder=Path(folder or "."), now=moment, now_given=now is not None, environment=dict(os.environ)
    )
