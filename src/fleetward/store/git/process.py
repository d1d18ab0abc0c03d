"""Run git with a clean environment and with nothing that a repository's configuration names (SPEC 2)."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, cast

from fleetward.domain.errors import GitError, UsageError
from fleetward.domain.fast_dataclass import dataclass

_WRITING_COMMANDS = frozenset(
    {"hash-object", "mktree", "commit-tree", "update-ref", "update-index", "push", "init"}
)
"""Commands that write; the others only read."""
# no program that a repository's configuration names, and no rewriting of what is read
_QUIET_OPTIONS = (
    "-c",
    # update-ref and push would run hooks of the repository
    "core.hooksPath=/dev/null",
    "-c",
    # fsmonitor is the path of a program that ls-files would start
    "core.fsmonitor=false",
    "-c",
    "core.untrackedCache=false",
    "-c",
    # a quoted path is not the path that the tree holds
    "core.quotePath=false",
    "-c",
    # an ext:: remote is a command line
    "protocol.ext.allow=never",
    "-c",
    # a forged commit-graph, a local file, would hide parents and dates of commits
    "core.commitGraph=false",
    # git prints this hint before the reason of an error
    "-c",
    "advice.graftFileDeprecated=false",
)
_FIXED_VARIABLES = {
    # a replace ref serves another object under the id of the one asked for
    "GIT_NO_REPLACE_OBJECTS": "1",
    # grafts change the parents of a commit without changing its id
    "GIT_GRAFT_FILE": os.devnull,
    # reading must not refresh the index while another git command holds it
    "GIT_OPTIONAL_LOCKS": "0",
    # a prompt would wait for ever where nobody types
    "GIT_TERMINAL_PROMPT": "0",
    # in a partial clone a missing object would be fetched from the remote
    "GIT_NO_LAZY_FETCH": "1",
    # a file name such as :(exclude)x or * is a pattern without this
    "GIT_LITERAL_PATHSPECS": "1",
    # messages of git are compared with English words
    "LC_ALL": "C",
    "LANGUAGE": "C",
}
# GIT_DIR and GIT_INDEX_FILE stay out: a caller could steer git by them
_ALLOWED_VARIABLES = re.compile(
    r"GIT_(AUTHOR|COMMITTER)_(NAME|EMAIL|DATE)|GIT_CONFIG_(GLOBAL|SYSTEM|NOSYSTEM)"
    r"|GIT_(SSH|SSH_COMMAND|ASKPASS)|GIT_CEILING_DIRECTORIES|FLEETWARD_GIT_TIMEOUT"
)
# of the configuration in the environment only this key: others name programs
_ALLOWED_CONFIG = "safe.directory"
_TIMEOUT_VARIABLE = "FLEETWARD_GIT_TIMEOUT"
_TIMEOUT_S, _PUSH_TIMEOUT_S, _MAX_TIMEOUT_S = 60.0, 120.0, 86_400.0
_GRACE_S = 2.0
"""How long git may take to remove its lock files when it is told to end."""


class GitMissing(GitError):
    """There is no git on this machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GitResult:
    """Exit code, standard output as bytes, standard error as text."""

    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        """Standard output as text, without white space at both ends."""
        return self.out.decode("utf-8", "surrogateescape").strip()


def run_git(folder: Path, arguments: list[str], stdin: bytes, environment: Mapping[str, str]) -> GitResult:
    """
    Run git in *folder*; whether its exit code is an error, the caller decides.

    Errors: GitError when git is not installed, or does not end within its time limit.
    """
    start = _start_gitpython if _WRITING_COMMANDS.intersection(arguments) else _start_subprocess
    with git_errors(arguments, environment), _without_git_variables():
        code, out, err = start(
            ["git", *_QUIET_OPTIONS, *arguments],
            folder,
            stdin,
            {**environment, **_FIXED_VARIABLES, **_transports(arguments)},
            time_limit(arguments, environment),
        )
    return GitResult(code=code, out=out, err=err.decode("utf-8", "replace"))


