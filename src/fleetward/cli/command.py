"""A verb as a Typer command: its own options, those of every verb, and options with optional or several values."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Sequence
from typing import Annotated, Any, get_type_hints

import typer
from typer.core import TyperCommand

from fleetward.cli.examples import EXAMPLES
from fleetward.cli.output import Color
from fleetward.cli.progress_line import progress_line
from fleetward.cli.session import session
from fleetward.cli.verb import Verb
from fleetward.domain.errors import ExitCode, UsageError

Chdir = Annotated[str | None, typer.Option("-C", "--chdir", metavar="DIR", help="Run as if started in DIR.")]


def with_shared_options(verb: Verb) -> Callable[..., ExitCode]:
    """The function of *verb* with the options of all verbs; these reach it as one session."""
    hints = get_type_hints(verb.run, include_extras=True)
    verb_parameters = [
        parameter.replace(annotation=hints[name], kind=inspect.Parameter.KEYWORD_ONLY)
        for name, parameter in inspect.signature(verb.run).parameters.items()
        if name != "session"
    ]
    context = inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
    parameters = [*verb_parameters, *_shared_parameters(verb), context]

    def run_verb(context: typer.Context, **arguments: Any) -> ExitCode:
        shared = {name: arguments.pop(name) for name in _DEFAULTS}
        if shared["now"] is not None and (verb.writes_dated or arguments.get("apply")):
            # who could choose the time of a record could also choose what it counts for
            writer = "--apply" if arguments.get("apply") else "this verb"
            raise UsageError(f"--now: {writer} writes at the present time", hint="leave out --now")
        root_folder = (context.obj or {}).get("chdir")
        # joined as git joins several -C: the later one is relative to the earlier
        folder = os.path.join(root_folder or "", shared["chdir"] or "") or None  # noqa: PTH118 - as git -C joins
        verb_session = session(
            folder=folder,
            outputs=shared["output"] or [],
            as_json=shared["as_json"],
            quiet=shared["quiet"],
            verbose=shared["verbose"],
            color=shared["color"],
            now=shared["now"],
            formats=tuple(verb.formats),
        )
        if not verb.long:
            return verb_session.output.finish(verb.run(verb_session, **arguments))
        name = context.command_path.removeprefix("fleet ")
        with progress_line(name, verb_session.run.environment, quiet=shared["quiet"]):
            return verb_session.output.finish(verb.run(verb_session, **arguments))

    run_verb.__doc__ = verb.run.__doc__
    run_verb.__name__ = verb.run.__name__
    # Typer reads the signature: this one function stands for every verb
    run_verb.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    run_verb.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return run_verb


_DEFAULTS: dict[str, Any] = {
    "chdir": None,
    "output": None,
    "as_json": False,
    "quiet": False,
    "verbose": False,
    "color": Color.AUTO,
    "now": None,
}


def _shared_parameters(verb: Verb) -> list[inspect.Parameter]:
    formats = ", ".join(verb.formats)
    annotations: dict[str, Any] = {
        "chdir": Chdir,
        "output": Annotated[
            list[str] | None,
            typer.Option(
                "-o",
                "--output",
                metavar="FORMAT[=PATH]",
                help=f"Write the report as {formats}; may be repeated.",
            ),
        ],
        "as_json": Annotated[bool, typer.Option("--json", help="Short for -o json.")],
        "quiet": Annotated[bool, typer.Option("-q", "--quiet", help="Print nothing on success.")],
        "verbose": Annotated[bool, typer.Option("-v", "--verbose", help="Print more details.")],
        "color": Annotated[Color, typer.Option("--color", help="When to use colour.")],
        "now": Annotated[
            str | None,
            typer.Option(
                "--now",
                metavar="INSTANT",
                help="Decide as if it were this instant, such as 2026-11-20T12:00:00Z.",
            ),
        ],
    }
    return [
        inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, default=_DEFAULTS[name], annotation=annotation
        )
        for name, annotation in annotations.items()
    ]


class VerbCommand(TyperCommand):
    """A command whose options take what their metavar shows: ``[KEY]`` a value or none, ``PERSON...`` several."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """The pieces of the usage line, without the braces that Typer sets around what is required."""
        return [piece.removeprefix("{").removesuffix("}") for piece in super().collect_usage_pieces(ctx)]

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """What to type."""
        examples = EXAMPLES.get(ctx.command_path.removeprefix("fleet "), ())
        if examples:
            with formatter.section("Examples"):
                formatter.write("".join(f"  {example}\n" for example in examples))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Rewrite the arguments to what Typer understands, then parse them."""
        return super().parse_args(ctx, self._mark_empty_values(self._repeat_options(args)))

    def _repeat_options(self, args: Sequence[str]) -> list[str]:
        """``--as a b`` becomes ``--as a --as b``."""
        several = self._option_names(lambda option: (option.metavar or "").endswith("..."))
        arguments: list[str] = []
        option, first = "", False
        for number, word in enumerate(args):
            # after -- everything is an argument, whatever it looks like
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
        """``--sign`` without a value becomes ``--sign=``."""
        optional = self._option_names(lambda option: (option.metavar or "").startswith("["))
        valued = self._option_names(lambda option: not getattr(option, "is_flag", False))
        arguments: list[str] = []
        for number, word in enumerate(args):
            if word == "--":
                return [*arguments, *args[number:]]
            # the next word begins with a dash: it is an option, not the value
            alone = number + 1 == len(args) or args[number + 1].startswith("-")
            # a value that looks like the option itself: `--reason --sign`
            is_value = number > 0 and args[number - 1] in valued
            arguments.append(f"{word}=" if word in optional and alone and not is_value else word)
        return arguments

    def _option_names(self, matches: Callable[[Any], bool]) -> frozenset[str]:
        options = (option for option in self.params if option.param_type_name == "option")
        return frozenset(name for option in options if matches(option) for name in option.opts)
