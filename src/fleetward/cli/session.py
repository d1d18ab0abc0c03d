"""The options that every verb shares, as one value."""

from __future__ import annotations

from collections.abc import Sequence

from fleetward.cli.output import Color, Output, report_targets
from fleetward.domain.fast_dataclass import dataclass
from fleetward.workflows.context import RunContext, run_context


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One call of one verb: where and when it runs, and where its reports go."""

    run: RunContext
    output: Output
    verbose: bool = False


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
    return Session(run=run, output=output, verbose=verbose)
