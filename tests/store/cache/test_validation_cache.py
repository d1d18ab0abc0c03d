"""The cache makes a look quick, and never makes it kind."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from fleetward.domain import limits
from fleetward.domain.digest import of_parts
from tests.end_to_end.repositories import (
    DESK,
    FLEET,
    MANIFEST,
    CommandResult,
    Repository,
    command,
    repository,
)

BAD = MANIFEST.replace("team: desk", "team: dusk")


def cache_file(repo: Repository) -> Path:
    [file] = (repo.top / ".git" / "fleetward").iterdir()
    return file


def key_file(repo: Repository) -> Path:
    return repo.home / ".local" / "state" / "fleetward" / "cache.key"


def invalid_fleet(tmp_path: Path) -> Repository:
    """A fleet with an agent that cannot pass, looked at once."""
    repo = repository(tmp_path, {**FLEET, f"{DESK}/agent.yaml": BAD})
    assert repo.fleet("validate").code == 1
    return repo


def forged(body: bytes, tool: str | None = None) -> bytes:
    """The same, with nothing wrong in it."""
    values = json.loads(body)
    for piece in values["agent_checks"].values():
        piece[1], piece[2] = [], []
    values["fleet_findings"] = {name: [] for name in values["fleet_findings"]}
    values["tool"] = tool or values["tool"]
    return json.dumps(values).encode()


def sealed(body: bytes, with_key: bytes) -> bytes:
    return hmac.digest(with_key, body, hashlib.sha256).hex().encode() + body


def put(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    file.chmod(0o600)


def as_it_was(repo: Repository) -> None:
    file = cache_file(repo)
    put(file, file.read_bytes()[:64] + forged(file.read_bytes()[64:]))


def with_a_key_of_their_own(repo: Repository) -> None:
    put(cache_file(repo), sealed(forged(cache_file(repo).read_bytes()[64:]), b"k" * 32))


def with_no_key(repo: Repository) -> None:
    put(cache_file(repo), sealed(forged(cache_file(repo).read_bytes()[64:]), b""))


def of_another_tool(repo: Repository) -> None:
    body = forged(cache_file(repo).read_bytes()[64:], tool="0" * 64)
    put(cache_file(repo), sealed(body, key_file(repo).read_bytes()))


def for_everybody(repo: Repository) -> None:
    put(cache_file(repo), sealed(forged(cache_file(repo).read_bytes()[64:]), key_file(repo).read_bytes()))
    cache_file(repo).chmod(0o666)


def through_a_link(repo: Repository) -> None:
    file, elsewhere = cache_file(repo), repo.home / "forged.json"
    put(elsewhere, sealed(forged(file.read_bytes()[64:]), key_file(repo).read_bytes()))
    file.unlink()
    file.symlink_to(elsewhere)


def in_a_linked_folder(repo: Repository) -> None:
    file, elsewhere = cache_file(repo), repo.home / "forged"
    elsewhere.mkdir()
    put(elsewhere / file.name, sealed(forged(file.read_bytes()[64:]), key_file(repo).read_bytes()))
    file.unlink()
    file.parent.rmdir()
    file.parent.symlink_to(elsewhere)


def with_a_key_for_everybody(repo: Repository) -> None:
    put(cache_file(repo), sealed(forged(cache_file(repo).read_bytes()[64:]), key_file(repo).read_bytes()))
    key_file(repo).chmod(0o644)


def with_a_short_key(repo: Repository) -> None:
    put(key_file(repo), b"k")
    put(cache_file(repo), sealed(forged(cache_file(repo).read_bytes()[64:]), b"k"))


def of_a_good_agent(repo: Repository) -> None:
    """What was found of the same agent when it was right, under the name of the wrong one."""
    invalid = json.loads(cache_file(repo).read_bytes()[64:])
    repo.write({f"{DESK}/agent.yaml": MANIFEST})
    assert repo.fleet("validate").code == 0
    good = json.loads(cache_file(repo).read_bytes()[64:])
    for part in ("agent_checks", "fleet_findings"):
        good[part] = dict(zip(invalid[part], good[part].values(), strict=True))
    put(cache_file(repo), cache_file(repo).read_bytes()[:64] + json.dumps(good).encode())
    repo.write({f"{DESK}/agent.yaml": BAD})


def of_yesterday(repo: Repository) -> None:
    """The whole file of the time when the agent was right."""
    repo.write({f"{DESK}/agent.yaml": MANIFEST})
    assert repo.fleet("validate").code == 0
    repo.write({f"{DESK}/agent.yaml": BAD})


POISONS = [
    as_it_was,
    with_a_key_of_their_own,
    with_no_key,
    of_another_tool,
    for_everybody,
    through_a_link,
    in_a_linked_folder,
    with_a_key_for_everybody,
    with_a_short_key,
    of_a_good_agent,
    of_yesterday,
]
DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "cut": lambda stored: stored[: len(stored) // 2],
    "no seal": lambda stored: stored[64:],
    "one bit": lambda stored: stored[:-2] + bytes([stored[-2] ^ 1]) + stored[-1:],
    "no text": lambda _: b"\xff" * 500,
    "deep": lambda _: b"0" * 64 + b"[" * 200_000,
}


def validate_output(repo: Repository, *flags: str) -> tuple[int, str]:
    ran: CommandResult = repo.fleet("validate", *flags)
    assert "Traceback" not in ran.err
    return ran.code, ran.out


def test_what_the_user_sealed_is_believed(tmp_path: Path) -> None:
    """Without this the tests beneath would hold for a cache that is never asked."""
    repo = invalid_fleet(tmp_path)

    put(cache_file(repo), sealed(forged(cache_file(repo).read_bytes()[64:]), key_file(repo).read_bytes()))

    assert repo.fleet("validate").code == 0


@pytest.mark.parametrize("poison", POISONS)
def test_a_poisoned_cache_never_turns_a_no_into_a_yes(
    tmp_path: Path, poison: Callable[[Repository], None]
) -> None:
    repo = invalid_fleet(tmp_path)
    expected = validate_output(repo, "--no-cache", "--json")

    poison(repo)

    assert validate_output(repo, "--json") == expected
    assert validate_output(repo, "--json") == expected  # and what that run kept is no worse
    assert validate_output(repo, "--json", "--jobs", "2") == expected
    assert expected[0] == 1


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_cache_is_as_good_as_none(tmp_path: Path, damage: str) -> None:
    repo = invalid_fleet(tmp_path)
    expected = validate_output(repo)

    put(cache_file(repo), DAMAGES[damage](cache_file(repo).read_bytes()))

    assert validate_output(repo) == expected
    assert json.loads(cache_file(repo).read_bytes()[64:])["agent_checks"]  # whole again


@pytest.mark.parametrize("kind", ["folder", "pipe", "large"])
def test_what_is_no_file_of_ours_is_left_alone(tmp_path: Path, kind: str) -> None:
    repo = invalid_fleet(tmp_path)
    expected, file = validate_output(repo), cache_file(repo)
    file.unlink()
    if kind == "folder":
        file.mkdir()
    elif kind == "pipe":
        os.mkfifo(file)
    else:
        put(file, b"")
        os.truncate(file, limits.CACHE_BYTES + 1)

    assert validate_output(repo) == expected


def test_a_file_where_the_folder_should_be_is_no_obstacle(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    (repo.top / ".git" / "fleetward").write_text("mine\n")

    assert validate_output(repo)[0] == 0
    assert (repo.top / ".git" / "fleetward").read_text() == "mine\n"


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (repo.top / ".git" / "fleetward").symlink_to(elsewhere)

    assert validate_output(repo)[0] == 0
    assert list(elsewhere.iterdir()) == []


@pytest.mark.parametrize("off", ["flag", "variable", "no home"])
def test_switched_off_it_reads_nothing_and_writes_nothing(tmp_path: Path, off: str) -> None:
    repo = repository(tmp_path)
    flags = ["--no-cache"] if off == "flag" else []
    env = {"variable": {"FLEETWARD_NO_CACHE": "1"}, "no home": {"HOME": "relative"}}.get(off, {})

    assert repo.fleet("validate", *flags, env=env).code == 0

    assert not (repo.top / ".git" / "fleetward").exists()
    assert not key_file(repo).exists()


def test_only_the_user_may_read_what_is_kept(tmp_path: Path) -> None:
    repo = invalid_fleet(tmp_path)

    modes = {path.stat().st_mode & 0o777 for path in (cache_file(repo), key_file(repo))}
    folders = {path.parent.stat().st_mode & 0o777 for path in (cache_file(repo), key_file(repo))}

    assert (modes, folders) == ({0o600}, {0o700})


def test_runs_at_the_same_time_do_each_other_no_harm(tmp_path: Path) -> None:
    repo = repository(tmp_path, {**FLEET, f"{DESK}/agent.yaml": BAD})
    started = [
        subprocess.Popen(
            command("validate", "--json", "--now", "2026-11-20T12:00:00Z"),
            cwd=repo.root,
            env=repo.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for _ in range(5)
    ]

    results = [(process.communicate(timeout=60)[0], process.returncode) for process in started]

    assert {code for _, code in results} == {1}
    assert len({out for out, _ in results}) == 1
    assert json.loads(cache_file(repo).read_bytes()[64:])["agent_checks"]


def test_linked_work_trees_share_one_cache(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    repo.git("worktree", "add", "-q", str(tmp_path / "linked"))

    assert repo.fleet("validate", cwd=tmp_path / "linked").code == 0

    assert cache_file(repo).is_file()


def test_parts_cannot_run_over_into_each_other() -> None:
    assert len({of_parts(b"ab", b"c"), of_parts(b"a", b"bc"), of_parts(b"abc")}) == 3


def test_status_of_the_work_tree_stays_clean(tmp_path: Path) -> None:
    repo = repository(tmp_path)

    repo.fleet("validate")

    assert repo.state[1] == ""
