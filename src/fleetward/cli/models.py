"""``fleet models``: retirement dates from LiteLLM's catalogue, and one model replaced by another in many agents."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fleetward.cli.session import Session
from fleetward.cli.verb import Verb
from fleetward.domain import layout
from fleetward.domain.errors import ExitCode
from fleetward.report.page import Line, Page, line, page, span
from fleetward.store.fleet.models_edit import DatedModel
from fleetward.workflows.governance.model_upgrade import PlannedUpgrade, UpgradeOptions, upgrade_models
from fleetward.workflows.imports.model_catalogue import ModelImport, import_models
from fleetward.workflows.register.fleet_now import check_fields, parse_where


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


def upgrade(
    session: Session,
    old: Annotated[str, typer.Argument(metavar="OLD", help="The model to replace: NAME or PROVIDER/NAME.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="The model to use: NAME or PROVIDER/NAME.")],
    where: Annotated[
        list[str] | None,
        typer.Option(
            "--where",
            metavar="FIELD=VALUE",
            help="Only agents with this value in this field of fleet list; may be repeated.",
        ),
    ] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Edit the files; without it the plan is only shown.")
    ] = False,
) -> ExitCode:
    """
    Plan to replace a language model in every agent of the first environment that is pinned to it.

    The plan: the suites that each agent has to repeat, what the gate will require, when OLD retires, what
    governance/models.yaml needs, and which fallbacks, overrides and other files name OLD. --write edits manifests and
    overrides, comments stay; overrides of gated environments become proposals. It edits all or nothing, and commits
    nothing. Exit 1 where --write would cause an error, and nothing was written.
    """
    pairs = parse_where(where or ())
    check_fields([field for field, _ in pairs], "--where")
    planned = upgrade_models(session.run, UpgradeOptions(old=old, new=new, where=pairs, write=write))
    session.report(UPGRADE.formats, planned)
    return ExitCode.DENIED if planned.upgrade.refused else ExitCode.SUCCESS


def _upgrade_text(planned: PlannedUpgrade, _session: Session) -> Page:
    from fleetward.report.model_upgrade_text import render

    return render(planned.upgrade, next_command=planned.next_command)


def _upgrade_json(planned: PlannedUpgrade, _session: Session) -> dict[str, Any]:
    from fleetward.report.model_upgrade_json import render

    return render(planned.upgrade, next_command=planned.next_command)


UPGRADE = Verb(run=upgrade, formats={"text": _upgrade_text, "json": _upgrade_json})
