"""What every verb is given: where it runs, what it prints and where, what time it is."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from shlex import quote
from typing import IO, Any

from fleetward.domain.clock import instant, nearest_instant
from fleetward.domain.errors import Exit, Unheard, Unwritten, UsageError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.report.page import Page, line

Report = Callable[[], Page | dict[str, Any] | str]
"""A page for people, data for machines, or finished text; made only when asked for."""

_ELSEWHERE = "name another file: -o FORMAT=PATH"


class Color(StrEnum):
    """When to colour."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """One report: its format, and the file that it goes to; standard output where None."""

    format: str
    path: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """The outside world, read once."""

    folder: Path
    outputs: tuple[Output, ...]
    quiet: bool = False
    verbose: bool = False
    color: Color = Color.AUTO
    now: datetime
    now_given: bool = False
    """The clock was set by --now."""
    environment: Mapping[str, str] = field(default_factory=dict)
    withheld: list[Page] = field(default_factory=list)
    """Pages that -q keeps until the answer is known: on a yes nobody asked for them."""

    @property
    def here(self) -> str:
        """How a command names this place: `` -C DIR``, or nothing."""
        return "" if str(self.folder) == "." else f" -C {quote(str(self.folder))}"

    def path(self, text: str) -> Path:
        """A path argument, relative to ``-C``."""
        return self.folder / text

    def report(self, reports: Mapping[str, Report]) -> None:
        """
        Print or write every report that was asked for.

        Errors: Unwritten when a file or stream does not take it.
        """
        for output in self.outputs:
            made = reports[output.format]()
            if output.path is not None:
                self._write(self.path(output.path), _text(made))
            elif isinstance(made, tuple) and self.quiet:
                self.withheld.append(made)
            elif isinstance(made, tuple):
                self.show(made, sys.stdout)
            else:
                _print(_text(made), sys.stdout)

    def answer(self, code: Exit) -> Exit:
        """The answer of the verb; what -q withheld is printed where it is no yes, and a no is never silent."""
        for made in self.withheld if code is not Exit.YES else ():
            self.show(made, sys.stdout)
        files = [one.path for one in self.outputs if one.path is not None]
        if code is Exit.NO and len(files) == len(self.outputs):
            self.tell((line(f"no: {' and '.join(files)} tells why"),))
        return code

    def tell(self, page: Page) -> None:
        """Say something beside the report, on standard error."""
        if not self.quiet:
            self.show(page, sys.stderr)

    def show(self, page: Page, stream: IO[str]) -> None:
        """Print a page to a stream as it likes it; nothing where it is empty."""
        if not page:
            return
        from fleetward.report.human import show

        terminal = _is_terminal(stream)
        width = shutil.get_terminal_size().columns or 80 if terminal else None
        try:
            show(page, stream, color=self.colored(stream), width=width)
            stream.flush()
        except OSError as error:
            raise _lost(stream, error) from error

    def colored(self, stream: IO[str]) -> bool:
        """Is this stream written to in colour?"""
        return _colored(self.color, _is_terminal(stream), self.environment)

    def _write(self, path: Path, text: str) -> None:
        try:
            if _streams(path):
                with path.open("a", encoding="utf-8", newline="\n") as stream:
                    stream.write(text)
            else:
                _exchange(path.resolve(), text)  # a link stays one
        except OSError as error:
            message = f"cannot write {str(path)!r}: {error.strerror}"
            raise Unwritten(message, hint=_way(path)) from error
        except RuntimeError as error:  # links in a circle, before Python 3.13
            raise Unwritten(f"cannot write {str(path)!r}: {error}", hint=_ELSEWHERE) from error


def session(
    *,
    folder: str | None,
    outputs: Sequence[str],
    as_json: bool,
    quiet: bool,
    verbose: bool,
    color: Color,
    now: str | None,
    formats: Sequence[str],
) -> Session:
    """
    The session that these options ask for.

    Errors: UsageError for a format that the verb does not write, or a time that is none.
    """
    asked = [*outputs, *(["json"] if as_json else [])] or [formats[0]]
    try:
        moment = instant(now) if now else datetime.now(UTC).replace(microsecond=0)
    except ValueError as error:
        raise UsageError(f"--now: {error}", hint=f"--now {nearest_instant(now or '')}") from None
    return Session(
        folder=Path(folder or "."),
        outputs=_apart([_output(one, formats) for one in asked]),
        quiet=quiet,
        verbose=verbose,
        color=color,
        now=moment,
        now_given=now is not None,
        environment=dict(os.environ),
    )


def _streams(path: Path) -> bool:
    """Is this a pipe, a device, or another name of an open file? Such a thing is written to, never exchanged."""
    if path.parent.as_posix() in ("/dev/fd", "/proc/self/fd") or path.as_posix() in (
        "/dev/stdout",
        "/dev/stderr",
    ):
        return True
    return path.exists() and not path.is_file() and not path.is_dir()


def _way(path: Path) -> str:
    """What lets a report be written there."""
    return _ELSEWHERE if path.parent.exists() else f"mkdir -p {quote(str(path.parent))}"


def _exchange(path: Path, text: str) -> None:
    """Put a file in place whole, or not at all."""
    import tempfile

    handle, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        Path(part).chmod(0o666 & ~_umask())
        Path(part).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(part).unlink()
        raise


def _apart(outputs: Sequence[Output]) -> tuple[Output, ...]:
    """
    The outputs as they are.

    Errors: UsageError where one report would be written over another.
    """
    seen: set[str] = set()
    for one in outputs:
        if one.path is not None:
            place = os.path.normpath(one.path)
            if place in seen:
                raise UsageError(f"two reports would go into {one.path!r}", hint="name a file for each")
            seen.add(place)
    return tuple(outputs)


def _output(text: str, formats: Sequence[str]) -> Output:
    name, _, path = text.partition("=")
    if name not in formats:
        raise UsageError(f"no format {name!r} here", hint=f"-o takes: {', '.join(formats)}")
    if "=" in text and not path:
        raise UsageError(f"-o {text}: no path after =", hint=f"-o {name}={name}.out")
    return Output(format=name, path=path or None)


def encoded(data: Any) -> str:
    """JSON as every report writes it: the same data gives the same bytes; lone surrogates stay escaped."""
    text = json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False)
    for command in ("##[", "##vso["):  # a runner would obey these in the middle of a line
        text = text.replace(command, f"#\\u0023{command[2:]}")
    return text.encode("utf-8", "backslashreplace").decode() + "\n"


def _text(made: Page | dict[str, Any] | str) -> str:
    if isinstance(made, str):
        return made
    if isinstance(made, dict):
        return encoded(made)
    from fleetward.report.human import plain

    return plain(made)


def _print(text: str, stream: IO[str]) -> None:
    try:
        stream.write(text)
        stream.flush()
    except OSError as error:
        raise _lost(stream, error) from error


def _lost(stream: IO[str], error: OSError) -> Unwritten:
    """What was not read must not be flushed again when the process ends."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    lost = Unheard if isinstance(error, BrokenPipeError) else Unwritten
    return lost(f"cannot write the report: {error.strerror}")


def _is_terminal(stream: IO[str]) -> bool:
    try:
        return stream.isatty()
    except ValueError:
        return False


def _colored(color: Color, terminal: bool, environment: Mapping[str, str]) -> bool:
    """Explicit wish, then NO_COLOR, then FORCE_COLOR, then whether somebody is looking."""
    if color is not Color.AUTO:
        return color is Color.ALWAYS
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR"):
        return environment["FORCE_COLOR"] != "0"
    return terminal and environment.get("TERM") != "dumb" and not environment.get("CI")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
