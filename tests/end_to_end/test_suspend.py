"""``fleet suspend`` and ``fleet resume``: proposal, approval by somebody else, promotion."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tests.end_to_end import repositories
from tests.end_to_end.golden import golden
from tests.end_to_end.repositories import DESK, FLEET, MANIFEST, POLICY, Repository
from tests.schemas.reading import schema

PRODUCTION = DESK.replace("staging", "production")
PROPOSAL = "proposals/production/desk-bot/overrides.yaml"
SAFER = """\
  - id: only-safer
    when: {to: production, only: stricter}
    replaces: all
    exempt: [freeze]
    require: [{approvals: 1, from: owner}]
"""
STRICT = (
    POLICY.replace("version: 1", "version: 2").replace("from: owner}]", "from: owner}, {evals: passed}]")
    + SAFER
)
STOP = ("suspend", "desk-bot", "--env", "production", "--reason", "it leaks addresses")
GO = ("resume", "desk-bot", "--env", "production", "--reason", "the leak is closed")


@pytest.fixture
def strict(tmp_path: Path) -> Repository:
    """desk-bot runs, a change of it waits; whatever is not only stricter has to be evaluated."""
    return repositories.built(tmp_path, "a strict policy", _strict)


def _strict(folder: Path) -> Repository:
    repo = repositories.running(folder)
    repo.commit("a policy", files={"governance/policy.yaml": STRICT}, at="2026-11-18T10:00:00+00:00")
    repo.agree("carla", now="2026-11-18T11:00:00Z")
    return repo


def stopped(repo: Repository) -> Repository:
    """desk-bot is suspended in production: proposed by alice, approved by dina."""
    assert repo.fleet(*STOP, "--apply", now="2026-11-20T09:00:00Z").code == 1
    repo.approve("desk-bot", "dina", now="2026-11-20T09:10:00Z")
    assert repo.fleet(*STOP, "--apply", now="2026-11-20T09:20:00Z").code == 0
    return repo


def test_without_write_or_apply_the_file_and_the_requirements_are_shown(strict: Repository) -> None:
    before = strict.state

    ran = strict.fleet(*STOP)

    assert ran.code == 1
    golden("suspend.txt", ran.out)
    assert strict.state == before
    assert not (strict.root / "proposals").exists()


def test_a_suspension_is_stricter_and_its_end_is_not(strict: Repository) -> None:
    stop = strict.fleet(*STOP, "--json").data["promotion"]
    go = stopped(strict).fleet(*GO, "--json").data["promotion"]

    assert {requirement["rule"] for requirement in stop["requirements"]} == {"only-safer"}
    assert {requirement["rule"] for requirement in go["requirements"]} == {"every-change"}
    assert {requirement["kind"] for requirement in go["requirements"]} == {"approvals", "evals"}


def test_the_author_of_the_proposal_is_not_eligible(strict: Repository) -> None:
    promotion = strict.fleet(*STOP, "--json", identity="carla").data["promotion"]
    strict.fleet(*STOP, "--apply", identity="carla")
    judged = strict.fleet("promote", "desk-bot", "--to", "production", "--json").data["promotions"][0]

    assert promotion["requirements"][0]["could"] == judged["requirements"][0]["could"] == ["dina"]


def test_apply_commits_only_the_proposal_while_approvals_are_missing(
    strict: Repository,
) -> None:
    before = strict.head

    first = strict.fleet(*STOP, "--apply", "--json")

    assert (first.code, first.data["applied"]) == (1, False)
    assert first.data["committed"] == strict.head
    assert strict.git("diff", "--name-only", before, strict.head) == PROPOSAL
    assert strict.git("log", "-1", "--format=%ae") == "alice@acme.example"
    assert "leaks" not in strict.git("log", "-1", "--format=%B")
    assert strict.state[1] == ""


def test_a_pending_suspension_names_the_present_state_and_the_command_to_complete_it(
    strict: Repository,
) -> None:
    ran = strict.fleet(*STOP, "--apply", now="2026-11-20T09:00:00Z")
    by_dina = strict.fleet(*STOP, "--apply", identity="dina", now="2026-11-20T09:05:00Z")
    *_, status, _, _, last = ran.out.splitlines()
    waiting, _, again = status.rpartition(": ")

    assert waiting == "not done yet: desk-bot still runs. When all requirements are met"
    assert again == "fleet suspend desk-bot --env production --reason 'it leaks addresses' --apply"
    assert last == "fleet why desk-bot --to production --as carla"
    assert strict.fleet(*shlex.split(last)[1:]).code == 0
    assert by_dina.out.splitlines()[-1] == "fleet approve desk-bot --to production"
    strict.approve("desk-bot", "carla", now="2026-11-20T09:10:00Z")
    done = strict.fleet(*shlex.split(again)[1:])
    assert done.code == 0
    assert "not done yet" not in done.out


def test_a_pending_resumption_says_that_the_agent_is_still_suspended(tmp_path: Path) -> None:
    repo = stopped(repositories.running(tmp_path))

    ran = repo.fleet(*GO, "--apply")

    assert "not done yet: desk-bot is still suspended" in ran.out
    assert ran.out.splitlines()[-1] == "fleet why desk-bot --to production --as carla"


def test_once_approved_apply_promotes_the_proposal_with_its_reason(strict: Repository) -> None:
    prompt = (strict.root / PRODUCTION / "prompts/system.md").read_bytes()

    stopped(strict)

    entry = json.loads((strict.root / "ledger/production.jsonl").read_text().splitlines()[-1])
    assert (entry["kind"], entry["reason"]) == ("override", "it leaks addresses")
    text = (strict.root / PRODUCTION / "overrides.yaml").read_text()
    assert text == "# suspended on 2026-11-20: it leaks addresses\nspec: {suspended: true}\n"
    assert (strict.root / PRODUCTION / "prompts/system.md").read_bytes() == prompt
    assert strict.state[1] == ""
    assert strict.fleet("validate").code == 0


def test_a_promotion_without_a_reason_records_that_of_the_suspension(tmp_path: Path) -> None:
    repo = stopped(repositories.running(tmp_path))
    assert repo.fleet(*GO, "--apply", now="2026-11-20T10:00:00Z").code == 1
    repo.approve("desk-bot", "carla", now="2026-11-20T10:10:00Z")

    assert repo.fleet("promote", "desk-bot", "--to", "production", "--apply").code == 0

    log = repo.fleet("log", "desk-bot").out
    assert "reason: resumed on 2026-11-20: the leak is closed" in log
    oneline = repo.fleet("log", "--oneline").out.splitlines()
    assert [text.rpartition("  ")[2] for text in oneline[:2]] == ["resumed", "suspended"]
    assert "reason: it leaks addresses" in log


def test_a_given_reason_replaces_that_of_the_suspension(tmp_path: Path) -> None:
    repo = stopped(repositories.running(tmp_path))
    repo.fleet(*GO, "--apply", now="2026-11-20T10:00:00Z")
    repo.approve("desk-bot", "carla", now="2026-11-20T10:10:00Z")

    repo.fleet("promote", "desk-bot", "--to", "production", "--apply", "--reason", "all clear")

    entry = json.loads((repo.root / "ledger/production.jsonl").read_text().splitlines()[-1])
    assert entry["reason"] == "all clear"


def test_a_suspended_agent_is_not_suspended_again(strict: Repository) -> None:
    stopped(strict)
    before = strict.state

    again = strict.fleet(*STOP, "--apply")

    assert again.code == 0
    assert "desk-bot is already suspended: nothing to do" in again.out
    assert strict.state == before


def test_an_interrupted_run_is_finished_first(strict: Repository) -> None:
    strict.fleet(*STOP, "--apply")
    strict.git("rm", "-rq", "proposals")

    ran = strict.fleet(*STOP, "--apply")

    assert "finished an interrupted run" in ran.err
    assert "already proposed" in ran.out
    assert (strict.root / PROPOSAL).exists()
    assert strict.state[1] == ""


def test_a_resumption_deletes_empty_overrides(tmp_path: Path) -> None:
    repo = stopped(repositories.running(tmp_path))

    repo.fleet(*GO, "--apply", now="2026-11-20T10:00:00Z")
    repo.approve("desk-bot", "dina", now="2026-11-20T10:10:00Z")
    ran = repo.fleet(*GO, "--apply", now="2026-11-20T10:20:00Z")

    assert ran.code == 0, ran.out
    assert not (repo.root / PRODUCTION / "overrides.yaml").exists()
    assert repo.fleet("validate").code == 0


def test_after_write_the_last_line_commits_and_promotes(strict: Repository) -> None:
    ran = strict.fleet(*STOP, "--write")

    assert ran.code == 0, ran.err
    assert strict.state[1] == f"?? {PROPOSAL}"
    last = ran.out.splitlines()[-1]
    assert last == (
        f"git add -A -- {PROPOSAL} && git commit -m 'suspend desk-bot in production' -- {PROPOSAL}"
        " && fleet promote desk-bot --to production"
    )
    assert strict.fleet(*STOP, "--write").code == 2


def test_existing_overrides_keep_their_comments(tmp_path: Path) -> None:
    budget = "{window: day, currency: EUR, alertAt: 1, haltAt: 2}"
    overrides = f"# of production\nspec:\n  budgets: # small\n    - {budget}\n"
    stands = {path.replace("staging", "production"): FLEET[path] for path in FLEET if path.startswith(DESK)}
    repo = repositories.repository(tmp_path, {**FLEET, **stands, f"{PRODUCTION}/overrides.yaml": overrides})
    assert repo.fleet("adopt", "--to", "production", "--apply").code == 0

    ran = repo.fleet(*STOP, "--json")

    note = "# suspended on 2026-11-20: it leaks addresses\n"
    assert ran.data["content"] == note + overrides.replace("spec:\n", "spec:\n  suspended: true\n")
    assert ran.data["promotion"]["kind"] == "override"


def test_another_proposal_is_not_overwritten(strict: Repository) -> None:
    budget = "spec: {budgets: [{window: day, currency: EUR, alertAt: 1, haltAt: 2}]}\n"
    strict.commit("less money", files={PROPOSAL: budget})

    ran = strict.fleet(*STOP, "--apply")

    assert ran.code == 2
    assert f"{PROPOSAL} already proposes another change" in ran.err
    assert (strict.root / PROPOSAL).read_text() == budget


def test_a_blocked_suspension_is_not_committed(strict: Repository) -> None:
    policy = STRICT.replace("    exempt: [freeze]\n", "").replace("version: 2", "version: 3")
    freeze = 'freezes: [{id: peak, from: "2026-11-19T00:00", to: "2026-11-30T00:00", zone: UTC}]\n'
    strict.commit("a freeze", files={"governance/policy.yaml": policy + freeze})
    strict.agree("carla")
    before = strict.state

    ran = strict.fleet(*STOP, "--apply")

    assert ran.code == 1
    assert "BLOCKED desk-bot" in ran.out
    assert strict.state == before


def test_in_an_environment_without_a_gate_its_own_overrides_are_edited(running: Repository) -> None:
    command = ("suspend", "desk-bot", "--env", "staging", "--reason", "a look")
    preview = running.fleet(*command)
    assert running.state[1] == ""

    wrote = running.fleet(*command, "--write", "--json")

    assert (preview.code, wrote.code) == (0, 0)
    assert wrote.data["promotion"] is None
    assert (running.root / DESK / "overrides.yaml").read_text().endswith("spec: {suspended: true}\n")
    assert running.fleet("validate").code == 0
    assert running.fleet("resume", *command[1:], "--write").code == 0
    assert running.state[1] == ""


def test_a_suspended_release_is_resumed_by_an_override(tmp_path: Path) -> None:
    text = MANIFEST.replace("  lifecycle: production\n", "  lifecycle: production\n  suspended: true\n")
    repo = repositories.repository(tmp_path, {**FLEET, f"{DESK}/agent.yaml": text})

    ran = repo.fleet("resume", "desk-bot", "--env", "staging", "--reason", "a look", "--json")

    assert ran.data["content"].endswith("spec: {suspended: false}\n")


@pytest.mark.parametrize("words", ["", " ", "two\nlines", "a\x1b[2Jb", "\u202eevil", "x" * 501])
def test_a_reason_that_cannot_be_read_is_refused(running: Repository, words: str) -> None:
    ran = running.fleet("suspend", "desk-bot", "--env", "production", "--reason", words, "--write")

    assert ran.code == 2
    assert "--reason" in ran.err
    assert running.state[1] == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("suspend", "desk-bto", "--env", "production", "--reason", "x"), "did you mean 'desk-bot'?"),
        (("suspend", "desk-bot", "--env", "prod", "--reason", "x"), "one of: staging, production"),
        (("resume", "desk-bot", "--env", "staging", "--reason", "x", "--apply"), "takes no promotions"),
        (("resume", "desk-bot", "--env", "production", "--reason", "x", "--apply", "--write"), "--write"),
    ],
)
def test_invalid_arguments_are_refused_with_a_hint(
    running: Repository, arguments: tuple[str, ...], message: str
) -> None:
    ran = running.fleet(*arguments)

    assert ran.code == 2
    assert message in ran.err


def test_a_link_in_the_way_is_not_followed(running: Repository) -> None:
    (running.home / "elsewhere").mkdir()
    (running.root / "proposals").symlink_to(running.home / "elsewhere")

    ran = running.fleet(*STOP, "--write")

    assert ran.code == 2
    assert "proposals is in the way" in ran.err
    assert list((running.home / "elsewhere").iterdir()) == []


@pytest.mark.parametrize("verb", [STOP, GO])
def test_json_of_suspend_and_resume_fits_its_schema(running: Repository, verb: tuple[str, ...]) -> None:
    judge = Draft202012Validator(schema(f"output/{verb[0]}-output"))

    for flags in ((), ("--write",)):
        judge.validate(running.fleet(*verb, "--json", *flags).data)


def test_one_hand_stops_at_once_and_somebody_else_reviews_it(tmp_path: Path) -> None:
    """dina wrote a change that waits, and another proposal waits as well: neither keeps her from stopping."""
    repo = repositories.running(tmp_path)
    policy = STRICT + "stop: {by: [owner], reviewWithin: PT24H}\n"
    repo.commit("a policy", files={"governance/policy.yaml": policy}, at="2026-11-18T10:00:00+00:00")
    repo.agree("carla", now="2026-11-18T11:00:00Z")
    waiting = "spec: {budgets: [{window: day, currency: EUR, alertAt: 1, haltAt: 2}]}\n"
    repo.commit("cheaper", identity="dina", files={PROPOSAL: waiting}, at="2026-11-19T10:00:00+00:00")

    shown = repo.fleet(*STOP, identity="dina", now="2026-11-20T09:00:00Z")
    ran = repo.fleet(*STOP, "--apply", "--json", identity="dina", now="2026-11-20T09:00:00Z")
    audited = repo.fleet("audit", "--json", now="2026-11-20T10:00:00Z")
    alone = repo.fleet(*GO, "--apply", identity="dina", now="2026-11-20T11:00:00Z")

    assert (shown.code, ran.code, audited.code) == (0, 0, 0)
    assert "call: " in shown.out
    report = json.loads(ran.out)
    assert report["promotion"]["way"] == "stop"
    assert report["review"] == 2
    assert "suspended: true" in (repo.root / PRODUCTION / "overrides.yaml").read_text()
    assert (repo.root / PROPOSAL).read_text() == waiting
    [owed] = json.loads(audited.out)["breaks"]
    assert owed["rule"] == "glass-broken"
    assert owed["hint"] == "fleet approve desk-bot --to production --review 2"
    # another proposal stands in the way of the end, as ever
    assert alone.code == 2
