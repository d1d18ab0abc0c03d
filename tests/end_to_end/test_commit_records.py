"""``--commit`` and ``--push`` of the verbs that write records: one commit of them alone, or nothing and a way on."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tests.end_to_end.repositories import Repository, running
from tests.schemas.reading import schema
from tests.store.signing import keyring

APPROVE = ("approve", "desk-bot", "--to", "production", "--commit")
ATTEST = ("attest", "desk-bot", "--kind", "review", "--commit")
RELEASE = ("release", "desk-bot", "--json")


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    """carla may approve; something else is staged, changed and untracked, and a hook refuses every commit."""
    repo = running(tmp_path)
    hook = repo.top / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    repo.write({"staged.txt": "a\n", "README.md": "b\n"})
    repo.git("add", "staged.txt")
    return repo


def with_remote(repo: Repository, tmp_path: Path) -> Path:
    remote = tmp_path / "remote.git"
    repo.git("clone", "-q", "--bare", ".", str(remote))
    repo.git("remote", "add", "origin", str(remote))
    repo.git("push", "-q", "-u", "origin", "main")
    return remote


def untouched(repo: Repository) -> str:
    return "A  staged.txt\n?? README.md"


def test_the_commit_holds_the_statement_alone_by_its_approver(repo: Repository) -> None:
    before = repo.head

    ran = repo.fleet(*APPROVE, identity="carla")

    assert ran.code == 0, ran.err
    assert repo.git("rev-parse", "HEAD~1") == before
    assert repo.git("diff", "--name-only", "HEAD~1").startswith("approvals/production/desk-bot/")
    assert (
        repo.git("log", "-1", "--format=%an %ce %s")
        == "Carla carla@acme.example approve desk-bot for production"
    )
    assert repo.git("status", "--porcelain", "-uall") == untouched(repo)
    assert f"committed as {repo.head[:12]}\n" in ran.out
    assert ran.out.splitlines()[-1] == "fleet promote desk-bot --to production"
    assert repo.fleet("promote", "desk-bot", "--to", "production").code == 0


def test_evidence_is_committed_once_and_attestations_as_well(repo: Repository) -> None:
    release = repo.fleet(*RELEASE).data["release"]
    rows = [{"success": True, "failureReason": 0, "gradingResult": {"pass": True}}]
    results = {"results": rows, "stats": {"successes": 1}}
    (repo.root.parent / "results.json").write_text(
        json.dumps({"config": {"tags": {"fleet.release": release}}, "results": results})
    )
    add = ("evidence", "add", "desk-bot", "../results.json", "--suite", "quality", "--json")

    written, committed, again = (repo.fleet(*add, *flags) for flags in ((), ("--commit",), ("--commit",)))
    attested = repo.fleet(*ATTEST, "--json", identity="carla")

    assert [ran.code for ran in (written, committed, again, attested)] == [0, 0, 0, 0]
    assert written.data["committed"] is None
    assert committed.data["committed"] == repo.git("rev-parse", "HEAD~1")
    assert again.data["committed"] is None
    assert attested.data["committed"] == repo.head
    assert repo.git("log", "-2", "--format=%s").splitlines() == [
        "attest review of desk-bot",
        "evidence for desk-bot",
    ]
    assert repo.git("status", "--porcelain", "-uall") == untouched(repo)
    for verb, ran in (("evidence", committed), ("attest", attested)):
        assert list(Draft202012Validator(schema(f"output/{verb}-output")).iter_errors(ran.data)) == []


def test_a_push_goes_to_the_upstream_and_a_commit_alone_is_told_to_be_pushed(
    repo: Repository, tmp_path: Path
) -> None:
    remote = with_remote(repo, tmp_path)

    alone = repo.fleet(*APPROVE, "--reject", identity="carla")
    pushed = repo.fleet(*APPROVE, "--push", "--json", identity="carla")

    assert alone.out.splitlines()[-1] == "git push"
    assert pushed.data["pushed"] == {"remote": "origin", "branch": "main"}
    assert list(Draft202012Validator(schema("output/approve-output")).iter_errors(pushed.data)) == []
    assert repo.git("--git-dir", str(remote), "rev-parse", "main") == repo.head == pushed.data["committed"]


def is_refused(repo: Repository, code: int, *words: str) -> None:
    """Approving ends with *code* and these words, and leaves nothing behind."""
    before = repo.state

    ran = repo.fleet(*APPROVE, "--push", identity="carla")

    assert (ran.code, ran.out) == (code, "")
    assert [word for word in words if word not in ran.err] == []
    assert repo.state == before
    assert not (repo.root / "approvals").exists()


def test_what_is_in_the_way_of_a_push_is_named_and_nothing_is_written(
    repo: Repository, tmp_path: Path
) -> None:
    is_refused(repo, 2, "branch 'main' has no upstream", "git remote add origin URL")
    remote = with_remote(repo, tmp_path)
    repo.git("branch", "--unset-upstream")
    is_refused(repo, 2, "branch 'main' has no upstream", "--push origin")
    repo.git("branch", "-q", "--set-upstream-to", "origin/main")
    hook = remote / "hooks/pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho protected branch\nexit 1\n")
    hook.chmod(0o755)
    is_refused(repo, 2, "refused the push", "protected branch", "--push origin:BRANCH")
    hook.unlink()
    repo.git("clone", "-q", str(remote), str(tmp_path / "other"))
    repo.git("-C", str(tmp_path / "other"), "commit", "-q", "--allow-empty", "-m", "faster")
    repo.git("-C", str(tmp_path / "other"), "push", "-q")
    is_refused(repo, 4, "the remote branch moved; nothing was written", "git pull --rebase origin main")


def test_what_is_in_the_way_of_a_commit_is_named_and_nothing_is_written(
    repo: Repository, tmp_path: Path
) -> None:
    with_remote(repo, tmp_path)
    (repo.root / "approvals").symlink_to(tmp_path)
    linked = repo.fleet(*APPROVE, identity="carla")
    assert (linked.code, "approvals is in the way" in linked.err) == (2, True)
    (repo.root / "approvals").unlink()
    settings = {
        "commit.gpgSign": "true",
        "gpg.format": "ssh",
        "user.signingKey": str(tmp_path / "missing.pub"),
    }
    for name, value in settings.items():
        repo.git("config", name, value)
    is_refused(repo, 2, "git cannot sign the commit (commit.gpgSign)", "git config")
    repo.git("config", "--unset", "commit.gpgSign")
    repo.git("checkout", "-q", "--detach")
    is_refused(repo, 2, "HEAD is detached", "git switch BRANCH")
    for branch in ("one", "two"):
        repo.git("checkout", "-q", "-b", branch, "main")
        repo.commit(branch, files={"both.txt": branch})
    repo.git("merge", "-q", "one", check=False)
    is_refused(repo, 2, "a merge is not finished, not merged: both.txt", "git merge --continue")


def test_push_goes_with_commit(repo: Repository) -> None:
    ran = repo.fleet("approve", "desk-bot", "--to", "production", "--push", identity="carla")

    assert (ran.code, ran.out) == (2, "")
    assert "--push goes with --commit" in ran.err


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="no ssh-keygen here")
def test_the_commit_is_signed_where_git_is_configured_to(repo: Repository, tmp_path: Path) -> None:
    key = keyring.generate(tmp_path / "key")
    for name, value in (
        ("commit.gpgSign", "true"),
        ("gpg.format", "ssh"),
        ("user.signingKey", str(key)),
        # a program that the repository names is not run
        ("gpg.ssh.program", "false"),
    ):
        repo.git("config", name, value)

    ran = repo.fleet(*APPROVE, identity="carla")

    assert ran.code == 0, ran.err
    assert "\ngpgsig -----BEGIN SSH SIGNATURE-----" in repo.git("cat-file", "commit", "HEAD")
