"""Retirement dates from LiteLLM's model catalogue into governance/models.yaml."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from shlex import quote
from typing import Any

from fleetward.domain import digest, layout, limits
from fleetward.domain.errors import FleetError, GovernanceInvalid
from fleetward.domain.fast_dataclass import dataclass
from fleetward.rules.pin_classes import model_identity
from fleetward.store.fleet.models_edit import EMPTY_MODELS, DatedModel, source_note, with_dates
from fleetward.store.formats.document import Document, read_document
from fleetward.store.formats.strict_yaml import GOVERNANCE_LIMITS
from fleetward.store.git.atomic_files import replace_file
from fleetward.store.git.fleet_root import FleetRoot, find_fleet_root
from fleetward.store.imports.litellm import Catalogue, ModelRetirement, read_catalogue
from fleetward.workflows.context import RunContext
from fleetward.workflows.imports.given_file import read_given_file


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelImport:
    """The dates that a catalogue changes, and whether they were written."""

    source: str
    source_sha256: str
    checked_at: str
    """Today, ``YYYY-MM-DD``."""
    catalogue: Catalogue
    changes: tuple[DatedModel, ...]
    differs: bool
    """Whether the file changes: ``checkedAt`` may, without any date."""
    written: bool
    next_command: str


def import_models(run: RunContext, file: str, *, write: bool) -> ModelImport:
    """
    The retirement dates of the catalogue in *file*, written to governance/models.yaml only with *write*.

    Errors: FleetError where a file cannot be read; GovernanceInvalid where governance/models.yaml is invalid.
    """
    root = find_fleet_root(run.folder, run.environment)
    path = root.path / layout.MODELS
    content = read_given_file(
        run.path(file),
        file,
        limit=limits.CATALOGUE_BYTES,
        hint="give LiteLLM's model_prices_and_context_window.json",
        larger="give LiteLLM's own catalogue",
    )
    catalogue = read_catalogue(content, file)
    current = _models_file(path)
    changes = _listed_changes(catalogue, (current.data or {})["models"])
    sha256, today = digest.of_bytes(content), run.now.date().isoformat()
    source = source_note(sha256, today)
    updated = _valid_document(with_dates(current.content, changes, source=source, today=today))
    if write:
        replace_file(path, updated.content)
    differs = updated.content != current.content
    return ModelImport(
        source=file,
        source_sha256=sha256,
        checked_at=today,
        catalogue=catalogue,
        changes=changes,
        differs=differs,
        written=write and differs,
        next_command=_next_command(run, root, file, pending=differs and not write),
    )


def _next_command(run: RunContext, root: FleetRoot, file: str, *, pending: bool) -> str:
    if pending:
        return f"fleet models import{run.chdir} {quote(file)} --write"
    return f"git{run.chdir} diff -- {quote(run.path_argument(root.path / layout.MODELS))}"


def _models_file(path: Path) -> Document:
    """
    governance/models.yaml as it is; an empty list where there is no such file.

    Errors: GovernanceInvalid where it is invalid; FleetError where it is not a regular file.
    """
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise FleetError(f"{layout.MODELS} is not a regular file", hint="fleet validate")
    try:
        content = path.read_bytes() if path.exists() else EMPTY_MODELS
    except OSError as error:
        raise FleetError(f"cannot read {layout.MODELS}: {error.strerror}", hint="fleet validate") from error
    return _valid_document(content)


def _valid_document(content: bytes) -> Document:
    parsed = read_document(content, layout.MODELS, "models", GOVERNANCE_LIMITS)
    if parsed.findings:
        first = parsed.findings[0]
        where = f"{first.place.file}:{first.place.line}:{first.place.column}: {first.message}"
        raise GovernanceInvalid(f"cannot import: {where}", hint="fleet validate", findings=parsed.findings)
    return parsed


def _listed_changes(catalogue: Catalogue, models: Sequence[Mapping[str, Any]]) -> tuple[DatedModel, ...]:
    """The models whose date changes, in the order of the file, then the models to add."""
    listed: dict[tuple[str, str], list[int]] = {}
    for position, model in enumerate(models):
        key = model_identity(str(model["provider"]), str(model["name"]), model.get("version"))
        listed.setdefault(key, []).append(position)
    changed, added = [], []
    for key, dated in _earliest_retirements(catalogue).items():
        provider = key[0].replace("_", "-")
        if key not in listed:
            added.append(DatedModel(provider=provider, name=dated.name, day=dated.day))
        for position in listed.get(key, ()):
            model = models[position]
            before = model.get("retiresAt")
            if before != dated.day:
                changed.append(
                    DatedModel(
                        provider=str(model["provider"]),
                        name=str(model["name"]),
                        day=dated.day,
                        previous_day=before,
                        position=position,
                    )
                )
    return (*sorted(changed, key=lambda model: model.position or 0), *added)


def _earliest_retirements(catalogue: Catalogue) -> dict[tuple[str, str], ModelRetirement]:
    """Each model once, with its earliest day: the catalogue may spell one model in several ways."""
    earliest: dict[tuple[str, str], ModelRetirement] = {}
    for dated in catalogue.dated:
        key = model_identity(dated.provider, dated.name)
        known = earliest.setdefault(key, dated)
        if dated.day < known.day:
            earliest[key] = dated
    return earliest
