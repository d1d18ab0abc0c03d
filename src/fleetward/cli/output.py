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

from fleetward.cli.progress_line import erase_progress
from fleetward.domain.errors import ExitCode, OutputClosed, UsageError, WriteFailed
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.json_text import json_text
from fleetward.report.page import Page, line
from fleetward.store.git.atomic_files import write_file

Report = Page | dict[str, Any] | list[Any] | str
"""A page for people, data for programs, or finished text."""

_OTHER_FILE = "name another file: -o FORMAT=PATH"


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


_DATA = frozenset({"json", "jsonl", "sarif", "gitlab", "junit", "csv"})


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

    @property
    def writes_data(self) -> bool:
        """Does standard output get a report for programs, in which no other line may stand?"""
        return any(target.path is None and target.format in _DATA for target in self.targets)

    def write(self, render: Callable[[str], Report]) -> None:
        """
        Print or write the report that *render* makes of each wanted format.

        Errors: WriteFailed where a file or stream refuses it.
        """
        for target in self.targets:
            report = render(target.format)
            if target.path is not None:
                self._write_file(self.folder / target.path, _text(report))
            # -q prints nothing on success: whether it is one is known at the end
            elif isinstance(report, tuple) and self.quiet:
                self.withheld.append(report)
            elif isinstance(report, tuple):
                self.print_page(report, sys.stdout)
            else:
                _print(_stream_text(report, sys.stdout), sys.stdout)

    def finish(self, code: ExitCode) -> ExitCode:
        """The exit code; prints what ``-q`` has withheld where it is no success, and names the files of a denial."""
        for page in self.withheld if code is not ExitCode.SUCCESS else ():
            self.print_page(page, sys.stdout)
        files = [target.path for target in self.targets if target.path is not None]
        # a denial whose reports all went to files would print nothing at all
        if code is ExitCode.DENIED and len(files) == len(self.targets):
            self.note((line(f"exit code 1: see {' and '.join(files)}"),))
        return code

    def note(self, page: Page) -> None:
        """Print a page on standard error, beside the report; nothing with ``-q``."""
        if not self.quiet:
            self.print_page(page, sys.stderr)

    def print_page(self, page: Page, stream: IO[str]) -> None:
        """Print a page, wrapped and coloured as *stream* allows; nothing where the page is empty."""
        if not page:
            return
        from fleetward.report.caps import cap_page
        from fleetward.report.human import print_page

        erase_progress()
        terminal = _is_terminal(stream)
        # COLUMNS=0 makes Rich print nothing: 80 then
        width = shutil.get_terminal_size().columns or 80 if terminal else None
        try:
            print_page(cap_page(page), stream, color=self.colored(stream), width=width)
            # flushed here: an error at exit could only be reported as a traceback
            stream.flush()
        except OSError as error:
            raise _closed_output(stream, error) from error

    def colored(self, stream: IO[str]) -> bool:
        """Whether reports on this stream are coloured."""
        return _colored(self.color, _is_terminal(stream), self.environment)

    def _write_file(self, path: Path, text: str) -> None:
        try:
            # replacing /dev/stdout or a named pipe would break whoever reads it
            if _is_stream(path):
                # append: an open file that is shared must not be truncated
                with path.open("a", encoding="utf-8", newline="\n") as stream:
                    stream.write(text)
            else:
                # a link stays one
                write_file(path.resolve(), text.encode(), mode=0o666 & ~_umask())
        except OSError as error:
            message = f"cannot write {str(path)!r}: {error.strerror}"
            raise WriteFailed(message, hint=_write_hint(path)) from error
        except RuntimeError as error:  # links in a circle, before Python 3.13
            raise WriteFailed(f"cannot write {str(path)!r}: {error}", hint=_OTHER_FILE) from error


