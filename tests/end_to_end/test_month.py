"""The first month of a newcomer with three agents: nobody is stuck, and every refusal names its way on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.repositories import FLEET, MANIFEST, CommandResult, Files, Repository, repository

AGENTS = ("desk-bot", "mail-bot", "note-bot")
FORGE = {"GIT_COMMITTER_NAME": "GitHub", "GIT_COMMITTER_EMAIL": "noreply@github.com"}
PEOPLE = """\
apiVersion: fleetward/v1
kind: People
people:
  alice: {name: Alice Roe, emails: [alice@acme.example], since: 2024-01-01}
  carla: {name: Carla Ferri, emails: [carla@acme.example], since: 2024-01-01}
  dina: {name: Dina Aziz, emails: [dina@acme.example], since: 2024-01-01}
  erin: {name: Erin Poe, emails: [erin@acme.example], since: 2024-01-01}
  farid: {name: Farid Bey, emails: [farid@acme.example], since: 2024-01-01}
  gus: {name: Gus Orr, emails: [gus@acme.example], since: 2024-01-01}
  hana: {name: Hana Ito, emails: [hana@acme.example], since: 2024-01-01}
robots:
  github: {emails: [noreply@github.com], forge: true}
teams:
  desk: {members: [carla, dina]}
  mail: {members: [carla, hana]}
  admins: {members: [erin, farid, gus, hana]}
"""
POLICY = """\
apiVersion: fleetward/v1
kind: Policy
version: 1
tiers: [low, medium, high]
approvals: {expire: P14D, exclude: [author, committer, co-author, robot], unknownAuthors: refuse}
rules:
  - {id: every-change, when: {to: production}, require: [{approvals: 1, from: owner}]}
  - {id: handover, when: {to: production, only: [ownership]}, replaces: all, require: [{approvals: 1, from: owner}]}
veto: {from: [admins]}
stop: {by: [owner], reviewWithin: PT24H}
rollback: {within: P30D, require: [{approvals: 1, from: owner}]}
governance: {require: [{approvals: 2, from: admins}]}
"""


def day(number: int, hour: int = 9) -> str:
    return f"2026-11-{number:02}T{hour:02}:00:00Z"


def folder(agent: str, environment: str = "staging") -> str:
    return f"environments/{environment}/{agent}"


def agent_files(agent: str, environment: str) -> Iterator[tuple[str, str]]:
    yield f"{folder(agent, environment)}/agent.yaml", MANIFEST.replace("name: desk-bot", f"name: {agent}")
    yield f"{folder(agent, environment)}/prompts/system.md", "You answer questions about orders.\n"
    yield (
        f"{folder(agent, environment)}/evals/quality.yaml",
        "tests:\n  - vars: {question: Where is order 17?}\n",
    )


class Team:
    """The people at work: each step is somebody's, at a day, and has to go or to say how it would."""

    def __init__(self, repo: Repository) -> None:
        self.repo = repo

    def goes(self, who: str, when: str, *command: str) -> CommandResult:
        ran = self.repo.fleet(*command, identity=who, now=when)
        assert ran.code == 0, f"{who}: fleet {' '.join(command)}: {ran.code}\n{ran.out}\n{ran.err}"
        return ran

    def is_told(self, who: str, when: str, *command: str) -> CommandResult:
        ran = self.repo.fleet(*command, identity=who, now=when)
        text = ran.out + ran.err
        assert ran.code in (1, 2, 4), text
        assert re.search(r"\b(fleet|git) [a-z]", text), f"no way on: {text}"
        return ran

    def edit(self, who: str, when: str, *agents: str, line: str = "Name your sources.") -> None:
        paths = [f"{folder(agent)}/prompts/system.md" for agent in agents]
        texts = {path: (self.repo.root / path).read_text() + line + "\n" for path in paths}
        self.repo.commit(f"edit of {who}", identity=who, at=when, files=texts)

    def approve(self, who: str, when: str, *agents: str) -> None:
        for agent in agents:
            self.goes(who, when, "approve", agent, "--to", "production")
        self.repo.commit(f"approval of {who}", identity=who, at=when)

    def agree(self, when: str, *admins: str) -> None:
        for who in admins:
            self.goes(who, when, "approve", "--governance")
            self.repo.commit(f"agreement of {who}", identity=who, at=when)

    def promote(self, when: str, *agents: str, who: str = "alice") -> None:
        self.goes(who, when, "promote", *agents, "--to", "production", "--apply")

    def forge_commit(self, author: str, when: str, message: str) -> None:
        self.repo.git("commit", "-q", "-m", message, identity=author, at=when, env=FORGE)


