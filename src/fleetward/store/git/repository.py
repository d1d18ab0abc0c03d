"""A git repository, read and written by plumbing commands alone (SPEC 2)."""

from __future__ import annotations

import hashlib
import os
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from functools import partial
from pathlib import Path

from fleetward.domain import limits
from fleetward.domain.errors import GitError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.store.git.object_reader import ObjectReader
from fleetward.store.git.process import (
    GitResult,
    config_variables,
    first_line,
    git_errors,
    run_git,
    start_reading,
    time_limit,
)

Id = str
"""An object's name in hex: 40 digits, or 64 in a SHA-256 repository."""


# full ids alone: an abbreviated one may name another object tomorrow
_HEX = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_PLUMBING = frozenset(
    {
        *("rev-parse", "symbolic-ref", "for-each-ref", "rev-list", "merge-base", "diff-tree"),
        *("ls-tree", "ls-files", "cat-file"),
        *("hash-object", "mktree", "commit-tree", "update-ref", "update-index", "push"),
        *("var", "config", "check-attr", "check-ref-format"),
    }
)
# rev-list counts only because revisions are passed as full ids
_IMMUTABLE = frozenset({"ls-tree", "rev-list", "diff-tree"})
"""Commands whose output depends on objects alone, which never change: it is kept."""


