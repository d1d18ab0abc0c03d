"""``fleet why``: what it would take to bring an agent on, asked of the gate itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any

import typer

from fleetward import gate
from fleetward.cli.applying import warn_uncommitted
from fleetward.cli.options import As, At
from fleetward.cli.session import Session
from fleetward.cli.verb import Verb, in_formats
from fleetward.domain.errors import ExitCode, UsageError
from fleetward.domain.verdict import Promotion, Verdict
from fleetward.report import assumption as assumption_report
from fleetward.report import verdicts_json, verdicts_text
from fleetward.report.page import Page
from fleetward.store.git.fleet_root import find_fleet_root
from fleetward.workflows.governance.history import require_approved
from fleetward.workflows.load import load_fleet
from fleetward.workflows.promotion import what_if
from fleetward.workflows.promotion.candidates import build_candidates, decide_all
from fleetward.workflows.promotion.context import PromotionContext, load_context
from fleetward.workflows.promotion.next_step import next_command, review_command

FORMAT = "fleetward.why/1"


def why(
    session: Session,
    agent: Annotated[str, typer.Argument(metavar="AGENT", help="The agent.")],
    to: Annotated[
        str | None, typer.Option("--to", metavar="ENV", help="Where to; may be left out where one is gated.")
    ] = None,
    as_: As = None,
    at: At = None,
) -> ExitCode:
    """Say what is asked of an agent, who has met it, and the fewest people who could finish it; write nothing."""
    session = replace(session, run=what_if.at_instant(session.run, at))
    context = load_context(session.run, to=to or _only_gated_environment(session), agents=[agent])
    require_approved(context.root, context.head, session.run.now, (context.ledger,))
    warn_uncommitted(session, context, [agent])
    names = what_if.checked_approvers(as_, context.people)
    context = replace(context, assumed_approvers=names)
    promotions = decide_all(context, build_candidates(context, [agent]))
    session.output.report(
        {
            "text": lambda: _page(session, context, promotions, names, at),
            "json": lambda: _data(context, promotions, names, at),
        }
    )
    good = gate.batch_verdict(promotions) in (Verdict.ALLOWED, Verdict.UNCHANGED)
    return ExitCode.SUCCESS if good else ExitCode.DENIED


def _only_gated_environment(session: Session) -> str:
    root = find_fleet_root(session.run.folder, session.run.environment)
    config = load_fleet(root.commit_tree(root.head()), only=()).require_governance().config
    names = [environment.name for environment in config.environments if environment.gated]
    if len(names) != 1:
        problem = f"say which: {', '.join(names)}" if names else "no environment is gated"
        raise UsageError(
            f"--to is left out, and {problem}", hint=f"--to {names[0]}" if names else "fleet validate"
        )
    return names[0]


def _page(
    session: Session,
    context: PromotionContext,
    promotions: Sequence[Promotion],
    names: Sequence[str],
    at: str | None,
) -> Page:
    lines = verdicts_text.render(
        promotions,
        to=context.target.name,
        sources=context.sources,
        commit=context.head,
        policy=context.policy,
        next_command=_next_command(context, promotions[0], bool(names or at)),
        verbose=session.verbose,
        now=context.run.now,
    )
    return (*assumption_report.lines(what_if.assumption(context.run, names, at)), *lines)


def _next_command(context: PromotionContext, promotion: Promotion, supposed: bool) -> str:
    """The command for whoever can bring it on."""
    where, to = context.run.chdir, context.target.name
    if promotion.verdict is Verdict.UNCHANGED:
        return review_command(context, promotion) or f"fleet validate{where}"
    if promotion.verdict is Verdict.ALLOWED and not supposed:
        return f"fleet promote{where} {promotion.agent} --to {to} --apply"
    if supposed:
        return f"fleet approve{where} {promotion.agent} --to {to}"
    return next_command(context, promotion, [promotion.agent])


def _data(
    context: PromotionContext, promotions: Sequence[Promotion], names: Sequence[str], at: str | None
) -> dict[str, Any]:
    data = verdicts_json.render(
        promotions,
        to=context.target.name,
        sources=context.sources,
        commit=context.head,
        policy=context.policy,
    )
    return {
        **data,
        "format": FORMAT,
        "supposed": assumption_report.data(what_if.assumption(context.run, names, at)),
    }


VERB = Verb(run=why, formats=in_formats("text", "json"))
