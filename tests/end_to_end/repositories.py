"""Real git repositories with fleets in them, and the installed command run on them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.forked import forked_fleet
from tests.templates import copy_of, without_samples

CHECKOUT = Path(__file__).parents[2]
ACME = CHECKOUT / "tests" / "samples" / "acme"
EXAMPLE = CHECKOUT / "example-fleet"
NOW = "2026-11-20T12:00:00Z"
EARLIER = "2026-11-16T09:00:00+00:00"

Files = Mapping[str, "str | bytes | None"]
"""By path: what to write there, None to delete it."""

POLICY = """\
apiVersion: fleetward/v1
kind: Policy
version: 1
tiers: [low, medium, high, critical]
governance: {require: [{approvals: 1, from: desk}]}
rules:
  - id: every-change
    when: {to: production}
    require: [{approvals: 1, from: owner}]
"""
MANIFEST = """\
apiVersion: fleetward/v1
kind: Agent
metadata: {name: desk-bot}
spec:
  lifecycle: production
  purpose: {summary: Answer questions of staff about orders, outOfScope: [refunds], users: internal}
  owner: {team: desk, accountable: carla, backup: dina}
  risk:
    tier: low
    factors: {dataSensitivity: public, externalVisibility: internal, financialImpact: none,
              reversibility: reversible, autonomy: suggest}
    assessedAt: 2026-09-01
  model:
    provider: openai
    name: gpt-4.1-2025-04-14
    fallbacks: [{provider: anthropic, name: claude-sonnet-4-6}]
  prompts:
    - {name: system, file: prompts/system.md}
  escalation:
    default: escalate
    triggers: [{when: confidence, below: 0.8}]
    queue: helpdesk/orders
    responsible: desk
    context: [conversation, reason]
    sla: {acknowledge: PT4H}
    onTimeout: park
    lastTestedAt: 2026-10-12
  budgets: [{window: day, currency: EUR, alertAt: 40, haltAt: 60}]
  evals: [{name: quality, suite: evals/quality.yaml, format: promptfoo, metric: pass-rate, min: 0.9}]
  review: {cadence: P90D, lastReviewedAt: 2026-10-15, heartbeat: P7D, volatility: weekly}
  retirement: {criteria: [{metric: runs-per-month, below: 50, for: P90D}]}
  class: capability
"""
DESK = "environments/staging/desk-bot"
FLEET: dict[str, str] = {
    "fleet-config.yaml": """\
apiVersion: fleetward/v1
kind: FleetConfig
requires: ">=0.1,<1"
repository: acme/agents
environments:
  - name: staging
  - name: production
    from: staging
    overridable: [spec.budgets]
""",
    "governance/people.yaml": """\
apiVersion: fleetward/v1
kind: People
people:
  alice: {name: Alice Roe, emails: [alice@acme.example], since: 2024-01-01}
  carla: {name: Carla Ferri, emails: [carla@acme.example], since: 2024-01-01}
  dina: {name: Dina Aziz, emails: [dina@acme.example], since: 2024-01-01}
teams:
  desk: {members: [carla, dina]}
""",
    "governance/policy.yaml": POLICY,
    f"{DESK}/agent.yaml": MANIFEST,
    f"{DESK}/prompts/system.md": "You answer questions about orders.\n",
    f"{DESK}/evals/quality.yaml": "tests:\n  - vars: {question: Where is order 17?}\n",
}
"""One agent of the lowest tier; one of its owners has to approve."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandResult:
    """What a run of the command left: exit code and both streams."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)


def clean_environment(home: Path, **extra: str) -> dict[str, str]:
    """An environment without anything of the caller's git; nobody's identity but the one given."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name in ("PATH", "TMPDIR", "LANG", "SYSTEMROOT", "VIRTUAL_ENV") or name.startswith("COVERAGE_")
    }
    return {
        **inherited,
        "HOME": str(home),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        **extra,
    }


