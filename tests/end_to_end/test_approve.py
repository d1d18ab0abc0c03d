"""``fleet approve`` shows what a statement would count for, and writes none that could never count."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tests.end_to_end.repositories import FLEET, POLICY, Repository, running
from tests.schemas.reading import schema
from tests.store.signing import keyring

APPROVE = ("approve", "desk-bot", "--to", "production")
PROMOTE = ("promote", "desk-bot", "--to", "production")
PEOPLE = "governance/people.yaml"


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """alice changed desk-bot; a robot that carla operates is known."""
    text = FLEET[PEOPLE] + "robots:\n  ci: {emails: [ci@acme.example], operatedBy: carla}\n"
    monkeypatch.setitem(FLEET, PEOPLE, text)
    return running(tmp_path)


def pasted(repo: Repository, who: str, line: str) -> subprocess.CompletedProcess[str]:
    """The line as a shell runs it, a step that *who* takes."""
    return subprocess.run(
        ["sh", "-c", line], cwd=repo.root, env=repo.environment(who), capture_output=True, text=True
    )


@pytest.mark.parametrize("flags", [(), ("--sign",)])
def test_the_author_cannot_approve_and_eligible_people_are_named(
    repo: Repository, flags: tuple[str, ...]
) -> None:
    ran = repo.fleet(*APPROVE, *flags)

    assert (ran.code, repo.state[1]) == (1, "")
    *_, why, able, nothing, _, last = ran.out.splitlines()
    assert why.startswith("  does not count: author of the change (commit ")
    assert (able, nothing) == ("  could approve: carla, dina", "nothing was written")
    assert repo.fleet(*shlex.split(last)[1:]).code == 1


def test_the_operator_of_the_robot_that_is_the_author_cannot_approve(repo: Repository) -> None:
    repo.commit("by a robot", identity="ci", files={"environments/staging/desk-bot/prompts/system.md": "x\n"})

    ran = repo.fleet(*APPROVE, identity="carla")

    assert (ran.code, repo.state[1]) == (1, "")
    assert "operates the robot 'ci'" in ran.out
    assert "could approve: dina\n" in ran.out


@pytest.mark.parametrize("flag", ["--reject", "--withdraw"])
def test_the_author_may_reject_and_withdraw(repo: Repository, flag: str) -> None:
    assert repo.fleet(*APPROVE, flag).code == 0


@pytest.mark.parametrize(("who", "status"), [("nobody", "is nobody"), ("ci", "is a robot's")])
def test_an_identity_that_is_no_person_gets_the_names_of_eligible_people(
    repo: Repository, who: str, status: str
) -> None:
    ran = repo.fleet(*APPROVE, identity=who)

    assert (ran.code, repo.state[1]) == (2, "")
    assert f"{who}@acme.example' {status} in {PEOPLE}; who could approve: carla, dina\n" in ran.err


def test_a_person_outside_the_team_gets_the_names_of_eligible_people(repo: Repository) -> None:
    people = FLEET[PEOPLE].replace("teams:", "  bob: {name: Bob, emails: [bob@acme.example]}\nteams:")
    repo.commit("bob", files={PEOPLE: people})
    repo.agree("carla")

    ran = repo.fleet(*APPROVE, identity="bob")

    assert ran.code == 0
    assert "  does not count: not in owner\n  could approve: carla, dina\n" in ran.out


def test_the_last_line_commits_the_statement_and_its_signature_and_nothing_else(
    repo: Repository, tmp_path: Path
) -> None:
    key = keyring.generate(tmp_path / "key")
    address = "emails: [dina@acme.example]"
    keyed = FLEET[PEOPLE].replace(address, f'{address}, keys: [{{key: "{keyring.public(key)}"}}]')
    repo.commit("keys", files={PEOPLE: keyed})
    repo.agree("carla")
    repo.write({"other.txt": "staged by somebody\n"})
    repo.git("add", "other.txt")

    last = repo.fleet(*APPROVE, "--sign", str(key), identity="dina").out.splitlines()[-1]

    assert last.count("approvals/") == 2
    assert pasted(repo, "dina", last).returncode == 0
    assert repo.state[1] == "A  other.txt"
    assert repo.fleet(*PROMOTE).code == 0


@pytest.mark.parametrize("verb", [PROMOTE, ("why", "desk-bot")])
def test_a_reader_who_cannot_approve_gets_the_command_for_what_eligible_people_would_change(
    repo: Repository, verb: tuple[str, ...]
) -> None:
    last = repo.fleet(*verb).out.splitlines()[-1]

    assert last == "fleet why desk-bot --to production --as carla"
    assert repo.fleet(*shlex.split(last)[1:]).code == 0


@pytest.mark.parametrize("who", ["carla", "ci", "stranger"])
def test_an_eligible_or_unknown_reader_gets_the_approve_command(repo: Repository, who: str) -> None:
    assert repo.fleet(*PROMOTE, identity=who).out.splitlines()[-1] == "fleet approve desk-bot --to production"


def test_without_eligible_people_the_next_step_is_the_policy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(FLEET, "governance/policy.yaml", POLICY.replace("approvals: 1", "approvals: 2"))
    repo = running(tmp_path)
    repo.commit(
        "dina, too", identity="dina", files={"environments/staging/desk-bot/prompts/system.md": "x\n"}
    )

    judged, refused = repo.fleet(*PROMOTE), repo.fleet(*APPROVE, identity="dina")

    assert judged.out.splitlines()[-1] == "fleet policy check"
    assert refused.out.splitlines()[-1] == "fleet promote desk-bot --to production"


def test_whoever_does_not_count_is_named_by_every_verb_with_the_commit_that_shows_it(
    repo: Repository,
) -> None:
    gone = (
        (repo.root / PEOPLE)
        .read_text()
        .replace("[carla@acme.example]", "[carla@acme.example], left: 2026-11-19")
    )
    left = repo.commit("carla leaves", files={PEOPLE: gone})
    repo.agree("dina")
    renamed = repo.commit("another name", files={PEOPLE: gone.replace("Dina Aziz", "Dina A.")})
    repo.agree("dina")
    wrote = repo.commit(
        "a prompt", identity="dina", files={"environments/staging/desk-bot/prompts/system.md": "Hello.\n"}
    )
    expected = [
        ("carla", "left on 2026-11-19", left),
        ("dina", f"author of the change (commit {wrote[:12]})", wrote),
    ]

    for verb in ("promote", "why", "approvals", "approve"):
        ran = repo.fleet(verb, "desk-bot", "--to", "production", "--json", identity="dina")
        [promotion] = ran.data.get("promotions", [ran.data])
        excluded = promotion["requirements"][0]["excluded"]
        assert [(item["person"], item["reason"], item["commit"]) for item in excluded] == expected, verb
        assert {"another-author", "another-member"} <= {way["way"] for way in promotion["unblock"]["ways"]}
        assert Draft202012Validator(schema(f"output/{verb}-output")).is_valid(ran.data)
        text = repo.fleet(verb, "desk-bot", "--to", "production", identity="dina").out
        assert f"not counted: carla: left on 2026-11-19 (commit {left[:12]})\n" in text
        assert "  ways on:\n" in text
    assert renamed not in str(expected)
