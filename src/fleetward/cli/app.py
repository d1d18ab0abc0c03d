"""The front door: the command table, options that every verb shares, errors to exit codes."""

from __future__ import annotations

import atexit
import inspect
import os
import re
import signal
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from types import FrameType
from typing import Annotated, Any, NoReturn, get_type_hints

import typer
from typer.core import TyperCommand, TyperGroup

from fleetward import __version__
from fleetward.cli.output import Color
from fleetward.cli.session import session
from fleetward.domain.errors import ExitCode, FleetError, OutputClosed
from fleetward.domain.names import nearest_name

Verb = Callable[..., ExitCode]

TABLE: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "validate",
        "validate:validate",
        ("text", "json", "sarif", "junit", "github", "gitlab", "markdown"),
    ),
    ("diff", "diff:diff", ("text", "json", "markdown", "github")),
    ("textconv", "textconv:textconv", ("text",)),
    ("promote", "promote:promote", ("text", "json", "markdown")),
    ("rollback", "rollback:rollback", ("text", "json", "markdown")),
    ("why", "why:why", ("text", "json")),
    ("approve", "approve:approve", ("text", "json")),
    ("approvals", "approvals:approvals", ("text", "json")),
    ("signers", "signers:signers", ("text", "json")),
    ("evidence add", "evidence:add", ("text", "json")),
    ("release", "release:release", ("text", "json")),
    ("adopt", "adopt:adopt", ("text", "json")),
    ("suspend", "suspend:suspend", ("text", "json")),
    ("resume", "suspend:resume", ("text", "json")),
    ("retire", "retire:retire", ("text", "json")),
    ("transfer", "transfer:transfer", ("text", "json")),
    ("log", "log:log", ("text", "json")),
    ("audit", "audit:audit", ("text", "json", "sarif", "markdown")),
    ("policy check", "policy:check", ("text", "json")),
    ("policy test", "policy:rehearse", ("text", "json")),
    ("init", "init:init", ("text", "json")),
    ("new", "new:new", ("text", "json")),
    ("explain", "explain:explain", ("text", "json")),
    ("list", "list_:listing", ("text", "json")),
    ("models import", "models:import_", ("text", "json")),
    ("schema", "schema:schema", ("text", "json")),
    ("demo", "demo:demo", ("text",)),
)
"""Name, where the verb lives in ``cli/``, and the formats it writes, the usual one first."""

_GROUPS = {
    "evidence": "What evaluation runs showed.",
    "policy": "Is the policy sound, and does it say what was meant.",
    "models": "The register of language models, governance/models.yaml.",
}

_Chdir = Annotated[str | None, typer.Option("-C", "--chdir", metavar="DIR", help="Run as if started in DIR.")]
_SHARED: dict[str, Any] = {
    "chdir": _Chdir,
    "output": Annotated[
        list[str] | None,
        typer.Option("-o", "--output", metavar="FORMAT[=PATH]", help="Report format; may be repeated."),
    ],
    "as_json": Annotated[bool, typer.Option("--json", help="Short for -o json.")],
    "quiet": Annotated[bool, typer.Option("-q", "--quiet", help="Only what is wrong: no text on a yes.")],
    "verbose": Annotated[bool, typer.Option("-v", "--verbose", help="More of everything.")],
    "color": Annotated[Color, typer.Option("--color", help="When to colour.")],
    "now": Annotated[
        str | None, typer.Option("--now", metavar="INSTANT", help="Judge as of this instant, with its zone.")
    ],
}
_DEFAULTS = {"quiet": False, "verbose": False, "as_json": False, "color": Color.AUTO}


