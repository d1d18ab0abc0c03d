"""``fleet list``: everything of one kind, such as agents or waivers."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fleetward.cli.session import Session
from fleetward.cli.verb import Verb
from fleetward.domain.errors import ExitCode, UsageError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.names import nearest_name
from fleetward.domain.register import RegisteredAgent
from fleetward.report import agents_list, waivers
from fleetward.report.page import Page
from fleetward.report.waivers import WaiverRow
from fleetward.workflows.governance.waivers import waiver_states
from fleetward.workflows.register.fleet_now import list_agents

KINDS = ("agents", "waivers")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The rows of one kind; None of the other."""

    agents: tuple[RegisteredAgent, ...] | None = None
    waivers: tuple[WaiverRow, ...] = ()


def listing(
    session: Session,
    kind: Annotated[str, typer.Argument(metavar="[WHAT]", help=f"One of: {', '.join(KINDS)}.")] = KINDS[0],
) -> ExitCode:
    """
    List agents: what they do, who owns them, where they are, and whether they are suspended. Or list waivers.

    A waiver has its rule, agent, reason, approver and last day, and whether it is still valid.
    """
    if kind not in KINDS:
        close = nearest_name(kind, KINDS) or KINDS[0]
        raise UsageError(f"{kind!r} cannot be listed", hint=f"fleet list {close}")
    if kind == "agents":
        rows = Listing(agents=list_agents(session.run))
    else:
        states = waiver_states(session.run)
        rows = Listing(waivers=tuple(WaiverRow(waiver=waiver, state=state) for waiver, state in states))
    session.report(VERB.formats, rows)
    return ExitCode.SUCCESS


def _text(rows: Listing, session: Session) -> Page:
    chdir = session.run.chdir
    if rows.agents is not None:
        return agents_list.render_page(rows.agents, f"fleet status{chdir}")
    return waivers.render_page(rows.waivers, f"fleet validate{chdir} -v")


def _json(rows: Listing, _session: Session) -> dict[str, Any]:
    if rows.agents is not None:
        return agents_list.render_data(rows.agents)
    return waivers.render_data(rows.waivers)


VERB = Verb(run=listing, formats={"text": _text, "json": _json})
