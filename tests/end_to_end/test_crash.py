"""
Killed at any system call: the branch is wholly old or wholly new, and the next run finishes; signed or not.

By default about 6 of some 230 writing calls are tried, spread over the whole run, and each call fails with one error.
``FLEETWARD_CRASH_POINTS=writing`` tries every one of them and every error, a number that many of the system calls of
every kind (some 33,000), ``all`` every one.
Every process of the run is counted, git's and ssh-keygen's too. A writing call is held up long enough for the whole
group to be killed between it and the next; what only reads leaves nothing behind, and there the group is killed
within a few calls of the one that was named.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.end_to_end import repositories
from tests.end_to_end.repositories import APPLY, NOW, CommandResult, Repository, command
from tests.end_to_end.signing import approved, keys_in
from tests.forked import at_clock

WRITING = (
    "write,pwrite64,writev,rename,renameat,renameat2,link,linkat,unlink,unlinkat,mkdir,mkdirat,rmdir,"
    "ftruncate,fsync,fdatasync,chmod,fchmod,fchmodat"
)
SAMPLE = 6
HELD_UP = 1_000
"""Microseconds between a writing call and the next thing that its process does."""
ASKED = os.environ.get("FLEETWARD_CRASH_POINTS", "")
KINDS = WRITING if ASKED in ("", "writing") else "all"


CALLS = {
    ("write", "1"): "ENOSPC",
    ("write", "2"): "EROFS",
    ("write", "6"): "EIO",
    ("rename", "1+"): "EROFS",
    ("link,linkat,rename", "1..2"): "ENOSPC",
    ("mkdir", "1+"): "EIO",
}
"""Calls that fail, which of them, and the error that is tried by default."""
ERRORS = ("ENOSPC", "EIO", "EROFS")
FAULTS = [
    (call, numbers, error)
    for (call, numbers), usual in CALLS.items()
    for error in ERRORS
    if ASKED or error == usual
]


def _traced() -> bool:
    tool = shutil.which("strace")
    return tool is not None and subprocess.run([tool, "-f", "true"], capture_output=True).returncode == 0


pytestmark = pytest.mark.skipif(not _traced(), reason="needs strace, and the right to trace")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A promotion that is allowed, how it is applied, and the commit that this writes when nothing disturbs it."""

    before: Repository
    words: tuple[str, ...]
    who: str
    after: str = ""

    @property
    def command(self) -> list[str]:
        return command(*self.words)

    @property
    def environment(self) -> dict[str, str]:
        return at_clock(self.before.environment(self.who), NOW)


@pytest.fixture(scope="module", params=["plain", "signed"])
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("before")
    if request.param == "plain":
        planned = Run(before=repositories.allowed(folder), words=APPLY, who="alice")
    else:
        keys = keys_in(tmp_path_factory.mktemp("above") / "keys")
        words = (*APPLY, "--sign", str(keys["ci"]))
        planned = Run(before=approved(folder, keys), words=words, who="ci")
    repo = copy(planned.before, tmp_path_factory.mktemp("after"))
    ran = repo.fleet(*planned.words, identity=planned.who)
    assert ran.code == 0, ran.err
    return replace(planned, after=repo.head)


@pytest.fixture(scope="module")
def calls(run: Run, tmp_path_factory: pytest.TempPathFactory) -> int:
    """How many calls of these kinds an undisturbed run makes."""
    repo = copy(run.before, tmp_path_factory.mktemp("counted"))
    log = repo.top.parent / "log"
    done = subprocess.run(
        ["strace", "-f", "-qqq", "-o", str(log), "-e", f"trace={KINDS}", "-e", "signal=none", *run.command],
        cwd=repo.root,
        env=run.environment,
        capture_output=True,
    )
    assert (done.returncode, repo.head) == (0, run.after)
    return len(log.read_text(errors="replace").splitlines())


def copy(repo: Repository, folder: Path) -> Repository:
    shutil.copytree(repo.top, folder / "fleet", symlinks=True)
    return replace(repo, top=folder / "fleet")