class _Verb(TyperCommand):
    """A command whose options take what they show: ``--sign [KEY]`` a value or none, ``--as PERSON...`` many."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Say that no value is meant where none follows, and which option each of several is for."""
        return super().parse_args(ctx, self._mark_empty_values(self._repeat_options(args)))

    def _repeat_options(self, args: Sequence[str]) -> list[str]:
        options = [option for option in self.params if option.param_type_name == "option"]
        several = {
            name for option in options if (option.metavar or "").endswith("...") for name in option.opts
        }
        arguments: list[str] = []
        option, first = "", False
        for number, word in enumerate(args):
            if word == "--":
                return [*arguments, *args[number:]]
            if word.startswith("-"):
                option, first = (word, True) if word in several else ("", False)
            elif option and not first:
                arguments.append(option)
            else:
                first = False
            arguments.append(word)
        return arguments

    def _mark_empty_values(self, args: Sequence[str]) -> list[str]:
        options = [option for option in self.params if option.param_type_name == "option"]
        optional = {
            name for option in options if (option.metavar or "").startswith("[") for name in option.opts
        }
        valued = {name for option in options if not getattr(option, "is_flag", False) for name in option.opts}
        arguments: list[str] = []
        for number, word in enumerate(args):
            if word == "--":
                return [*arguments, *args[number:]]
            alone = number + 1 == len(args) or args[number + 1].startswith("-")
            is_value = number > 0 and args[number - 1] in valued
            arguments.append(f"{word}=" if word in optional and alone and not is_value else word)
        return arguments


class _Verbs(TyperGroup):
    """The table as commands; a verb is imported when it is called for."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The first words of the table, in its order."""
        return list(dict.fromkeys(name.split()[0] for name, _, _ in TABLE))

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Every command with its whole sentence, which Typer would cut."""
        names = self.list_commands(ctx)
        rows = [(name, self.get_command(ctx, name).get_short_help_str(1_000)) for name in names]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of this name, or None."""
        rows = [row for row in TABLE if row[0].split()[0] == cmd_name]
        if not rows:
            return None
        if cmd_name in _GROUPS:
            group = typer.Typer(help=_GROUPS[cmd_name], no_args_is_help=True, **_PLAIN)
            group.callback()(_no_callback)
        else:
            group = typer.Typer(**_PLAIN)
        for name, place, formats in rows:
            module, _, function = place.partition(":")
            verb = getattr(import_module(f"fleetward.cli.{module}"), function)
            group.command(name.split()[-1], cls=_Verb)(_with_shared_options(verb, formats))
        return typer.main.get_command(group)


def _no_callback() -> None:
    """Do nothing before a verb of a group."""


_PLAIN: dict[str, Any] = {
    "add_completion": False,
    "rich_markup_mode": None,
    "pretty_exceptions_enable": False,
    "context_settings": {"help_option_names": ["-h", "--help"], "max_content_width": 100},
}

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


