"""A small fleet in a real repository, and the people who work, err and cheat in it."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.forked import forked_fleet
from tests.templates import copy_of, without_samples

DAY = "2026-11-%02dT%02d:00:00Z"
NOW = "2026-11-20T12:00:00Z"

CONFIG = """\
apiVersion: fleetward/v1
kind: FleetConfig
repository: town/agents
environments:
  - name: staging
  - {name: production, from: staging, overridable: [spec.budgets]}
"""
PEOPLE = """\
apiVersion: fleetward/v1
kind: People
people:
  alice: {name: Alice, emails: [alice@town.example]}
  bob: {name: Bob, emails: [bob@town.example]}
  carla: {name: Carla, emails: [carla@town.example]}
  dina: {name: Dina, emails: [dina@town.example]}
  erin: {name: Erin, emails: [erin@town.example]}
robots:
  ci: {emails: [ci@town.example], operatedBy: erin}
  github: {emails: [noreply@github.com]}
teams:
  desk: {members: [alice, bob, carla]}
  risk: {members: [dina]}
"""
POLICY = """\
apiVersion: fleetward/v1
kind: Policy
version: 2
tiers: [low, high]
approvals: {expire: P14D, exclude: [author, committer, co-author, robot], unknownAuthors: refuse}
rules:
  - {id: every-change, when: {to: production}, require: [{approvals: 1, from: owner}]}
veto: {from: [risk]}
governance: {require: [{approvals: 1, from: [desk, risk]}]}
"""
MANIFEST = """\
apiVersion: fleetward/v1
kind: Agent
metadata: {name: %s}
spec:
  lifecycle: production
  class: foundation
  purpose: {summary: Answers the phone, users: internal}
  owner: {team: desk, accountable: alice, backup: bob}
  risk:
    tier: low
    factors:
      {dataSensitivity: internal, externalVisibility: internal, financialImpact: none,
       reversibility: reversible, autonomy: suggest}
    assessedAt: 2026-10-01
  model: {provider: openai, name: gpt-4.1-mini-2025-04-14}
  prompts: [{name: system, file: prompts/system.md}]
  escalation: {default: park, triggers: [{when: confidence, below: 0.5}], queue: desk, responsible: desk,
               context: [question], sla: {acknowledge: PT4H}, onTimeout: park}
  budgets: [{window: day, currency: EUR, alertAt: 5, haltAt: 8}]
  evals: [{name: quality, suite: evals/quality.yaml, format: junit, metric: pass-rate, min: 0.9, maxAge: P30D}]
  retirement: {criteria: [{metric: runs-per-month, below: 5, for: P90D}], dataDisposition: delete}