@pytest.fixture
def team(tmp_path: Path) -> Team:
    files: Files = {
        "fleet-config.yaml": FLEET["fleet-config.yaml"],
        "governance/people.yaml": PEOPLE,
        "governance/policy.yaml": POLICY,
        **dict(
            item for agent in AGENTS for env in ("staging", "production") for item in agent_files(agent, env)
        ),
    }
    return Team(repository(tmp_path, files))


def test_a_month_of_a_newcomer(team: Team) -> None:
    team.is_told("alice", day(17), "promote", "desk-bot", "--to", "production")
    team.goes("alice", day(17), "adopt", "--to", "production", "--apply")
    _merge_buttons(team)
    _second_thoughts(team)
    _people_and_models(team)
    _night(team)
    _names(team)

    audited = team.repo.fleet("audit", "--json", now=day(30))
    errors = [item for item in audited.data["breaks"] if item["severity"] == "error"]
    assert errors == []
    assert team.repo.fleet("validate", now=day(30)).code == 0


def _merge_buttons(team: Team) -> None:
    """Day 18: a merge commit, a squash with the approval in the branch, and a rebase by the forge."""
    repo = team.repo
    repo.git("checkout", "-q", "-b", "merged")
    team.edit("dina", day(18, 9), "desk-bot")
    repo.git("checkout", "-q", "main")
    repo.git("merge", "-q", "--no-ff", "-m", "merge", "merged", identity="alice", at=day(18, 10), env=FORGE)
    team.is_told("dina", day(18, 10), "approve", "desk-bot", "--to", "production")
    team.is_told("alice", day(18, 10), "promote", "desk-bot", "--to", "production", "--apply")
    team.approve("carla", day(18, 11), "desk-bot")
    team.promote(day(18, 12), "desk-bot")

    repo.git("checkout", "-q", "-b", "squashed")
    team.edit("dina", day(18, 13), "desk-bot", line="Be short.")
    team.approve("carla", day(18, 13), "desk-bot")
    repo.git("checkout", "-q", "main")
    repo.git("merge", "-q", "--squash", "squashed")
    team.forge_commit("dina", day(18, 14), "be short\n\nCo-authored-by: Carla <carla@acme.example>")
    team.promote(day(18, 15), "desk-bot")

    repo.git("checkout", "-q", "-b", "rebased")
    team.edit("dina", day(18, 16), "desk-bot", line="Be kind.")
    repo.git("checkout", "-q", "main")
    repo.git("cherry-pick", "rebased", identity="dina", at=day(18, 17), env=FORGE)
    team.approve("carla", day(18, 18), "desk-bot")
    team.promote(day(18, 19), "desk-bot")


def _second_thoughts(team: Team) -> None:
    """Day 19: an edit is reverted before anybody promoted it, and its author may approve the next one."""
    team.edit("carla", day(19, 9), "desk-bot", line="Give a refund to everybody.")
    team.repo.git("revert", "--no-edit", "HEAD", identity="dina", at=day(19, 10))
    team.goes("alice", day(19, 11), "promote", "desk-bot", "--to", "production")
    team.edit("dina", day(19, 12), "desk-bot", line="Answer in English.")
    team.approve("carla", day(19, 13), "desk-bot")
    team.promote(day(19, 14), "desk-bot")


