"""One call of one verb: the options that all verbs share, and the formats in which its report is written."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TextIO, TypeVar

from fleetward.cli.output import Color, Output, Report, report_targets
from fleetward.domain.clock import format_instant
from fleetward.domain.errors import UsageError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.report.page import Page, line
from fleetward.report.short_digests import with_short_digests
from fleetward.workflows.context import TEST_CLOCK, RunContext, run_context

Value = TypeVar("Value")
Renderer = Callable[[Value, "Session"], Report]
"""Renders the result of a workflow. It imports the module of its format itself, so a run loads no other format."""
Formats = Mapping[str, Renderer[Value]]
"""The formats of a report by name; the first is the default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Where and when the verb runs, and where its reports go."""

    run: RunContext
    output: Output
    verbose: bool = False

    def report(self, formats: Formats[Value], value: Value, *, whole_digests: bool = False) -> None:
        """
        Print or write *value* in every format that is asked for.

        Pages have short digests unless ``-v`` or *whole_digests*.
        Errors: UsageError for a format that is not among *formats*; WriteFailed.
        """
        # before anything is rendered: no report is left half written
        for target in self.output.targets:
            if target.format not in formats:
                hint = f"-o takes: {', '.join(formats)}"
                raise UsageError(f"no format {target.format!r} with these options", hint=hint)
        whole = whole_digests or self.verbose
        self.output.write(lambda name: self._with_digests(formats[name](value, self), whole=whole))

    def note(self, page: Page) -> None:
        """Print a page on standard error, beside the report; nothing with ``-q``."""
        self.output.note(page if self.verbose else with_short_digests(page))

    @staticmethod
    def _with_digests(report: Report, *, whole: bool) -> Report:
        return with_short_digests(report) if isinstance(report, tuple) and not whole else report


def session(
    *,
    folder: str | None,
    outputs: Sequence[str],
    as_json: bool,
    quiet: bool,
    verbose: bool,
    color: Color,
    now: str | None,
    formats: Sequence[str],
) -> Session:
    """
    The session that these options ask for.

    Errors: UsageError for a format that the verb does not write, or a time without a zone.
    """
    targets = report_targets(outputs, formats, as_json=as_json)
    run = run_context(folder=folder, now=now)
    output = Output(targets=targets, folder=run.folder, quiet=quiet, color=color, environment=run.environment)
    verb_session = Session(run=run, output=output, verbose=verbose)
    # one stream for both (2>&1): a line of text in front of JSON would leave neither
    if run.test_clock and not (output.writes_data and _is_one_stream(sys.stdout, sys.stderr)):
        # also with -q: nobody may take such a run for one of today
        message = f"test clock: it is {format_instant(run.now)} ({TEST_CLOCK})"
        output.print_page((line(message, hang=2),), sys.stderr)
    return verb_session


def _is_one_stream(first: TextIO, second: TextIO) -> bool:
    try:
        one, other = os.fstat(first.fileno()), os.fstat(second.fileno())
    except (OSError, ValueError):
        return False
    return not stat.S_ISCHR(one.st_mode) and (one.st_dev, one.st_ino) == (other.st_dev, other.st_ino)
