"""The one door to git: plumbing only, arguments as lists, ids after names are resolved once (SPEC 2)."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from pathlib import Path
from shlex import quote

from fleetward.domain.errors import FleetError, GitError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.store.git.process import GitResult, allowed_variables, first_line, run_git

Id = str
"""An object's name in hex: 40 digits, or 64 in a SHA-256 repository."""


class NoRepository(GitError):
    """The folder is in no git repository."""


_HEX = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_PLUMBING = frozenset(
    {
        *("rev-parse", "symbolic-ref", "for-each-ref", "rev-list", "merge-base", "diff-tree"),
        *("ls-tree", "ls-files", "cat-file"),
        *("hash-object", "mktree", "commit-tree", "update-ref", "update-index", "push"),
        *("var", "config"),
    }
)
_IMMUTABLE = frozenset({"ls-tree", "rev-list", "diff-tree"})
"""Commands that speak of objects alone, which never change: what they said once is said for good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """A git repository and how to ask it."""

    git_dir: Path
    common_dir: Path
    """What linked work trees share."""
    top: Path | None
    """The top of the work tree; None in a bare repository."""
    shallow: bool
    object_format: str
    index_file: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    output_cache: dict[tuple[str | bytes, ...], bytes] = field(
        default_factory=dict, compare=False, repr=False
    )
    """What git answered before, where it could not answer anything else now."""

    def run(self, *arguments: str, stdin: bytes = b"", extra: Mapping[str, str] | None = None) -> GitResult:
        """
        Run one plumbing command; its exit code is the caller's to judge.

        Errors: ValueError for a command that is not plumbing.
        """
        if arguments[0] not in _PLUMBING:
            raise ValueError(f"git {arguments[0]} is not plumbing")
        where = ["--git-dir", str(self.git_dir)]
        if self.top is not None:
            where += ["--work-tree", str(self.top)]
        index = {"GIT_INDEX_FILE": str(self.index_file)} if self.index_file else {}
        return run_git(
            self.top or self.git_dir,
            [*where, *arguments],
            stdin,
            {**self.environment, **index, **(extra or {})},
        )

    def output(self, *arguments: str, stdin: bytes = b"", extra: Mapping[str, str] | None = None) -> bytes:
        """
        The output of one plumbing command.

        Errors: GitError with git's own words when it fails.
        """
        command: tuple[str | bytes, ...] = (*arguments, stdin)
        if command in self.output_cache:
            return self.output_cache[command]
        answer = self.run(*arguments, stdin=stdin, extra=extra)
        if answer.code != 0:
            raise GitError(f"git {arguments[0]} failed: {first_line(answer.err) or answer.code}")
        if arguments[0] in _IMMUTABLE and not extra:
            self.output_cache[command] = answer.out
        return answer.out

    def update_index(self, lines: bytes) -> None:
        """
        Put entries (``mode id<TAB>path<NUL>``) into the index.

        git looks again into files that changed in the very second of the index, through the filter programs
        that the repository's configuration names: for this command they have no program.
        """
        result = self.run("config", "-z", "--name-only", "--get-regexp", r"^filter\.")
        names = [os.fsdecode(name) for name in result.out.split(b"\0") if name]
        settings = {"GIT_CONFIG_COUNT": str(len(names))}
        for number, name in enumerate(names):
            settings[f"GIT_CONFIG_KEY_{number}"] = name
            settings[f"GIT_CONFIG_VALUE_{number}"] = "false" if name.endswith(".required") else ""
        self.output("update-index", "-z", "--index-info", stdin=lines, extra=settings)

    def resolve(self, revision: str) -> Id:
        """
        The commit that *revision* names; a branch wins over a tag of the same name.

        Errors: GitError when there is none.
        """
        commit = self.find_commit(revision)
        if commit is None:
            raise GitError(
                f"no revision {revision!r} in this repository",
                hint="git fetch --unshallow" if self.shallow else "git for-each-ref lists what there is",
            )
        return commit

    def find_commit(self, revision: str) -> Id | None:
        """The commit that *revision* names, or None."""
        if revision.startswith("-") or not revision or "\0" in revision or "\n" in revision:
            raise GitError(f"{revision!r} is not the name of a revision")
        if not _HEX.fullmatch(revision):
            return self._find_commit(revision)
        if (revision,) not in self.output_cache:
            self.output_cache[revision,] = (self._find_commit(revision) or "").encode()
        return self.output_cache[revision,].decode() or None

    def _find_commit(self, revision: str) -> Id | None:
        # a branch that somebody named HEAD must not stand in for what is checked out
        for name in ("HEAD",) if revision == "HEAD" else (f"refs/heads/{revision}", revision):
            answer = self.run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
            if answer.code == 0 and _HEX.fullmatch(answer.text):
                return answer.text
        return None

    def blobs(self, ids: Iterable[Id], limit: int) -> dict[Id, bytes | int]:
        """
        Contents by id, each hashed again; one larger than *limit* bytes is only its size.

        Errors: GitError when one is missing or is not what its name says.
        """
        unique = list(dict.fromkeys(ids))
        for blob_id in unique:
            if not _HEX.fullmatch(blob_id):
                raise GitError(f"{blob_id!r} is not an object id")
        contents: dict[Id, bytes | int] = {}
        sizes = self._sizes(unique)
        small = [blob_id for blob_id in unique if sizes[blob_id] <= limit]
        contents.update({blob_id: size for blob_id, size in sizes.items() if size > limit})
        contents.update(self._objects(small, "blob"))
        return contents

    def commits(self, ids: Iterable[Id]) -> dict[Id, bytes]:
        """Commit objects by id as git stores them, each hashed again."""
        return dict(self._objects(list(dict.fromkeys(ids)), "commit"))

    def _sizes(self, ids: list[Id]) -> dict[Id, int]:
        if not ids:
            return {}
        out = self.output(
            "cat-file", "--batch-check=%(objectname) %(objecttype) %(objectsize)", stdin=_lines(ids)
        )
        sizes = {}
        for blob_id, line in zip(ids, out.decode().splitlines(), strict=True):
            parts = line.split(" ")
            if len(parts) != 3 or parts[1] != "blob":
                raise GitError(f"object {blob_id} is missing or no file", hint=self._missing_hint())
            sizes[blob_id] = int(parts[2])
        return sizes

    def _missing_hint(self) -> str:
        return "git fetch --unshallow" if self.shallow else "git fsck tells what is broken"

    def _objects(self, ids: list[Id], kind: str) -> Iterator[tuple[Id, bytes]]:
        out = self.output("cat-file", "--batch", stdin=_lines(ids)) if ids else b""
        position = 0
        for object_id in ids:
            end = out.index(b"\n", position)
            header = out[position:end].decode().split(" ")
            if len(header) != 3 or header[1] != kind:
                raise GitError(f"object {object_id} is missing or no {kind}", hint=self._missing_hint())
            content = out[end + 1 : end + 1 + int(header[2])]
            position = end + 1 + len(content) + 1
            if self.object_id(content, kind) != object_id:
                raise GitError(f"object {object_id} does not hold what its name says", hint="git fsck --full")
            yield object_id, content

    def object_id(self, content: bytes, kind: str = "blob") -> Id:
        """The id that git gives an object of this content."""
        header = f"{kind} {len(content)}\0".encode()
        return hashlib.new(self.object_format, header + content, usedforsecurity=False).hexdigest()

    @property
    def branch(self) -> str | None:
        """The full name of the branch that HEAD is on, or None when it is detached."""
        answer = self.run("symbolic-ref", "--quiet", "HEAD")
        return answer.text if answer.code == 0 else None


def open_repository(folder: Path, environment: Mapping[str, str]) -> Repository:
    """
    The repository that *folder* is in.

    Errors: GitError when git is missing, there is no repository, or git refuses it.
    """
    if not folder.is_dir():
        raise GitError(f"no folder {str(folder)!r}")
    git_environment = allowed_variables(environment)
    questions = (
        *("--path-format=absolute", "--absolute-git-dir", "--git-common-dir"),
        *("--is-shallow-repository", "--show-object-format", "--is-bare-repository"),
    )
    # one process for all: a bare repository answers everything but the last
    answer = run_git(folder, ["rev-parse", *questions, "--show-toplevel"], b"", git_environment)
    lines = os.fsdecode(answer.out).split("\n", 5)
    bare = lines[4:5] == ["true"]
    if (answer.code != 0 and not bare) or len(lines) < 6:  # git may say yes though its answer was lost
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


def create_repository(folder: Path, environment: Mapping[str, str]) -> None:
    """
    Make *folder* a git repository, with nothing in it.

    Errors: GitError when git is missing or cannot; what it began is removed.
    """
    git_dir = folder / ".git"
    is_new = not git_dir.exists() and not git_dir.is_symlink()
    answer = run_git(folder, ["init", "--quiet"], b"", allowed_variables(environment))
    if answer.code != 0:
        if is_new:
            shutil.rmtree(git_dir, ignore_errors=True)
        raise GitError(f"git init failed: {first_line(answer.err) or answer.code}")


def author_identity(folder: Path, environment: Mapping[str, str]) -> tuple[str, str]:
    """
    The name and the address that git would write as author, whether *folder* is in a repository or not.

    Errors: GitError when they were never told: a guessed address is nobody's.
    """
    answer = run_git(
        folder,
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
    """The index that a hook was given, when it is this repository's: ``git commit -a`` writes another."""
    value = environment.get("GIT_INDEX_FILE")
    if not value:
        return None
    index = Path(value).absolute()
    owner_dir = Path(environment.get("GIT_DIR") or index.parent).resolve()
    return index if owner_dir == git_dir.resolve() else None


def _open_error(folder: Path, errors: str) -> FleetError:
    if "dubious ownership" in errors:
        match = re.search(r"repository at '(.+)'", errors)
        trusted = quote(match[1] if match else str(folder.resolve()))
        return GitError(
            f"git does not trust {str(folder)!r}: it belongs to somebody else",
            hint=f"git config --global --add safe.directory {trusted}",
        )
    if "not a git repository" in errors:
        return NoRepository(f"{str(folder)!r} is not in a git repository", hint="git init, or -C DIR")
    return GitError(f"git cannot open {str(folder)!r}: {first_line(errors)}")


def _lines(ids: Iterable[Id]) -> bytes:
    return "".join(f"{object_id}\n" for object_id in ids).encode()
