"""The process: signals, streams, and errors as messages and exit codes."""

from __future__ import annotations

import atexit
import io
import os
import re
import shlex
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import Any, NoReturn

import typer

from fleetward.cli.app import VERBS, app
from fleetward.cli.examples import EXAMPLES
from fleetward.domain.errors import ExitCode, FleetError, OutputClosed
from fleetward.domain.names import nearest_name


class _Terminated(BaseException):
    """SIGTERM or SIGHUP, raised so that ``finally`` blocks run; its argument is the exit code."""


def main() -> NoReturn:
    """Run the command line and end the process with its exit code."""
    # SIGTERM and SIGHUP skip `finally` unless a handler raises: locks would stay behind
    for name in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, _terminate)
    # the start has left it to the system; a parent that ignores it is obeyed
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # A parent that ignores SIGCHLD would hide the exit codes of git.
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    _open_streams()
    code = run(sys.argv[1:])
    # os._exit below skips it
    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        # a report that could not be written is no success; a worse code stays
        code = code or ExitCode.ERROR
    try:
        sys.stderr.flush()
    except OSError:  # else Python would end with a code of its own
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    os._exit(code)  # everything is flushed; faster than freeing every object


def _open_streams() -> None:
    """
    Replace streams that the caller has closed: a report then fails with an error, a message is dropped.

    What the encoding of standard output cannot hold is escaped.
    """
    # first: the lowest free descriptor must not become that of a report
    if sys.stdin is None:
        sys.stdin = os.fdopen(os.open(os.devnull, os.O_RDONLY), encoding="utf-8")
    if sys.stdout is None:
        # a read-only descriptor: a report that nobody can read must fail
        sys.stdout = os.fdopen(os.open(os.devnull, os.O_RDONLY), "w", encoding="utf-8")
    if sys.stderr is None:
        sys.stderr = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def run(arguments: Sequence[str]) -> ExitCode:
    """Run one command line; errors are printed on standard error."""
    # a hidden word, asked by the scripts of `fleet completion` on every Tab
    if arguments and arguments[0] == "__complete":
        from fleetward.cli.completion_words import print_words

        print_words(arguments[1:])
        return ExitCode.SUCCESS
    try:
        code = app(args=list(arguments), standalone_mode=False, prog_name="fleet")
        return ExitCode(code or 0)
    except FleetError as error:
        # a closed pipe needs no message
        if not isinstance(error, OutputClosed):
            _print_error(error, whole_digests="-v" in arguments or "--verbose" in arguments)
        return error.code
    # not a bug of ours: the reader has gone
    except SystemExit:  # raised by Typer where the pipe is closed
        return ExitCode.ERROR
    except (KeyboardInterrupt, typer.Abort):
        return ExitCode.INTERRUPTED
    except _Terminated as signalled:
        return ExitCode(signalled.args[0])
    except Exception as error:  # noqa: BLE001 - no traceback reaches the user
        # by name: importing Typer's vendored Click would bind us to its place
        if hasattr(error, "format_message"):  # a usage error of Typer
            return _usage_error(error.format_message(), arguments)
        if isinstance(error, OSError):
            _print_lines(
                f"fleet: {error.strerror or error}{f': {error.filename!r}' if error.filename else ''}", ""
            )
            return ExitCode.ERROR
        # arguments are looked at here: the session may not exist yet
        return _internal_error(error, "-v" in arguments or "--verbose" in arguments)


def _usage_error(message: str, arguments: Sequence[str]) -> ExitCode:
    if message.startswith("Usage:"):  # no arguments: Typer raises the help text
        for text in message.splitlines():
            _print_lines(text, "")
        return ExitCode.ERROR
    words = " ".join(_from_verb(arguments))
    verb = next((name for name in VERBS if f"{words} ".startswith(f"{name} ")), None)
    hint = f"fleet {verb} -h" if verb else _similar_verb(message) or "fleet -h"
    # Typer's own guesses are cut off: the hint names one
    plain = re.sub(r"\.? (Did you mean .*\?|\(Possible options: .*\))$", "", message)
    option = re.match(r"No such option: (\S+)", message)
    if verb and option:
        hint = _similar_option(option[1], verb, arguments) or hint
    elif verb and message.startswith("Missing "):
        hint = EXAMPLES[verb][0]
    elif verb and (without_value := re.match(r"Option '(\S+)' requires an argument", message)):
        hint = _with_value(without_value[1], verb, arguments) or hint
    _print_lines(f"fleet: {plain[:1].lower()}{plain[1:].rstrip('.')}", hint)
    return ExitCode.ERROR