def killed(run: Run, repo: Repository, point: int) -> bool:
    """*run* is killed with all its processes after the call of this number; False if it ended before."""
    tracer = [
        *("strace", "-f", "-qqq", "-o", "/dev/stderr", "-e", "signal=none"),
        *("-e", f"trace={KINDS}", "-e", f"inject={WRITING}:delay_exit={HELD_UP}"),
    ]
    with subprocess.Popen(
        [*tracer, "sh", "-c", 'exec "$@" 2>/dev/null', "sh", *run.command],
        cwd=repo.root,
        env=run.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        assert process.stderr is not None
        calls = sum(1 for _ in zip(range(point), process.stderr, strict=False))
        if calls == point and process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.stderr.close()
        return process.wait() == -signal.SIGKILL


def wholly_old_or_new(run: Run, repo: Repository) -> None:
    assert repo.head in (run.before.head, run.after)
    assert "missing" not in repo.git("fsck", "--full", "--no-dangling")


def finished(run: Run, repo: Repository) -> CommandResult:
    """The next run; where it names a lock in its way, that is taken away and it is run once more."""
    for _ in range(4):
        ran = repo.fleet(*run.words, identity=run.who)
        if ran.code == 0:
            break
        assert ran.code == 2, ran.err
        lock = re.search(r"/[^\s':]+\.lock", ran.err)
        assert lock is not None, ran.err
        Path(lock.group()).unlink()
    assert ran.code == 0, ran.err
    assert repo.head == run.after
    assert repo.git("status", "--porcelain", "-uall") == ""
    return ran


def points(total: int) -> list[int]:
    if ASKED in ("all", "writing"):
        return list(range(1, total + 1))
    sample = int(ASKED or SAMPLE)
    late, early = total - total // 3, sample // 3  # what is written to stay comes last
    return sorted(
        {
            *range(1, late, max(1, late // early)),
            *range(late, total + 1, max(1, (total - late) // (sample - early))),
        }
    )


def test_killed_anywhere_the_branch_is_wholly_old_or_new_and_the_next_run_finishes(
    run: Run, calls: int, tmp_path: Path
) -> None:
    struck = []

    for point in points(calls):
        repo = copy(run.before, tmp_path / str(point))
        if killed(run, repo, point):
            wholly_old_or_new(run, repo)
            struck.append(repo.head)
            finished(run, repo)
        shutil.rmtree(tmp_path / str(point))

    late = struck.count(run.after)
    print(f"{calls} calls, killed at {len(struck)}, {late} of them after the commit")  # noqa: T201
    assert set(struck) == {run.before.head, run.after}


@pytest.mark.parametrize(("call", "numbers", "error"), FAULTS)
def test_a_failing_disk_never_makes_a_false_success(
    run: Run, tmp_path: Path, call: str, numbers: str, error: str
) -> None:
    repo = copy(run.before, tmp_path)
    fault = f"inject={call}:error={error}:when={numbers}"

    done = subprocess.run(
        ["strace", "-f", "-qqq", "-o", os.devnull, "-e", f"trace={call}", "-e", fault, *run.command],
        cwd=repo.root,
        env=run.environment,
        capture_output=True,
        timeout=60,
    )

    wholly_old_or_new(run, repo)
    assert done.returncode in (0, 2), done.stderr
    assert b"Traceback" not in done.stderr
    if done.returncode == 0:
        assert repo.head == run.after
        assert repo.git("status", "--porcelain", "-uall") == ""
    finished(run, repo)


def test_a_temporary_file_of_a_killed_run_is_cleared_away_and_nothing_else(run: Run, tmp_path: Path) -> None:
    repo = copy(run.before, tmp_path)
    repo.fleet(*run.words, identity=run.who)
    folder = repo.root / "environments" / "production" / "desk-bot"
    repo.git("checkout", "-q", "HEAD^", "--", "environments/production")
    (folder / "prompts" / ".fleet-a1b2c3d4").write_text("half a file")

    finished(run, repo)

    (folder / "prompts" / ".fleet-mine").write_text("somebody's own")
    assert (
        "not committed: environments/production/desk-bot/prompts/.fleet-mine"
        in repo.fleet(*run.words, identity=run.who).err
    )
