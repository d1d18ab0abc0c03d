"""The command table, and the Typer application made of it."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from fleetward import __version__
from fleetward.cli.command import Chdir, VerbCommand, with_shared_options
from fleetward.cli.verb import Verb

VERBS: Mapping[str, str] = {
    "validate": "validate:VERB",
    "diff": "diff:VERB",
    "textconv": "textconv:VERB",
    "promote": "promote:VERB",
    "rollback": "rollback:VERB",
    "why": "why:VERB",
    "approve": "approve:VERB",
    "approvals": "approvals:VERB",
    "attest": "attest:VERB",
    "signers": "signers:VERB",
    "evidence add": "evidence:ADD",
    "release": "release:VERB",
    "adopt": "adopt:VERB",
    "suspend": "suspend:SUSPEND",
    "resume": "suspend:RESUME",
    "retire": "retire:VERB",
    "transfer": "transfer:VERB",
    "rename": "rename:VERB",
    "log": "log:VERB",
    "audit": "audit:VERB",
    "policy check": "policy:CHECK",
    "policy test": "policy:TEST",
    "init": "init:VERB",
    "new": "new:VERB",
    "explain": "explain:VERB",
    "list": "list_:VERB",
    "status": "status:VERB",
    "models import": "models:IMPORT",
    "models upgrade": "models:UPGRADE",
    "schema": "schema:VERB",
    "completion": "completion:VERB",
    "demo": "demo:VERB",
}
"""Every command with the module and the constant of its ``Verb``, in the order of the help."""

_GROUPS = {
    "evidence": "Record evaluation results.",
    "policy": "Check and test the policy.",
    "models": "Maintain governance/models.yaml, and replace a language model in many agents.",
}

_PLAIN: dict[str, Any] = {
    "add_completion": False,
    # Rich markup in the help would swallow what stands in brackets
    "rich_markup_mode": None,
    "pretty_exceptions_enable": False,
    "context_settings": {"help_option_names": ["-h", "--help"], "max_content_width": 100},
}


def load_verb(name: str) -> Verb:
    """The verb of this command; its module is imported now."""
    module, _, constant = VERBS[name].partition(":")
    # imported here, not above: --version and -h load no verb
    verb = getattr(import_module(f"fleetward.cli.{module}"), constant)
    assert isinstance(verb, Verb)  # noqa: S101 - for the type checker
    return verb


class _Group(TyperGroup):
    """Commands with a first word in common."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Every command with its whole first sentence; Typer would shorten it."""
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, command.get_short_help_str(1_000)) for name, command in sorted(self.commands.items())]
            )


class _Verbs(TyperGroup):
    """The table as commands; a verb is imported when it is needed."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The first words of the table, in its order."""
        return list(dict.fromkeys(name.split()[0] for name in VERBS))

    def get_help(self, ctx: Any) -> str:
        """Every command in its group, on one screen; no verb is imported for it."""
        from fleetward.cli.help_page import help_page

        width = ctx.terminal_width or shutil.get_terminal_size().columns or 80
        return help_page(self.list_commands(ctx), width)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of this name, or None."""
        names = [name for name in VERBS if name.split()[0] == cmd_name]
        if not names:
            return None
        if cmd_name in _GROUPS:
            group = typer.Typer(help=_GROUPS[cmd_name], cls=_Group, no_args_is_help=True, **_PLAIN)
            # without a callback Typer turns a group of one verb into that verb
            group.callback()(_no_callback)
        else:
            group = typer.Typer(**_PLAIN)
        for name in names:
            group.command(name.split()[-1], cls=VerbCommand)(with_shared_options(load_verb(name)))
        return typer.main.get_command(group)


def _no_callback() -> None:
    """Do nothing before a verb of a group."""


app = typer.Typer(
    name="fleet",
    cls=_Verbs,
    help="Change control for fleets of AI agents kept in git.",
    no_args_is_help=True,
    **_PLAIN,
)


def _print_version(requested: bool) -> None:
    if requested:
        typer.echo(f"fleetward {__version__}")
        raise typer.Exit


def _install_completion(requested: bool) -> None:
    if requested:
        from fleetward.cli.completion import install_here

        install_here()
        raise typer.Exit


@app.callback()
def _root(
    context: typer.Context,
    chdir: Chdir = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
    install_completion: Annotated[
        bool,
        typer.Option(
            "--install-completion",
            callback=_install_completion,
            is_eager=True,
            help="Complete commands, options and agents in this shell.",
        ),
    ] = False,
) -> None:
    """Keep the ``-C`` before the verb."""
    context.obj = {"chdir": chdir}
