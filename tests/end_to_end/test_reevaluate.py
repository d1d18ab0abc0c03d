"""Every ledger entry, evaluated again as of its time, gets the same verdict."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from fleetward.domain.break_glass import PromotionMode
from fleetward.domain.errors import FleetError
from fleetward.domain.ledger import Entry, Ledger
from fleetward.domain.verdict import Promotion, Verdict
from fleetward.store.records import ledger, ledger_line
from fleetward.workflows.audit.reevaluate import reevaluate
from fleetward.workflows.context import run_context
from fleetward.workflows.promotion.context import PromotionContext, load_context
from tests.end_to_end.emergencies import (
    FIRST,
    POLICY,
    PROMPT,
    STRICT,
    THIRD,
    promoted,
    promoted_twice,
    rollback,
    succeeded,
)
from tests.end_to_end.repositories import DESK, Repository

LESS = "spec: {budgets: [{window: day, currency: EUR, alertAt: 4, haltAt: 6}]}\n"
PROPOSAL = "proposals/production/desk-bot/overrides.yaml"


def entries(repo: Repository) -> tuple[Entry, ...]:
    file = "ledger/production.jsonl"
    return ledger.decode((repo.root / file).read_bytes(), file).entries


def context_at(repo: Repository, entry: Entry, monkeypatch: pytest.MonkeyPatch) -> PromotionContext:
    """The hearing of that time, on a checkout of the commit that was judged."""
    for name, value in repo.environment("ci").items():
        monkeypatch.setenv(name, value)
    repo.git("switch", "-q", "--detach", entry.commit)
    now = entry.at.strftime("%Y-%m-%dT%H:%M:%SZ")
    run = run_context(folder=str(repo.root), now=now)
    context = load_context(run, to=entry.environment)
    repo.git("switch", "-q", "main")
    return context


def reevaluated(repo: Repository, entry: Entry, monkeypatch: pytest.MonkeyPatch) -> tuple[Promotion, ...]:
    return reevaluate(context_at(repo, entry, monkeypatch), entry)


def same_verdict(promotions: tuple[Promotion, ...], entry: Entry) -> bool:
    """Allowed, for the same states and for the very same reasons."""
    needs = [
        ledger_line.encode_requirement(item.agent, need) for item in promotions for need in item.requirements
    ]
    states = [(item.agent, item.from_state, item.generation) for item in promotions]
    return (
        all(item.verdict is Verdict.ALLOWED for item in promotions)
        and states == [(item.agent, item.from_state, item.generation) for item in entry.agents]
        and json.loads(json.dumps(needs)) == list(entry.requirements)
    )


def test_every_kind_of_entry_is_reevaluated_to_the_same_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = promoted_twice(tmp_path)
    repo.commit("less", at="2026-11-13T08:00:00+00:00", files={PROPOSAL: LESS})
    promoted(repo, "2026-11-13T09:00:00Z")
    repo.approve("desk-bot", "bob", "--rollback", now="2026-11-14T08:00:00Z")
    succeeded(rollback(repo, "--apply", now="2026-11-14T09:00:00Z"))
    repo.commit("{}", at="2026-11-15T08:00:00+00:00", files={PROMPT: THIRD, PROPOSAL: "{}\n"})
    for who in ("bob", "erin"):
        repo.approve("desk-bot", who, now="2026-11-15T09:00:00Z")
    glass = ("--break-glass", "--incident", "INC-1", "--reason", "x")
    promoted(repo, "2026-11-15T10:00:00Z", *glass)
    flags = ("--rollback", entries(repo)[2].agents[0].release or "", "--with-overrides")
    repo.approve("desk-bot", "bob", *flags, now="2026-11-16T08:00:00Z")
    succeeded(rollback(repo, "--to", flags[1], "--with-overrides", "--apply", now="2026-11-16T09:00:00Z"))

    kinds = [(entry.kind, entry.break_glass is not None) for entry in entries(repo)]
    assert kinds == [
        ("adopt", False),
        ("update", False),
        ("override", False),
        ("rollback", False),
        ("update", True),
        ("rollback", False),
    ]
    assert reevaluated(repo, entries(repo)[0], monkeypatch) == ()
    for entry in entries(repo)[1:]:
        promotions = reevaluated(repo, entry, monkeypatch)
        assert same_verdict(promotions, entry), entry.seq
        assert (promotions[0].to_state, promotions[0].kind) == (entry.agents[0].to_state, entry.kind)
    assert reevaluated(repo, entries(repo)[4], monkeypatch)[0].mode is PromotionMode.BREAK_GLASS


def test_a_break_glass_entry_is_not_allowed_without_break_glass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = promoted_twice(tmp_path, STRICT)
    repo.commit("third", identity="dina", at="2026-11-20T08:00:00+00:00", files={PROMPT: THIRD})
    for who in ("bob", "erin"):
        repo.approve("desk-bot", who, now="2026-11-20T09:00:00Z")
    glass = ("--break-glass", "--incident", "INC-1", "--reason", "x")
    promoted(repo, "2026-11-20T10:00:00Z", *glass)
    last = entries(repo)[-1]
    context = context_at(repo, last, monkeypatch)

    assert same_verdict(reevaluate(context, last), last)
    assert reevaluate(context, replace(last, break_glass=None))[0].verdict is not Verdict.ALLOWED
    shut = replace(context, policy=replace(context.policy, break_glass=None))
    assert reevaluate(shut, last)[0].verdict is Verdict.BLOCKED


def test_entries_of_one_commit_are_reevaluated_as_one_batch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = promoted_twice(tmp_path)
    front = (repo.root / DESK / "agent.yaml").read_text().replace("desk-bot", "front-bot")
    needs = "  dependsOn: [{agent: back-bot}]\n"
    files = {"environments/staging/front-bot/agent.yaml": front + needs}
    files["environments/staging/back-bot/agent.yaml"] = front.replace("front-bot", "back-bot")
    for name in ("front-bot", "back-bot"):
        files[f"environments/staging/{name}/prompts/system.md"] = FIRST
        files[f"environments/staging/{name}/evals/quality.yaml"] = "tests: []\n"
    repo.commit("two more", at="2026-11-19T09:00:00+00:00", files={**files, PROMPT: THIRD})
    together = ("desk-bot", "front-bot", "back-bot")
    succeeded(repo.fleet("promote", *together, "--to", "production", "--apply", identity="ci"))

    create, update = entries(repo)[-2:]
    context = context_at(repo, create, monkeypatch)
    promotions = reevaluate(context, create, update)

    assert (create.kind, update.kind, create.commit) == ("create", "update", update.commit)
    assert [promotion.agent for promotion in promotions] == ["front-bot", "back-bot", "desk-bot"]
    assert same_verdict(promotions[:2], create)
    assert same_verdict(promotions[2:], update)


def test_a_forged_rollback_entry_cannot_be_reevaluated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = promoted_twice(tmp_path, POLICY)
    last = entries(repo)[-1]
    context = context_at(repo, last, monkeypatch)
    alone = replace(context, ledger=Ledger(environment="production", entries=entries(repo)[:1]))

    with pytest.raises(FleetError, match="no earlier release"):
        reevaluate(alone, replace(last, kind="rollback"))
