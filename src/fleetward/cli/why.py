"""``fleet why``: what it would take to bring an agent on, asked of the gate itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any

import typer

from fleetward import gate
from fleetward.cli.applying import warn_uncommitted
from fleetward.cli.session import Session
from fleetward.domain.errors import Exit, UsageError
from fleetward.domain.verdict import Promotion, Verdict
from fleetward.report import verdicts_json, verdicts_text
from fleetward.report.page import Page
from fleetward.store.git.fleet_root import find
from fleetward.workflows.governance.history import lawful
from fleetward.workflows.load import read
from fleetward.workflows.promotion import what_if
from fleetward.workflows.promotion.candidates import cases, decided
from fleetward.workflows.promotion.context import Hearing, hearing
from fleetward.workflows.promotion.next_step import onward, reviewing

FORMAT = "fleetward.why/1"


def why(
    session: Session,
    agent: Annotated[str, typer.Argument(metavar="AGENT", help="The agent.")],
    to: Annotated[
        str | None, typer.Option("--to", metavar="ENV", help="Where to; may be left out where one is gated.")
    ] = None,
    as_: what_if.As = None,
    at: what_if.At = None,
) -> Exit:
    """Say what is asked of an agent, who has met it, and the fewest people who could finish it; write nothing."""
    session = replace(session, run=what_if.at_that_time(session.run, at))
    asked = hearing(session.run, to=to or _gated(session), agents=[agent])
    lawful(asked.ground, asked.head, session.run.now, (asked.ledger,))
    warn_uncommitted(session, asked, [agent])
    names = what_if.known(as_, asked.people)
    asked = replace(asked, supposed=names)
    promotions = decided(asked, cases(asked, [agent]))
    session.output.report(
        {
            "text": lambda: _page(session, asked, promotions, names, at),
            "json": lambda: _data(asked, promotions, names, at),
        }
    )
    good = gate.conclusion(promotions) in (Verdict.ALLOWED, Verdict.UNCHANGED)
    return Exit.YES if good else Exit.NO


def _gated(session: Session) -> str:
    ground = find(session.run.folder, session.run.environment)
    config = read(ground.commit(ground.head()), only=()).governed().config
    names = [one.name for one in config.environments if one.gated]
    if len(names) != 1:
        what = f"say which: {', '.join(names)}" if names else "no environment is gated"
        raise UsageError(
            f"--to is left out, and {what}", hint=f"--to {names[0]}" if names else "fleet validate"
        )
    return names[0]


def _page(
    session: Session, asked: Hearing, promotions: Sequence[Promotion], names: Sequence[str], at: str | None
) -> Page:
    told = verdicts_text.render(
        promotions,
        to=asked.target.name,
        sources=asked.sources,
        commit=asked.head,
        policy=asked.policy,
        next_command=_next(asked, promotions[0], bool(names or at)),
        verbose=session.verbose,
        now=asked.run.now,
    )
    return (*what_if.preface(asked.run, names, at), *told)


def _next(asked: Hearing, one: Promotion, supposed: bool) -> str:
    """The command for whoever can bring it on."""
    where, to = asked.run.chdir, asked.target.name
    if one.verdict is Verdict.UNCHANGED:
        return reviewing(asked, one) or f"fleet validate{where}"
    if one.verdict is Verdict.ALLOWED and not supposed:
        return f"fleet promote{where} {one.agent} --to {to} --apply"
    if supposed:
        return f"fleet approve{where} {one.agent} --to {to}"
    return onward(asked, one, [one.agent])


def _data(
    asked: Hearing, promotions: Sequence[Promotion], names: Sequence[str], at: str | None
) -> dict[str, Any]:
    data = verdicts_json.render(
        promotions, to=asked.target.name, sources=asked.sources, commit=asked.head, policy=asked.policy
    )
    return {**data, "format": FORMAT, "supposed": what_if.as_data(asked.run, names, at)}
