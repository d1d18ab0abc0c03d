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

from fleetward.domain.errors import BranchMoved, WriteFailed
from fleetward.store.git import commit_writer, work_tree_update
from fleetward.store.git.commit_writer import Blob
from fleetward.store.git.fleet_root import FleetRoot, find_fleet_root
from tests.end_to_end.repositories import (
    APPLY,
    DESK,
    FLEET,
    Repository,
    allowed,
    clean_environment,
    command,
    repository,
    running,
)
from tests.forked import at_clock

RUNS = "environments/production/desk-bot"
PROMPT = f"{RUNS}/prompts/system.md"


def fleet_root(repo: Repository) -> FleetRoot:
    return find_fleet_root(
        repo.root, {**clean_environment(repo.home), **repo.environment("carla", "2026-11-20T12:00:00Z")}
    )


def production_equals_staging(repo: Repository) -> bool:
    """Does production hold what staging holds?"""
    done = subprocess.run(["diff", "-r", DESK, RUNS], cwd=repo.root, capture_output=True, check=False)
    return done.returncode == 0


def branch_state(repo: Repository, before: str) -> str:
    """*old* or *new*; never anything between in what the branch holds."""
    if repo.head == before:
        return "old"
    assert repo.git("rev-parse", "HEAD~1") == before
    tree = {path: repo.git("rev-parse", f"HEAD:{path}") for path in (DESK, RUNS)}
    assert tree[DESK] == tree[RUNS]
    assert len(repo.git("show", "HEAD:ledger/production.jsonl").splitlines()) == 2
    return "new"


