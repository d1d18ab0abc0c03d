"""Reports and messages: which formats are wanted, where each goes, and what a terminal shows."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from enum import StrEnum
from pathlib import Path
from shlex import quote
from typing import IO, Any

from fleetward.domain.errors import ExitCode, OutputClosed, UsageError, WriteFailed
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.json_text import json_text
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
class ReportTarget:
    """One report: its format, and the file that it goes to; standard output where None."""

    format: str
    path: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """Where the reports of one command go, and how its messages look."""

    targets: tuple[ReportTarget, ...]
    folder: Path = Path()
    """Paths of reports are relative to it."""
    quiet: bool = False
    color: Color = Color.AUTO
    environment: Mapping[str, str] = field(default_factory=dict)
    withheld: list[Page] = field(default_factory=list)
    """Pages that ``-q`` keeps until the exit code is known: success prints nothing."""

    def report(self, reports: Mapping[str, Report]) -> None:
        """
        Print or write every report that was asked for.

        Errors: Unwritten when a file or stream does not take it.
        """
        for target in self.targets:
            report = reports[target.format]()
            if target.path is not None:
                self._write(self.folder / target.path, _text(report))
            elif isinstance(report, tuple) and self.quiet:
                self.withheld.append(report)
            elif isinstance(report, tuple):
                self.show(report, sys.stdout)
            else:
                _print(_text(report), sys.stdout)

    def answer(self, code: ExitCode) -> ExitCode:
        """The answer of the verb; what -q withheld is printed where it is no yes, and a no is never silent."""
        for page in self.withheld if code is not ExitCode.SUCCESS else ():
            self.show(page, sys.stdout)
        files = [target.path for target in self.targets if target.path is not None]
        if code is ExitCode.DENIED and len(files) == len(self.targets):
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
        from fleetward.report.human import print_page

        terminal = _is_terminal(stream)
        width = shutil.get_terminal_size().columns or 80 if terminal else None
        try:
            print_page(page, stream, color=self.colored(stream), width=width)
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
            raise WriteFailed(message, hint=_way(path)) from error
        except RuntimeError as error:  # links in a circle, before Python 3.13
            raise WriteFailed(f"cannot write {str(path)!r}: {error}", hint=_ELSEWHERE) from error


def report_targets(
    outputs: Sequence[str], formats: Sequence[str], *, as_json: bool
) -> tuple[ReportTarget, ...]:
    """
    The reports that ``-o`` and ``--json`` ask for; the first of *formats* where they ask for none.

    Errors: UsageError for a format that the verb does not write, or two reports for one file.
    """
    texts = [*outputs, *(["json"] if as_json else [])] or [formats[0]]
    return _apart([_target(text, formats) for text in texts])


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


def _apart(targets: Sequence[ReportTarget]) -> tuple[ReportTarget, ...]:
    """
    The outputs as they are.

    Errors: UsageError where one report would be written over another.
    """
    seen: set[str] = set()
    for target in targets:
        if target.path is not None:
            place = os.path.normpath(target.path)
            if place in seen:
                raise UsageError(f"two reports would go into {target.path!r}", hint="name a file for each")
            seen.add(place)
    return tuple(targets)


def _target(text: str, formats: Sequence[str]) -> ReportTarget:
    name, _, path = text.partition("=")
    if name not in formats:
        raise UsageError(f"no format {name!r} here", hint=f"-o takes: {', '.join(formats)}")
    if "=" in text and not path:
        raise UsageError(f"-o {text}: no path after =", hint=f"-o {name}={name}.out")
    return ReportTarget(format=name, path=path or None)


def _text(made: Page | dict[str, Any] | str) -> str:
    if isinstance(made, str):
        return made
    if isinstance(made, dict):
        return json_text(made)
    from fleetward.report.human import plain_text

    return plain_text(made)


def _print(text: str, stream: IO[str]) -> None:
    try:
        stream.write(text)
        stream.flush()
    except OSError as error:
        raise _lost(stream, error) from error


def _lost(stream: IO[str], error: OSError) -> WriteFailed:
    """What was not read must not be flushed again when the process ends."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    lost = OutputClosed if isinstance(error, BrokenPipeError) else WriteFailed
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
