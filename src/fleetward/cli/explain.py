"""``fleet explain``: what a rule finds, why it matters, and what to write instead."""

from __future__ import annotations

from typing import Annotated

import typer

from fleetward.cli.session import Session
from fleetward.domain.errors import ExitCode, UsageError
from fleetward.domain.explanation import Explanation
from fleetward.domain.names import nearest_name
from fleetward.report import explanations
from fleetward.rules import documentation


def explain(
    session: Session,
    rule: Annotated[
        str | None, typer.Argument(metavar="[RULE]", help="Which; without it they are listed.")
    ] = None,
    every: Annotated[bool, typer.Option("--list", help="List all rules.")] = False,
) -> ExitCode:
    """Say why a rule is there, show it broken and kept, and how to cure what it finds."""
    if every and rule:
        raise UsageError("RULE and --list exclude each other", hint=f"fleet explain {rule}")
    if rule is None:
        explained = tuple(
            documentation.explanation(explanation) for explanation in documentation.DOCUMENTED_RULES
        )
        session.output.report(
            {
                "text": lambda: explanations.render_overview(explained),
                "json": lambda: explanations.render_data(explained),
            }
        )
    else:
        explanation = _explanation(rule)
        session.output.report(
            {
                "text": lambda: explanations.render_rule(explanation),
                "json": lambda: explanations.render_data((explanation,)),
            }
        )
    return ExitCode.SUCCESS


def _explanation(rule: str) -> Explanation:
    explanation = documentation.find_explanation(rule)
    if explanation is None and "/" in rule:
        message = f"{rule!r} is no rule of validate: what diff calls a change is explained there"
        raise UsageError(message, hint="fleet diff --rules")
    if explanation is None:
        close = nearest_name(rule, (entry.id for entry in documentation.DOCUMENTED_RULES))
        hint = f"fleet explain {close}" if close else "fleet explain --list"
        raise UsageError(f"no rule is called {rule!r}", hint=hint)
    return explanation