def identity_variables(who: str, at: str | None = None) -> dict[str, str]:
    """The variables that make git act as this person, at this instant."""
    names = {
        f"GIT_{role}_{part}": value
        for role in ("AUTHOR", "COMMITTER")
        for part, value in (("NAME", who.title()), ("EMAIL", f"{who}@acme.example"))
    }
    dates = {f"GIT_{role}_DATE": at for role in ("AUTHOR", "COMMITTER")} if at else {}
    return {**names, **dates}


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """A repository of a test's own; *fleet_root* is the fleet's folder in it."""

    top: Path
    home: Path
    fleet_root: str = ""

    @property
    def root(self) -> Path:
        return self.top / self.fleet_root

    def environment(
        self, identity: str = "alice", at: str | None = None, env: Mapping[str, str] | None = None
    ) -> dict[str, str]:
        return {**clean_environment(self.home), **identity_variables(identity, at), **(env or {})}

    def git(
        self,
        *args: str,
        identity: str = "alice",
        at: str | None = EARLIER,
        env: Mapping[str, str] | None = None,
        check: bool = True,
    ) -> str:
        done = subprocess.run(
            ["git", *args],
            cwd=self.top,
            env=self.environment(identity, at, env),
            capture_output=True,
            text=True,
            errors="surrogateescape",
        )
        assert not check or done.returncode == 0, done.stderr
        return done.stdout.strip()

    def write(self, files: Files) -> None:
        for path, content in files.items():
            target = self.root / path
            if content is None:
                target.unlink()
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content.encode() if isinstance(content, str) else content)

    def commit(
        self,
        message: str = "a change",
        *,
        identity: str = "alice",
        at: str = EARLIER,
        files: Files | None = None,
    ) -> str:
        """Everything that is there, committed; its id."""
        self.write(files or {})
        self.git("add", "-A", identity=identity)
        self.git("commit", "-q", "--no-verify", "-m", message, identity=identity, at=at)
        return self.head

    @property
    def head(self) -> str:
        return self.git("rev-parse", "HEAD")

    @property
    def state(self) -> tuple[str, str]:
        """Where the branch stands, and what git says of index and work tree."""
        return self.head, self.git("status", "--porcelain", "-uall")

    def fleet(
        self,
        *args: str,
        cwd: Path | None = None,
        identity: str = "alice",
        env: Mapping[str, str] | None = None,
        now: str | None = NOW,
    ) -> CommandResult:
        """The command as this person runs it, at NOW."""
        return fleet(*args, cwd=cwd or self.root, env=self.environment(identity, None, env), now=now)

    def approve(self, agent: str, who: str, *flags: str, now: str = NOW) -> str:
        """This person decides with the command and commits the statement; its file."""
        return self._decided(("approve", agent, "--to", "production", *flags), who, now)

    def agree(self, who: str, *flags: str, now: str = NOW) -> str:
        """This person decides on the change of governance that HEAD holds, and commits it; the statement's file."""
        return self._decided(("approve", "--governance", *flags), who, now)

    def _decided(self, command_words: tuple[str, ...], who: str, now: str) -> str:
        """Whom the command refuses to approve their own change writes the statement by hand."""
        ran = self.fleet(*command_words, "--json", identity=who, now=now)
        refused = ran.code == 1
        if refused:
            ran = self.fleet(*command_words, "--reject", "--json", identity=who, now=now)
        assert ran.code == 0, ran.err
        if refused:
            statement = json.loads((self.root / ran.data["file"]).read_bytes())
            statement["predicate"]["decision"] = "approve"
            self.write({ran.data["file"]: json.dumps(statement, indent=2, sort_keys=True) + "\n"})
        self.commit(f"decision of {who}", identity=who, at=now)
        return str(ran.data["file"])


def fleet(*args: str, cwd: Path, env: Mapping[str, str], now: str | None = None) -> CommandResult:
    """One run of the command in a process of its own."""
    code, out, err = forked_fleet(args, cwd, env, now)
    return CommandResult(
        code=code,
        out=out.decode("utf-8", "surrogateescape"),
        err=err.decode("utf-8", "surrogateescape"),
    )


def command(*args: str) -> list[str]:
    """How the installed command is started with this interpreter."""
    return [sys.executable, "-m", "fleetward", *args]


def repository(
    folder: Path,
    source: Files | Path | None = None,
    *,
    inside: str = "",
    object_format: str = "sha1",
    committed: bool = True,
) -> Repository:
    """A repository in *folder* with these files, or a copy of this fleet, committed by alice."""
    repo = Repository(top=folder / "fleet", home=folder / "home", fleet_root=inside)

    def build(place: Path) -> None:
        _build(
            replace(repo, top=place / "fleet", home=place / "home"),
            source,
            object_format=object_format,
            committed=committed,
        )

    files = source if isinstance(source, Path) else list((FLEET if source is None else source).items())
    copy_of(["repository", repr(files), inside, object_format, committed], build, folder)
    return repo


def _build(repo: Repository, source: Files | Path | None, *, object_format: str, committed: bool) -> None:
    repo.home.mkdir(parents=True)
    if isinstance(source, Path):
        shutil.copytree(source, repo.root, symlinks=True)
    repo.root.mkdir(parents=True, exist_ok=True)
    repo.git("init", "-q", "-b", "main", f"--object-format={object_format}")
    without_samples(repo.top / ".git")
    if not isinstance(source, Path):
        repo.write(FLEET if source is None else source)
    if committed:
        repo.commit("the fleet as it is")


def built(folder: Path, key: object, build: Callable[[Path], Repository]) -> Repository:
    """What *build* makes in a folder, made once in a process and copied; *key* (JSON) names it."""
    copy_of(["built", key], build, folder)
    return Repository(top=folder / "fleet", home=folder / "home", fleet_root="")


def running(folder: Path, **options: Any) -> Repository:
    """The small fleet with desk-bot in production and in the ledger, and a change of it in staging."""
    copy_of(["running", FLEET, options], lambda place: _build_running(place, **options), folder)
    return Repository(top=folder / "fleet", home=folder / "home", fleet_root=options.get("inside", ""))


def _build_running(folder: Path, **options: Any) -> None:
    in_production = {
        path.replace("staging", "production"): text for path, text in FLEET.items() if path.startswith(DESK)
    }
    repo = repository(folder, {**FLEET, **in_production}, **options)
    adopted = repo.fleet("adopt", "--to", "production", "--apply", now="2026-11-17T09:00:00Z")
    assert adopted.code == 0, adopted.err
    repo.commit(
        "answer with sources",
        at="2026-11-18T09:00:00+00:00",
        files={f"{DESK}/prompts/system.md": "You answer questions about orders, with sources.\n"},
    )


def allowed(folder: Path, **options: Any) -> Repository:
    """The same, with the approval that the promotion of desk-bot needs."""

    def build(place: Path) -> None:
        running(place, **options).approve("desk-bot", "carla", now="2026-11-19T09:00:00Z")

    copy_of(["allowed", FLEET, options], build, folder)
    return Repository(top=folder / "fleet", home=folder / "home", fleet_root=options.get("inside", ""))


APPLY = ("promote", "desk-bot", "--to", "production", "--apply")
