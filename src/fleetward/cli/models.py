"""``fleet models import``: retirement dates from LiteLLM's model catalogue into governance/models.yaml."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fleetward.cli.session import Session
from fleetward.cli.verb import Verb
from fleetward.domain import layout
from fleetward.domain.errors import ExitCode
from fleetward.report.page import Line, Page, line, page, span
from fleetward.store.fleet.models_edit import DatedModel
from fleetward.workflows.imports.model_catalogue import ModelImport, import_models


def import_(
    session: Session,
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="LiteLLM's model_prices_and_context_window.json.")
    ],
    write: Annotated[
        bool, typer.Option("--write", help=f"Write {layout.MODELS}; without it the changes are only listed.")
    ] = False,
) -> ExitCode:
    """Copy the retirement dates of a model catalogue into governance/models.yaml; nothing else changes."""
    session.report(IMPORT.formats, import_models(session.run, file, write=write))
    return ExitCode.SUCCESS


def _text(result: ModelImport, session: Session) -> Page:
    catalogue, changes = result.catalogue, result.changes
    lines = [_line(model) for model in changes]
    if session.verbose:
        lines.extend(line(span("not read ", "warning"), key) for key in catalogue.unreadable)
    done = "wrote" if result.written else "would write" if result.differs else "nothing to write to"
    new = sum(model.position is None for model in changes)
    lines.append(
        line(f"{done} {layout.MODELS}: {new} models added, {len(changes) - new} dates changed", hang=2)
    )
    hint = "" if session.verbose or not catalogue.unreadable else " (-v)"
    lines.append(
        line(
            f"the catalogue has dates for {len(catalogue.dated)} models and none for {catalogue.undated}, "
            f"{len(catalogue.unreadable)} entries could not be read{hint}",
            hang=2,
        )
    )
    return page([*lines, line(span(result.next_command, "code"))])


def _line(model: DatedModel) -> Line:
    """``+`` for a model that is added, ``~`` for a date that changes."""
    if model.position is None:
        return line(span("+ ", "added"), f"{model.provider} {model.name}: retires {model.day}")
    was = model.previous_day or "no date"
    return line(span("~ ", "strong"), f"{model.provider} {model.name}: retires {model.day}, before {was}")


def _json(result: ModelImport, _session: Session) -> dict[str, Any]:
    return {
        "format": "fleetward.models/1",
        "source": {"file": result.source, "sha256": result.source_sha256},
        "file": layout.MODELS,
        "checkedAt": result.checked_at,
        "written": result.written,
        "changes": [
            {
                "kind": "added" if model.position is None else "changed",
                "provider": model.provider,
                "name": model.name,
                "before": model.previous_day,
                "after": model.day,
            }
            for model in result.changes
        ],
        "catalogue": {
            "dated": len(result.catalogue.dated),
            "undated": result.catalogue.undated,
            "unread": list(result.catalogue.unreadable),
        },
    }


IMPORT = Verb(run=import_, formats={"text": _text, "json": _json})