@app.callback()
def _root(
    context: typer.Context,
    chdir: _Chdir = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Take what stands before the verb."""
    context.obj = {"chdir": chdir}


def _with_shared_options(verb: Verb, formats: Sequence[str]) -> Callable[..., ExitCode]:
    """*verb* with the options of all verbs, given to it as one session."""
    hints = get_type_hints(verb, include_extras=True)
    verb_parameters = [
        parameter.replace(annotation=hints[name])
        for name, parameter in inspect.signature(verb).parameters.items()
        if name != "session"
    ]
    shared_parameters = [
        inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, default=_DEFAULTS.get(name), annotation=annotation
        )
        for name, annotation in _SHARED.items()
    ]
    context = inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)

    def run_verb(context: typer.Context, **arguments: Any) -> ExitCode:
        shared = {name: arguments.pop(name) for name in _SHARED}
        root_folder = (context.obj or {}).get("chdir")
        folder = os.path.join(root_folder or "", shared["chdir"] or "") or None  # noqa: PTH118 - as git -C joins
        options = session(
            folder=folder,
            outputs=shared["output"] or [],
            as_json=shared["as_json"],
            quiet=shared["quiet"],
            verbose=shared["verbose"],
            color=shared["color"],
            now=shared["now"],
            formats=formats,
        )
        return options.output.answer(verb(options, **arguments))

    parameters = [*verb_parameters, *shared_parameters, context]
    run_verb.__doc__ = verb.__doc__
    run_verb.__name__ = verb.__name__
    run_verb.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    run_verb.__signature__ = inspect.Signature([_keyword(parameter) for parameter in parameters])  # type: ignore[attr-defined]
    return run_verb


def _keyword(parameter: inspect.Parameter) -> inspect.Parameter:
    return parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)


class _Terminated(BaseException):
    """SIGTERM or SIGHUP: raised so that what was begun is put away."""


def main() -> NoReturn:
    """Run the command line and end the process with its exit code."""
    for name in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, _terminate)
    # Ignored where we were started, no exit code of git would be known.
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    _open_streams()
    code = run(sys.argv[1:])
    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = code or ExitCode.ERROR
    try:
        sys.stderr.flush()
    except OSError:  # else Python would end with a code of its own
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    os._exit(code)  # all is written: what is held goes with the process, faster than piece by piece


def _open_streams() -> None:
    """Where the caller closed a stream: a lost report is noticed, a lost word is not."""
    if sys.stdout is None:
        sys.stdout = os.fdopen(os.open(os.devnull, os.O_RDONLY), "w", encoding="utf-8")
    if sys.stderr is None:
        sys.stderr = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8")


def run(arguments: Sequence[str]) -> ExitCode:
    """The exit code of one command line; whatever goes wrong is told on standard error."""
    try:
        code = app(args=list(arguments), standalone_mode=False, prog_name="fleet")
        return ExitCode(code or 0)
    except FleetError as error:
        if not isinstance(error, OutputClosed):
            _print_error(error)
        return error.code
    except SystemExit:  # Typer's answer to a closed pipe
        return ExitCode.ERROR
    except (KeyboardInterrupt, typer.Abort):
        return ExitCode.INTERRUPTED
    except _Terminated:
        return ExitCode.TERMINATED
    except Exception as error:  # noqa: BLE001 - the front door: nothing passes it as a traceback
        if hasattr(error, "format_message"):  # Typer's own: a wrong option, no such verb
            return _usage_error(error.format_message(), arguments)
        if isinstance(error, OSError):
            _print_lines(
                f"fleet: {error.strerror or error}{f': {error.filename!r}' if error.filename else ''}", ""
            )
            return ExitCode.ERROR
        return _internal_error(error, "-v" in arguments or "--verbose" in arguments)


def _usage_error(message: str, arguments: Sequence[str]) -> ExitCode:
    if message.startswith("Usage:"):  # nothing was asked: the help itself
        for text in message.splitlines():
            _print_lines(text, "")
        return ExitCode.ERROR
    verb = next((name for name, _, _ in TABLE if " ".join(arguments).startswith(name)), None)
    hint = f"fleet {verb} -h" if verb else _similar_verb(message) or "fleet -h"
    _print_lines(f"fleet: {message[:1].lower()}{message[1:].rstrip('.')}", hint)
    return ExitCode.ERROR


def _similar_verb(message: str) -> str | None:
    """The verb that a misspelt one is near to."""
    match = re.match(r"No such command '(.+?)'", message)
    words = (word for name, _, _ in TABLE for word in name.split())
    verb = nearest_name(match[1], words) if match else None
    return next((f"fleet {name}" for name, _, _ in TABLE if verb in name.split()), None)


def _terminate(_number: int, _frame: FrameType | None) -> NoReturn:
    raise _Terminated


def _print_error(error: FleetError) -> None:
    _print_lines(f"fleet: {error.message}", error.hint)
    for finding in error.findings[1:20]:
        place = finding.place
        _print_lines(f"  {place.file}:{place.line}:{place.column}: {finding.message}", "")


def _print_lines(message: str, hint: str) -> None:
    from fleetward.report.human import visible

    lines = [message, *([f"  try: {hint}"] if hint else [])]
    try:
        sys.stderr.write("".join(f"{visible(line)}\n" for line in lines))
    except (OSError, ValueError):
        return


def _internal_error(error: Exception, verbose: bool) -> ExitCode:
    if verbose:
        import traceback

        traceback.print_exception(error)
    _print_lines(
        f"fleet: a bug of ours: {type(error).__name__}: {error}",
        "the same with -v, and report what it prints",
    )
    return ExitCode.INTERNAL_ERROR
