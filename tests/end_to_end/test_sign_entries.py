"""``promote --apply --sign``: a commit that git verifies, a ledger line that ssh-keygen verifies, or nothing."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from fleetward.domain import digest
from fleetward.domain.ledger import Entry
from fleetward.store.records import ledger
from tests.end_to_end.repositories import APPLY, DESK, FLEET, MANIFEST, NOW, CommandResult, Repository
from tests.end_to_end.repositories import running as start
from tests.end_to_end.signing import PEOPLE, approved, keys_in, people_with_keys
from tests.store.signing import keyring

LEDGER = "ledger/production.jsonl"
SIGNATURE = "ledger/production.sigs/2.sig"


@pytest.fixture
def keys(tmp_path: Path) -> dict[str, Path]:
    return keys_in(tmp_path / "keys")


@pytest.fixture
def repo(tmp_path: Path, keys: dict[str, Path]) -> Repository:
    return approved(tmp_path, keys)


def apply(repo: Repository, key: Path | str, who: str = "ci") -> CommandResult:
    return repo.fleet(*APPLY, "--sign", str(key), identity=who)


def allowed_signers(repo: Repository) -> Path:
    ran = repo.fleet("signers", "--ledger")
    assert ran.code == 0, ran.err
    file = repo.home / "allowed_signers"
    file.write_text(ran.out)
    return file


def verified_commit(repo: Repository) -> subprocess.CompletedProcess[str]:
    """What the real git says of HEAD."""
    return subprocess.run(
        ["git", "-c", f"gpg.ssh.allowedSignersFile={allowed_signers(repo)}", "verify-commit", "-v", "HEAD"],
        cwd=repo.top,
        env=repo.environment(),
        capture_output=True,
        text=True,
        check=False,
    )


def verified_line(repo: Repository, who: str, line: bytes, signature: str = SIGNATURE) -> bool:
    """What the real ssh-keygen says of a line of the ledger."""
    options = ["-f", str(allowed_signers(repo)), "-I", who, "-n", "fleet-ledger-v1"]
    done = subprocess.run(
        ["ssh-keygen", "-Y", "verify", *options, "-s", str(repo.root / signature)],
        input=line,
        capture_output=True,
        check=False,
    )
    return done.returncode == 0


def lines(repo: Repository) -> list[bytes]:
    return (repo.root / LEDGER).read_bytes().splitlines()


def entries(repo: Repository) -> tuple[Entry, ...]:
    return ledger.decode((repo.root / LEDGER).read_bytes(), LEDGER).entries


@pytest.mark.parametrize("who", ["ci", "dina"])
def test_git_verifies_the_commit_and_ssh_keygen_the_line(
    repo: Repository, keys: dict[str, Path], who: str
) -> None:
    ran = apply(repo, keys[who], who)

    assert ran.code == 0, ran.err
    verified = verified_commit(repo)
    assert verified.returncode == 0, verified.stderr
    assert f'Good "git" signature for {who}@acme.example' in verified.stderr
    assert verified_line(repo, f"{who}@acme.example", lines(repo)[-1])
    assert repo.git("status", "--porcelain", "-uall") == ""
    assert repo.git("diff", "--name-only", "HEAD^").split() == [
        "environments/production/desk-bot/prompts/system.md",
        LEDGER,
        SIGNATURE,
    ]


def test_a_signature_verifies_one_line_of_one_person_only(repo: Repository, keys: dict[str, Path]) -> None:
    assert apply(repo, keys["ci"]).code == 0
    before, line = lines(repo)

    assert not verified_line(repo, "ci@acme.example", before)
    assert not verified_line(repo, "ci@acme.example", line + b"\n")
    assert not verified_line(repo, "carla@acme.example", line)


def test_a_sha256_repository_is_signed_under_gpgsig_sha256(tmp_path: Path, keys: dict[str, Path]) -> None:
    repo = approved(tmp_path, keys, object_format="sha256")

    assert apply(repo, keys["ci"]).code == 0

    assert "\ngpgsig-sha256 -----BEGIN SSH SIGNATURE-----\n" in repo.git("cat-file", "commit", "HEAD")
    assert verified_commit(repo).returncode == 0


def test_without_a_key_file_the_key_of_git_signs(repo: Repository, keys: dict[str, Path]) -> None:
    repo.git("config", "gpg.format", "ssh")
    repo.git("config", "user.signingKey", str(keys["dina"]))

    ran = repo.fleet(*APPLY, "--sign", identity="dina")

    assert ran.code == 0, ran.err
    assert verified_commit(repo).returncode == 0


@pytest.mark.parametrize(
    ("key", "who", "message", "hint"),
    [
        (
            "stranger",
            "ci",
            "a key that is not in people.yaml",
            "robots.ci.keys of governance/people.yaml",
        ),
        ("carla", "ci", "signed with a key of carla, not of ci", "robots.ci.keys of governance/people.yaml"),
        ("ci", "dina", "signed with a key of ci, not of dina", "people.dina.keys of governance/people.yaml"),
        ("ci", "mallory", "'mallory@acme.example' is nobody in governance/people.yaml", "leave --sign out"),
        ("missing", "ci", "no key file", "--sign"),
    ],
)
def test_a_key_of_somebody_else_writes_nothing(
    repo: Repository, keys: dict[str, Path], key: str, who: str, message: str, hint: str
) -> None:
    before = repo.state

    ran = apply(repo, keys.get(key, Path("missing")), who)

    assert ran.code == 2
    assert message in ran.err
    assert hint in ran.err
    assert repo.state == before
    assert not (repo.root / "ledger" / "production.sigs").exists()


def test_an_expired_key_writes_nothing(repo: Repository, keys: dict[str, Path]) -> None:
    mine = keyring.public(keys["dina"])
    text = people_with_keys(keys).replace(f'{mine}", since: 2026-01-01', f'{mine}", until: 2026-11-19')
    repo.commit("over", files={PEOPLE: text})
    repo.agree("dina")

    ran = apply(repo, keys["dina"], "dina")

    assert ran.code == 2
    assert "valid until 2026-11-19" in ran.err


def test_sign_without_apply_is_refused(repo: Repository) -> None:
    assert repo.fleet("promote", "desk-bot", "--to", "production", "--sign").code == 2
    assert repo.fleet("adopt", "--to", "production", "--sign").code == 2


def test_the_entry_names_the_signature_of_a_signed_approval_and_of_no_other(
    repo: Repository, keys: dict[str, Path]
) -> None:
    assert apply(repo, keys["ci"]).code == 0
    repo.commit("shorter", files={f"{DESK}/prompts/system.md": "You answer.\n"})
    repo.approve("desk-bot", "dina", now=NOW)
    assert repo.fleet(*APPLY).code == 0

    [signed], [recorded] = (entry.approvals for entry in entries(repo)[1:])

    beside = (repo.root / f"{signed['file']}.sig").read_bytes()
    assert signed["signature"] == digest.of_bytes(beside)
    assert list(signed) == ["file", "sha256", "approver", "assurance", "signature"]
    assert list(recorded) == ["file", "sha256", "approver", "assurance"]


def test_every_entry_of_one_run_is_signed(repo: Repository, keys: dict[str, Path]) -> None:
    desk = {path: text for path, text in FLEET.items() if path.startswith(DESK)}
    new = {path.replace("desk-bot", "new-bot"): text for path, text in desk.items()}
    new["environments/staging/new-bot/agent.yaml"] = MANIFEST.replace("desk-bot", "new-bot")
    repo.commit("another agent", files=new)
    repo.approve("new-bot", "carla", now=NOW)

    ran = repo.fleet(
        *("promote", "desk-bot", "new-bot", "--to", "production", "--apply", "--sign", str(keys["ci"])),
        identity="ci",
    )

    assert ran.code == 0, ran.err
    for seq, line in list(enumerate(lines(repo), start=1))[1:]:
        assert verified_line(repo, "ci@acme.example", line, f"ledger/production.sigs/{seq}.sig")
    assert len(lines(repo)) == 3
    assert "UNCHANGED" in repo.fleet(*APPLY).out
    assert repo.fleet("log", "new-bot").code == 0
    assert repo.fleet("validate").code == 0


def test_an_interrupted_run_is_finished_with_its_signature(repo: Repository, keys: dict[str, Path]) -> None:
    assert apply(repo, keys["ci"]).code == 0
    signature = (repo.root / SIGNATURE).read_bytes()
    repo.git("read-tree", "-u", "--reset", "HEAD^")  # the branch has moved, index and files have not
    assert not (repo.root / SIGNATURE).exists()

    ran = repo.fleet(*APPLY)

    assert ran.code == 0, ran.err
    assert "finished an interrupted run" in ran.err
    assert (repo.root / SIGNATURE).read_bytes() == signature
    assert repo.git("status", "--porcelain", "-uall") == ""


def test_adopting_is_signed_like_any_entry(tmp_path: Path, keys: dict[str, Path]) -> None:
    repo = start(tmp_path)
    repo.git("reset", "-q", "--hard", "HEAD~2")
    repo.commit("keys", files={PEOPLE: people_with_keys(keys)})

    ran = repo.fleet("adopt", "--to", "production", "--apply", "--sign", str(keys["ci"]), identity="ci")

    assert ran.code == 0, ran.err
    assert "adopted 1 agent into" in ran.out
    assert verified_commit(repo).returncode == 0
    assert verified_line(repo, "ci@acme.example", lines(repo)[0], "ledger/production.sigs/1.sig")


def test_the_audit_names_a_broken_signature(repo: Repository, keys: dict[str, Path]) -> None:
    assert apply(repo, keys["ci"]).code == 0
    assert repo.fleet("audit").code == 0
    stolen = keyring.ssh_keygen_signature(keys["dina"], lines(repo)[-1], "fleet-ledger-v1")
    (repo.root / SIGNATURE).write_bytes(stolen)
    repo.git("add", "-A")
    repo.git("commit", "-q", "--no-verify", "--amend", "--no-edit", at=NOW)

    ran = repo.fleet("audit", "--json")

    assert ran.code == 1
    [item] = [finding for finding in ran.data["breaks"] if finding["rule"] == "seal-broken"]
    assert (item["commit"], item["file"]) == (repo.head, SIGNATURE)
    assert "a key of dina, not of ci@acme.example" in item["message"]


def test_a_suspension_is_signed_and_pushed_like_any_promotion(
    repo: Repository, keys: dict[str, Path]
) -> None:
    remote = repo.home / "remote.git"
    repo.git("init", "-q", "--bare", str(remote))
    repo.git("remote", "add", "origin", str(remote))
    repo.git("push", "-q", "-u", "origin", "main")
    stop = ("suspend", "desk-bot", "--env", "production", "--reason", "it leaks", "--apply")
    how = ("--push", "origin", "--sign", str(keys["carla"]))

    proposal = repo.fleet(*stop, *how, identity="carla", now="2026-11-20T13:00:00Z")
    proposed = repo.head
    repo.approve("desk-bot", "dina", now="2026-11-20T13:10:00Z")
    done = repo.fleet(*stop, *how, identity="carla", now="2026-11-20T13:20:00Z")

    assert (proposal.code, done.code) == (1, 0), proposal.err + done.err
    assert repo.git("--git-dir", str(remote), "rev-parse", repo.git("branch", "--show-current")) == repo.head
    signers = allowed_signers(repo)
    for commit in (proposed, repo.head):
        repo.git("-c", f"gpg.ssh.allowedSignersFile={signers}", "verify-commit", commit)
    assert (repo.root / SIGNATURE).exists()


def test_a_rollback_is_signed_like_any_promotion(repo: Repository, keys: dict[str, Path]) -> None:
    newer = FLEET["governance/policy.yaml"].replace("version: 1", "version: 2")
    policy = newer + "rollback: {within: P30D, require: [{approvals: 1, from: owner}]}\n"
    repo.commit("a policy", files={"governance/policy.yaml": policy}, at="2026-11-20T12:10:00+00:00")
    repo.agree("dina", now="2026-11-20T12:20:00Z")
    ran = repo.fleet(*APPLY, "--sign", str(keys["ci"]), identity="ci", now="2026-11-20T12:30:00Z")
    assert ran.code == 0, ran.err
    repo.approve("desk-bot", "dina", "--rollback", now="2026-11-20T13:00:00Z")
    back = ("rollback", "desk-bot", "--env", "production", "--reason", "worse", "--apply")

    ran = repo.fleet(*back, "--sign", str(keys["ci"]), identity="ci", now="2026-11-20T13:10:00Z")

    assert ran.code == 0, ran.err + ran.out
    repo.git("-c", f"gpg.ssh.allowedSignersFile={allowed_signers(repo)}", "verify-commit", repo.head)
    assert (repo.root / SIGNATURE.replace("2.sig", "3.sig")).exists()


@pytest.mark.parametrize("option", [("--sign",), ("--push", "origin")])
@pytest.mark.parametrize("verb", ["suspend", "resume", "rollback"])
def test_sign_and_push_without_apply_are_refused_by_every_verb(
    repo: Repository, verb: str, option: tuple[str, ...]
) -> None:
    ran = repo.fleet(verb, "desk-bot", "--env", "production", "--reason", "x", *option)

    assert ran.code == 2
    assert f"{option[0]} goes with --apply" in ran.err
