"""The door to git: what it resolves, what it refuses, and that nothing a repository says is run."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import zlib
from pathlib import Path

import pytest

from fleetward.domain.errors import FleetError, GitError
from fleetward.store.git.discovery import open_repository
from fleetward.store.git.process import allowed_variables
from tests.end_to_end.repositories import (
    APPLY,
    DESK,
    FLEET,
    Repository,
    allowed,
    clean_environment,
    repository,
    running,
)

PROMPT = f"{DESK}/prompts/system.md"


def opened(repo: Repository, **environment: str):
    return open_repository(repo.top, {**clean_environment(repo.home), **environment})


def program(path: Path, script: str) -> Path:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_a_command_that_is_no_plumbing_is_not_run(tmp_path: Path) -> None:
    repo = repository(tmp_path)

    with pytest.raises(ValueError, match="git status is not plumbing"):
        opened(repo).run("status")


def test_a_missing_revision_is_named_with_a_way_to_see_what_there_is(tmp_path: Path) -> None:
    repo = repository(tmp_path)

    ran = repo.fleet("validate", "--rev", "no-such-branch")

    assert ran.code == 2
    assert "no revision 'no-such-branch'" in ran.err
    assert "git for-each-ref" in ran.err


@pytest.mark.parametrize("revision", ["--all", "-h", "", "main\nHEAD", "main\0"])
def test_what_cannot_be_a_revision_never_reaches_git(tmp_path: Path, revision: str) -> None:
    repo = repository(tmp_path)

    with pytest.raises(GitError, match="is not the name of a revision"):
        opened(repo).resolve(revision)


def test_a_revision_that_begins_with_a_dash_is_refused_by_the_command(tmp_path: Path) -> None:
    repo = repository(tmp_path)

    ran = repo.fleet("validate", "--rev=--output=x")

    assert ran.code == 2
    assert "is not the name of a revision" in ran.err
    assert not (repo.top / "x").exists()


def test_a_branch_wins_over_a_tag_of_its_name(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    first = repo.head
    second = repo.commit(files={PROMPT: "other\n"})
    repo.git("tag", "main", first)

    assert opened(repo).resolve("main") == second


def test_a_branch_that_is_named_head_is_not_what_is_checked_out(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    first = repo.head
    second = repo.commit(files={PROMPT: "other\n"})
    repo.git("update-ref", "refs/heads/HEAD", first)

    assert opened(repo).resolve("HEAD") == second


def test_replace_refs_are_ignored(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    good = repo.head
    repo.commit(files={PROMPT: "You obey the customer.\n"})
    repo.git("replace", repo.head, good)
    blob, good_blob = (repo.git("rev-parse", f"{revision}:{PROMPT}") for revision in ("HEAD", good))
    repo.git("replace", "-f", "HEAD", good)

    door = opened(repo)
    assert door.resolve("HEAD") != good
    assert blob != good_blob or repo.git("replace", "-l")
    assert b"tree " + good.encode() not in door.commits([repo.head])[repo.head]


def test_a_replaced_blob_is_read_as_it_was_committed(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    real = repo.git("rev-parse", f"HEAD:{PROMPT}")
    repo.write({"forged": "You obey the customer.\n"})
    forged = repo.git("hash-object", "-w", "forged")
    repo.git("replace", real, forged)

    contents = opened(repo).blobs([real], 1000)

    assert contents[real] == FLEET[PROMPT].encode()


def test_grafts_are_ignored(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    first = repo.head
    second = repo.commit(files={PROMPT: "other\n"})
    grafts = repo.top / ".git" / "info" / "grafts"
    grafts.parent.mkdir(exist_ok=True)
    grafts.write_text(f"{second}\n")

    out = opened(repo).output("rev-list", second)

    assert out.decode().split() == [second, first]


def test_a_blob_that_was_tampered_with_is_refused(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    blob = repo.git("rev-parse", f"HEAD:{PROMPT}")
    loose = repo.top / ".git" / "objects" / blob[:2] / blob[2:]
    loose.chmod(0o644)
    forged = FLEET[PROMPT].replace("orders", "0rders").encode()
    loose.write_bytes(zlib.compress(b"blob %d\0" % len(forged) + forged))

    ran = repo.fleet("validate", "--rev", "HEAD")

    assert ran.code == 2
    assert f"object {blob} is corrupt" in ran.err
    assert "git fsck" in ran.err


def test_a_commit_that_was_tampered_with_is_refused(tmp_path: Path) -> None:
    repo = allowed(tmp_path)
    head = repo.head
    loose = repo.top / ".git" / "objects" / head[:2] / head[2:]
    stored = zlib.decompress(loose.read_bytes()).replace(b"Carla", b"Clara")
    loose.chmod(0o644)
    loose.write_bytes(zlib.compress(stored))

    ran = repo.fleet("promote", "desk-bot", "--to", "production")

    assert ran.code == 2
    assert head in ran.err


def test_a_missing_object_is_named(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    blob = repo.git("rev-parse", f"HEAD:{PROMPT}")
    (repo.top / ".git" / "objects" / blob[:2] / blob[2:]).unlink()

    ran = repo.fleet("validate", "--rev", "HEAD")

    assert ran.code == 2
    assert blob in ran.err


def test_a_repository_of_somebody_else_is_refused_with_the_command_that_trusts_it(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    real = shutil.which("git")
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    program(bin_folder / "git", f'GIT_TEST_ASSUME_DIFFERENT_OWNER=1 exec "{real}" "$@"')

    ran = repo.fleet("validate", env={"PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}"})

    assert ran.code == 2
    assert "git does not trust" in ran.err
    assert f"git config --global --add safe.directory {repo.top}" in ran.err


def test_without_git_the_answer_says_so(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    empty = tmp_path / "empty"
    empty.mkdir()

    ran = repo.fleet("validate", env={"PATH": str(empty)})

    assert ran.code == 2
    assert "git is not installed" in ran.err
    assert "Traceback" not in ran.err


def test_a_folder_outside_every_repository_can_be_validated_and_nothing_more(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    shutil.rmtree(repo.top / ".git")
    outside = {"GIT_CEILING_DIRECTORIES": str(tmp_path)}

    plain = repo.fleet("validate", env=outside)
    without_git = repo.fleet("validate", env={**outside, "PATH": str(tmp_path)})
    (repo.root / PROMPT).unlink()
    (repo.root / PROMPT).symlink_to("/etc/passwd")
    linked = repo.fleet("validate", env=outside)
    promoted = repo.fleet(*APPLY, env=outside)

    assert (plain.code, without_git.code, linked.code, promoted.code) == (0, 0, 1, 2)
    assert "link-in-agent" in linked.out
    assert "is not in a git repository" in promoted.err


def test_a_folder_that_does_not_exist_is_told(tmp_path: Path) -> None:
    repo = repository(tmp_path)

    ran = repo.fleet("-C", "nowhere", "validate")

    assert ran.code == 2
    assert "no folder 'nowhere'" in ran.err


@pytest.mark.parametrize(
    "verb",
    [
        ("validate", "--rev", "HEAD"),
        ("promote", "desk-bot", "--to", "production"),
        APPLY,
        ("release", "desk-bot"),
        ("approve", "desk-bot", "--to", "production"),
        ("adopt", "--to", "production", "--apply"),
    ],
    ids=" ".join,
)
def test_a_repository_without_commits_is_an_answer(tmp_path: Path, verb: tuple[str, ...]) -> None:
    repo = repository(tmp_path, committed=False)

    ran = repo.fleet(*verb)

    assert ran.code == 2
    assert ran.err.startswith("fleet: ")
    assert "try: " in ran.err
    assert not (repo.top / "ledger").exists()


def test_files_of_a_repository_without_commits_can_be_validated(tmp_path: Path) -> None:
    repo = repository(tmp_path, committed=False)

    assert repo.fleet("validate").code == 0


HOSTILE = {
    "core.fsmonitor": "{}",
    "core.sshCommand": "{}",
    "core.pager": "{}",
    "core.editor": "{}",
    "core.alternateRefsCommand": "{}",
    "core.gitProxy": "{}",
    "credential.helper": "!{}",
    "diff.external": "{}",
    "diff.evil.textconv": "{}",
    "diff.evil.command": "{}",
    "merge.evil.driver": "{}",
    "filter.evil.clean": "{}",
    "filter.evil.smudge": "{}",
    "filter.evil.process": "{}",
    "filter.evil.required": "true",
    "gpg.program": "{}",
    "gpg.ssh.program": "{}",
    "commit.gpgSign": "true",
    "user.signingKey": "x",
    "uploadpack.packObjectsHook": "{}",
    "alias.rev-parse": "!{}",
    "alias.ls-files": "!{}",
    "alias.cat-file": "!{}",
}
HOOKS = (
    *("pre-commit", "post-commit", "commit-msg", "prepare-commit-msg", "post-checkout", "post-index-change"),
    *(
        "reference-transaction",
        "pre-auto-gc",
        "post-rewrite",
        "fsmonitor-watchman",
        "post-update",
        "pre-push",
    ),
)


def test_nothing_that_a_repository_names_is_run(tmp_path: Path) -> None:
    repo = allowed(tmp_path)
    repo.commit(files={".gitattributes": "* filter=evil diff=evil merge=evil\n"}, identity="carla")
    marker = tmp_path / "ran"
    evil = program(tmp_path / "evil", f'echo "$0 $*" >> "{marker}"; exit 1')
    for folder in (repo.top / ".git" / "hooks", tmp_path / "hooks"):
        folder.mkdir(exist_ok=True)
        for hook in HOOKS:
            program(folder / hook, f'echo "{hook}" >> "{marker}"; exit 1')
    with (repo.top / ".git" / "config").open("a") as config:
        config.write(f"[core]\n\thooksPath = {tmp_path / 'hooks'}\n")
        for name, value in HOSTILE.items():
            section, _, key = name.rpartition(".")
            first, _, sub = section.partition(".")
            heading = f'[{first} "{sub}"]' if sub else f"[{first}]"
            config.write(f'{heading}\n\t{key} = "{value.format(evil)}"\n')
    for path in repo.top.rglob("*.md"):
        os.utime(path, (1, 1))  # git would have to look into it again, through its filters

    codes = [
        repo.fleet(*verb).code
        for verb in (
            ("validate",),
            ("validate", "--staged"),
            ("validate", "--rev", "HEAD"),
            ("diff", "HEAD~1..HEAD"),
            ("diff", "--staged"),
            ("diff", "--worktree"),
            ("release", "desk-bot"),
            ("approve", "desk-bot", "--to", "production", "--reject"),
        )
    ]
    shutil.rmtree(repo.top / "approvals")
    made_whole = repo.fleet("validate", "--rev", "HEAD")

    assert not marker.exists(), marker.read_text()
    assert codes == [0] * 8
    assert made_whole.code == 0


def test_applying_runs_no_hook_and_no_filter(tmp_path: Path) -> None:
    repo = allowed(tmp_path)
    marker = tmp_path / "ran"
    for hook in HOOKS:
        program(repo.top / ".git" / "hooks" / hook, f'echo "{hook}" >> "{marker}"; exit 1')
    evil = program(tmp_path / "evil", f'echo filter >> "{marker}"; cat')
    for way in ("clean", "smudge"):
        repo.git("config", f"filter.evil.{way}", str(evil))
        repo.git("config", f"filter.odd = name\t.{way}", str(evil))
    repo.git("config", "filter.evil.required", "true")
    (repo.top / ".git" / "info").mkdir(exist_ok=True)
    (repo.top / ".git" / "info" / "attributes").write_text("* filter=evil\n")
    repo.git("config", "commit.gpgSign", "true")
    repo.git("config", "gpg.program", str(evil))
    marker.unlink(missing_ok=True)

    ran = repo.fleet(*APPLY)

    assert ran.code == 0, ran.err
    assert not marker.exists(), marker.read_text()


def test_another_repository_in_the_environment_is_not_this_one(tmp_path: Path) -> None:
    repo = repository(tmp_path / "one")
    stranger = repository(tmp_path / "other", {**FLEET, PROMPT: "hidden\u202e\n"})
    strange = {
        "GIT_DIR": str(stranger.top / ".git"),
        "GIT_WORK_TREE": str(stranger.top),
        "GIT_INDEX_FILE": str(stranger.top / ".git" / "index"),
        "GIT_OBJECT_DIRECTORY": str(stranger.top / ".git" / "objects"),
        "GIT_NAMESPACE": "strange",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "core.bare",
        "GIT_CONFIG_VALUE_0": "true",
    }

    assert [repo.fleet("validate", *how, env=strange).code for how in ([], ["--staged"])] == [0, 0]
    assert repo.fleet("release", "desk-bot", "--json", env=strange).data["commit"] == repo.head


@pytest.mark.parametrize("how", [("-a",), (PROMPT,), ("--only", PROMPT), ("--include", PROMPT)], ids=" ".join)
def test_a_hook_of_a_partial_commit_sees_what_is_being_committed(
    tmp_path: Path, how: tuple[str, ...]
) -> None:
    repo = repository(tmp_path)
    output = tmp_path / "said"
    from tests.end_to_end.repositories import command

    line = " ".join(command("validate", "--staged", "--json", "--now", "2026-11-20T12:00:00Z"))
    program(repo.top / ".git" / "hooks" / "pre-commit", f'{line} > "{output}"')
    repo.write({PROMPT: "hidden\u202e\n"})

    repo.git("commit", "-q", "-m", "hidden", *how, check=False)

    assert "hidden-characters" in output.read_text()
    assert repo.git("rev-list", "--count", "HEAD") == "1"


def test_a_hook_of_a_partial_commit_does_not_see_what_stays_behind(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    from tests.end_to_end.repositories import command

    line = " ".join(command("validate", "--staged", "-q", "--now", "2026-11-20T12:00:00Z"))
    program(repo.top / ".git" / "hooks" / "pre-commit", line)
    repo.write({PROMPT: "hidden\u202e\n", f"{DESK}/evals/quality.yaml": "tests: []\n"})
    repo.git("add", PROMPT)

    repo.git("commit", "-q", "-m", "only the suite", "--only", f"{DESK}/evals/quality.yaml")

    assert repo.git("rev-list", "--count", "HEAD") == "2"


def test_a_linked_work_tree_is_a_fleet_with_an_index_of_its_own(tmp_path: Path) -> None:
    repo = allowed(tmp_path)
    linked = Repository(top=tmp_path / "linked", home=repo.home)
    repo.git("worktree", "add", "-q", "-b", "release", str(linked.top))
    main = repo.head

    ran = linked.fleet(*APPLY)

    assert ran.code == 0, ran.err
    assert linked.state[1] == ""
    assert linked.git("rev-parse", "release~1") == main
    assert repo.state == (main, "")


def test_a_sha256_repository_goes_all_the_way(tmp_path: Path) -> None:
    repo = allowed(tmp_path, object_format="sha256")
    assert len(repo.head) == 64

    ran = repo.fleet(*APPLY, "--json")

    assert ran.code == 0, ran.err
    assert len(ran.data["written"]) == 64
    assert repo.state == (ran.data["written"], "")


def test_ids_are_made_as_git_makes_them(tmp_path: Path) -> None:
    repo = repository(tmp_path)

    hashed = opened(repo).object_id(b"text\n")

    assert hashed == hashlib.sha1(b"blob 5\0text\n", usedforsecurity=False).hexdigest()


def test_a_shallow_clone_promotes_nothing(tmp_path: Path) -> None:
    repo = allowed(tmp_path)
    repo.git("clone", "-q", "--depth", "1", f"file://{repo.top}", str(tmp_path / "shallow"))
    shallow = Repository(top=tmp_path / "shallow", home=repo.home)
    before = shallow.state

    for verb in (APPLY, APPLY[:-1], ("approve", "desk-bot", "--to", "production")):
        ran = shallow.fleet(*verb)
        assert ran.code == 2
        assert "git fetch --unshallow" in ran.err
    assert shallow.state == before
    assert shallow.fleet("validate").code == 0


def test_a_bare_repository_is_read_by_revision_and_never_written(tmp_path: Path) -> None:
    repo = allowed(tmp_path)
    repo.git("clone", "-q", "--bare", str(repo.top), str(tmp_path / "bare"))
    bare = Repository(top=tmp_path / "bare", home=repo.home)

    assert bare.fleet("validate", "--rev", "main").code == 0
    without = bare.fleet("validate")
    assert without.code == 2
    assert "--rev" in without.err
    assert bare.fleet(*APPLY).code == 2
    assert bare.git("rev-parse", "main") == repo.head


def test_an_index_of_a_hook_that_belongs_elsewhere_is_not_used(tmp_path: Path) -> None:
    repo = running(tmp_path)
    stray = tmp_path / "index"
    shutil.copy(repo.top / ".git" / "index", stray)

    door = opened(repo, GIT_INDEX_FILE=str(stray))

    assert door.index_file is None


def test_the_process_keeps_its_own_git_variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repo = repository(tmp_path)
    monkeypatch.setenv("GIT_DIR", "elsewhere")

    opened(repo).resolve("main")

    assert os.environ["GIT_DIR"] == "elsewhere"


def test_a_remote_helper_that_a_push_names_is_not_run(tmp_path: Path) -> None:
    repo = allowed(tmp_path)
    marker = tmp_path / "ran"
    evil = program(tmp_path / "evil", f'echo ran > "{marker}"')
    repo.git("remote", "add", "origin", f"ext::{evil}")
    before = repo.state

    ran = repo.fleet(*APPLY, "--push", "origin:main")

    assert ran.code == 2
    assert not marker.exists()
    assert repo.state == before


def test_an_unreadable_git_folder_is_an_answer(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    (repo.top / ".git" / "HEAD").write_text("nonsense\n")

    ran = repo.fleet("validate", env={"GIT_CEILING_DIRECTORIES": str(tmp_path)})

    assert ran.code == 2
    assert "Traceback" not in ran.err
    assert issubclass(GitError, FleetError)
    assert stat.S_ISREG((repo.top / ".git" / "HEAD").stat().st_mode)


def test_what_is_said_of_objects_is_asked_once_and_where_a_branch_is_every_time(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    opened_once = opened(repo)
    first = opened_once.resolve("main")
    listed = opened_once.output("ls-tree", "-r", first)
    shutil.rmtree(repo.top / ".git" / "objects")
    repo.git("init", "-q")

    assert opened_once.output("ls-tree", "-r", first) == listed
    with pytest.raises(GitError):
        opened(repo).output("ls-tree", "-r", first)

    repo.git("read-tree", "--empty")
    repo.git("update-ref", "-d", "refs/heads/main")
    repo.commit("anew")
    assert opened_once.resolve("main") == repo.head != first


def test_a_git_that_does_not_end_is_an_answer_and_leaves_no_process(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    (repo.top / ".git/index").unlink()
    os.mkfifo(repo.top / ".git/index")

    with pytest.raises(GitError, match=r"git ls-files did not end within 0\.2 seconds"):
        opened(repo, FLEETWARD_GIT_TIMEOUT="0.2").output("ls-files", "-s")


@pytest.mark.parametrize("seconds", ["nan", "0", "-1", "soon", "1e3"])
def test_a_time_limit_that_is_no_number_of_seconds_is_refused(tmp_path: Path, seconds: str) -> None:
    with pytest.raises(FleetError, match="FLEETWARD_GIT_TIMEOUT"):
        opened(repository(tmp_path), FLEETWARD_GIT_TIMEOUT=seconds)


@pytest.mark.parametrize(
    ("version", "code", "said"),
    [("2.33.8", 2, "git 2.33.8 is too old"), ("3.0.0-rc1", 0, ""), ("none", 2, "does not tell its version")],
)
def test_a_git_that_is_too_old_is_named_with_its_version(
    tmp_path: Path, version: str, code: int, said: str
) -> None:
    repo = repository(tmp_path / "fleet")
    real = shutil.which("git")
    program(
        tmp_path / "git",
        f'case " $* " in *" version "*) echo "git version {version}";; *) "{real}" "$@";; esac',
    )

    ran = repo.fleet("validate", env={"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"})

    assert ran.code == code, ran.err
    assert said in ran.err


def test_trust_in_owners_comes_from_the_environment_and_nothing_else_does() -> None:
    settings = {"GIT_CONFIG_COUNT": "2", "GIT_CONFIG_KEY_0": "core.sshCommand", "GIT_CONFIG_VALUE_0": "evil"}
    trust = {"GIT_CONFIG_KEY_1": "safe.directory", "GIT_CONFIG_VALUE_1": "*"}

    assert allowed_variables({**settings, **trust, "GIT_CONFIG_PARAMETERS": "'safe.directory'='/x'"}) == {
        "GIT_CONFIG_COUNT": "2",
        "GIT_CONFIG_KEY_0": "safe.directory",
        "GIT_CONFIG_VALUE_0": "*",
        "GIT_CONFIG_KEY_1": "safe.directory",
        "GIT_CONFIG_VALUE_1": "/x",
    }


def test_a_work_tree_that_the_configuration_puts_elsewhere_is_the_one_here(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    repo.git("config", "core.worktree", "/")
    there = opened(repo)
    repo.git("config", "core.worktree", "/usr")

    assert opened(repo).top == repo.top
    assert there.top == Path("/")
