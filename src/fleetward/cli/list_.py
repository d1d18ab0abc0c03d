"""``fleet list``: what there is, one kind at a time."""

from __future__ import annotations

from typing import Annotated

import typer

from fleetward import rules
from fleetward.cli.session import Session
from fleetward.domain.errors import ExitCode, FleetError, UsageError
from fleetward.domain.names import nearest_name
from fleetward.report import waivers
from fleetward.store.git.fleet_root import find_fleet_root
from fleetward.workflows.load import load_fleet

KINDS = ("waivers",)


def listing(
    session: Session,
    kind: Annotated[str, typer.Argument(metavar="WHAT", help=f"One of: {', '.join(KINDS)}.")],
) -> ExitCode:
    """List the exceptions to rules: for whom, why, by whom, until when, and whether they still count."""
    if kind not in KINDS:
        close = nearest_name(kind, KINDS) or KINDS[0]
        raise UsageError(f"nothing to list is called {kind!r}", hint=f"fleet list {close}")
    root = find_fleet_root(session.run.folder, session.run.environment)
    reading = load_fleet(root.work_tree())
    if not reading.governance_valid:
        reading.require_governance()
    if reading.snapshot is None:
        raise FleetError("fleet-config.yaml cannot be read", hint="fleet validate")
    findings = (*reading.findings, *rules.findings(reading.snapshot, session.run.now))
    granted = tuple(
        waivers.WaiverRow(waiver=waiver, state=rules.waiver_state(waiver, findings, session.run.now))
        for waiver in sorted(reading.snapshot.waivers, key=lambda waiver: (waiver.expires, waiver.place.line))
    )
    session.output.report(
        {
            "text": lambda: waivers.render_page(granted, f"fleet validate{session.run.chdir} -v"),
            "json": lambda: waivers.render_data(granted),
        }
    )
    return ExitCode.SUCCESS
