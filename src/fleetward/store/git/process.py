"""Run git with a clean environment and with nothing that a repository's configuration names (SPEC 2)."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from fleetward.domain.errors import GitError
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
# GIT_CONFIG_COUNT, GIT_DIR and GIT_INDEX_FILE stay out: a caller could steer git by them
_ALLOWED_VARIABLES = re.compile(
    r"GIT_(AUTHOR|COMMITTER)_(NAME|EMAIL|DATE)|GIT_CONFIG_(GLOBAL|SYSTEM|NOSYSTEM)"
    r"|GIT_(SSH|SSH_COMMAND|ASKPASS)|GIT_CEILING_DIRECTORIES"
)


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

    Errors: GitError when git is not installed.
    """
    runner = _run_gitpython if _WRITING_COMMANDS.intersection(arguments) else _run_subprocess
    try:
        with _without_git_variables():
            code, out, err = runner(
                ["git", *_QUIET_OPTIONS, *arguments], folder, stdin, {**environment, **_FIXED_VARIABLES}
            )
    except FileNotFoundError:
        raise GitError("git is not installed", hint="install git 2.35 or newer") from None
    return GitResult(code=code, out=out, err=err.decode("utf-8", "replace"))


def _run_subprocess(
    command: list[str], folder: Path, stdin: bytes, environment: Mapping[str, str]
) -> tuple[int, bytes, bytes]:
    """Commands that only read: importing GitPython takes as long as twenty of them."""
    done = subprocess.run(
        command,
        cwd=folder,
        input=stdin,
        capture_output=True,
        env={**os.environ, **environment},
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def _run_gitpython(
    command: list[str], folder: Path, stdin: bytes, environment: Mapping[str, str]
) -> tuple[int, bytes, bytes]:
    import tempfile

    # without git GitPython raises at import, before a hint can be given
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
    try:
        from git import Git
        from git.exc import GitCommandNotFound
    except ImportError as error:  # GitPython runs git --version when it is imported
        raise GitError(f"git does not answer: {error}", hint="git --version") from error
    # a file: with a pipe GitPython writes all of it before it reads, and both processes wait
    with tempfile.TemporaryFile() as stdin_file:
        stdin_file.write(stdin)
        stdin_file.seek(0)
        try:
            code, out, err = Git(str(folder)).execute(
                command,
                istream=stdin_file,
                env=dict(environment),
                with_extended_output=True,
                with_exceptions=False,
                # paths and contents need not be UTF-8
                stdout_as_string=False,
                # a stripped line feed would change the content of an object
                strip_newline_in_stdout=False,
            )
        except GitCommandNotFound as error:
            raise FileNotFoundError(command[0]) from error
    return code, bytes(out), err.encode() if isinstance(err, str) else bytes(err)


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
    """The variables that git may see: identity, configuration, how to reach a remote."""
    return {name: value for name, value in environment.items() if _ALLOWED_VARIABLES.fullmatch(name)}


def first_line(errors: str) -> str:
    """The first line of an error of git, without its label."""
    lines = [
        line.removeprefix("fatal: ").removeprefix("error: ") for line in errors.splitlines() if line.strip()
    ]
    return lines[0] if lines else ""
