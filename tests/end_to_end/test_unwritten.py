"""Without --write and --apply no combination of options changes anything."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import pytest

from fleetward.cli.main import run
from tests.end_to_end.repositories import NOW, Repository
from tests.forked import CLOCK

FIGURES = "date,agent,metric,value\n2026-11-19,desk-bot,runs-per-month,41\n"
TALK = (("--json",), ("-q",), ("-v",))
REASON = ("--reason", "it lies")
BASES = {
    "suspend in production": (("suspend", "desk-bot", "--env", "production", *REASON), ()),
    "suspend in staging": (("suspend", "desk-bot", "--env", "staging", *REASON), ()),
    "resume in production": (("resume", "desk-bot", "--env", "production", *REASON), ()),
    "resume in staging": (("resume", "desk-bot", "--env", "staging", *REASON), ()),
    "transfer": (("transfer", "--from", "carla", "--to", "alice"), ()),
    "retire": (("retire",), (("desk-bot",), ("--check",), ("--metrics", "../figures.csv"))),
}


def flags(options: tuple[tuple[str, ...], ...]) -> Iterator[tuple[str, ...]]:
    """Every subset of these options, and of those that every command takes."""
    every = (*options, *TALK)
    for count in range(len(every) + 1):
        for chosen in combinations(every, count):
            yield tuple(word for option in chosen for word in option)


def fingerprint(repo: Repository) -> tuple[str, str, str]:
    """HEAD, git's status, and a digest over every file, git's own too; status itself may touch the index."""
    state = repo.state
    sums = hashlib.sha256()
    for path in sorted(repo.top.rglob("*")):
        if path.is_file() and path != repo.top / ".git/index":
            sums.update(f"{path.relative_to(repo.top)}\0".encode() + path.read_bytes())
    return (*state, sums.hexdigest())


@pytest.fixture
def looked_at(running: Repository, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """desk-bot is suspended in staging, a proposal is open, and somebody has begun to edit."""
    running.commit(
        "stop it in staging",
        files={"environments/staging/desk-bot/overrides.yaml": "spec: {suspended: true}\n"},
    )
    running.write({"governance/notes.txt": "not committed\n"})
    (running.top.parent / "figures.csv").write_text(FIGURES)
    for name, value in running.environment("carla").items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv(CLOCK, NOW)
    monkeypatch.chdir(running.root)
    return running


@pytest.mark.parametrize("base", BASES)
def test_every_combination_of_options_leaves_everything_as_it_was(
    base: str, looked_at: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    words, options = BASES[base]
    before = fingerprint(looked_at)

    codes = [run([*words, *chosen]) for chosen in flags(options)]

    capsys.readouterr()
    assert fingerprint(looked_at) == before
    assert set(codes) & {0, 1}
    assert set(codes) <= {0, 1, 2}


@pytest.mark.parametrize(
    "words",
    [
        ("suspend", "desk-bot", "--env", "production", *REASON, "--write"),
        ("resume", "desk-bot", "--env", "staging", *REASON, "--write"),
        ("transfer", "--from", "carla", "--to", "alice", "--write"),
        ("retire", "desk-bot", "--write"),
    ],
)
def test_with_write_each_verb_changes_something(
    words: tuple[str, ...], looked_at: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    before = fingerprint(looked_at)

    run([*words])

    capsys.readouterr()
    assert fingerprint(looked_at) != before


def test_apply_with_uncommitted_files_changes_nothing(looked_at: Repository) -> None:
    before = fingerprint(looked_at)

    ran = looked_at.fleet("suspend", "desk-bot", "--env", "production", *REASON, "--apply")

    after = fingerprint(looked_at)
    assert ran.code == 2
    assert "not committed: governance/notes.txt" in ran.err
    assert after[:2] == before[:2]
    assert Path(looked_at.root / "governance/notes.txt").read_text() == "not committed\n"
