"""``fleet approve --sign``: which key is taken, what is refused before anything is written, what is written."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tests.end_to_end.repositories import FLEET, NOW, CommandResult, Repository, command
from tests.end_to_end.repositories import running as start
from tests.forked import at_clock
from tests.schemas.reading import schema
from tests.store.signing import keyring

APPROVE = ("approve", "desk-bot", "--to", "production", "--json")
PEOPLE = "governance/people.yaml"


@pytest.fixture
def keys(tmp_path: Path) -> dict[str, Path]:
    folder = tmp_path / "keys"
    folder.mkdir()
    kinds = {"carla": "ed25519", "office": "ecdsa-256", "dina": "ed25519", "stranger": "ed25519"}
    return {name: keyring.generate(folder / name, kind) for name, kind in kinds.items()}


@pytest.fixture
def repo(tmp_path: Path, keys: dict[str, Path]) -> Repository:
    """A change of desk-bot waits; carla has two keys, dina one."""
    repo = start(tmp_path)
    listed = {"carla": ("carla", "office"), "dina": ("dina",)}
    text = FLEET[PEOPLE]
    for person, names in listed.items():
        rows = ", ".join(f'{{key: "{keyring.public(keys[name])} {name}"}}' for name in names)
        address = f"emails: [{person}@acme.example]"
        text = text.replace(address, f"{address}, keys: [{rows}]")
    repo.commit("keys", files={PEOPLE: text})
    repo.agree("dina", now="2026-11-18T10:00:00Z")
    return repo


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[dict[str, str]]:
    """An ssh-agent without keys; how to reach it."""
    socket = tmp_path / "agent"
    daemon = subprocess.Popen(["ssh-agent", "-D", "-a", str(socket)], stdout=subprocess.DEVNULL)
    try:
        while not socket.exists() and daemon.poll() is None:
            pass
        yield {"SSH_AUTH_SOCK": str(socket)}
    finally:
        daemon.terminate()
        daemon.wait()


def hold(agent: dict[str, str], *files: Path) -> None:
    """Give keys to the agent."""
    environment = {**keyring.QUIET, **agent}
    for file in files:
        subprocess.run(["ssh-add", "-q", str(file)], check=True, capture_output=True, env=environment)


def approve(
    repo: Repository, *options: str, who: str = "carla", env: dict[str, str] | None = None
) -> CommandResult:
    return repo.fleet(*APPROVE, *options, identity=who, env=env)


def signer(repo: Repository, done: CommandResult) -> str:
    """The public key that signed, as it stands in the signature that ssh-keygen accepts for it."""
    assert done.code == 0, done.err
    payload = (repo.root / done.data["file"]).read_bytes()
    message = b"DSSEv1 28 application/vnd.in-toto+json %d %b" % (len(payload), payload)
    signature = (repo.root / f"{done.data['file']}.sig").read_bytes()
    people = (repo.root / PEOPLE).read_text()
    listed = [part.split('"')[0].rsplit(" ", 1)[0] for part in people.split('key: "')[1:]]
    [public_key] = [key for key in listed if keyring.accepted(key, signature, message)]
    return public_key


def approval_files(repo: Repository) -> list[str]:
    """The files under approvals/production/."""
    return sorted(path.name for path in (repo.root / "approvals/production").rglob("*") if path.is_file())


@pytest.mark.parametrize("half", ["", ".pub"])
@pytest.mark.parametrize("form", ["--sign {}", "--sign={}"])
def test_the_key_that_is_named_signs_and_the_approval_is_signed(
    repo: Repository, keys: dict[str, Path], form: str, half: str
) -> None:
    done = approve(repo, *form.format(f"{keys['office']}{half}").split(" "))

    assert signer(repo, done) == keyring.public(keys["office"])
    assert done.data["assurance"] == "signed"
    assert done.data["verdictWithIt"] == "allowed"
    assert [file["file"] for file in done.data["files"]] == [done.data["file"], f"{done.data['file']}.sig"]
    assert approval_files(repo) == [Path(file["file"]).name for file in done.data["files"]]


@pytest.mark.parametrize(
    "words",
    [
        ("approve", "desk-bot", "--to", "production", "--json", "--sign"),
        ("approve", "desk-bot", "--sign", "--to", "production", "--json"),
        ("approve", "--sign", "--json", "desk-bot", "--to=production"),
        ("approve", "--to", "production", "--json", "--sign", "--", "desk-bot"),
        ("approve", "desk-bot", "--to", "production", "--json", "--sign="),
    ],
)
def test_without_a_key_the_one_of_git_signs(
    repo: Repository, keys: dict[str, Path], words: tuple[str, ...]
) -> None:
    repo.git("config", "gpg.format", "ssh")
    repo.git("config", "user.signingKey", str(keys["carla"]))

    done = repo.fleet(*words, identity="carla")

    assert signer(repo, done) == keyring.public(keys["carla"])


def test_a_note_that_looks_like_the_option_is_a_note(repo: Repository) -> None:
    done = approve(repo, "--note", "--sign")

    assert done.code == 0, done.err
    assert '"note": "--sign"' in (repo.root / done.data["file"]).read_text()
    assert len(approval_files(repo)) == 1


def test_a_key_named_after_the_home_folder_is_found(repo: Repository, keys: dict[str, Path]) -> None:
    shutil.copytree(keys["carla"].parent, repo.home / ".ssh")
    repo.git("config", "gpg.format", "ssh")
    repo.git("config", "user.signingKey", "~/.ssh/carla.pub")

    assert signer(repo, approve(repo, "--sign")) == keyring.public(keys["carla"])


def test_a_key_is_named_relative_to_the_folder_of_the_command(
    repo: Repository, keys: dict[str, Path], tmp_path: Path
) -> None:
    relative = os.path.relpath(keys["carla"], repo.root)

    done = repo.fleet(*APPROVE, "-C", str(repo.root), "--sign", relative, identity="carla", cwd=tmp_path)

    assert signer(repo, done) == keyring.public(keys["carla"])


@pytest.mark.parametrize("form", ["key::{}", "{}", "key::{} a comment"])
def test_a_public_key_in_git_config_signs_through_the_ssh_agent(
    repo: Repository, keys: dict[str, Path], agent: dict[str, str], form: str
) -> None:
    hold(agent, keys["office"], keys["carla"])
    repo.git("config", "user.signingKey", form.format(keyring.public(keys["office"])))

    done = approve(repo, "--sign", env=agent)

    assert signer(repo, done) == keyring.public(keys["office"])


def test_a_key_of_another_kind_in_git_leaves_it_to_the_agent(
    repo: Repository, keys: dict[str, Path], agent: dict[str, str]
) -> None:
    hold(agent, keys["carla"])
    repo.git("config", "user.signingKey", "0xDEADBEEF")

    assert signer(repo, approve(repo, "--sign", env=agent)) == keyring.public(keys["carla"])


def test_of_several_keys_in_the_agent_the_only_one_that_is_yours_signs(
    repo: Repository, keys: dict[str, Path], agent: dict[str, str]
) -> None:
    hold(agent, keys["stranger"], keys["dina"], keys["office"])

    assert signer(repo, approve(repo, "--sign", env=agent)) == keyring.public(keys["office"])


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ((), "no key to sign with"),
        (("carla", "office"), "holds 2 keys, and several of them are yours"),
        (("stranger", "dina"), "holds 2 keys, and none of them is yours"),
        (("stranger",), "is not in people.yaml"),
    ],
)
def test_an_ssh_agent_without_exactly_one_own_key_is_refused(
    repo: Repository, keys: dict[str, Path], agent: dict[str, str], names: tuple[str, ...], expected: str
) -> None:
    hold(agent, *(keys[name] for name in names))

    done = approve(repo, "--sign", env=agent)

    assert done.code == 2
    assert expected in done.err
    assert "try: " in done.err
    assert approval_files(repo) == []


def test_without_any_key_the_option_is_named(repo: Repository) -> None:
    done = approve(repo, "--sign")

    assert done.code == 2
    assert "no key to sign with" in done.err
    assert "--sign ~/.ssh/id_ed25519" in done.err


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("stranger", "not in people.yaml"),
        ("dina", "a key of dina, not of carla"),
        ("nowhere", "no key file"),
        ("empty", "could not sign"),
    ],
)
def test_a_key_that_would_not_count_is_refused_and_nothing_is_written(
    repo: Repository, keys: dict[str, Path], tmp_path: Path, name: str, expected: str
) -> None:
    (keys["carla"].parent / "empty").write_text("")

    done = approve(repo, "--sign", str(keys["carla"].with_name(name)))

    assert done.code == 2
    assert expected in done.err
    assert approval_files(repo) == []


def test_a_key_behind_a_passphrase_that_nobody_types_signs_nothing(repo: Repository, tmp_path: Path) -> None:
    locked = tmp_path / "locked"
    keygen = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "a passphrase", "-f", str(locked)]
    subprocess.run(keygen, check=True, env=keyring.QUIET)
    no_questions = {"SSH_ASKPASS": "/bin/false", "SSH_ASKPASS_REQUIRE": "force"}

    done = subprocess.run(
        command(*APPROVE, "--sign", str(locked)),
        cwd=repo.root,
        env=at_clock(repo.environment("carla", None, no_questions), NOW),
        capture_output=True,
        start_new_session=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 2
    assert b"ssh-keygen could not sign" in done.stderr
    assert approval_files(repo) == []


def test_without_ssh_keygen_it_is_named(repo: Repository, keys: dict[str, Path], tmp_path: Path) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "git").symlink_to(str(shutil.which("git")))

    done = approve(repo, "--sign", str(keys["carla"]), env={"PATH": str(programs)})

    assert done.code == 2
    assert "ssh-keygen cannot be run" in done.err
    assert "install OpenSSH" in done.err


def test_a_signature_that_lies_there_already_is_not_written_over(
    repo: Repository, keys: dict[str, Path]
) -> None:
    first = approve(repo, "--sign", str(keys["carla"]))
    (repo.root / first.data["file"]).unlink()
    signature = (repo.root / f"{first.data['file']}.sig").read_bytes()

    second = approve(repo, "--sign", str(keys["carla"]))

    assert second.data["file"].endswith("-2.json")
    assert (repo.root / f"{first.data['file']}.sig").read_bytes() == signature


@pytest.mark.parametrize("options", [(), ("--sign", "KEY")])
def test_the_command_that_it_ends_with_commits_all_that_was_written(
    repo: Repository, keys: dict[str, Path], options: tuple[str, ...]
) -> None:
    words = [str(keys["carla"]) if word == "KEY" else word for word in options]
    done = repo.fleet("approve", "desk-bot", "--to", "production", *words, identity="carla")
    assert done.code == 0, done.err

    subprocess.run(
        ["sh", "-c", done.out.splitlines()[-1]],
        cwd=repo.root,
        env=repo.environment("carla", "2026-11-20T12:00:00Z"),
        check=True,
        capture_output=True,
    )

    assert repo.git("status", "--porcelain") == ""
    assert repo.fleet("promote", "desk-bot", "--to", "production").code == 0
    assert ("; it is signed, and counts once anybody commits it:" in done.out) == bool(options)


@pytest.mark.parametrize("decision", ["--reject", "--withdraw"])
def test_a_no_is_signed_as_well(repo: Repository, keys: dict[str, Path], decision: str) -> None:
    done = approve(repo, decision, "--sign", str(keys["carla"]))

    assert signer(repo, done) == keyring.public(keys["carla"])
    assert done.data["assurance"] == "signed"


@pytest.mark.parametrize("options", [(), ("--sign", "KEY")])
def test_the_answer_is_what_its_schema_promises(
    repo: Repository, keys: dict[str, Path], options: tuple[str, ...]
) -> None:
    done = approve(repo, *[str(keys["carla"]) if word == "KEY" else word for word in options])

    judge = Draft202012Validator(schema("output/approve-output"))
    assert [error.message for error in judge.iter_errors(done.data)] == []