def _people_and_models(team: Team) -> None:
    """Days 20 to 23: a handover, another model for three agents, and an admin who leaves."""
    repo = team.repo
    path = f"{folder('mail-bot')}/agent.yaml"
    text = (
        (repo.root / path)
        .read_text()
        .replace(
            "team: desk, accountable: carla, backup: dina", "team: mail, accountable: hana, backup: carla"
        )
    )
    repo.commit("mail takes mail-bot", identity="dina", at=day(20, 9), files={path: text})
    team.approve("hana", day(20, 10), "mail-bot")
    team.promote(day(20, 11), "mail-bot")

    paths = [f"{folder(agent)}/agent.yaml" for agent in AGENTS]
    old, new = "name: gpt-4.1-2025-04-14", "name: gpt-4o-2024-11-20"
    repo.commit(
        "another model",
        identity="dina",
        at=day(21, 9),
        files={path: (repo.root / path).read_text().replace(old, new) for path in paths},
    )
    team.approve("carla", day(21, 10), *AGENTS)
    team.promote(day(21, 11), *AGENTS)

    left = PEOPLE.replace(
        "gus@acme.example], since: 2024-01-01", "gus@acme.example], since: 2024-01-01, left: 2026-11-22"
    )
    repo.commit("gus has left", identity="erin", at=day(22, 9), files={"governance/people.yaml": left})
    team.is_told("erin", day(22, 10), "approve", "--governance")
    team.agree(day(22, 11), "farid", "hana")
    team.edit("dina", day(23, 9), "note-bot")
    team.approve("carla", day(23, 10), "note-bot")
    team.promote(day(23, 11), "note-bot")


def _night(team: Team) -> None:
    """Night of day 24: an agent is stopped and rolled back while a change of governance waits."""
    policy = team.repo.root / "governance/policy.yaml"
    waiting = policy.read_text().replace("version: 1", "version: 2").replace("P30D", "P20D")
    team.repo.commit("shorter", identity="erin", at=day(24, 20), files={"governance/policy.yaml": waiting})
    team.goes(
        "dina", day(24, 23), "suspend", "note-bot", "--env", "production", "--reason", "it lies", "--apply"
    )
    team.goes("alice", day(24, 23), "validate")
    team.is_told("alice", day(24, 23), "rollback", "desk-bot", "--env", "production", "--reason", "too kind")
    team.goes("carla", day(24, 23), "approve", "desk-bot", "--to", "production", "--rollback")
    team.repo.commit("approval at night", identity="carla", at=day(24, 23))
    team.goes(
        "alice", day(24, 23), "rollback", "desk-bot", "--env", "production", "--reason", "too kind", "--apply"
    )
    team.agree(day(25, 9), "farid", "hana")


def _names(team: Team) -> None:
    """Days 26 and 27: an agent gets another name; two promotions meet."""
    repo = team.repo
    repo.git("mv", folder("mail-bot"), folder("post-bot"))
    path = f"{folder('post-bot')}/agent.yaml"
    renamed = (repo.root / path).read_text().replace("name: mail-bot", "name: post-bot")
    repo.commit("mail-bot is post-bot", identity="dina", at=day(26, 9), files={path: renamed})
    team.approve("carla", day(26, 10), "mail-bot", "post-bot")
    team.promote(day(26, 11), "mail-bot", "post-bot")

    team.edit("dina", day(27, 9), "desk-bot", "post-bot", line="Say which order you mean.")
    team.approve("carla", day(27, 10), "desk-bot", "post-bot")
    remote = repo.top.parent / "origin.git"
    repo.git("clone", "-q", "--bare", str(repo.top), str(remote))
    repo.git("remote", "add", "origin", str(remote))
    repo.git("push", "-q", "-u", "origin", "main")
    other = Team(Repository(top=repo.top.parent / "other", home=repo.home))
    repo.git("clone", "-q", str(remote), str(other.repo.top))
    push = ("--to", "production", "--apply", "--push", "origin")
    other.goes("alice", day(27, 11), "promote", "post-bot", *push)
    met = team.is_told("alice", day(27, 11), "promote", "desk-bot", *push)
    assert met.code == 4, met.err
    repo.git("pull", "-q", "--rebase", check=False)
    team.goes("alice", day(27, 12), "promote", "desk-bot", *push)
