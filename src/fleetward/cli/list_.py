"""``fleet list``: everything of one kind, such as agents or waivers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from fleetward.cli.session import Session
from fleetward.cli.verb import Verb
from fleetward.domain.errors import ExitCode, UsageError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.names import nearest_name
from fleetward.domain.register import AGENT_FIELDS, RegisteredAgent, RegisterQuery
from fleetward.report import agents_list, waivers
from fleetward.report import rows as rows_report
from fleetward.report.page import Page
from fleetward.report.waivers import WaiverRow
from fleetward.workflows.governance.waivers import list_waivers
from fleetward.workflows.register.fleet_now import check_fields, list_agents, parse_where, select_rows

KINDS = ("agents", "waivers")
_Values = list[str] | None
_Kind = Annotated[str, typer.Argument(metavar="[WHAT]", help=f"One of: {', '.join(KINDS)}.")]
_Fields = Annotated[
    str | None, typer.Option("--fields", metavar="A,B,C", help="Show these fields alone, in this order.")
]
_Sort = Annotated[
    str | None, typer.Option("--sort", metavar="FIELD", help="Sort by this field; by name by default.")
]


def _filter(name: str, metavar: str, text: str) -> Any:
    return typer.Option(name, metavar=metavar, help=f"{text}; may be repeated.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The rows of one kind as data, and as values for the page; *fields* is None where the page shows its own."""

    kind: str
    repository: str
    rows: Sequence[Mapping[str, Any]]
    columns: Sequence[str]
    fields: Sequence[str] | None = None
    agents: tuple[RegisteredAgent, ...] = ()
    waivers: tuple[WaiverRow, ...] = ()


def listing(
    session: Session,
    kind: _Kind = KINDS[0],
    env: Annotated[_Values, _filter("--env", "ENV", "Agents of this environment")] = None,
    owner: Annotated[_Values, _filter("--owner", "TEAM", "Agents of this team")] = None,
    tier: Annotated[_Values, _filter("--tier", "TIER", "Agents of this risk tier")] = None,
    agent_class: Annotated[_Values, _filter("--class", "CLASS", "Agents of this class")] = None,
    lifecycle: Annotated[_Values, _filter("--lifecycle", "LIFECYCLE", "Agents of this lifecycle")] = None,
    model: Annotated[
        _Values,
        _filter("--model", "MODEL", "Agents with this model, NAME or PROVIDER/NAME, also as a fallback"),
    ] = None,
    connector: Annotated[_Values, _filter("--connector", "NAME", "Agents with this connector")] = None,
    where: Annotated[
        _Values,
        _filter("--where", "FIELD=VALUE", "Rows with this value, such as backup= or contact.chat=#payments"),
    ] = None,
    fields: _Fields = None,
    sort: _Sort = None,
) -> ExitCode:
    """
    List agents: what they do, who owns them, where they are, and whether they are suspended. Or list waivers.

    Several values of one filter: any of them. Several filters: all of them. A filter looks at the last environment that
    holds the agent, or at the one of --env. A waiver has its rule, agent, reason, approver and last day, and whether it
    is still valid.
    """
    if kind not in KINDS:
        close = nearest_name(kind, KINDS) or KINDS[0]
        raise UsageError(f"{kind!r} cannot be listed", hint=f"fleet list {close}")
    query = RegisterQuery(
        environments=tuple(env or ()),
        owners=tuple(owner or ()),
        tiers=tuple(tier or ()),
        classes=tuple(agent_class or ()),
        lifecycles=tuple(lifecycle or ()),
        models=tuple(model or ()),
        connectors=tuple(connector or ()),
        where=parse_where(where or ()),
    )
    shown_fields = [field.strip() for field in fields.split(",")] if fields is not None else None
    rows = _agents(session, query, sort) if kind == "agents" else _waivers(session, query, sort)
    check_fields(shown_fields or (), "--fields", rows.columns)
    session.report(VERB.formats, _with_fields(rows, shown_fields))
    return ExitCode.SUCCESS


def _agents(session: Session, query: RegisterQuery, sort: str | None) -> Listing:
    answer = list_agents(session.run, query, sort)
    return Listing(
        kind="agents",
        repository=answer.repository,
        rows=[agent.row for agent in answer.agents],
        columns=AGENT_FIELDS,
        agents=answer.agents,
    )


def _waivers(session: Session, query: RegisterQuery, sort: str | None) -> Listing:
    if query != RegisterQuery(where=query.where):
        raise UsageError("waivers have no such filter", hint="fleet list waivers --where agent=NAME")
    repository, states = list_waivers(session.run)
    by_line = {(waiver.place.file, waiver.place.line): (waiver, state) for waiver, state in states}
    every_row = waivers.waiver_rows([WaiverRow(waiver=waiver, state=state) for waiver, state in states])
    rows = select_rows(every_row, waivers.FIELDS, query.where, sort)
    selected = [by_line[row["file"], row["line"]] for row in rows]
    return Listing(
        kind="waivers",
        repository=repository,
        rows=rows,
        columns=waivers.FIELDS,
        waivers=tuple(WaiverRow(waiver=waiver, state=state) for waiver, state in selected),
    )


def _with_fields(rows: Listing, fields: Sequence[str] | None) -> Listing:
    if fields is None:
        return rows
    return Listing(
        kind=rows.kind,
        repository=rows.repository,
        rows=rows_report.with_fields(rows.rows, fields),
        columns=fields,
        fields=fields,
    )


def _text(rows: Listing, session: Session) -> Page:
    chdir = session.run.chdir
    command = f"fleet status{chdir}" if rows.kind == "agents" else f"fleet validate{chdir} -v"
    if rows.fields is not None:
        return rows_report.render_page(rows.kind, rows.fields, rows.rows, command)
    if rows.kind == "agents":
        return agents_list.render_page(rows.agents, command)
    return waivers.render_page(rows.waivers, command)


def _json(rows: Listing, _session: Session) -> dict[str, Any]:
    data = rows_report.render_data(rows.kind, rows.rows)
    # readers of the first shape look for the waivers there
    return {**data, "waivers": data["rows"]} if rows.kind == "waivers" else data


def _jsonl(rows: Listing, _session: Session) -> str:
    return rows_report.render_jsonl(rows.repository, rows.rows)


def _csv(rows: Listing, _session: Session) -> str:
    return rows_report.render_csv(rows.columns, rows.rows)


def _markdown(rows: Listing, _session: Session) -> str:
    return rows_report.render_markdown(rows.columns, rows.rows)


VERB = Verb(
    long=True,
    run=listing,
    formats={"text": _text, "json": _json, "jsonl": _jsonl, "csv": _csv, "markdown": _markdown},
)