"""
PROMPT = "You answer the phone.\n"
SOAK = "  - {id: time, when: {to: production}, require: [{soak: PT24H}]}\nveto:"
EVALS = "  - {id: shown, when: {to: production}, require: [{evals: passed}]}\nveto:"


@dataclass(frozen=True, slots=True)
class CommandResult:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def output(self) -> str:
        """Both streams."""
        return self.out + self.err

    @property
    def data(self) -> dict[str, Any]:
        """The JSON report."""
        report: dict[str, Any] = json.loads(self.out)
        return report

    @property
    def agent(self) -> dict[str, Any]:
        """The first promotion of a JSON report."""
        promotion: dict[str, Any] = self.data["promotions"][0]
        return promotion

    def reasons(self) -> str:
        """Every detail of the first promotion as one text."""
        needs = [f"{n['kind']} {n['status']} {n['detail']}" for n in self.agent["requirements"]]
        return "\n".join(needs + [f"{n['approver']}: {n['reason']}" for n in self.agent["notCounted"]])


@dataclass(frozen=True, slots=True)
class FleetRepository:
    """The repository."""

    path: Path

    def _environment(self, who: str, at: str, committer: str | None) -> dict[str, str]:
        by = committer or who
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.path.parent),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": who.partition("@")[0],
            "GIT_AUTHOR_EMAIL": who if "@" in who else f"{who}@town.example",
            "GIT_COMMITTER_NAME": by.partition("@")[0],
            "GIT_COMMITTER_EMAIL": by if "@" in by else f"{by}@town.example",
            "GIT_AUTHOR_DATE": at,
            "GIT_COMMITTER_DATE": at,
        }

    def git(self, *arguments: str, who: str = "alice", at: str = NOW, committer: str | None = None) -> str:
        """Run git as somebody, at some time."""
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.path,
            env=self._environment(who, at, committer),
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    def fleet(self, *arguments: str, who: str = "carla", now: str = NOW) -> CommandResult:
        """Run the installed command as somebody."""
        environment = self._environment(who, now, None)
        del environment["GIT_AUTHOR_DATE"], environment["GIT_COMMITTER_DATE"]
        code, out, err = forked_fleet(arguments, self.path, environment, now)
        result = CommandResult(code, out.decode(), err.decode())
        assert "Traceback" not in result.output, result.output
        assert result.code in (0, 1, 2, 4), result.output
        return result

    def write(self, path: str, text: str) -> Path:
        """Put a file there."""
        file = self.path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="\n")
        return file

    def commit(
        self,
        message: str = "change",
        *,
        who: str = "alice",
        at: str = NOW,
        committer: str | None = None,
    ) -> str:
        """Commit everything that is there."""
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message, who=who, at=at, committer=committer)
        return self.git("rev-parse", "HEAD")

    def change(self, text: str = "You answer the phone kindly.\n", **commit: Any) -> str:
        """Reword desk's prompt in staging and commit it."""
        self.write("environments/staging/desk/prompts/system.md", text)
        return self.commit(**commit)

    def approve(
        self, who: str, *options: str, agent: str = "desk", now: str = NOW, commit: bool = True
    ) -> str:
        """Write a statement and commit it as its author; its file."""
        file = self._decided(("approve", agent, "--to", "production", *options), who, now)
        if commit:
            self.commit("decide", who=who, at=now)
        return file

    def agree(self, who: str, *, now: str = NOW) -> None:
        """Approve the change of governance that HEAD holds, and commit that."""
        self._decided(("approve", "--governance"), who, now)
        self.commit("agree", who=who, at=now)

    def _decided(self, command: tuple[str, ...], who: str, now: str) -> str:
        """Whom the command refuses to approve their own change writes the statement by hand."""
        result = self.fleet(*command, "--json", who=who, now=now)
        if result.code != 1:
            assert result.code == 0, result.output
            return str(result.data["file"])
        result = self.fleet(*command, "--reject", "--json", who=who, now=now)
        assert result.code == 0, result.output
        self.rewrite(result.data["file"], decision="approve")
        return str(result.data["file"])

    def judge(
        self, *options: str, agent: str = "desk", now: str = NOW, to: str = "production"
    ) -> CommandResult:
        """Ask for the verdict."""
        return self.fleet("promote", agent, "--to", to, "--json", *options, now=now)

    def apply(self, *options: str, agent: str = "desk", now: str = NOW) -> CommandResult:
        """Promote for real."""
        return self.fleet("promote", agent, "--to", "production", "--apply", "--json", *options, now=now)

    def rewrite(self, file: str, **predicate: Any) -> None:
        """Change fields of a statement where it lies."""
        path = self.path / file
        statement = json.loads(path.read_bytes())
        statement["predicate"].update(predicate)
        path.write_text(json.dumps(statement, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def agent_files(name: str, env: str = "staging") -> dict[str, str]:
    """The files of one agent."""
    folder = f"environments/{env}/{name}"
    return {
        f"{folder}/agent.yaml": MANIFEST % name,
        f"{folder}/prompts/system.md": PROMPT,
        f"{folder}/evals/quality.yaml": "tests: []\n",
    }


def new_fleet(
    folder: Path,
    *,
    policy: str = POLICY,
    config: str = CONFIG,
    agents: tuple[str, ...] = ("desk",),
    manifest: str | None = None,
) -> FleetRepository:
    """
    A fleet whose agents stand in staging since the 1st, written by alice; production is empty.

    *manifest* is desk's, where it is another than the usual one.
    """
    key = ["new fleet", policy, config, agents, manifest]
    copy_of(key, lambda repository: _build_new(repository, policy, config, agents, manifest), folder)
    return FleetRepository(folder / "town")


def _build_new(folder: Path, policy: str, config: str, agents: tuple[str, ...], manifest: str | None) -> None:
    path = folder / "town"
    path.mkdir(parents=True)
    repository = FleetRepository(path)
    repository.git("init", "-q", "-b", "main")
    without_samples(path / ".git")
    repository.write("fleet-config.yaml", config)
    repository.write("governance/people.yaml", PEOPLE)
    repository.write("governance/policy.yaml", policy)
    for name in agents:
        for file, text in agent_files(name).items():
            repository.write(file, text)
    if manifest is not None:
        repository.write("environments/staging/desk/agent.yaml", manifest)
    repository.commit("begin", at="2026-11-01T12:00:00Z")


def running_fleet(folder: Path, **fleet: Any) -> FleetRepository:
    """The same, with desk promoted on the 2nd after carla's approval."""

    def build(repository: Path) -> None:
        repository = new_fleet(repository, **fleet)
        repository.approve("carla", now="2026-11-02T12:00:00Z")
        result = repository.apply(now="2026-11-02T13:00:00Z")
        assert result.code == 0, result.output

    copy_of(["running fleet", fleet], build, folder)
    return FleetRepository(folder / "town")
