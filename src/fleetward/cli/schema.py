"""``fleet schema``: the JSON Schemas as they are shipped."""

from __future__ import annotations

from typing import Annotated

import typer

from fleetward.cli.session import Session
from fleetward.domain.errors import ExitCode
from fleetward.report.page import Page, line, page, span
from fleetward.store.formats.json_schema import schema_names, schema_text


def schema(
    session: Session,
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="Which; without it they are listed.")
    ] = None,
) -> ExitCode:
    """Print a JSON Schema, or the names of all."""
    if name is None:
        listed = {"format": "fleetward.schema/1", "schemas": list(schema_names())}
        session.output.report({"text": _page, "json": lambda: listed})
    else:
        shipped = schema_text(name)
        session.output.report({"text": lambda: shipped, "json": lambda: shipped})
    return ExitCode.SUCCESS


def _page() -> Page:
    return page([*(line(name) for name in schema_names()), line(span("fleet schema agent", "code"))])
