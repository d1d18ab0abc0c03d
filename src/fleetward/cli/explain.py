"""``fleet explain``: what a rule finds, why it matters, and what to write instead."""

from __future__ import annotations

from typing import Annotated

import typer

from fleetward.cli.session import Session
from fleetward.domain.errors import Exit, UsageError
from fleetward.domain.explanation import Explanation
from fleetward.domain.names import nearest
from fleetward.report import explanations
from fleetward.rules import documentation


def explain(
    session: Session,
    rule: Annotated[
        str | None, typer.Argument(metavar="[RULE]", help="Which; without it they are listed.")
    ] = None,
    every: Annotated[bool, typer.Option("--list", help="List all rules.")] = False,
) -> Exit:
    """Say why a rule is there, show it broken and kept, and how to cure what it finds."""
    if every and rule:
        raise UsageError("RULE and --list exclude each other", hint=f"fleet explain {rule}")
    if rule is None:
        known = tuple(documentation.explanation(one) for one in documentation.DOCUMENTED)
        session.output.report(
            {"text": lambda: explanations.overview(known), "json": lambda: explanations.data(known)}
        )
    else:
        one = _known(rule)
        session.output.report(
            {"text": lambda: explanations.page_of(one), "json": lambda: explanations.data((one,))}
        )
    return Exit.YES


def _known(rule: str) -> Explanation:
    found = documentation.explained(rule)
    if found is None and "/" in rule:
        message = f"{rule!r} is no rule of validate: what diff calls a change is explained there"
        raise UsageError(message, hint="fleet diff --rules")
    if found is None:
        close = nearest(rule, (one.id for one in documentation.DOCUMENTED))
        hint = f"fleet explain {close}" if close else "fleet explain --list"
        raise UsageError(f"no rule is called {rule!r}", hint=hint)
    return found
