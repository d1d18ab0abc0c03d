"""``fleet list``: what there is, one kind at a time."""

from __future__ import annotations

from typing import Annotated

import typer

from fleetward import rules
from fleetward.cli.session import Session
from fleetward.domain.errors import Exit, FleetError, UsageError
from fleetward.domain.names import nearest
from fleetward.report import waivers
from fleetward.store.git.fleet_root import find
from fleetward.workflows.load import read

KINDS = ("waivers",)


def listing(
    session: Session,
    what: Annotated[str, typer.Argument(metavar="WHAT", help=f"One of: {', '.join(KINDS)}.")],
) -> Exit:
    """List the exceptions to rules: for whom, why, by whom, until when, and whether they still count."""
    if what not in KINDS:
        close = nearest(what, KINDS) or KINDS[0]
        raise UsageError(f"nothing to list is called {what!r}", hint=f"fleet list {close}")
    ground = find(session.run.folder, session.run.environment)
    reading = read(ground.folder())
    if not reading.judgeable:
        reading.governed()
    if reading.snapshot is None:
        raise FleetError("fleet-config.yaml cannot be read", hint="fleet validate")
    found = (*reading.findings, *rules.findings(reading.snapshot, session.run.now))
    granted = tuple(
        waivers.Granted(waiver=waiver, state=rules.standing(waiver, found, session.run.now))
        for waiver in sorted(reading.snapshot.waivers, key=lambda one: (one.expires, one.place.line))
    )
    session.output.report(
        {
            "text": lambda: waivers.page_of(granted, f"fleet validate{session.run.chdir} -v"),
            "json": lambda: waivers.data(granted),
        }
    )
    return Exit.YES