def start_reading(
    folder: Path, arguments: list[str], environment: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    """
    A git command that waits for lines on its standard input and answers each; its errors go nowhere.

    Errors: GitError when git is not installed.
    """
    with git_errors(arguments, environment), _without_git_variables():
        return _popen(
            ["git", *_QUIET_OPTIONS, *arguments],
            folder,
            {**environment, **_FIXED_VARIABLES, **_transports(arguments)},
            # a pipe that nobody empties would stop git
            errors=subprocess.DEVNULL,
        )


@contextmanager
def git_errors(arguments: Sequence[str], environment: Mapping[str, str]) -> Iterator[None]:
    """Errors of the system while git runs, as GitError."""
    try:
        yield
    except FileNotFoundError:
        raise GitMissing("git is not installed", hint="install git 2.34 or newer") from None
    except subprocess.TimeoutExpired:
        limit = time_limit(arguments, environment)
        message = f"git {_command_name(arguments)} did not end within {limit:g} seconds"
        raise GitError(message, hint=f"{_TIMEOUT_VARIABLE}=600 gives it ten minutes") from None


def _start_subprocess(
    command: list[str], folder: Path, stdin: bytes, environment: Mapping[str, str], limit: float
) -> tuple[int, bytes, bytes]:
    """Commands that only read: importing GitPython takes as long as twenty of them."""
    return _finish(_popen(command, folder, environment), stdin, limit, own_group=True)


def _popen(
    command: list[str], folder: Path, environment: Mapping[str, str], errors: int = subprocess.PIPE
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        env={**os.environ, **environment},
        start_new_session=True,
    )


def _start_gitpython(
    command: list[str], folder: Path, stdin: bytes, environment: Mapping[str, str], limit: float
) -> tuple[int, bytes, bytes]:
    import tempfile

    # without git GitPython raises at import, before a hint can be given
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
    try:
        from git import Git
        from git.exc import GitCommandNotFound
    except ImportError as error:  # GitPython runs git --version when it is imported
        raise GitError(f"git does not answer: {error}", hint="git --version") from error
    # with a session of its own, ssh and a signing program could not ask for the passphrase of a key
    own_group = not ({"push", "-S"}.intersection(command) and _is_terminal(sys.stdin))
    # a file: the process must not wait for a pipe while we wait for it
    with tempfile.TemporaryFile() as stdin_file:
        stdin_file.write(stdin)
        stdin_file.seek(0)
        try:
            process = Git(str(folder)).execute(
                command,
                istream=stdin_file,
                env=dict(environment),
                as_process=True,
                start_new_session=own_group,
            )
        except GitCommandNotFound as error:
            raise FileNotFoundError(command[0]) from error
        # with as_process there always is one
        return _finish(cast("subprocess.Popen[bytes]", process.proc), None, limit, own_group=own_group)


def _finish(
    process: subprocess.Popen[bytes], stdin: bytes | None, limit: float, *, own_group: bool
) -> tuple[int, bytes, bytes]:
    """
    The answer of a process; it, and whatever it started, has ended in any case.

    Errors: TimeoutExpired.
    """
    try:
        out, err = process.communicate(stdin, timeout=limit)
    # an interrupt, too: in a session of its own git does not hear of it
    except BaseException:
        _end(process, own_group=own_group)
        raise
    return process.returncode, out, err


def end_process(process: subprocess.Popen[bytes]) -> None:
    """End a process that waits for questions: at the end of its input by itself, else as one that does not answer."""
    if process.stdin is not None:
        with suppress(OSError):
            process.stdin.close()
    try:
        process.wait(_GRACE_S)
    except subprocess.TimeoutExpired:
        _end(process, own_group=True)
    if process.stdout is not None:
        process.stdout.close()


def _end(process: subprocess.Popen[bytes], *, own_group: bool) -> None:
    """End a process and its children: by a signal at which git removes its locks, then by one that it must obey."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number) if own_group else process.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE_S)
        if own_group and not _group_lives(process.pid):
            break
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            # what was not written yet goes nowhere
            with suppress(OSError):
                stream.close()


def _group_lives(group: int) -> bool:
    """Is a process of the group still there after a moment?"""
    for _ in range(20):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        time.sleep(_GRACE_S / 20)
    return True


def _transports(arguments: Sequence[str]) -> dict[str, str]:
    """No transport for what only reads: git before 2.39.4 does not know GIT_NO_LAZY_FETCH."""
    return {} if "push" in arguments else {"GIT_ALLOW_PROTOCOL": "none"}


def time_limit(arguments: Sequence[str], environment: Mapping[str, str]) -> float:
    """Seconds that this command has; the variable FLEETWARD_GIT_TIMEOUT sets them."""
    text = environment.get(_TIMEOUT_VARIABLE)
    if not text:
        return _PUSH_TIMEOUT_S if "push" in arguments else _TIMEOUT_S
    # no float(): it takes nan and inf
    if not re.fullmatch(r"[0-9]{1,5}([.][0-9]{1,3})?", text) or not 0 < float(text) <= _MAX_TIMEOUT_S:
        raise UsageError(
            f"{_TIMEOUT_VARIABLE}={text!r} is no number of seconds", hint=f"{_TIMEOUT_VARIABLE}=120"
        )
    return float(text)


def _command_name(arguments: Sequence[str]) -> str:
    """The git command among its arguments, behind git's own options and their values."""
    words = iter(arguments)
    for word in words:
        if not word.startswith("-"):
            return word
        if word in ("-c", "--git-dir", "--work-tree"):
            next(words, "")
    return ""


def _is_terminal(stream: IO[Any] | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    # isatty raises on a closed stream
    except ValueError:
        return False


@contextmanager
def _without_git_variables() -> Iterator[None]:
    """GitPython passes on this process's environment, with what a hook or a caller left there for git."""
    removed = {name: os.environ.pop(name) for name in list(os.environ) if _steers_git(name)}
    try:
        yield
    finally:
        os.environ.update(removed)


def _steers_git(name: str) -> bool:
    # GIT_PYTHON_ variables are GitPython's own settings, not git's
    return name.startswith("GIT_") and not name.startswith("GIT_PYTHON_")


def allowed_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that git may see: identity, configuration, how to reach a remote, which owners to trust."""
    allowed = {name: value for name, value in environment.items() if _ALLOWED_VARIABLES.fullmatch(name)}
    trusted = [value for key, value in _environment_config(environment) if key.lower() == _ALLOWED_CONFIG]
    return {**allowed, **config_variables([(_ALLOWED_CONFIG, value) for value in trusted])}


def config_variables(
    settings: Sequence[tuple[str, str]], base: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Variables by which git sees these settings behind those that *base* holds already; none without settings."""
    if not settings:
        return {}
    first = int((base or {}).get("GIT_CONFIG_COUNT", "0"))
    variables = {"GIT_CONFIG_COUNT": str(first + len(settings))}
    for number, (key, value) in enumerate(settings, first):
        variables[f"GIT_CONFIG_KEY_{number}"] = key
        variables[f"GIT_CONFIG_VALUE_{number}"] = value
    return variables


def _environment_config(environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The configuration in the environment: that of GIT_CONFIG_COUNT, and of ``git -c`` around this process."""
    count = environment.get("GIT_CONFIG_COUNT", "")
    for number in range(int(count) if re.fullmatch(r"[0-9]{1,4}", count) else 0):
        key = environment.get(f"GIT_CONFIG_KEY_{number}")
        value = environment.get(f"GIT_CONFIG_VALUE_{number}")
        if key is not None and value is not None:
            yield key, value
    try:
        words = shlex.split(environment.get("GIT_CONFIG_PARAMETERS", ""))
    # an open quotation mark
    except ValueError:
        return
    for word in words:
        key, equals, value = word.partition("=")
        if equals:
            yield key, value


def first_line(errors: str) -> str:
    """The first line of an error of git, without its label."""
    lines = [
        line.removeprefix("fatal: ").removeprefix("error: ") for line in errors.splitlines() if line.strip()
    ]
    return lines[0] if lines else ""
