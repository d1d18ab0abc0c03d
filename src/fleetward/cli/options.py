"""Options that several verbs share."""

from __future__ import annotations

from typing import Annotated

import typer

from fleetward.domain.errors import UsageError

Sign = Annotated[
    str | None,
    typer.Option(
        "--sign",
        metavar="[KEY]",
        help="With --apply: sign ledger entry and commit with this key file, or with the SSH key of git or the "
        "ssh-agent.",
    ),
]
Push = Annotated[
    str | None,
    typer.Option(
        "--push",
        metavar="REMOTE[:BRANCH]",
        help="With --apply: push to the upstream of the current branch at this remote, or to BRANCH.",
    ),
]
Commit = Annotated[
    bool,
    typer.Option("--commit", help="Commit what was written, and nothing else, as git's user. No hook runs."),
]
PushCommit = Annotated[
    str | None,
    typer.Option(
        "--push",
        metavar="[REMOTE[:BRANCH]]",
        help="With --commit: push the commit, to the upstream of the current branch by default.",
    ),
]
As = Annotated[
    list[str] | None,
    typer.Option("--as", metavar="PERSON...", help="What if these people had approved; writes nothing."),
]
At = Annotated[
    str | None, typer.Option("--at", metavar="INSTANT", help="What if it were this instant; writes nothing.")
]


def require_apply(*, apply: bool, **values: str | None) -> None:
    """
    Check that options of ``--apply`` come with it; *values* are by option name.

    Errors: UsageError naming the first that does not.
    """
    for name, value in values.items():
        if value is not None and not apply:
            raise UsageError(f"--{name} goes with --apply", hint="add --apply")
