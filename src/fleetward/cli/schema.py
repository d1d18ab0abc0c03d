"""``fleet schema``: the JSON Schemas as they are shipped."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fleetward.cli.session import Formats, Session
from fleetward.cli.verb import Verb
from fleetward.domain.errors import ExitCode, UsageError
from fleetward.report.page import Page, line, page, span
from fleetward.workflows.setup.schemas import WrittenSchemas, schema_names, schema_text, write_schemas


def schema(
    session: Session,
    name: Annotated[
        str | None,
        typer.Argument(metavar="[NAME]", help="Name of a schema; without it the names are listed."),
    ] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Write the schemas of a fleet's files to schemas/, for editors.")
    ] = False,
) -> ExitCode:
    """Print a JSON Schema, list the names of all, or write them into the fleet for editors."""
    if write:
        if name is not None:
            raise UsageError("--write writes every schema", hint="fleet schema --write")
        session.report(_WRITTEN, write_schemas(session.run))
    elif name is None:
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


def _written_text(schemas: WrittenSchemas, _session: Session) -> Page:
    rows = [line("  ", span(path, "place")) for path in schemas.written]
    head = line(span("wrote", "good"), f" {len(rows)} files, {len(schemas.unchanged)} were up to date:")
    use = line(f"an editor reads them where the first line of a manifest is: {_MODELINE}", hang=2)
    return page([head, *rows, use, line(span("fleet validate", "code"))])


def _written_json(schemas: WrittenSchemas, _session: Session) -> dict[str, Any]:
    return {
        "format": "fleetward.schema/1",
        "schemas": list(schema_names()),
        "written": list(schemas.written),
        "unchanged": list(schemas.unchanged),
    }


_MODELINE = "# yaml-language-server: $schema=../../../schemas/agent.schema.json"
_WRITTEN: Formats[WrittenSchemas] = {"text": _written_text, "json": _written_json}
_ONE_SCHEMA: Formats[str] = {"text": _unchanged, "json": _unchanged}
VERB = Verb(run=schema, formats={"text": _list_text, "json": _list_json})
