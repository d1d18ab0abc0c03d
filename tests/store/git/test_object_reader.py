"""One process that answers for many objects: the bytes that runs of their own print, and no answer is ever half."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest

from fleetward.domain.errors import GitError
from fleetward.store.git.discovery import open_repository
from tests.end_to_end.repositories import Repository, clean_environment, repository

CHECK = "--batch-check=%(objectname)"


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    return repository(tmp_path)


def opened(repo: Repository, **environment: str):
    return open_repository(repo.top, {**clean_environment(repo.home), **environment})


def stub(folder: Path, script: str) -> dict[str, str]:
    """A git that behaves like *script* for ``cat-file``, and like git else."""
    folder.mkdir()
    real = subprocess.run(["which", "git"], capture_output=True, text=True, check=True).stdout.strip()
    file = folder / "git"
    file.write_text(f'#!/bin/sh\ncase " $* " in *" cat-file "*) {script};; esac\nexec {real} "$@"\n')
    file.chmod(0o755)
    return {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}


def test_every_answer_is_that_of_a_run_of_its_own(repo: Repository) -> None:
    lines = repo.git("ls-tree", "-r", "-t", "HEAD").splitlines()
    names = [line.split()[2] for line in lines] * 9 + ["HEAD^{tree}", "0" * 40, "HEAD:no such file"]
    git = opened(repo)

    for option in ("--batch", CHECK):
        for first, last in ((0, 1), (1, 70), (70, len(names)), (0, len(names))):
            stdin = "".join(f"{name}\n" for name in names[first:last]).encode()
            alone = git.run("cat-file", option, stdin=stdin).out
            assert git.objects(names[first:last], option) == alone


def test_an_object_that_is_written_later_is_found(repo: Repository) -> None:
    git = opened(repo)
    before = git.objects(["1" * 40], CHECK)
    written = repo.git("hash-object", "-w", "--stdin")

    assert before == b"1" * 40 + b" missing\n"
    assert git.objects([written], CHECK) == f"{written}\n".encode()


def test_a_name_with_a_line_feed_does_not_shift_the_answers_behind_it(repo: Repository) -> None:
    git = opened(repo)
    head = repo.head

    git.objects([f"{head}:a\nb"], CHECK)

    assert git.objects([head], CHECK) == f"{head}\n".encode()


def test_a_forked_process_asks_a_git_of_its_own(repo: Repository) -> None:
    git = opened(repo)
    head = repo.head
    git.objects([head])
    child = os.fork()
    if child == 0:
        os._exit(0 if git.objects([head] * 50) == git.objects([head]) * 50 else 1)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert git.objects([head], CHECK) == f"{head}\n".encode()


def test_a_git_that_ends_too_early_is_asked_once_more_for_its_reason(
    repo: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", stub(tmp_path / "bin", "echo 'fatal: no space' >&2; exit 128")["PATH"])

    with pytest.raises(GitError, match="git cat-file failed: no space"):
        opened(repo).objects([repo.head])


def test_a_git_that_does_not_answer_is_ended(
    repo: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = tmp_path / "pid"
    monkeypatch.setenv("PATH", stub(tmp_path / "bin", f"echo $$ > {mark}; exec sleep 60")["PATH"])
    began = time.monotonic()

    with pytest.raises(GitError, match=r"git cat-file did not end within 0\.5 seconds"):
        opened(repo, FLEETWARD_GIT_TIMEOUT="0.5").objects([repo.head])

    assert time.monotonic() - began < 20
    with pytest.raises(ProcessLookupError):
        os.kill(int(mark.read_text()), 0)


def test_the_process_ends_with_the_repository(repo: Repository) -> None:
    git = opened(repo)
    git.objects([repo.head])
    [reader] = git.readers.values()
    process = reader._process
    assert process is not None
    assert process.poll() is None

    reader.close()

    assert process.returncode == 0
