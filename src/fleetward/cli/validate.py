"""``fleet validate``: schema and rules, over the whole fleet."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fleetward import __version__
from fleetward.cli.session import Session
from fleetward.cli.verb import Verb
from fleetward.domain.errors import ExitCode
from fleetward.report.page import Page, line
from fleetward.workflows.validation.validate import (
    ValidateOptions,
    ValidationResult,
    next_command,
)
from fleetward.workflows.validation.validate import validate as run_validation


def validate(
    session: Session,
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PATH]...", help="Report only findings that these files contain or cause."),
    ] = None,
    staged: Annotated[
        bool, typer.Option("--staged", help="Check what is staged for the next commit.")
    ] = False,
    rev: Annotated[str | None, typer.Option("--rev", metavar="REV", help="Check this revision.")] = None,
    allow_empty: Annotated[
        bool, typer.Option("--allow-empty", help="Succeed where there are no agents.")
    ] = False,
    jobs: Annotated[
        int | None,
        typer.Option(
            "--jobs", metavar="N", min=1, help="Number of processes; chosen automatically by default."
        ),
    ] = None,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Work without the cache.")] = False,
) -> ExitCode:
    """Check every agent: YAML, schema and rules."""
    options = ValidateOptions(
        paths=tuple(paths or ()),
        staged=staged,
        revision=rev,
        allow_empty=allow_empty,
        processes=jobs,
        cached=not no_cache,
    )
    result = run_validation(session.run, options)
    if not result.governance_valid:
        # without governance there are no rules: an empty list must not look like success
        session.note((line("no rules were run: fix fleet-config.yaml and governance/ first"),))
    session.report(VERB.formats, result, whole_digests=True)
    return ExitCode.DENIED if result.validation.errors else ExitCode.SUCCESS


def _text(result: ValidationResult, session: Session) -> Page:
    from fleetward.report.findings_text import render

    quiet = session.output.quiet
    if quiet and not result.validation.errors:
        return ()
    return render(
        result.validation,
        result.text,
        quiet=quiet,
        verbose=session.verbose,
        next_command="" if quiet else next_command(session.run, result),
    )


def _json(result: ValidationResult, _session: Session) -> dict[str, Any]:
    from fleetward.report.findings_json import render

    return render(result.validation)


def _sarif(result: ValidationResult, _session: Session) -> dict[str, Any]:
    from fleetward.report.findings_sarif import render
    from fleetward.rules.documentation import find_explanation

    return render(result.validation, find_explanation, version=__version__)


def _junit(result: ValidationResult, _session: Session) -> str:
    from fleetward.report.findings_junit import render

    return render(result.validation)


def _github(result: ValidationResult, _session: Session) -> str:
    from fleetward.report.findings_github import render

    return render(result.validation)


def _gitlab(result: ValidationResult, _session: Session) -> list[dict[str, Any]]:
    from fleetward.report.findings_gitlab import render

    return render(result.validation)


def _markdown(result: ValidationResult, session: Session) -> str:
    from fleetward.report.findings_markdown import render

    return render(result.validation, next_command(session.run, result))


VERB = Verb(
    run=validate,
    long=True,
    formats={
        "text": _text,
        "json": _json,
        "sarif": _sarif,
        "junit": _junit,
        "github": _github,
        "gitlab": _gitlab,
        "markdown": _markdown,
    },
)
