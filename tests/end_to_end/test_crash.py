"""
Killed at every system call that writes: the branch is wholly old or wholly new, and the next run finishes.

``FLEETWARD_CRASH_POINTS=all`` tries every one of them (some 230, ten minutes); by default about 20 are
tried, spread over the whole run. Every process of the run is counted, git's too: each of their writing calls is held
up long enough for the whole group to be killed between it and the next.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from tests.end_to_end import repositories
from tests.end_to_end.repositories import APPLY, NOW, Ran, Repository, command

WRITING = (
    "write,pwrite64,writev,rename,renameat,renameat2,link,linkat,unlink,unlinkat,mkdir,mkdirat,rmdir,"
    "ftruncate,fsync,fdatasync,chmod,fchmod,fchmodat"
)
SAMPLE = 20
HELD_UP = 1_000
"""Microseconds between a writing call and the next thing that its process does."""


def _traced() -> bool:
    tool = shutil.which("strace")
    return tool is not None and subprocess.run([tool, "-f", "true"], capture_output=True).returncode == 0


pytestmark = pytest.mark.skipif(not _traced(), reason="needs strace, and the right to trace")


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """A promotion that is allowed and was not applied."""
    return repositories.allowed(tmp_path_factory.mktemp("before"))


@pytest.fixture(scope="module")
def after(before: Repository, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The commit that an undisturbed run writes; with the clock given it is always the same."""
    made = copy(before, tmp_path_factory.mktemp("after"))
    ran = made.fleet(*APPLY)
    assert ran.code == 0, ran.err
    return made.head


@pytest.fixture(scope="module")
def calls(before: Repository, after: str, tmp_path_factory: pytest.TempPathFactory) -> int:
    """How many writing calls an undisturbed run makes."""
    made = copy(before, tmp_path_factory.mktemp("counted"))
    log = made.top.parent / "log"
    done = subprocess.run(
        ["strace", "-f", "-qqq", "-o", str(log), "-e", f"trace={WRITING}", "-e", "signal=none", *applied()],
        cwd=made.root,
        env=made.environment(),
        capture_output=True,
    )
    assert (done.returncode, made.head) == (0, after)
    return len(log.read_text(errors="replace").splitlines())


def applied() -> list[str]:
    return command(*APPLY, "--now", NOW)


def copy(made: Repository, folder: Path) -> Repository:
    shutil.copytree(made.top, folder / "fleet", symlinks=True)
    return replace(made, top=folder / "fleet")


def killed(made: Repository, point: int) -> bool:
    """A run that is killed with all its processes after the writing call of this number; False if it ended before."""
    hold = f"inject={WRITING}:delay_exit={HELD_UP}"
    tracer = [
        "strace",
        "-f",
        "-qqq",
        "-o",
        "/dev/stderr",
        "-e",
        f"trace={WRITING}",
        "-e",
        hold,
        "-e",
        "signal=none",
    ]
    with subprocess.Popen(
        [*tracer, "sh", "-c", 'exec "$@" 2>/dev/null', "sh", *applied()],
        cwd=made.root,
        env=made.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as run:
        assert run.stderr is not None
        seen = sum(1 for _ in zip(range(point), run.stderr, strict=False))
        if seen == point and run.poll() is None:
            os.killpg(run.pid, signal.SIGKILL)
        run.stderr.close()
        return run.wait() == -signal.SIGKILL


def wholly_old_or_new(made: Repository, before: Repository, after: str) -> None:
    assert made.head in (before.head, after)
    assert "missing" not in made.git("fsck", "--full", "--no-dangling")


def finished(made: Repository, after: str) -> Ran:
    """The next run; where it names a lock in its way, that is taken away and it is run once more."""
    for _ in range(4):
        ran = made.fleet(*APPLY)
        if ran.code == 0:
            break
        assert ran.code == 2, ran.err
        named = re.search(r"/[^\s':]+\.lock", ran.err)
        assert named is not None, ran.err
        Path(named.group()).unlink()
    assert ran.code == 0, ran.err
    assert made.head == after
    assert made.git("status", "--porcelain", "-uall") == ""
    return ran


def points(total: int) -> list[int]:
    if os.environ.get("FLEETWARD_CRASH_POINTS") == "all":
        return list(range(1, total + 1))
    late = total - total // 3  # what is written to stay comes last
    return sorted(
        {*range(1, late, max(1, late // 5)), *range(late, total + 1, max(1, (total - late) // (SAMPLE - 6)))}
    )


def test_killed_anywhere_the_branch_is_wholly_old_or_new_and_the_next_run_finishes(
    before: Repository, after: str, calls: int, tmp_path: Path
) -> None:
    struck = set()

    for point in points(calls):
        made = copy(before, tmp_path / str(point))
        if killed(made, point):
            wholly_old_or_new(made, before, after)
            struck.add(made.head)
            finished(made, after)
        shutil.rmtree(tmp_path / str(point))

    assert struck == {before.head, after}


@pytest.mark.parametrize("error", ["ENOSPC", "EIO", "EROFS"])
@pytest.mark.parametrize(
    ("call", "numbers"),
    [
        ("write", "1"),
        ("write", "2"),
        ("write", "6"),
        ("rename", "1+"),
        ("link,linkat,rename", "1..2"),
        ("mkdir", "1+"),
    ],
)
def test_a_failing_disk_never_makes_a_false_success(
    before: Repository, after: str, tmp_path: Path, error: str, call: str, numbers: str
) -> None:
    made = copy(before, tmp_path)
    fault = f"inject={call}:error={error}:when={numbers}"

    done = subprocess.run(
        ["strace", "-f", "-qqq", "-o", os.devnull, "-e", f"trace={call}", "-e", fault, *applied()],
        cwd=made.root,
        env=made.environment(),
        capture_output=True,
        timeout=60,
    )

    wholly_old_or_new(made, before, after)
    assert done.returncode in (0, 2), done.stderr
    assert b"Traceback" not in done.stderr
    if done.returncode == 0:
        assert made.head == after
        assert made.git("status", "--porcelain", "-uall") == ""
    finished(made, after)


def test_a_temporary_file_of_a_killed_run_is_cleared_away_and_nothing_else(
    before: Repository, after: str, tmp_path: Path
) -> None:
    made = copy(before, tmp_path)
    made.fleet(*APPLY)
    folder = made.root / "environments" / "production" / "desk-bot"
    made.git("checkout", "-q", "HEAD^", "--", "environments/production")
    (folder / "prompts" / ".fleet-a1b2c3d4").write_text("half a file")

    finished(made, after)

    (folder / "prompts" / ".fleet-mine").write_text("somebody's own")
    assert "not committed: environments/production/desk-bot/prompts/.fleet-mine" in made.fleet(*APPLY).err
