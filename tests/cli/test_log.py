"""The story that the ledger tells, and the refusals to tell a wrong one."""

from __future__ import annotations

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tests.end_to_end import repositories
from tests.end_to_end.repositories import APPLY, Repository
from tests.schemas.reading import schema

LEDGER = "ledger/production.jsonl"


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """desk-bot was adopted, then promoted by dina with carla's approval."""
    repo = repositories.allowed(tmp_path_factory.mktemp("log"))
    ran = repo.fleet(*APPLY, "--reason", "sources were asked for", identity="dina")
    assert ran.code == 0, ran.err
    return repo


def test_the_newest_entry_comes_first_with_who_applied_and_who_approved_it(repo: Repository) -> None:
    ran = repo.fleet("log", "desk-bot")

    heads = [text for text in ran.out.splitlines() if text.startswith("20")]
    assert ran.code == 0, ran.err
    assert heads == [
        "2026-11-20T12:00:00Z update production 2 applied by dina@acme.example",
        "2026-11-17T09:00:00Z adopt production 1 applied by alice@acme.example",
    ]
    assert "  reason: sources were asked for" in ran.out
    assert "  approved by carla (recorded): approvals/production/desk-bot/" in ran.out
    assert "  no approvals" in ran.out
    assert "  desk-bot generation 2" in ran.out


def test_the_last_line_works_when_pasted(repo: Repository) -> None:
    last = repo.fleet("log", "--to", "production").out.splitlines()[-1]

    again = repo.fleet(*last.split()[1:])

    assert last == "fleet approvals desk-bot --to production"
    assert again.code == 0, again.err


def test_json_has_all_of_the_text_and_fits_its_schema(repo: Repository) -> None:
    data = repo.fleet("log", "--json").data

    newest, first = data["entries"]
    assert list(Draft202012Validator(schema("output/log-output")).iter_errors(data)) == []
    assert newest["previous"] == first["sha256"]
    assert newest["agents"][0]["fromState"] == first["agents"][0]["toState"]
    assert [approval["approver"] for approval in newest["approvals"]] == ["carla"]
    assert newest["requirements"][0]["status"] == "met"
    assert newest["policy"]["version"] == 1


def test_verbose_shows_the_requirements(repo: Repository) -> None:
    ran = repo.fleet("log", "-v")

    assert "desk-bot: met approvals 1 of owner (every-change)" in ran.out


def test_an_unknown_agent_is_an_error(repo: Repository) -> None:
    ran = repo.fleet("log", "desk-bott")

    assert (ran.code, ran.out) == (2, "")
    assert "no agent 'desk-bott' in this fleet" in ran.err
    assert "did you mean 'desk-bot'?" in ran.err


def test_an_environment_without_a_ledger_is_an_error(repo: Repository) -> None:
    ran = repo.fleet("log", "--to", "staging")

    assert ran.code == 2
    assert "'staging' is not a gated environment" in ran.err


@pytest.mark.parametrize("flags", [(), ("desk-bot",)])
@pytest.mark.parametrize("environments", [("staging",), ("staging", "production")])
def test_before_the_first_promotion_the_log_is_empty_and_leads_to_one(
    tmp_path: Path, environments: tuple[str, ...], flags: tuple[str, ...]
) -> None:
    files = {p.replace("staging", to): text for p, text in repositories.FLEET.items() for to in environments}
    repo = repositories.repository(tmp_path, files)

    ran = repo.fleet("log", *flags)

    first = (
        "fleet promote desk-bot --to production" if len(environments) == 1 else "fleet adopt --to production"
    )
    message = f"nothing of {flags[0] if flags else 'this fleet'} was promoted to production yet"
    assert (ran.code, ran.out.splitlines()) == (0, [message, first])
    assert repo.fleet("log", *flags, "--json").data["entries"] == []
    assert repo.fleet(*first.split()[1:]).code < 2


