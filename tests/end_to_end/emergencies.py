"""A fleet for emergencies: desk-bot has had two releases in production, and the policy has rollback and breakGlass."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from tests.end_to_end.repositories import DESK, FLEET, CommandResult, Repository, built, repository
from tests.schemas.reading import schema

RUNS = "environments/production/desk-bot"
PROMPT = f"{DESK}/prompts/system.md"
FIRST, SECOND, THIRD = (f"You answer questions about orders, {n}.\n" for n in ("first", "second", "third"))
POLICY = """\
apiVersion: fleetward/v1
kind: Policy
version: 1
tiers: [low, medium, high, critical]
rules:
  - id: every-change
    when: {to: production}
    require: [{approvals: 1, from: owner}, {evals: passed}, {soak: PT24H}]
  - {id: low, when: {to: production, tier: low}, replaces: all, require: []}
veto: {from: [risk]}
governance: {require: [{approvals: 1, from: [desk, on-call, risk]}]}
rollback: {within: P30D, require: [{approvals: 1, from: on-call}]}
breakGlass: {require: [{approvals: 2, from: on-call}], skips: [soak, evals, freeze], lasts: PT8H, reviewWithin: PT48H}
"""
STRICT = POLICY.replace("  - {id: low, when: {to: production, tier: low}, replaces: all, require: []}\n", "")
"""Even the lowest tier asks an owner, evaluations and a soak."""
PEOPLE = """\
apiVersion: fleetward/v1
kind: People
people:
  alice: {name: Alice Roe, emails: [alice@acme.example], since: 2024-01-01}
  bob: {name: Bob Lee, emails: [bob@acme.example], since: 2024-01-01}
  carla: {name: Carla Ferri, emails: [carla@acme.example], since: 2024-01-01}
  dina: {name: Dina Aziz, emails: [dina@acme.example], since: 2024-01-01}
  erin: {name: Erin Ott, emails: [erin@acme.example], since: 2024-01-01}
  farid: {name: Farid Aman, emails: [farid@acme.example], since: 2024-01-01}
robots:
  ci: {emails: [ci@acme.example], operatedBy: farid}
teams:
  desk: {members: [carla, dina]}
  on-call: {members: [alice, bob, erin]}
  risk: {members: [farid]}
"""


def promoted_twice(folder: Path, policy: str = POLICY, **files: str) -> Repository:
    """The first release was adopted on the 10th, the second promoted on the 12th; staging has the second."""
    key = ["promoted twice", policy, files]
    return built(folder, key, lambda place: _promote_twice(place, policy, **files))


def _promote_twice(folder: Path, policy: str, **files: str) -> Repository:
    fleet_files = {"governance/policy.yaml": POLICY, "governance/people.yaml": PEOPLE, PROMPT: FIRST, **files}
    start = {**FLEET, **fleet_files}
    runs = {
        path.replace("staging", "production"): text for path, text in start.items() if path.startswith(DESK)
    }
    repo = repository(folder, {**start, **runs}, committed=False)
    repo.commit("start", at="2026-11-09T09:00:00+00:00")
    succeeded(repo.fleet("adopt", "--to", "production", "--apply", now="2026-11-10T09:00:00Z"))
    repo.commit("second", at="2026-11-11T09:00:00+00:00", files={PROMPT: SECOND})
    promoted(repo, "2026-11-12T09:00:00Z")
    if policy != POLICY:
        newer = policy.replace("version: 1", "version: 2")
        repo.commit("the policy", identity="farid", files={"governance/policy.yaml": newer})
        repo.agree("carla", now="2026-11-16T10:00:00Z")
    return repo


def promoted(repo: Repository, now: str, *flags: str, who: str = "ci") -> CommandResult:
    ran = repo.fleet(
        "promote", "desk-bot", "--to", "production", "--apply", "--json", *flags, identity=who, now=now
    )
    return succeeded(ran)


def rollback(
    repo: Repository, *flags: str, now: str = "2026-11-20T12:00:00Z", who: str = "ci"
) -> CommandResult:
    usual = () if "--reason" in flags else ("--reason", "it lies about orders")
    ran = repo.fleet(
        "rollback", "desk-bot", "--env", "production", *usual, *flags, "--json", identity=who, now=now
    )
    return checked_by_schema("rollback", ran) if ran.code in (0, 1) else ran


def checked_by_schema(verb: str, ran: CommandResult) -> CommandResult:
    """The answer is what its schema promises."""
    errors = Draft202012Validator(schema(f"output/{verb}-output")).iter_errors(ran.data)
    assert [f"{error.json_path}: {error.message}" for error in errors] == []
    return ran


def succeeded(ran: CommandResult) -> CommandResult:
    assert ran.code == 0, ran.err + ran.out
    return ran


def ledger(repo: Repository) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (repo.root / "ledger/production.jsonl").read_text().splitlines()]


def requirement_status(ran: CommandResult) -> dict[str, tuple[str, str]]:
    """By kind: the status of a requirement, and its detail."""
    return {
        need["kind"]: (need["status"], need["detail"]) for need in ran.data["promotions"][0]["requirements"]
    }


def folder(repo: Repository, path: str = RUNS) -> Mapping[str, bytes]:
    top = repo.root / path
    return {path.relative_to(top).as_posix(): path.read_bytes() for path in top.rglob("*") if path.is_file()}