_MANY = 1000
"""From so many objects on, git has a run of its own."""
# what git says of an object that a partial clone would have to fetch; the words differ by version
_MISSING = re.compile(r"lazy fetching|promisor|could not fetch|not allowed|unable to read|bad object|missing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """A git repository. A revision is resolved once to a full id, and only ids are passed to git after that."""

    git_dir: Path
    common_dir: Path
    """The folder that linked work trees share."""
    top: Path | None
    """The top of the work tree; None in a bare repository."""
    shallow: bool
    object_format: str
    index_file: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    output_cache: dict[tuple[str | bytes, ...], bytes] = field(
        default_factory=dict, compare=False, repr=False
    )
    """Earlier outputs of commands that cannot have another output now."""
    readers: dict[str, ObjectReader] = field(default_factory=dict, compare=False, repr=False)
    """By option the processes that answer for objects."""

    def run(self, *arguments: str, stdin: bytes = b"", extra: Mapping[str, str] | None = None) -> GitResult:
        """
        Run one plumbing command; whether its exit code is an error, the caller decides.

        Errors: ValueError for a command that is not plumbing.
        """
        # porcelain reads configuration that runs programs
        if arguments[0] not in _PLUMBING:
            raise ValueError(f"git {arguments[0]} is not plumbing")
        index = {"GIT_INDEX_FILE": str(self.index_file)} if self.index_file else {}
        return run_git(
            self.top or self.git_dir,
            [*self._where(), *arguments],
            stdin,
            {**self.environment, **index, **(extra or {})},
        )

    def _where(self) -> list[str]:
        # named, so that git does not search again and find another repository
        work_tree = [] if self.top is None else ["--work-tree", str(self.top)]
        return ["--git-dir", str(self.git_dir), *work_tree]

    def objects(self, names: Sequence[str], option: str = "--batch") -> bytes:
        """
        What ``git cat-file`` prints with *option*, ``--batch`` or a ``--batch-check``, of these names.

        Errors: GitError with git's message when it fails.
        """
        lines = [name.encode("utf-8", "surrogateescape") for name in names]
        answer = None
        # a run of its own works ahead while its answers are read, and takes a line feed in a name for two names
        if len(lines) < _MANY and not any(b"\n" in line for line in lines):
            arguments = [*self._where(), "cat-file", option]
            if option not in self.readers:
                self.readers[option] = ObjectReader(
                    # no self here: the reader ends with the last repository that knows it
                    partial(start_reading, self.top or self.git_dir, arguments, self.environment),
                    time_limit(arguments, self.environment),
                    contents=option == "--batch",
                )
            with git_errors(arguments, self.environment):
                answer = self.readers[option].answers(lines)
        # what ended without an answer says why when it is asked alone
        if answer is None:
            return self.output("cat-file", option, stdin=b"".join(b"%b\n" % line for line in lines))
        return answer

    def output(self, *arguments: str, stdin: bytes = b"", extra: Mapping[str, str] | None = None) -> bytes:
        """
        The output of one plumbing command.

        Errors: GitError with git's message when it fails.
        """
        command: tuple[str | bytes, ...] = (*arguments, stdin)
        if command in self.output_cache:
            return self.output_cache[command]
        answer = self.run(*arguments, stdin=stdin, extra=extra)
        if answer.code != 0:
            partial = self._partial_clone_error() if _MISSING.search(answer.err) else None
            raise partial or GitError(f"git {arguments[0]} failed: {first_line(answer.err) or answer.code}")
        # extra variables may change the answer, and are no part of the key
        if arguments[0] in _IMMUTABLE and not extra:
            self.output_cache[command] = answer.out
        return answer.out

    def update_index(self, lines: bytes) -> None:
        """
        Put entries (``mode id<TAB>path<NUL>``) into the index.

        git reads files again that changed in the same second as the index, through the filter programs that the
        repository's configuration names; for this command these programs are empty.
        """
        self.output("update-index", "-z", "--index-info", stdin=lines, extra=self.empty_filters())

    def empty_filters(self, *settings: tuple[str, str]) -> dict[str, str]:
        """Variables by which git runs no filter that its configuration names, and has these *settings*, too."""
        # code 1 means that there is none, which is no error
        result = self.run("config", "-z", "--name-only", "--get-regexp", r"^filter\.")
        names = [os.fsdecode(name) for name in result.out.split(b"\0") if name]
        # an empty required filter would be an error
        empty = [(name, "false" if name.endswith(".required") else "") for name in names]
        return config_variables([*empty, *settings], self.environment)

    def with_environment(self, variables: Mapping[str, str]) -> Repository:
        """The repository as git sees it with these variables, without what was remembered of it."""
        return Repository(
            git_dir=self.git_dir,
            common_dir=self.common_dir,
            top=self.top,
            shallow=self.shallow,
            object_format=self.object_format,
            index_file=self.index_file,
            environment={**self.environment, **variables},
        )

    @property
    def keeps_file_modes(self) -> bool:
        """core.fileMode: is the mode on disk that of the file? False where the file system knows none."""
        key = ("core.fileMode",)
        if key not in self.output_cache:
            self.output_cache[key] = self.run("config", "--type=bool", "--get", "core.fileMode").out.strip()
        return self.output_cache[key] != b"false"

    def resolve(self, revision: str) -> Id:
        """
        The commit that *revision* names; a branch wins over a tag of the same name.

        Errors: GitError when there is none.
        """
        commit = self.find_commit(revision)
        if commit is None:
            raise GitError(
                f"no revision {revision!r} in this repository",
                hint="git fetch --unshallow" if self.shallow else "git for-each-ref lists branches and tags",
            )
        return commit

    def find_commit(self, revision: str) -> Id | None:
        """The commit that *revision* names, or None."""
        # before git sees it: a dash begins an option, a line feed ends a line of --batch
        if revision.startswith("-") or not revision or "\0" in revision or "\n" in revision:
            raise GitError(f"{revision!r} is not the name of a revision")
        if not _HEX.fullmatch(revision):
            return self._find_commit(revision)
        if (revision,) not in self.output_cache:
            # only for full ids, because a branch can move
            self.output_cache[revision,] = (self._find_commit(revision) or "").encode()
        return self.output_cache[revision,].decode() or None

    def _find_commit(self, revision: str) -> Id | None:
        # a branch that somebody named HEAD must not replace the checked-out commit
        for name in ("HEAD",) if revision == "HEAD" else (f"refs/heads/{revision}", revision):
            # ^{commit}: a full id is accepted by rev-parse even where no such object exists
            answer = self.run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
            if answer.code == 0 and _HEX.fullmatch(answer.text):
                return answer.text
        return None

    def blobs(self, ids: Iterable[Id], limit: int) -> dict[Id, bytes | int]:
        """
        Contents by id, each hashed again; for one larger than *limit* bytes its size.

        Errors: GitError when one is missing, no file, or corrupt.
        """
        unique = list(dict.fromkeys(ids))
        for blob_id in unique:
            if not _HEX.fullmatch(blob_id):
                raise GitError(f"{blob_id!r} is not an object id")
        contents: dict[Id, bytes | int] = {}
        # sizes first: a huge blob must not be loaded to be refused
        sizes = self._sizes(unique, "blob")
        small = [blob_id for blob_id in unique if sizes[blob_id] <= limit]
        contents.update({blob_id: size for blob_id, size in sizes.items() if size > limit})
        contents.update(self._objects(small, "blob"))
        return contents

    def commits(self, ids: Iterable[Id]) -> dict[Id, bytes]:
        """
        Commit objects by id as git stores them, each hashed again.

        Errors: GitError when one is missing, no commit, corrupt, or larger than any commit has a reason to be.
        """
        unique = list(dict.fromkeys(ids))
        for commit, size in self._sizes(unique, "commit").items():
            if size > limits.GIT_OBJECT_BYTES:
                raise GitError(
                    f"commit {commit} is {size} bytes large, {limits.GIT_OBJECT_BYTES} are allowed",
                    hint=f"git log -1 --format=%an {commit} names its author",
                )
        return dict(self._objects(unique, "commit"))

    def _sizes(self, ids: list[Id], kind: str) -> dict[Id, int]:
        if not ids:
            return {}
        out = self.objects(ids, "--batch-check=%(objectname) %(objecttype) %(objectsize)")
        sizes = {}
        for object_id, line in zip(ids, out.decode().splitlines(), strict=True):
            parts = line.split(" ")
            if len(parts) != 3 or parts[1] != kind:
                raise self._missing_object(object_id, kind)
            sizes[object_id] = int(parts[2])
        return sizes

    def _missing_object(self, object_id: Id, kind: str) -> GitError:
        name = "file" if kind == "blob" else kind
        message = f"object {object_id} is missing or not a {name}"
        return self._partial_clone_error() or GitError(message, hint=self._missing_hint())

    def _missing_hint(self) -> str:
        return "git fetch --unshallow" if self.shallow else "git fsck --full shows what is broken"

    def _partial_clone_error(self) -> GitError | None:
        """The error for an object that this clone was made without; None in a whole clone."""
        pattern = r"^remote\..*\.(promisor|partialclonefilter)$"
        out = self.run("config", "-z", "--name-only", "--get-regexp", pattern).out
        keys = os.fsdecode(out).split("\0")
        remote = next((key.split(".", 1)[1].rpartition(".")[0] for key in keys if key), "")
        if not remote:
            return None
        return GitError(
            "this clone was made without the contents of all files (a filter such as blob:none)",
            hint=shlex.join(["git", "fetch", "--refetch", "--no-filter", remote]),
        )

    def _objects(self, ids: list[Id], kind: str) -> Iterator[tuple[Id, bytes]]:
        out = self.objects(ids) if ids else b""
        position = 0
        for object_id in ids:
            end = out.index(b"\n", position)
            header = out[position:end].decode().split(" ")
            if len(header) != 3 or header[1] != kind:
                raise self._missing_object(object_id, kind)
            content = out[end + 1 : end + 1 + int(header[2])]
            # by the announced size, because a content may hold line feeds
            position = end + 1 + len(content) + 1
            # cat-file does not check loose objects, and decisions rest on these bytes
            if self.object_id(content, kind) != object_id:
                raise GitError(
                    f"object {object_id} is corrupt: its content has another id", hint="git fsck --full"
                )
            yield object_id, content

    def object_id(self, content: bytes, kind: str = "blob") -> Id:
        """The id that git gives an object of this content."""
        # the kind is part of the hash: a blob cannot pass for a commit
        header = f"{kind} {len(content)}\0".encode()
        # SHA-1 is git's choice of name here; a policy of the system may forbid it for security
        return hashlib.new(self.object_format, header + content, usedforsecurity=False).hexdigest()

    @property
    def branch(self) -> str | None:
        """The full name of the branch that HEAD is on, or None when it is detached."""
        answer = self.run("symbolic-ref", "--quiet", "HEAD")
        return answer.text if answer.code == 0 else None
