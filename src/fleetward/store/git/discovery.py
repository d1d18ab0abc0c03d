"""Find, open and create repositories."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from shlex import quote

from fleetward.domain.errors import FleetError, GitError
from fleetward.store.git.process import GitResult, allowed_variables, first_line, run_git
from fleetward.store.git.repository import Repository
from fleetward.store.git.version import require_recent_git

_QUESTIONS = (
    # --path-format needs git 2.31; without it the common dir is relative
    *("--path-format=absolute", "--absolute-git-dir", "--git-common-dir"),
    *("--is-shallow-repository", "--show-object-format", "--is-bare-repository"),
)


class NoRepository(GitError):
    """The folder is in no git repository."""


def open_repository(folder: Path, environment: Mapping[str, str]) -> Repository:
    """
    The repository that *folder* is in.

    Errors: GitError when git is missing, there is no repository, or git refuses it.
    """
    if not folder.is_dir():
        raise GitError(f"no folder {str(folder)!r}")
    git_environment = allowed_variables(environment)
    # one process for all: in a bare repository only --show-toplevel fails
    answer = run_git(folder, ["rev-parse", *_QUESTIONS, "--show-toplevel"], b"", git_environment)
    require_recent_git(folder, environment)
    if _leads_elsewhere(folder, answer):
        answer = _ask_here(folder, git_environment) or answer
    # at most five splits: the path of the work tree may contain a line feed
    lines = os.fsdecode(answer.out).split("\n", 5)
    bare = lines[4:5] == ["true"]
    # exit code 0 with half an answer: its pipe was closed
    if (answer.code != 0 and not bare) or len(lines) < 6:
        raise _open_error(folder, answer.err)
    git_dir, common, shallow, object_format = lines[:4]
    top = None if bare else Path(lines[5].removesuffix("\n"))
    return Repository(
        git_dir=Path(git_dir),
        common_dir=Path(common),
        top=top,
        shallow=shallow == "true",
        object_format=object_format,
        index_file=_hook_index(Path(git_dir), environment),
        environment=git_environment,
    )


def _leads_elsewhere(folder: Path, answer: GitResult) -> bool:
    """Does core.worktree name a folder that *folder* is not in? What is judged are the files here."""
    if answer.code != 0:
        return "chdir" in answer.err
    top = os.fsdecode(answer.out).split("\n", 5)[5:]
    return bool(top) and not folder.resolve().is_relative_to(Path(top[0].removesuffix("\n")).resolve())


def _ask_here(folder: Path, environment: Mapping[str, str]) -> GitResult | None:
    """The answer with the folder of ``.git`` as work tree; None where there is none."""
    for place in (folder.resolve(), *folder.resolve().parents):
        if (place / ".git").exists():
            where = ["--git-dir", str(place / ".git"), "--work-tree", str(place)]
            return run_git(place, [*where, "rev-parse", *_QUESTIONS, "--show-toplevel"], b"", environment)
    return None


def create_repository(folder: Path, environment: Mapping[str, str]) -> None:
    """
    Make *folder* an empty git repository.

    Errors: GitError when git is missing or fails; what it created is removed.
    """
    git_dir = folder / ".git"
    # git init on an existing repository is allowed, and that one must survive a failure
    is_new = not git_dir.exists() and not git_dir.is_symlink()
    answer = run_git(folder, ["init", "--quiet"], b"", allowed_variables(environment))
    if answer.code != 0:
        if is_new:
            shutil.rmtree(git_dir, ignore_errors=True)
        raise GitError(f"git init failed: {first_line(answer.err) or answer.code}")


def set_local_value(folder: Path, key: str, value: str, environment: Mapping[str, str]) -> None:
    """
    Set a value in the configuration of this clone alone.

    Errors: GitError when git fails.
    """
    answer = run_git(folder, ["config", "--local", key, value], b"", allowed_variables(environment))
    if answer.code != 0:
        raise GitError(f"git config failed: {first_line(answer.err) or answer.code}")


def author_identity(folder: Path, environment: Mapping[str, str]) -> tuple[str, str]:
    """
    The name and the address that git would write as author, whether *folder* is in a repository or not.

    Errors: GitError when they are not configured; git's guess from the host name is not used.
    """
    answer = run_git(
        folder,
        # useConfigOnly: a guessed address would belong to no person of the fleet
        ["-c", "user.useConfigOnly=true", "var", "GIT_AUTHOR_IDENT"],
        b"",
        allowed_variables(environment),
    )
    name, _, address = answer.out.decode("utf-8", "replace").strip().partition(" <")
    if answer.code != 0 or not address:
        hint = "git config --global user.name NAME && git config --global user.email YOU@EXAMPLE"
        raise GitError("git does not know who you are", hint=hint)
    return name, address.partition(">")[0]


def _hook_index(git_dir: Path, environment: Mapping[str, str]) -> Path | None:
    """The index of this repository that a hook was given: ``git commit -a`` makes another than .git/index."""
    value = environment.get("GIT_INDEX_FILE")
    if not value:
        return None
    index = Path(value).absolute()
    # a hook of another repository may have left its own index here
    owner_dir = Path(environment.get("GIT_DIR") or index.parent).resolve()
    return index if owner_dir == git_dir.resolve() else None


def _open_error(folder: Path, errors: str) -> FleetError:
    # GitPython shows this case as a repository without commits
    if "dubious ownership" in errors:
        match = re.search(r"repository at '(.+)'", errors)
        trusted = quote(match[1] if match else str(folder.resolve()))
        return GitError(
            f"git does not trust {str(folder)!r}: another user owns it",
            hint=f"git config --global --add safe.directory {trusted}",
        )
    if "not a git repository" in errors:
        return NoRepository(f"{str(folder)!r} is not in a git repository", hint="git init, or -C DIR")
    return GitError(f"git cannot open {str(folder)!r}: {first_line(errors)}")
