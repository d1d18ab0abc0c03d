"""``fleet models import``: retirement dates from LiteLLM's model catalogue into governance/models.yaml."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from shlex import quote
from typing import Annotated, Any

import typer

from fleetward.cli.session import Session
from fleetward.domain import digest, layout, limits
from fleetward.domain.errors import ExitCode, FleetError, GovernanceInvalid
from fleetward.report.page import Line, Page, line, page, span
from fleetward.rules.pins import model_identity
from fleetward.store.fleet.models_edit import EMPTY_MODELS, DatedModel, put, source_note, with_dates
from fleetward.store.formats.document import Document, read_document
from fleetward.store.formats.strict_yaml import GOVERNANCE_LIMITS
from fleetward.store.git.fleet_root import find_fleet_root
from fleetward.store.imports.litellm import Catalogue, read_catalogue

REGISTER = layout.MODELS


def import_(
    session: Session,
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="LiteLLM's model_prices_and_context_window.json.")
    ],
    write: Annotated[bool, typer.Option("--write", help=f"Write {REGISTER}; without it, only show.")] = False,
) -> ExitCode:
    """Bring the retirement dates of a model catalogue into governance/models.yaml; nothing else changes."""
    root = find_fleet_root(session.run.folder, session.run.environment)
    path = root.path / REGISTER
    content = _read(session.run.path(file), file)
    prices = read_catalogue(content, file)
    register = _models_file(path)
    listings = _listed_changes(prices, (register.data or {})["models"])
    today = session.run.now.date().isoformat()
    source = source_note(digest.of_bytes(content), today)
    document = _valid_document(with_dates(register.content, listings, source=source, today=today))
    if write:
        put(path, document.content)
    changed = document.content != register.content
    written = write and changed
    again = f"fleet models import{session.run.chdir} {quote(file)} --write"
    display_path = os.path.relpath(root.path / REGISTER, session.run.folder.resolve())
    next_command = again if changed and not write else f"git{session.run.chdir} diff -- {quote(display_path)}"
    done = "wrote" if written else "would write" if changed else "nothing to write to"
    session.output.report(
        {
            "text": lambda: _page(prices, listings, done, next_command, verbose=session.verbose),
            "json": lambda: _data(file, digest.of_bytes(content), today, prices, listings, written=written),
        }
    )
    return ExitCode.SUCCESS


def _read(path: Path, file: str) -> bytes:
    try:
        if path.stat().st_size > limits.CATALOGUE_BYTES:
            raise FleetError(
                f"{file!r} is larger than {limits.CATALOGUE_BYTES} bytes", hint="give LiteLLM's own catalogue"
            )
        return path.read_bytes()
    except OSError as error:
        hint = "give LiteLLM's model_prices_and_context_window.json"
        raise FleetError(f"cannot read {file!r}: {error.strerror}", hint=hint) from error


def _models_file(path: Path) -> Document:
    """
    The register as it is, or the beginning of one.

    Errors: GovernanceInvalid where it is wrong already; FleetError where it is no regular file.
    """
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise FleetError(f"{REGISTER} is not a regular file", hint="fleet validate")
    try:
        content = path.read_bytes() if path.exists() else EMPTY_MODELS
    except OSError as error:
        raise FleetError(f"cannot read {REGISTER}: {error.strerror}", hint="fleet validate") from error
    return _valid_document(content)


def _valid_document(content: bytes) -> Document:
    parsed = read_document(content, REGISTER, "models", GOVERNANCE_LIMITS)
    if parsed.findings:
        first = parsed.findings[0]
        where = f"{first.place.file}:{first.place.line}:{first.place.column}: {first.message}"
        raise GovernanceInvalid(f"cannot go on: {where}", hint="fleet validate", findings=parsed.findings)
    return parsed


def _listed_changes(prices: Catalogue, models: Sequence[Mapping[str, Any]]) -> tuple[DatedModel, ...]:
    """What the register lacks or says otherwise, in its order, and then what it does not list."""
    listed: dict[tuple[str, str], list[int]] = {}
    for position, model in enumerate(models):
        key = model_identity(str(model["provider"]), str(model["name"]), model.get("version"))
        listed.setdefault(key, []).append(position)
    changed, added = [], []
    for dated in prices.dated:
        key = model_identity(dated.provider, dated.name)
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


def _page(
    prices: Catalogue, listings: Sequence[DatedModel], done: str, next_command: str, *, verbose: bool
) -> Page:
    lines = [_line(listing) for listing in listings]
    if verbose:
        lines.extend(line(span("not read ", "warning"), key) for key in prices.unreadable)
    new = sum(listing.position is None for listing in listings)
    lines.append(line(f"{done} {REGISTER}: {new} models added, {len(listings) - new} dates changed", hang=2))
    lines.append(
        line(
            f"the catalogue dates {len(prices.dated)} models and leaves {prices.undated} undated; "
            f"{len(prices.unreadable)} entries could not be read{'' if verbose or not prices.unreadable else ' (-v)'}",
            hang=2,
        )
    )
    return page([*lines, line(span(next_command, "code"))])


def _line(listing: DatedModel) -> Line:
    """``+`` for a model that is added, ``~`` for a date that moves."""
    if listing.position is None:
        return line(span("+ ", "added"), f"{listing.provider} {listing.name}: retires {listing.day}")
    was = listing.previous_day or "no date"
    return line(
        span("~ ", "strong"), f"{listing.provider} {listing.name}: retires {listing.day}, before {was}"
    )


def _data(
    file: str, sha256: str, today: str, prices: Catalogue, listings: Sequence[DatedModel], *, written: bool
) -> dict[str, Any]:
    return {
        "format": "fleetward.models/1",
        "source": {"file": file, "sha256": sha256},
        "file": REGISTER,
        "checkedAt": today,
        "written": written,
        "changes": [
            {
                "kind": "added" if listing.position is None else "changed",
                "provider": listing.provider,
                "name": listing.name,
                "before": listing.previous_day,
                "after": listing.day,
            }
            for listing in listings
        ],
        "catalogue": {
            "dated": len(prices.dated),
            "undated": prices.undated,
            "unread": list(prices.unreadable),
        },
    }
