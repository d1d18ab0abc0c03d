"""Every entry, asked again as of its time, gets the verdict that it got."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from fleetward.domain.break_glass import Way
from fleetward.domain.errors import FleetError
from fleetward.domain.ledger import Entry, Ledger
from fleetward.domain.verdict import Promotion, Verdict
from fleetward.report.verdicts_json import requirement
from fleetward.store.records import ledger as lines
from fleetward.workflows.audit.reevaluate import replayed
from fleetward.workflows.context import run_context
from fleetward.workflows.promotion.context import Hearing, hearing
from tests.end_to_end.emergencies import FIRST, POLICY, PROMPT, STRICT, THIRD, back, promoted, said, twice
from tests.end_to_end.repositories import DESK, Repository

LESS = "spec: {budgets: [{window: day, currency: EUR, alertAt: 4, haltAt: 6}]}\n"
PROPOSAL = "proposals/production/desk-bot/overrides.yaml"


def entries(made: Repository) -> tuple[Entry, ...]:
    file = "ledger/production.jsonl"
    return lines.decode((made.root / file).read_bytes(), file).entries


def then(made: Repository, entry: Entry, monkeypatch: pytest.MonkeyPatch) -> Hearing:
    """The hearing of that time, on a checkout of the commit that was judged."""
    for name, value in made.environment("ci").items():
        monkeypatch.setenv(name, value)
    made.git("switch", "-q", "--detach", entry.commit)
    now = entry.at.strftime("%Y-%m-%dT%H:%M:%SZ")
    run = run_context(folder=str(made.root), now=now)
    asked = hearing(run, to=entry.environment)
    made.git("switch", "-q", "main")
    return asked


def again(made: Repository, entry: Entry, monkeypatch: pytest.MonkeyPatch) -> tuple[Promotion, ...]:
    return replayed(then(made, entry, monkeypatch), entry)


def same(told: tuple[Promotion, ...], entry: Entry) -> bool:
    """Allowed, for the same states and for the very same reasons."""
    needs = [{"agent": one.agent, **requirement(need)} for one in told for need in one.requirements]
    states = [(one.agent, one.from_state, one.generation) for one in told]
    return (
        all(one.verdict is Verdict.ALLOWED for one in told)
        and states == [(one.agent, one.from_state, one.generation) for one in entry.agents]
        and json.loads(json.dumps(needs)) == list(entry.requirements)
    )


def test_every_kind_of_entry_gets_the_verdict_that_it_got(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = twice(tmp_path)
    made.commit("less", at="2026-11-13T08:00:00+00:00", files={PROPOSAL: LESS})
    promoted(made, "2026-11-13T09:00:00Z")
    made.approve("desk-bot", "bob", "--rollback", now="2026-11-14T08:00:00Z")
    said(back(made, "--apply", now="2026-11-14T09:00:00Z"))
    made.commit("{}", at="2026-11-15T08:00:00+00:00", files={PROMPT: THIRD, PROPOSAL: "{}\n"})
    for who in ("bob", "erin"):
        made.approve("desk-bot", who, now="2026-11-15T09:00:00Z")
    glass = ("--break-glass", "--incident", "INC-1", "--reason", "x")
    promoted(made, "2026-11-15T10:00:00Z", *glass)
    flags = ("--rollback", entries(made)[2].agents[0].release or "", "--with-overrides")
    made.approve("desk-bot", "bob", *flags, now="2026-11-16T08:00:00Z")
    said(back(made, "--to", flags[1], "--with-overrides", "--apply", now="2026-11-16T09:00:00Z"))

    kinds = [(one.kind, one.break_glass is not None) for one in entries(made)]
    assert kinds == [
        ("adopt", False),
        ("update", False),
        ("override", False),
        ("rollback", False),
        ("update", True),
        ("rollback", False),
    ]
    assert again(made, entries(made)[0], monkeypatch) == ()
    for entry in entries(made)[1:]:
        told = again(made, entry, monkeypatch)
        assert same(told, entry), entry.seq
        assert (told[0].to_state, told[0].kind) == (entry.agents[0].to_state, entry.kind)
    assert again(made, entries(made)[4], monkeypatch)[0].way is Way.BREAK_GLASS


def test_what_broke_the_glass_would_not_have_passed_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = twice(tmp_path, STRICT)
    made.commit("third", identity="dina", at="2026-11-20T08:00:00+00:00", files={PROMPT: THIRD})
    for who in ("bob", "erin"):
        made.approve("desk-bot", who, now="2026-11-20T09:00:00Z")
    glass = ("--break-glass", "--incident", "INC-1", "--reason", "x")
    promoted(made, "2026-11-20T10:00:00Z", *glass)
    last = entries(made)[-1]
    asked = then(made, last, monkeypatch)

    assert same(replayed(asked, last), last)
    assert replayed(asked, replace(last, break_glass=None))[0].verdict is not Verdict.ALLOWED
    shut = replace(asked, policy=replace(asked.policy, break_glass=None))
    assert replayed(shut, last)[0].verdict is Verdict.BLOCKED


def test_entries_of_one_commit_are_judged_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = twice(tmp_path)
    front = (made.root / DESK / "agent.yaml").read_text().replace("desk-bot", "front-bot")
    needs = "  dependsOn: [{agent: back-bot}]\n"
    files = {"environments/staging/front-bot/agent.yaml": front + needs}
    files["environments/staging/back-bot/agent.yaml"] = front.replace("front-bot", "back-bot")
    for name in ("front-bot", "back-bot"):
        files[f"environments/staging/{name}/prompts/system.md"] = FIRST
        files[f"environments/staging/{name}/evals/quality.yaml"] = "tests: []\n"
    made.commit("two more", at="2026-11-19T09:00:00+00:00", files={**files, PROMPT: THIRD})
    together = ("desk-bot", "front-bot", "back-bot")
    said(made.fleet("promote", *together, "--to", "production", "--apply", identity="ci"))

    create, update = entries(made)[-2:]
    asked = then(made, create, monkeypatch)
    told = replayed(asked, create, update)

    assert (create.kind, update.kind, create.commit) == ("create", "update", update.commit)
    assert [one.agent for one in told] == ["front-bot", "back-bot", "desk-bot"]
    assert same(told[:2], create)
    assert same(told[2:], update)


def test_a_rollback_that_the_ledger_made_up_is_not_there_to_be_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = twice(tmp_path, POLICY)
    last = entries(made)[-1]
    asked = then(made, last, monkeypatch)
    alone = replace(asked, ledger=Ledger(environment="production", entries=entries(made)[:1]))

    with pytest.raises(FleetError, match="no release"):
        replayed(alone, replace(last, kind="rollback"))