def report_targets(
    outputs: Sequence[str], formats: Sequence[str], *, as_json: bool
) -> tuple[ReportTarget, ...]:
    """
    The reports that ``-o`` and ``--json`` ask for; the first of *formats* where they ask for none.

    Errors: UsageError for a format that the verb does not write, or two reports for one file.
    """
    texts = [*outputs, *(["json"] if as_json else [])] or [formats[0]]
    return _distinct([_target(text, formats) for text in texts])


def _is_stream(path: Path) -> bool:
    """Whether it is a pipe, a device or the name of an open file: written to, never replaced."""
    # names of open files: /dev/fd/1 may be a regular file, and is still a stream
    if path.parent.as_posix() in ("/dev/fd", "/proc/self/fd") or path.as_posix() in (
        "/dev/stdout",
        "/dev/stderr",
    ):
        return True
    return path.exists() and not path.is_file() and not path.is_dir()


def _write_hint(path: Path) -> str:
    """The command or option that makes the write possible."""
    return _OTHER_FILE if path.parent.exists() else f"mkdir -p {quote(str(path.parent))}"


def _distinct(targets: Sequence[ReportTarget]) -> tuple[ReportTarget, ...]:
    """
    The targets, unchanged.

    Errors: UsageError where two reports would go into one file.
    """
    paths: set[str] = set()
    for target in targets:
        if target.path is not None:
            place = os.path.normpath(target.path)
            if place in paths:
                # two reports in one file would overwrite each other without a word
                raise UsageError(f"two reports would go into {target.path!r}", hint="name a file for each")
            paths.add(place)
    return tuple(targets)


def _target(text: str, formats: Sequence[str]) -> ReportTarget:
    name, _, path = text.partition("=")
    if name not in formats:
        raise UsageError(f"no format {name!r} for this command", hint=f"-o takes: {', '.join(formats)}")
    if "=" in text and not path:
        raise UsageError(f"-o {text}: no path after =", hint=f"-o {name}={name}.out")
    return ReportTarget(format=name, path=path or None)


def _text(report: Report) -> str:
    if isinstance(report, str):
        return report
    if isinstance(report, dict | list):
        return json_text(report)
    from fleetward.report.caps import cap_page
    from fleetward.report.human import plain_text

    return plain_text(cap_page(report))


def _stream_text(report: Report, stream: IO[str]) -> str:
    """The text for a stream of any encoding: what it cannot hold is escaped as JSON does, or by the stream."""
    text = _text(report)
    try:
        text.encode(getattr(stream, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        if isinstance(report, dict | list):
            # \xd1, as the stream would write it, is no JSON
            return json_text(report, ascii_only=True)
    return text


def _print(text: str, stream: IO[str]) -> None:
    erase_progress()
    try:
        stream.write(text)
        stream.flush()
    except OSError as error:
        raise _closed_output(stream, error) from error


def _closed_output(stream: IO[str], error: OSError) -> WriteFailed:
    """The error of a failed print; the stream now leads to /dev/null, or Python would flush it again at exit."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    # a closed pipe is no error to talk about: `| head` does that
    lost = OutputClosed if isinstance(error, BrokenPipeError) else WriteFailed
    return lost(f"cannot write the report: {error.strerror}")


def _is_terminal(stream: IO[str]) -> bool:
    try:
        return stream.isatty()
    # isatty raises on a closed stream
    except ValueError:
        return False


def _colored(color: Color, terminal: bool, environment: Mapping[str, str]) -> bool:
    """``--color``, then NO_COLOR, then FORCE_COLOR, then whether the stream is a terminal."""
    # an explicit option outweighs every variable
    if color is not Color.AUTO:
        return color is Color.ALWAYS
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR"):
        # FORCE_COLOR=0 means on for Rich: decided here instead
        return environment["FORCE_COLOR"] != "0"
    return terminal and environment.get("TERM") != "dumb" and not environment.get("CI")


def _umask() -> int:
    # there is no way to read the umask without setting it
    mask = os.umask(0)
    os.umask(mask)
    return mask
