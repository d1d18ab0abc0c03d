"""``fleet explain``: what a rule finds, why it exists, and how to fix its findings."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fleetward.cli.session import Formats, Session
from fleetward.cli.verb import Verb
from fleetward.domain.errors import ExitCode, UsageError
from fleetward.domain.explanation import Explanation
from fleetward.domain.names import nearest_name
from fleetward.report.page import Page
from fleetward.rules import documentation


def explain(
    session: Session,
    rule: Annotated[
        str | None, typer.Argument(metavar="[RULE]", help="Id of a rule; without it all rules are listed.")
    ] = None,
    every: Annotated[bool, typer.Option("--list", help="List all rules.")] = False,
) -> ExitCode:
    """Explain a rule: why it exists, a bad and a good example, and how to fix a finding."""
    if every and rule:
        raise UsageError("RULE and --list exclude each other", hint=f"fleet explain {rule}")
    if rule is None:
        rules = tuple(documentation.explanation(documented) for documented in documentation.DOCUMENTED_RULES)
        session.report(VERB.formats, rules)
    else:
        session.report(_ONE_RULE, (_explanation(rule),))
    return ExitCode.SUCCESS


def _explanation(rule: str) -> Explanation:
    explanation = documentation.find_explanation(rule)
    if explanation is None and "/" in rule:
        raise UsageError(
            f"{rule!r} is a meaning of a change, not a rule of validate", hint="fleet diff --rules"
        )
    if explanation is None:
        close = nearest_name(rule, (documented.id for documented in documentation.DOCUMENTED_RULES))
        hint = f"fleet explain {close}" if close else "fleet explain --list"
        raise UsageError(f"no rule is called {rule!r}", hint=hint)
    return explanation


def _list_text(rules: tuple[Explanation, ...], _session: Session) -> Page:
    from fleetward.report.explanations import render_overview

    return render_overview(rules)


def _rule_text(rules: tuple[Explanation, ...], _session: Session) -> Page:
    from fleetward.report.explanations import render_rule

    return render_rule(rules[0])


def _json(rules: tuple[Explanation, ...], _session: Session) -> dict[str, Any]:
    from fleetward.report.explanations import render_data

    return render_data(rules)


_ONE_RULE: Formats[tuple[Explanation, ...]] = {"text": _rule_text, "json": _json}
VERB = Verb(run=explain, formats={"text": _list_text, "json": _json})