def _from_verb(arguments: Sequence[str]) -> Sequence[str]:
    """The command line without the options in front of the verb: ``-C DIR``."""
    at = 0
    while at < len(arguments) and arguments[at].startswith("-"):
        at += 2 if arguments[at] in ("-C", "--chdir") else 1
    return arguments[at:]


def _parameters(verb: str) -> Sequence[Any]:
    """The options and arguments of a command."""
    command: Any = typer.main.get_command(app)
    for word in verb.split():
        command = command.get_command(None, word)
    return tuple(command.params)


def _with_value(option: str, verb: str, arguments: Sequence[str]) -> str | None:
    """The same command line with the name of the value that the option takes."""
    metavars = {name: item.metavar for item in _parameters(verb) for name in item.opts if item.metavar}
    if option not in metavars:
        return None
    words = (f"{word} {metavars[option]}" if word == option else shlex.quote(word) for word in arguments)
    return " ".join(("fleet", *words))


def _similar_option(unknown: str, verb: str, arguments: Sequence[str]) -> str | None:
    """The same command line with the option whose name is nearest to the unknown one."""
    names = [name for item in _parameters(verb) for name in item.opts if name.startswith("--")]
    option = nearest_name(unknown, names)
    if option is None:
        return None
    words = [
        option + word[len(unknown) :] if word.partition("=")[0] == unknown else word for word in arguments
    ]
    return shlex.join(["fleet", *words])


def _similar_verb(message: str) -> str | None:
    """The command whose name is nearest to the unknown one."""
    match = re.match(r"No such command '(.+?)'", message)
    words = (word for name in VERBS for word in name.split())
    verb = nearest_name(match[1], words) if match else None
    return next((f"fleet {name}" for name in VERBS if verb in name.split()), None)


def _terminate(number: int, _frame: FrameType | None) -> NoReturn:
    raise _Terminated(128 + number)


def _print_error(error: FleetError, *, whole_digests: bool) -> None:
    from fleetward.report.short_digests import short_states

    # the hint stays: what it names is typed
    message = error.message if whole_digests else short_states(error.message)
    _print_lines(f"fleet: {message}", error.hint)
    # at most 20: governance with hundreds of errors would flood the terminal
    for finding in error.findings[1:20]:
        place = finding.place
        _print_lines(f"  {place.file}:{place.line}:{place.column}: {finding.message}", "")


def _print_lines(message: str, hint: str) -> None:
    from fleetward.report.human import visible

    # the hint stays on one line: it has to work when it is pasted
    lines = [*_wrapped(visible(message)), *([visible(f"  try: {hint}")] if hint else [])]
    try:
        # escaped: a message may quote text of a fleet
        sys.stderr.write("".join(f"{line}\n" for line in lines))
    # stderr may be closed: there is nobody left to tell
    except (OSError, ValueError):
        return


def _wrapped(message: str) -> list[str]:
    """The message at the width of a terminal, cut between words; as it is in a pipe."""
    try:
        if not sys.stderr.isatty():
            return [message]
    except ValueError:  # a closed stream
        return [message]
    import shutil
    import textwrap

    width = max(20, shutil.get_terminal_size().columns)
    lines = textwrap.wrap(
        message, width, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False
    )
    return lines or [""]


def _internal_error(error: Exception, verbose: bool) -> ExitCode:
    if verbose:
        import traceback

        # a traceback only with -v (SPEC 3)
        traceback.print_exception(error)
    _print_lines(
        f"fleet: internal error: {type(error).__name__}: {error}",
        "run it again with -v, and report the output",
    )
    return ExitCode.INTERNAL_ERROR
