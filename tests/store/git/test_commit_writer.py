"""One commit, wholly there or not at all, whenever it is stopped and whoever is faster."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from fleetward.domain.errors import BranchMoved, Unwritten
from fleetward.store.git import commit_writer
from fleetward.store.git.commit_writer import Blob
from fleetward.store.git.fleet_root import Ground, find
from tests.end_to_end.repositories import (
    APPLY,
    DESK,
    FLEET,
    Repository,
    allowed,
    command,
    repository,
    running,
    surroundings,
)

RUNS = "environments/production/desk-bot"
PROMPT = f"{RUNS}/prompts/system.md"


def ground(made: Repository) -> Ground:
    return find(made.root, {**surroundings(made.home), **made.environment("carla", "2026-11-20T12:00:00Z")})


def same(made: Repository) -> bool:
    """Does production hold what staging holds?"""
    done = subprocess.run(["diff", "-r", DESK, RUNS], cwd=made.root, capture_output=True, check=False)
    return done.returncode == 0


def whole(made: Repository, before: str) -> str:
    """*old* or *new*; never anything between in what the branch holds."""
    if made.head == before:
        return "old"
    assert made.git("rev-parse", "HEAD~1") == before
    tree = {path: made.git("rev-parse", f"HEAD:{path}") for path in (DESK, RUNS)}
    assert tree[DESK] == tree[RUNS]
    assert len(made.git("show", "HEAD:ledger/production.jsonl").splitlines()) == 2
    return "new"


def test_a_commit_that_was_only_built_changes_nothing(tmp_path: Path) -> None:
    made = repository(tmp_path)
    before = made.state

    new = commit_writer.build(ground(made), made.head, {"ledger/x": Blob(content=b"1\n")}, "message\n", None)

    assert made.state == before
    assert made.git("rev-parse", f"{new}~1") == before[0]
    assert made.git("show", f"{new}:ledger/x") == "1"
    assert made.git("diff", "--name-status", before[0], new) == "A\tledger/x"


def test_edits_put_take_away_and_leave_the_rest(tmp_path: Path) -> None:
    made = repository(tmp_path, {**FLEET, "a/b/c": "1", "a/d": "2", "run.sh": "#!/bin/sh\n"})
    (made.top / "run.sh").chmod(0o755)
    made.commit()
    known = made.git("rev-parse", "HEAD:a/d")
    edits = {"a/b/c": None, "a/new": Blob(id=known), "x.sh": Blob(mode="100755", content=b"x")}

    new = commit_writer.build(ground(made), made.head, edits, "message\n", None)

    listed = made.git("ls-tree", "-r", new, "--", "a", "run.sh", "x.sh").splitlines()
    assert [line.split()[0] + " " + line.split()[3] for line in listed] == [
        "100644 a/d",
        "100644 a/new",
        "100755 run.sh",
        "100755 x.sh",
    ]


def test_a_branch_that_is_elsewhere_is_not_moved(tmp_path: Path) -> None:
    made = repository(tmp_path)
    old = made.head
    new = commit_writer.build(ground(made), old, {"ledger/x": Blob(content=b"1\n")}, "message\n", None)
    theirs = made.commit("faster", files={"other": "x"})

    with pytest.raises(BranchMoved):
        commit_writer.swap(ground(made), "refs/heads/main", new, old)

    assert made.state == (theirs, "")


def test_a_detached_head_is_moved_itself(tmp_path: Path) -> None:
    made = allowed(tmp_path)
    before = made.head
    made.git("checkout", "-q", "--detach")

    ran = made.fleet(*APPLY)

    assert ran.code == 0, ran.err
    assert made.git("rev-parse", "HEAD~1") == before
    assert made.git("rev-parse", "main") == before
    assert made.state[1] == ""


def counting(tmp_path: Path, script: str) -> dict[str, str]:
    """A PATH on which git runs *script* around the real one, which is ``"$real" "$@"``."""
    folder = tmp_path / "bin"
    folder.mkdir()
    wrapper = folder / "git"
    wrapper.write_text(f'#!/bin/sh\nreal="{shutil.which("git")}"\n{script}\n')
    wrapper.chmod(0o755)
    return {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}


@pytest.mark.parametrize("verb", ["hash-object", "mktree", "commit-tree", "update-ref", "update-index"])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_killed_at_any_step_the_branch_is_wholly_old_or_new_and_the_next_run_finishes(
    tmp_path: Path, verb: str, moment: str
) -> None:
    made = allowed(tmp_path)
    before = made.head
    kill = 'kill -9 "$PPID"; sleep 1; exit 1'
    step = kill if moment == "before" else f'"$real" "$@"; {kill}'
    killing = counting(tmp_path, f'case " $* " in *" {verb} "*) {step};; esac\nexec "$real" "$@"')

    killed = made.fleet(*APPLY, env=killing)

    assert killed.code == -signal.SIGKILL
    expected = "new" if (verb, moment) in (("update-ref", "after"), ("update-index", "before")) else "old"
    if (verb, moment) == ("update-index", "after"):
        expected = "new"
    assert whole(made, before) == expected
    again = made.fleet(*APPLY)
    assert again.code == 0, again.err
    assert whole(made, before) == "new"
    assert made.state[1] == ""
    assert same(made)


def test_killed_while_files_are_written_the_next_run_writes_the_rest(tmp_path: Path) -> None:
    made = allowed(tmp_path)
    before = made.head
    killing = counting(
        tmp_path, 'case " $* " in *" update-index "*) kill -9 "$PPID"; exit 1;; esac\nexec "$real" "$@"'
    )
    assert made.fleet(*APPLY, env=killing).code == -signal.SIGKILL
    old = made.git("show", f"{before}:{PROMPT}") + "\n"
    made.write({PROMPT: old})  # as if this file had not been reached

    ran = made.fleet(*APPLY)

    assert ran.code == 0, ran.err
    assert "finished what an earlier run had begun" in ran.err
    assert made.state[1] == ""
    assert same(made)


def test_killed_and_then_edited_the_next_run_names_the_file_and_keeps_it(tmp_path: Path) -> None:
    made = allowed(tmp_path)
    killing = counting(
        tmp_path, 'case " $* " in *" update-index "*) kill -9 "$PPID"; exit 1;; esac\nexec "$real" "$@"'
    )
    made.fleet(*APPLY, env=killing)
    made.write({PROMPT: "my own work\n"})
    head = made.head

    ran = made.fleet(*APPLY)

    assert ran.code == 2
    assert PROMPT in ran.err
    assert made.head == head
    assert (made.root / PROMPT).read_text() == "my own work\n"


def test_a_commit_that_lands_while_it_is_decided_wins(tmp_path: Path) -> None:
    made = allowed(tmp_path)
    before = made.head
    landing = (
        'case " $* " in *" update-ref "*) '
        f'"$real" -C "{made.top}" -c user.name=x -c user.email=x@acme.example '
        "commit -q --allow-empty -m faster;; esac\n"
        'exec "$real" "$@"'
    )

    ran = made.fleet(*APPLY, "--json", env=counting(tmp_path, landing))

    assert ran.code == 4
    assert "nothing was written" in ran.err
    assert made.git("log", "--format=%s", f"{before}..HEAD") == "faster"
    assert made.state[1] == ""
    assert (made.root / "ledger/production.jsonl").read_text().count("\n") == 1
    assert made.fleet(*APPLY).code == 0


def test_a_lock_that_a_killed_git_left_is_named_before_anything_moves(tmp_path: Path) -> None:
    made = allowed(tmp_path)
    lock = made.top / ".git" / "index.lock"
    lock.write_bytes(b"")
    before = made.head

    ran = made.fleet(*APPLY)

    assert ran.code == 2
    assert f"rm {lock}" in ran.err
    assert made.head == before
    lock.unlink()
    assert made.fleet(*APPLY).code == 0


def test_a_lock_on_the_branch_is_no_moved_branch(tmp_path: Path) -> None:
    made = allowed(tmp_path)
    lock = made.top / ".git" / "refs" / "heads" / "main.lock"
    lock.write_bytes(b"")
    before = made.state

    ran = made.fleet(*APPLY)

    assert ran.code == 2
    assert "cannot be moved" in ran.err
    assert made.state == before


@pytest.mark.parametrize(
    ("path", "content", "staged"),
    [
        (f"{DESK}/prompts/system.md", "edited\n", False),
        (f"{DESK}/prompts/system.md", "edited\n", True),
        (f"{DESK}/agent.yaml", None, False),
        ("governance/policy.yaml", "edited\n", False),
        ("fleet-config.yaml", "edited\n", False),
        ("governance/models.yaml", "new\n", False),
        ("ledger/production.jsonl", "", False),
        ("approvals/production/desk-bot/mine.json", "{}", False),
        ("evidence/desk-bot/mine.json", "{}", True),
    ],
)
def test_a_fleet_that_is_not_committed_is_not_promoted(
    tmp_path: Path, path: str, content: str | None, staged: bool
) -> None:
    made = allowed(tmp_path)
    made.write({path: content})
    if staged:
        made.git("add", "-A")
    before = made.state

    ran = made.fleet(*APPLY)

    assert ran.code == 2
    assert path in ran.err
    assert made.state == before


def test_what_lies_beside_the_fleet_may_be_dirty(tmp_path: Path) -> None:
    made = allowed(tmp_path)
    made.write({"notes.txt": "mine\n", "src/app.py": "x = 1\n"})

    ran = made.fleet(*APPLY)

    assert ran.code == 0, ran.err
    assert made.state[1].split() == ["??", "notes.txt", "??", "src/app.py"]


def test_a_staged_change_beside_the_fleet_stays_staged_and_out_of_the_commit(tmp_path: Path) -> None:
    made = allowed(tmp_path)
    made.write({"notes.txt": "mine\n"})
    made.git("add", "notes.txt")

    assert made.fleet(*APPLY).code == 0

    assert made.state[1] == "A  notes.txt"
    assert "notes.txt" not in made.git("ls-tree", "-r", "--name-only", "HEAD")


def test_an_untracked_approval_is_not_enough(tmp_path: Path) -> None:
    made = running(tmp_path)
    assert made.fleet("approve", "desk-bot", "--to", "production", identity="carla").code == 0
    before = made.head

    ran = made.fleet(*APPLY)

    assert ran.code == 2
    assert "approvals/production/desk-bot/" in ran.err
    assert made.head == before


def test_an_ignored_file_where_one_has_to_go_is_named_and_kept(tmp_path: Path) -> None:
    made = running(tmp_path)
    made.commit(files={f"{DESK}/notes.md": "a file of the release\n"})
    made.approve("desk-bot", "carla", now="2026-11-19T09:00:00Z")
    (made.top / ".git" / "info").mkdir(exist_ok=True)
    (made.top / ".git" / "info" / "exclude").write_text(f"{RUNS}/notes.md\n")
    made.write({f"{RUNS}/notes.md": "my own\n"})
    before = made.state

    ran = made.fleet(*APPLY)

    assert ran.code == 2
    assert f"'{RUNS}/notes.md' stands in the way" in ran.err
    assert made.state == before
    assert (made.root / RUNS / "notes.md").read_text() == "my own\n"


def test_executable_bits_travel(tmp_path: Path) -> None:
    made = running(tmp_path)
    made.write({f"{DESK}/check.sh": "#!/bin/sh\n"})
    (made.root / DESK / "check.sh").chmod(0o755)
    made.commit()
    made.approve("desk-bot", "carla", now="2026-11-19T09:00:00Z")

    ran = made.fleet(*APPLY)

    assert ran.code == 0, ran.err
    assert made.git("ls-tree", "HEAD", f"{RUNS}/check.sh").startswith("100755")
    assert os.access(made.root / RUNS / "check.sh", os.X_OK)
    assert made.state[1] == ""


def test_a_file_that_is_no_longer_in_the_release_goes_with_its_empty_folder(tmp_path: Path) -> None:
    made = running(tmp_path)
    made.commit(files={f"{DESK}/more/notes.md": "a\n"})
    made.approve("desk-bot", "carla", now="2026-11-19T09:00:00Z")
    assert made.fleet(*APPLY).code == 0
    made.commit(files={f"{DESK}/more/notes.md": None}, at="2026-11-20T12:30:00+00:00")
    made.approve("desk-bot", "carla", now="2026-11-20T13:00:00Z")

    ran = made.fleet(*APPLY, now="2026-11-20T14:00:00Z")

    assert ran.code == 0, ran.err
    assert not (made.root / RUNS / "more").exists()
    assert made.state[1] == ""


def test_a_fleet_in_a_subfolder_is_written_there_alone(tmp_path: Path) -> None:
    made = allowed(tmp_path, inside="agents/fleet")
    before = made.head

    ran = made.fleet(*APPLY)

    assert ran.code == 0, ran.err
    changed = made.git("diff", "--name-only", before, "HEAD").splitlines()
    assert changed == [f"agents/fleet/{PROMPT}", "agents/fleet/ledger/production.jsonl"]
    assert made.state[1] == ""
    assert same(made)


@pytest.fixture
def remote(tmp_path: Path) -> tuple[Repository, Repository]:
    """A fleet that is ready, and the bare repository it came from."""
    made = allowed(tmp_path)
    made.git("clone", "-q", "--bare", str(made.top), str(tmp_path / "bare"))
    made.git("remote", "add", "origin", str(tmp_path / "bare"))
    return made, Repository(top=tmp_path / "bare", home=made.home)


def test_push_brings_the_commit_to_the_remote_branch(remote: tuple[Repository, Repository]) -> None:
    made, bare = remote

    ran = made.fleet(*APPLY, "--push", "origin", "--json")

    assert ran.code == 0, ran.err
    assert bare.git("rev-parse", "main") == made.head == ran.data["written"]
    assert made.state[1] == ""


def test_a_remote_branch_that_moved_wins_and_nothing_changes_here(
    remote: tuple[Repository, Repository], tmp_path: Path
) -> None:
    made, bare = remote
    made.git("clone", "-q", str(bare.top), str(tmp_path / "theirs"))
    theirs = Repository(top=tmp_path / "theirs", home=made.home)
    theirs.commit("faster", files={"other": "x"})
    theirs.git("push", "-q", "origin", "main")
    before = made.state

    ran = made.fleet(*APPLY, "--push", "origin")

    assert ran.code == 4
    assert made.state == before
    assert bare.git("rev-parse", "main") == theirs.head


def test_after_a_refused_push_the_hint_alone_brings_what_is_missing_under_commits_of_ones_own(
    remote: tuple[Repository, Repository], tmp_path: Path
) -> None:
    made, bare = remote
    made.git("clone", "-q", str(bare.top), str(tmp_path / "theirs"))
    theirs = Repository(top=tmp_path / "theirs", home=made.home)
    theirs.commit("faster", files={"other": "x"})
    theirs.git("push", "-q", "origin", "main")
    made.commit("not pushed yet", files={"mine": "y"})

    refused = made.fleet(*APPLY, "--push", "origin")
    hint = refused.err.strip().splitlines()[-1].partition("git pull")
    made.git(*shlex.split("pull" + hint[2]))
    again = made.fleet(*APPLY, "--push", "origin")

    assert (refused.code, again.code) == (4, 0), again.err
    assert "".join(hint[1:]) == "git pull --rebase origin main"
    assert bare.git("rev-parse", "main") == made.head


@pytest.mark.parametrize("name", ["nowhere", "--force", ""])
def test_a_remote_that_is_none_changes_nothing(remote: tuple[Repository, Repository], name: str) -> None:
    made, bare = remote
    before = made.state

    ran = made.fleet(*APPLY, f"--push={name}")

    assert ran.code == 2
    assert made.state == before
    assert bare.git("rev-parse", "main") == before[0]


def test_push_without_apply_is_refused(remote: tuple[Repository, Repository]) -> None:
    made, _ = remote

    ran = made.fleet(*APPLY[:-1], "--push", "origin")

    assert ran.code == 2
    assert "add --apply" in ran.err


def test_bring_along_names_a_file_that_is_neither_the_old_nor_the_new_one(tmp_path: Path) -> None:
    made = repository(tmp_path)
    old = made.head
    prompt = f"{DESK}/prompts/system.md"
    new = commit_writer.build(ground(made), old, {prompt: Blob(content=b"new\n")}, "message\n", None)
    made.write({prompt: "mine\n"})

    with pytest.raises(Unwritten, match="stands in the way"):
        commit_writer.bring_along(ground(made), old, new)

    assert (made.root / prompt).read_text() == "mine\n"


def test_two_that_apply_at_once_leave_one_promotion(tmp_path: Path) -> None:
    made = allowed(tmp_path)
    before = made.head
    runs = [
        subprocess.Popen(
            command(*APPLY, "--now", "2026-11-20T12:00:00Z"),
            cwd=made.root,
            env=made.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for _ in range(2)
    ]
    said = [run.communicate(timeout=60) for run in runs]
    codes = sorted(run.returncode for run in runs)

    assert codes[0] == 0, said
    assert codes[1] in (0, 2, 4), said
    assert made.git("rev-list", "--count", f"{before}..HEAD") == "1"
    lines = made.git("show", "HEAD:ledger/production.jsonl").splitlines()
    assert [json.loads(line)["seq"] for line in lines] == [1, 2]