def test_a_commit_that_was_only_built_changes_nothing(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    before = repo.state

    new = commit_writer.build_commit(
        fleet_root(repo), repo.head, {"ledger/x": Blob(content=b"1\n")}, "message\n", None
    )

    assert repo.state == before
    assert repo.git("rev-parse", f"{new}~1") == before[0]
    assert repo.git("show", f"{new}:ledger/x") == "1"
    assert repo.git("diff", "--name-status", before[0], new) == "A\tledger/x"


def test_edits_put_take_away_and_leave_the_rest(tmp_path: Path) -> None:
    repo = repository(tmp_path, {**FLEET, "a/b/c": "1", "a/d": "2", "run.sh": "#!/bin/sh\n"})
    (repo.top / "run.sh").chmod(0o755)
    repo.commit()
    blob_id = repo.git("rev-parse", "HEAD:a/d")
    edits = {"a/b/c": None, "a/new": Blob(id=blob_id), "x.sh": Blob(mode="100755", content=b"x")}

    new = commit_writer.build_commit(fleet_root(repo), repo.head, edits, "message\n", None)

    listed = repo.git("ls-tree", "-r", new, "--", "a", "run.sh", "x.sh").splitlines()
    assert [line.split()[0] + " " + line.split()[3] for line in listed] == [
        "100644 a/d",
        "100644 a/new",
        "100755 run.sh",
        "100755 x.sh",
    ]


def test_a_branch_that_is_elsewhere_is_not_moved(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    old = repo.head
    new = commit_writer.build_commit(
        fleet_root(repo), old, {"ledger/x": Blob(content=b"1\n")}, "message\n", None
    )
    theirs = repo.commit("faster", files={"other": "x"})

    with pytest.raises(BranchMoved):
        commit_writer.update_branch(fleet_root(repo), "refs/heads/main", new, old)

    assert repo.state == (theirs, "")


def git_wrapper(tmp_path: Path, script: str) -> dict[str, str]:
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
    repo = allowed(tmp_path)
    before = repo.head
    kill = 'kill -9 "$PPID"; sleep 1; exit 1'
    step = kill if moment == "before" else f'"$real" "$@"; {kill}'
    killing = git_wrapper(tmp_path, f'case " $* " in *" {verb} "*) {step};; esac\nexec "$real" "$@"')

    killed = repo.fleet(*APPLY, env=killing)

    assert killed.code == -signal.SIGKILL
    expected = "new" if (verb, moment) in (("update-ref", "after"), ("update-index", "before")) else "old"
    if (verb, moment) == ("update-index", "after"):
        expected = "new"
    assert branch_state(repo, before) == expected
    again = repo.fleet(*APPLY)
    assert again.code == 0, again.err
    assert branch_state(repo, before) == "new"
    assert repo.state[1] == ""
    assert production_equals_staging(repo)


def test_killed_while_files_are_written_the_next_run_writes_the_rest(tmp_path: Path) -> None:
    repo = allowed(tmp_path)
    before = repo.head
    killing = git_wrapper(
        tmp_path, 'case " $* " in *" update-index "*) kill -9 "$PPID"; exit 1;; esac\nexec "$real" "$@"'
    )
    assert repo.fleet(*APPLY, env=killing).code == -signal.SIGKILL
    old = repo.git("show", f"{before}:{PROMPT}") + "\n"
    repo.write({PROMPT: old})  # as if this file had not been reached

    ran = repo.fleet(*APPLY)

    assert ran.code == 0, ran.err
    assert "finished an interrupted run" in ran.err
    assert repo.state[1] == ""
    assert production_equals_staging(repo)


def test_killed_and_then_edited_the_next_run_names_the_file_and_keeps_it(tmp_path: Path) -> None:
    repo = allowed(tmp_path)
    killing = git_wrapper(
        tmp_path, 'case " $* " in *" update-index "*) kill -9 "$PPID"; exit 1;; esac\nexec "$real" "$@"'
    )
    repo.fleet(*APPLY, env=killing)
    repo.write({PROMPT: "my own work\n"})
    head = repo.head

    ran = repo.fleet(*APPLY)

    assert ran.code == 2
    assert PROMPT in ran.err
    assert repo.head == head
    assert (repo.root / PROMPT).read_text() == "my own work\n"


def test_a_commit_that_lands_while_it_is_decided_wins(tmp_path: Path) -> None:
    repo = allowed(tmp_path)
    before = repo.head
    landing = (
        'case " $* " in *" update-ref "*) '
        f'"$real" -C "{repo.top}" -c user.name=x -c user.email=x@acme.example '
        "commit -q --allow-empty -m faster;; esac\n"
        'exec "$real" "$@"'
    )

    ran = repo.fleet(*APPLY, "--json", env=git_wrapper(tmp_path, landing))

    assert ran.code == 4
    assert "nothing was written" in ran.err
    assert repo.git("log", "--format=%s", f"{before}..HEAD") == "faster"
    assert repo.state[1] == ""
    assert (repo.root / "ledger/production.jsonl").read_text().count("\n") == 1
    assert repo.fleet(*APPLY).code == 0


def test_a_lock_that_a_killed_git_left_is_named_before_anything_moves(tmp_path: Path) -> None:
    repo = allowed(tmp_path)
    lock = repo.top / ".git" / "index.lock"
    lock.write_bytes(b"")
    before = repo.head

    ran = repo.fleet(*APPLY)

    assert ran.code == 2
    assert f"rm {lock}" in ran.err
    assert repo.head == before
    lock.unlink()
    assert repo.fleet(*APPLY).code == 0


def test_a_lock_on_the_branch_is_no_moved_branch(tmp_path: Path) -> None:
    repo = allowed(tmp_path)
    lock = repo.top / ".git" / "refs" / "heads" / "main.lock"
    lock.write_bytes(b"")
    before = repo.state

    ran = repo.fleet(*APPLY)

    assert ran.code == 2
    assert "cannot be moved" in ran.err
    assert repo.state == before


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
    repo = allowed(tmp_path)
    repo.write({path: content})
    if staged:
        repo.git("add", "-A")
    before = repo.state

    ran = repo.fleet(*APPLY)

    assert ran.code == 2
    assert path in ran.err
    assert repo.state == before


def test_what_lies_beside_the_fleet_may_be_dirty(tmp_path: Path) -> None:
    repo = allowed(tmp_path)
    repo.write({"notes.txt": "mine\n", "src/app.py": "x = 1\n"})

    ran = repo.fleet(*APPLY)

    assert ran.code == 0, ran.err
    assert repo.state[1].split() == ["??", "notes.txt", "??", "src/app.py"]


def test_a_staged_change_beside_the_fleet_stays_staged_and_out_of_the_commit(tmp_path: Path) -> None:
    repo = allowed(tmp_path)
    repo.write({"notes.txt": "mine\n"})
    repo.git("add", "notes.txt")

    assert repo.fleet(*APPLY).code == 0

    assert repo.state[1] == "A  notes.txt"
    assert "notes.txt" not in repo.git("ls-tree", "-r", "--name-only", "HEAD")


def test_an_untracked_approval_is_not_enough(tmp_path: Path) -> None:
    repo = running(tmp_path)
    assert repo.fleet("approve", "desk-bot", "--to", "production", identity="carla").code == 0
    before = repo.head

    ran = repo.fleet(*APPLY)

    assert ran.code == 2
    assert "approvals/production/desk-bot/" in ran.err
    assert repo.head == before


def test_an_ignored_file_where_one_has_to_go_is_named_and_kept(tmp_path: Path) -> None:
    repo = running(tmp_path)
    repo.commit(files={f"{DESK}/notes.md": "a file of the release\n"})
    repo.approve("desk-bot", "carla", now="2026-11-19T09:00:00Z")
    (repo.top / ".git" / "info").mkdir(exist_ok=True)
    (repo.top / ".git" / "info" / "exclude").write_text(f"{RUNS}/notes.md\n")
    repo.write({f"{RUNS}/notes.md": "my own\n"})
    before = repo.state

    ran = repo.fleet(*APPLY)

    assert ran.code == 2
    assert f"'{RUNS}/notes.md' stands in the way" in ran.err
    assert repo.state == before
    assert (repo.root / RUNS / "notes.md").read_text() == "my own\n"


def test_executable_bits_travel(tmp_path: Path) -> None:
    repo = running(tmp_path)
    manifest = (repo.root / DESK / "agent.yaml").read_text()
    listed = manifest.replace("spec:\n", "spec:\n  executables: [check.sh]\n", 1)
    repo.write({f"{DESK}/check.sh": "#!/bin/sh\n", f"{DESK}/agent.yaml": listed})
    (repo.root / DESK / "check.sh").chmod(0o755)
    repo.commit()
    repo.approve("desk-bot", "carla", now="2026-11-19T09:00:00Z")

    ran = repo.fleet(*APPLY)

    assert ran.code == 0, ran.err
    assert repo.git("ls-tree", "HEAD", f"{RUNS}/check.sh").startswith("100755")
    assert os.access(repo.root / RUNS / "check.sh", os.X_OK)
    assert repo.state[1] == ""


def test_a_file_that_is_no_longer_in_the_release_goes_with_its_empty_folder(tmp_path: Path) -> None:
    repo = running(tmp_path)
    repo.commit(files={f"{DESK}/more/notes.md": "a\n"})
    repo.approve("desk-bot", "carla", now="2026-11-19T09:00:00Z")
    assert repo.fleet(*APPLY).code == 0
    repo.commit(files={f"{DESK}/more/notes.md": None}, at="2026-11-20T12:30:00+00:00")
    repo.approve("desk-bot", "carla", now="2026-11-20T13:00:00Z")

    ran = repo.fleet(*APPLY, now="2026-11-20T14:00:00Z")

    assert ran.code == 0, ran.err
    assert not (repo.root / RUNS / "more").exists()
    assert repo.state[1] == ""


def test_a_fleet_in_a_subfolder_is_written_there_alone(tmp_path: Path) -> None:
    repo = allowed(tmp_path, inside="agents/fleet")
    before = repo.head

    ran = repo.fleet(*APPLY)

    assert ran.code == 0, ran.err
    changed = repo.git("diff", "--name-only", before, "HEAD").splitlines()
    assert changed == [f"agents/fleet/{PROMPT}", "agents/fleet/ledger/production.jsonl"]
    assert repo.state[1] == ""
    assert production_equals_staging(repo)


@pytest.fixture
def remote(tmp_path: Path) -> tuple[Repository, Repository]:
    """A fleet that is ready, and the bare repository it came from."""
    repo = allowed(tmp_path)
    repo.git("clone", "-q", "--bare", str(repo.top), str(tmp_path / "bare"))
    repo.git("remote", "add", "origin", str(tmp_path / "bare"))
    repo.git("push", "-q", "-u", "origin", "main")
    return repo, Repository(top=tmp_path / "bare", home=repo.home)


def test_push_brings_the_commit_to_the_remote_branch(remote: tuple[Repository, Repository]) -> None:
    repo, bare = remote

    ran = repo.fleet(*APPLY, "--push", "origin", "--json")

    assert ran.code == 0, ran.err
    assert bare.git("rev-parse", "main") == repo.head == ran.data["written"]
    assert repo.state[1] == ""


def test_a_remote_branch_that_moved_wins_and_nothing_changes_here(
    remote: tuple[Repository, Repository], tmp_path: Path
) -> None:
    repo, bare = remote
    repo.git("clone", "-q", str(bare.top), str(tmp_path / "theirs"))
    theirs = Repository(top=tmp_path / "theirs", home=repo.home)
    theirs.commit("faster", files={"other": "x"})
    theirs.git("push", "-q", "origin", "main")
    before = repo.state

    ran = repo.fleet(*APPLY, "--push", "origin")

    assert ran.code == 4
    assert repo.state == before
    assert bare.git("rev-parse", "main") == theirs.head


def test_after_a_refused_push_the_hint_alone_brings_what_is_missing_under_commits_of_ones_own(
    remote: tuple[Repository, Repository], tmp_path: Path
) -> None:
    repo, bare = remote
    repo.git("clone", "-q", str(bare.top), str(tmp_path / "theirs"))
    theirs = Repository(top=tmp_path / "theirs", home=repo.home)
    theirs.commit("faster", files={"other": "x"})
    theirs.git("push", "-q", "origin", "main")
    repo.commit("not pushed yet", files={"mine": "y"})

    refused = repo.fleet(*APPLY, "--push", "origin")
    hint = refused.err.strip().splitlines()[-1].partition("git pull")
    repo.git(*shlex.split("pull" + hint[2]))
    again = repo.fleet(*APPLY, "--push", "origin")

    assert (refused.code, again.code) == (4, 0), again.err
    assert "".join(hint[1:]) == "git pull --rebase origin main"
    assert bare.git("rev-parse", "main") == repo.head


@pytest.mark.parametrize("name", ["nowhere", "--force", ""])
def test_a_remote_that_is_none_changes_nothing(remote: tuple[Repository, Repository], name: str) -> None:
    repo, bare = remote
    before = repo.state

    ran = repo.fleet(*APPLY, f"--push={name}")

    assert ran.code == 2
    assert repo.state == before
    assert bare.git("rev-parse", "main") == before[0]


def test_a_refusal_of_the_server_is_told_in_its_words_and_is_no_moved_branch(
    remote: tuple[Repository, Repository],
) -> None:
    repo, bare = remote
    hook = bare.top / "hooks" / "pre-receive"
    hook.write_text('#!/bin/sh\necho "GH006: 1 review is required" >&2\nexit 1\n')
    hook.chmod(0o755)
    before = repo.state

    refused = repo.fleet(*APPLY, "--push", "origin")
    hook.unlink()
    taken = repo.fleet(*APPLY, "--push", "origin")

    assert refused.code == 2
    assert "GH006: 1 review is required" in refused.err
    assert bare.git("rev-parse", "main~1") == before[0]
    assert taken.code == 0, taken.err


def test_a_push_goes_to_the_upstream_or_to_the_branch_that_is_named(
    remote: tuple[Repository, Repository],
) -> None:
    repo, bare = remote
    repo.git("switch", "-q", "-c", "work", "--no-track")

    nowhere = repo.fleet(*APPLY, "--push", "origin")
    repo.git("branch", "-q", "-u", "origin/main")
    applied = repo.fleet(*APPLY)
    waiting = repo.fleet(*APPLY, "--push", "origin")
    named = repo.fleet(*APPLY, "--push", "origin:other")

    assert (nowhere.code, applied.code, waiting.code, named.code) == (2, 0, 0, 0)
    assert "--push origin:work" in nowhere.err
    assert f"pushed to origin main: commit {repo.head[:12]}" in waiting.err
    assert bare.git("rev-parse", "main", "other").split() == [repo.head, repo.head]
    assert bare.git("branch", "--list", "work") == ""


def test_programs_that_the_repository_names_are_not_run_by_a_push(
    remote: tuple[Repository, Repository], tmp_path: Path
) -> None:
    repo, bare = remote
    evil = tmp_path / "evil"
    evil.write_text(f'#!/bin/sh\ntouch "{tmp_path}/ran"\nexec git-receive-pack "$@"\n')
    evil.chmod(0o755)
    for key in ("remote.origin.receivepack", "core.sshCommand", "credential.helper", "core.askPass"):
        repo.git("config", key, str(evil))

    ran = repo.fleet(*APPLY, "--push", "origin")

    assert ran.code == 0, ran.err
    assert bare.git("rev-parse", "main") == repo.head
    assert not (tmp_path / "ran").exists()


def test_an_unpushed_promotion_is_taken_off_and_made_anew_upon_what_others_pushed(
    remote: tuple[Repository, Repository], tmp_path: Path
) -> None:
    repo, bare = remote
    repo.git("clone", "-q", str(bare.top), str(tmp_path / "theirs"))
    theirs = Repository(top=tmp_path / "theirs", home=repo.home)
    ledger = repo.root / "ledger/production.jsonl"
    before = ledger.read_text().count("\n")
    theirs.commit("faster", files={"ledger/production.jsonl": "{}\n"})
    repo.fleet(*APPLY)
    unpushed = repo.head
    repo.git("fetch", "-q", str(theirs.top), "main")
    repo.git("merge", "-q", "FETCH_HEAD", check=False)

    met, shown = repo.fleet(*APPLY), repo.fleet("validate")
    repo.git("merge", "--abort")
    theirs.git("reset", "-q", "--hard", "HEAD~1")
    theirs.commit("faster", files={"other": "x"})
    theirs.git("push", "-q", "origin", "main")
    repo.git("fetch", "-q", "origin")
    again = repo.fleet(*APPLY, "--rebase")
    rebased = repo.head
    repo.commit("mine", files={"mine": "y"})
    theirs.commit("faster again", files={"other": "y"})
    theirs.git("push", "-q", "origin", "main")
    repo.git("fetch", "-q", "origin")
    refused = repo.fleet(*APPLY, "--rebase")

    assert met.code == 2
    assert "two promotions met: 'ledger/production.jsonl' is in conflict" in met.err
    assert "two promotions met" in shown.out
    assert again.code == 0, again.err
    assert unpushed != rebased
    assert repo.git("rev-parse", f"{rebased}~1") == theirs.git("rev-parse", "HEAD~1")
    assert ledger.read_text().count("\n") == before + 1
    assert refused.code == 2
    assert "is no promotion" in refused.err


def test_push_without_apply_is_refused(remote: tuple[Repository, Repository]) -> None:
    repo, _ = remote

    ran = repo.fleet(*APPLY[:-1], "--push", "origin")

    assert ran.code == 2
    assert "add --apply" in ran.err


def test_bring_along_names_a_file_that_is_neither_the_old_nor_the_new_one(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    old = repo.head
    prompt = f"{DESK}/prompts/system.md"
    new = commit_writer.build_commit(
        fleet_root(repo), old, {prompt: Blob(content=b"new\n")}, "message\n", None
    )
    repo.write({prompt: "mine\n"})

    with pytest.raises(WriteFailed, match="stands in the way"):
        work_tree_update.update_work_tree(fleet_root(repo), old, new)

    assert (repo.root / prompt).read_text() == "mine\n"


def test_two_that_apply_at_once_leave_one_promotion(tmp_path: Path) -> None:
    repo = allowed(tmp_path)
    before = repo.head
    runs = [
        subprocess.Popen(
            command(*APPLY),
            cwd=repo.root,
            env=at_clock(repo.environment(), "2026-11-20T12:00:00Z"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for _ in range(2)
    ]
    outputs = [run.communicate(timeout=60) for run in runs]
    codes = sorted(run.returncode for run in runs)

    assert codes[0] == 0, outputs
    assert codes[1] in (0, 2, 4), outputs
    assert repo.git("rev-list", "--count", f"{before}..HEAD") == "1"
    lines = repo.git("show", "HEAD:ledger/production.jsonl").splitlines()
    assert [json.loads(line)["seq"] for line in lines] == [1, 2]