def runs(repo: Repository) -> dict[str, bytes]:
    """What production holds, as its ledger says."""
    files = (path for path in (repo.root / "environments/production").rglob("*") if path.is_file())
    return {path.relative_to(repo.root).as_posix(): path.read_bytes() for path in files}


@pytest.mark.parametrize(
    ("edit", "line"),
    [
        (lambda text: text.replace('"actor":"dina@', '"actor":"anna@'), None),
        (lambda text: text.replace('"actor":"alice@', '"actor":"anna@'), 2),
        (lambda text: text.replace('"seq":2', '"seq":3'), 2),
        (lambda text: text[:-1], 2),
        (lambda text: "\n" + text, 1),
    ],
    ids=["last line", "first line", "number", "cut off", "empty line"],
)
def test_an_edited_ledger_is_an_error(
    tmp_path: Path, repo: Repository, edit: object, line: int | None
) -> None:
    text = (repo.root / LEDGER).read_text(encoding="utf-8")
    repo = repositories.repository(tmp_path, {**repositories.FLEET, **runs(repo), LEDGER: text})
    repo.commit("touched", files={LEDGER: edit(text)})  # type: ignore[operator]

    ran = repo.fleet("log")

    assert (ran.code, ran.out) == (2, "")
    assert f"{LEDGER}:{line}:" in ran.err if line else "lines of an earlier version" in ran.err


def test_a_ledger_that_lost_its_last_line_is_an_error(tmp_path: Path, repo: Repository) -> None:
    text = (repo.root / LEDGER).read_text(encoding="utf-8")
    repo = repositories.repository(tmp_path, {**repositories.FLEET, **runs(repo), LEDGER: text})
    repo.commit("shorter", files={LEDGER: text.splitlines(keepends=True)[0]})

    ran = repo.fleet("log")

    assert ran.code == 2
    assert "lines of an earlier version" in ran.err


def test_one_line_an_entry_says_what_changed_and_which_commit_brought_it(repo: Repository) -> None:
    ran = repo.fleet("log", "--oneline")
    data = repo.fleet("log", "desk-bot", "--oneline", "--json").data

    landed = repo.git("log", "-2", "--format=%h", "--abbrev=12", "--", LEDGER).splitlines()
    assert [text.split(maxsplit=5) for text in ran.out.splitlines()] == [
        ["2026-11-20", "desk-bot", "update", landed[0], "dina@acme.example", "prompts/system.md"],
        ["2026-11-17", "desk-bot", "adopt", landed[1], "alice@acme.example", "what ran already"],
    ]
    assert list(Draft202012Validator(schema("output/log-output")).iter_errors(data)) == []
    assert data["entries"][0]["landed"] == repo.head
    assert data["entries"][0]["changed"] == [{"agent": "desk-bot", "paths": ["prompts/system.md"]}]


@pytest.mark.parametrize(
    ("words", "dates"),
    [
        (("--since", "2026-11-18"), ["2026-11-20"]),
        (("--until", "2026-11-17"), ["2026-11-17"]),
        (("--since", "2026-11-20T12:00:00Z"), ["2026-11-20"]),
        (("--since", "2026-11-20T13:00:00+00:59"), []),
        (
            ("--since", "2026-11-17T09:00:00Z", "--until", "2026-11-20T12:00:00Z"),
            ["2026-11-20", "2026-11-17"],
        ),
    ],
)
def test_both_ends_of_a_time_belong_to_it(repo: Repository, words: tuple[str, ...], dates: list[str]) -> None:
    entries = repo.fleet("log", *words, "--json").data["entries"]

    assert [entry["at"][:10] for entry in entries] == dates


def test_a_time_that_is_none_is_an_error(repo: Repository) -> None:
    unread, exchanged = (
        repo.fleet("log", *words)
        for words in (("--since", "monday"), ("--since", "2026-11-20", "--until", "2026-11-01"))
    )

    assert (unread.code, exchanged.code) == (2, 2)
    assert "--since: 'monday' is no date such as 2026-11-20" in unread.err
    assert "--since 2026-11-20 is after --until 2026-11-01" in exchanged.err
