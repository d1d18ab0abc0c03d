"""The help of ``fleet`` itself: every command in its group, on one screen of 24 lines and 80 columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest

_Group = tuple[str, Mapping[str, str]]
"""A heading, and what each command does in at most 26 characters."""

LEFT: Sequence[_Group] = (
    (
        "Change an agent",
        {
            "validate": "find mistakes",
            "explain": "explain a rule and its fix",
            "diff": "say what a change means",
            "why": "list what is still missing",
            "promote": "decide; --apply writes it",
            "approve": "record your decision",
            "approvals": "list who approved what",
            "evidence": "record evaluation results",
            "attest": "record a review or a test",
            "release": "print the release digest",
        },
    ),
    (
        "Emergency, end, hand-over",
        {
            "suspend": "stop an agent",
            "resume": "let it run again",
            "rollback": "go back to a release",
            "retire": "plan the end of an agent",
            "rename": "give an agent another name",
            "transfer": "hand over somebody's roles",
        },
    ),
)
RIGHT: Sequence[_Group] = (
    (
        "Start",
        {
            "demo": "watch one change go live",
            "init": "create a fleet",
            "new": "create an agent",
            "adopt": "start with what runs today",
            "completion": "complete words on Tab",
        },
    ),
    (
        "Look and audit",
        {
            "list": "list agents",
            "status": "show where agents stand",
            "log": "list promotions",
            "audit": "check the whole history",
            "signers": "print the signing keys",
        },
    ),
    (
        "Policy, models, schemas",
        {
            "policy": "check and test the policy",
            "models": "update the model list",
            "schema": "print or write the schemas",
            "textconv": "print a file for git diff",
        },
    ),
)
_USAGE = "Usage: fleet [-C DIR] [--version] [--install-completion] COMMAND [-h] [OPTIONS]"
_EXIT_CODES = "Exit: 0 success, 1 denied or findings, 2 error, 3 internal error, 4 branch moved"
_COLUMN, _SCREEN = 40, 80


def summaries() -> dict[str, str]:
    """Every command of the page with what it does."""
    return {name: text for _, group in (*LEFT, *RIGHT) for name, text in group.items()}


def help_page(commands: Sequence[str], width: int) -> str:
    """The page for these commands, in two columns, or in one on a terminal of less than 80 columns."""
    left, right = _rows(LEFT, commands, 11), _rows(RIGHT, commands, 12)
    further = [name for name in commands if name not in summaries()]
    if further:
        right += ["", "Further", *(f"  {name}" for name in further)]
    if width < _SCREEN:
        body = [*left, "", *right]
    else:
        body = [f"{a:<{_COLUMN}}{b}".rstrip() for a, b in zip_longest(left, right, fillvalue="")]
    return "\n".join([_USAGE, "", *body, "", _EXIT_CODES])


def _rows(groups: Sequence[_Group], commands: Sequence[str], margin: int) -> list[str]:
    rows: list[str] = []
    for heading, group in groups:
        names = [name for name in group if name in commands]
        rows += [*([""] if rows else []), heading, *(f"  {name:<{margin}}{group[name]}" for name in names)]
    return rows
