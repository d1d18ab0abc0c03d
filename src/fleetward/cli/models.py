"""``fleet models import``: retirement dates from LiteLLM's model catalogue into governance/models.yaml."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from shlex import quote
from typing import Annotated, Any

import typer

from fleetward.cli.session import Session
from fleetward.domain import digest
from fleetward.domain.errors import Exit, FleetError, GovernanceInvalid
from fleetward.report.page import Line, Page, line, page, span
from fleetward.rules.pins import identity
from fleetward.store.fleet.models_edit import EMPTY, Listing, edited, put, stamp
from fleetward.store.formats.document import Document, document
from fleetward.store.formats.strict_yaml import GOVERNANCE_LIMITS
from fleetward.store.git.fleet_root import find
from fleetward.store.imports.litellm import LARGEST, Catalogue, catalogue

REGISTER = "governance/models.yaml"


def import_(
    session: Session,
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="LiteLLM's model_prices_and_context_window.json.")
    ],
    write: Annotated[bool, typer.Option("--write", help=f"Write {REGISTER}; without it, only show.")] = False,
) -> Exit:
    """Bring the retirement dates of a model catalogue into governance/models.yaml; nothing else changes."""
    ground = find(session.run.folder, session.run.environment)
    path = ground.root / REGISTER
    content = _read(session.run.path(file), file)
    known = catalogue(content, file)
    register = _register(path)
    listings = _listings(known, (register.data or {})["models"])
    today = session.run.now.date().isoformat()
    source = stamp(digest.of_bytes(content), today)
    made = _checked(edited(register.content, listings, source=source, today=today))
    if write:
        put(path, made.content)
    fresh = made.content != register.content
    written = write and fresh
    again = f"fleet models import{session.run.chdir} {quote(file)} --write"
    shown = os.path.relpath(ground.root / REGISTER, session.run.folder.resolve())
    then = again if fresh and not write else f"git{session.run.chdir} diff -- {quote(shown)}"
    done = "wrote" if written else "would write" if fresh else "nothing to write to"
    session.output.report(
        {
            "text": lambda: _page(known, listings, done, then, verbose=session.verbose),
            "json": lambda: _data(file, digest.of_bytes(content), today, known, listings, written=written),
        }
    )
    return Exit.YES


def _read(path: Path, file: str) -> bytes:
    try:
        if path.stat().st_size > LARGEST:
            raise FleetError(f"{file!r} is larger than {LARGEST} bytes", hint="give LiteLLM's own catalogue")
        return path.read_bytes()
    except OSError as error:
        hint = "give LiteLLM's model_prices_and_context_window.json"
        raise FleetError(f"cannot read {file!r}: {error.strerror}", hint=hint) from error


def _register(path: Path) -> Document:
    """
    The register as it is, or the beginning of one.

    Errors: GovernanceInvalid where it is wrong already; FleetError where it is no regular file.
    """
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise FleetError(f"{REGISTER} is not a regular file", hint="fleet validate")
    try:
        content = path.read_bytes() if path.exists() else EMPTY
    except OSError as error:
        raise FleetError(f"cannot read {REGISTER}: {error.strerror}", hint="fleet validate") from error
    return _checked(content)


def _checked(content: bytes) -> Document:
    found = document(content, REGISTER, "models", GOVERNANCE_LIMITS)
    if found.findings:
        first = found.findings[0]
        where = f"{first.place.file}:{first.place.line}:{first.place.column}: {first.message}"
        raise GovernanceInvalid(f"cannot go on: {where}", hint="fleet validate", findings=found.findings)
    return found


def _listings(known: Catalogue, models: Sequence[Mapping[str, Any]]) -> tuple[Listing, ...]:
    """What the register lacks or says otherwise, in its order, and then what it does not list."""
    listed: dict[tuple[str, str], list[int]] = {}
    for position, one in enumerate(models):
        key = identity(str(one["provider"]), str(one["name"]), one.get("version"))
        listed.setdefault(key, []).append(position)
    there, fresh = [], []
    for dated in known.dated:
        key = identity(dated.provider, dated.name)
        provider = key[0].replace("_", "-")
        if key not in listed:
            fresh.append(Listing(provider=provider, name=dated.name, day=dated.day))
        for position in listed.get(key, ()):
            one = models[position]
            before = one.get("retiresAt")
            if before != dated.day:
                there.append(
                    Listing(
                        provider=str(one["provider"]),
                        name=str(one["name"]),
                        day=dated.day,
                        before=before,
                        position=position,
                    )
                )
    return (*sorted(there, key=lambda one: one.position or 0), *fresh)


def _page(known: Catalogue, listings: Sequence[Listing], done: str, then: str, *, verbose: bool) -> Page:
    lines = [_line(one) for one in listings]
    if verbose:
        lines.extend(line(span("not read ", "warning"), key) for key in known.unread)
    new = sum(one.position is None for one in listings)
    lines.append(line(f"{done} {REGISTER}: {new} models added, {len(listings) - new} dates changed", hang=2))
    lines.append(
        line(
            f"the catalogue dates {len(known.dated)} models and leaves {known.undated} undated; "
            f"{len(known.unread)} entries could not be read{'' if verbose or not known.unread else ' (-v)'}",
            hang=2,
        )
    )
    return page([*lines, line(span(then, "code"))])


def _line(one: Listing) -> Line:
    """``+`` for a model that is added, ``~`` for a date that moves."""
    if one.position is None:
        return line(span("+ ", "added"), f"{one.provider} {one.name}: retires {one.day}")
    was = one.before or "no date"
    return line(span("~ ", "strong"), f"{one.provider} {one.name}: retires {one.day}, before {was}")


def _data(
    file: str, sha256: str, today: str, known: Catalogue, listings: Sequence[Listing], *, written: bool
) -> dict[str, Any]:
    return {
        "format": "fleetward.models/1",
        "source": {"file": file, "sha256": sha256},
        "file": REGISTER,
        "checkedAt": today,
        "written": written,
        "changes": [
            {
                "kind": "added" if one.position is None else "changed",
                "provider": one.provider,
                "name": one.name,
                "before": one.before,
                "after": one.day,
            }
            for one in listings
        ],
        "catalogue": {"dated": len(known.dated), "undated": known.undated, "unread": list(known.unread)},
    }
