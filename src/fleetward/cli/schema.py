"""``fleet schema``: the JSON Schemas as they are shipped."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fleetward.cli.session import Formats, Session
from fleetward.cli.verb import Verb
from fleetward.domain.errors import ExitCode
from fleetward.report.page import Page, line, page, span
from fleetward.workflows.setup.schemas import schema_names, schema_text


def schema(
    session: Session,
    name: Annotated[
        str | None,
        typer.Argument(metavar="[NAME]", help="Name of a schema; without it the names are listed."),
    ] = None,
) -> ExitCode:
    """Print a JSON Schema, or list the names of all."""
    if name is None:
        session.report(VERB.formats, schema_names())
    else:
        session.report(_ONE_SCHEMA, schema_text(name))
    return ExitCode.SUCCESS


def _list_text(names: tuple[str, ...], _session: Session) -> Page:
    return page([*(line(name) for name in names), line(span("fleet schema agent", "code"))])


def _list_json(names: tuple[str, ...], _session: Session) -> dict[str, Any]:
    return {"format": "fleetward.schema/1", "schemas": list(names)}


def _unchanged(text: str, _session: Session) -> str:
    return text


_ONE_SCHEMA: Formats[str] = {"text": _unchanged, "json": _unchanged}
VERB = Verb(run=schema, formats={"text": _list_text, "json": _list_json})
