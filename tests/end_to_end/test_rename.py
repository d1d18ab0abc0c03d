"""``fleet rename``: the same content under another name keeps what was learnt of it, and nothing else does."""

from __future__ import annotations

import json
import subprocess

import pytest

from tests.end_to_end.repositories import DESK, FLEET, MANIFEST, POLICY, Repository, repository, running
from tests.templates import copy_of

ASKED = "[{approvals: 1, from: owner}, {evals: passed}, {soak: PT24H}]"
RULES = POLICY.replace("[{approvals: 1, from: owner}]", ASKED)
HELP = "environments/staging/help-bot"
RESULTS = json.dumps(
    {
        "evalId": "e1",
        "results": {
            "version": 3,
            "timestamp": "2026-11-18T10:00:00.000Z",
            "results": [{"success": True, "score": 1, "vars": {}, "provider": {"id": "x"}}],
            "stats": {"successes": 1, "failures": 0, "errors": 0},
        },
        "config": {},
    }
)


def _build(folder) -> None:
    in_production = {
        path.replace("staging", "production"): text for path, text in FLEET.items() if DESK in path
    }
    overrides = "spec:\n  budgets:\n    - {window: day, currency: EUR, alertAt: 20, haltAt: 30}\n"
    in_production["environments/production/desk-bot/overrides.yaml"] = overrides
    repo = repository(folder, {**FLEET, **in_production, "governance/policy.yaml": RULES})
    adopted = repo.fleet("adopt", "--to", "production", "--apply", now="2026-11-17T09:00:00Z")
    assert adopted.code == 0, adopted.err
    repo.commit("answer with sources", at="2026-11-18T09:00:00+00:00",
                files={f"{DESK}/prompts/system.md": "You answer with sources.\n"})  # fmt: skip
    (folder / "results.json").write_text(RESULTS)
    added = repo.fleet("evidence", "add", "desk-bot", "../results.json", "--suite", "quality",
                       now="2026-11-18T11:00:00Z")  # fmt: skip
    assert added.code == 0, added.err
    repo.commit("evidence", at="2026-11-18T11:00:00+00:00")


@pytest.fixture
def evaluated(tmp_path) -> Repository:
    """desk-bot runs in production; a change of it soaks since the day before yesterday, and was evaluated."""
    copy_of(["evaluated for a rename"], _build, tmp_path)
    return Repository(top=tmp_path / "fleet", home=tmp_path / "home")


def renamed(repo: Repository, *, at: str = "2026-11-19T20:00:00+00:00") -> None:
    ran = repo.fleet("rename", "desk-bot", "help-bot", "--write", "--json", identity="dina")
    assert ran.code == 0, ran.err
    done = subprocess.run(["sh", "-c", ran.data["next"]], cwd=repo.root, capture_output=True,
                          env=repo.environment("dina", at))  # fmt: skip
    assert (done.returncode, repo.state[1]) == (0, ""), done.stderr


def requirements(repo: Repository) -> dict[str, str]:
    [promotion] = repo.fleet("promote", "help-bot", "--to", "production", "--json").data["promotions"]
    return {row["kind"]: row["status"] for row in promotion["requirements"]}


def test_a_rename_keeps_evidence_and_soak_and_the_ledger_says_so(evaluated):
    renamed(evaluated)

    assert (evaluated.root / "proposals/production/help-bot/overrides.yaml").exists()
    assert requirements(evaluated) == {"approvals": "missing", "evals": "met", "soak": "met"}
    diff = evaluated.fleet("diff", "HEAD~1")
    assert "looks like a rename of 'desk-bot'" in diff.out
    assert diff.out.endswith("fleet promote help-bot desk-bot --to production\n")
    for name in ("help-bot", "desk-bot"):
        evaluated.approve(name, "carla")
    applied = evaluated.fleet("promote", "help-bot", "desk-bot", "--to", "production", "--apply", "--json")
    assert applied.code == 0, applied.out + applied.err
    lines = (evaluated.root / "ledger/production.jsonl").read_text().splitlines()
    agents = {agent["agent"]: agent for line in lines for agent in json.loads(line)["agents"]}
    assert agents["help-bot"]["renamedFrom"] == "desk-bot"
    assert agents["desk-bot"]["to"] is None
    audit = evaluated.fleet("audit")
    assert audit.code == 0, audit.out
    assert "renamed from desk-bot" in evaluated.fleet("log", "help-bot").out
    assert "renamed from desk-bot" in evaluated.fleet("log", "--oneline").out


def test_a_rename_that_was_merged_and_renamed_once_more_keeps_them_too(evaluated):
    evaluated.git("checkout", "-q", "-b", "feature")
    renamed(evaluated)
    evaluated.git("checkout", "-q", "main")
    evaluated.git("merge", "-q", "--no-ff", "-m", "merge", "feature", at="2026-11-19T21:00:00+00:00")
    again = evaluated.fleet("rename", "help-bot", "info-bot", "--write", identity="dina")
    assert again.code == 0, again.err
    evaluated.commit("once more", identity="dina", at="2026-11-20T09:00:00+00:00")

    [promotion] = evaluated.fleet("promote", "info-bot", "--to", "production", "--json").data["promotions"]

    assert promotion["renamedFrom"] == "help-bot"
    assert {row["kind"]: row["status"] for row in promotion["requirements"]} == {
        "approvals": "missing", "evals": "met", "soak": "met"
    }  # fmt: skip


@pytest.mark.parametrize("when", ["with the rename", "afterwards"])
def test_other_content_under_the_new_name_inherits_nothing(evaluated, when):
    renamed(evaluated)
    evaluated.write({f"{HELP}/prompts/system.md": "You promise money.\n"})
    if when == "afterwards":
        evaluated.commit("words", at="2026-11-19T21:00:00+00:00", identity="dina")
    else:
        evaluated.git("add", "-A")
        evaluated.git("commit", "-q", "--amend", "--no-edit", identity="dina", at="2026-11-19T21:00:00+00:00")

    assert requirements(evaluated) == {"approvals": "missing", "evals": "missing", "soak": "missing"}


def test_a_ledger_that_claims_a_rename_which_was_none_is_a_break(evaluated):
    renamed(evaluated)
    for name in ("help-bot", "desk-bot"):
        evaluated.approve(name, "carla")
    evaluated.fleet("promote", "help-bot", "desk-bot", "--to", "production", "--apply")
    ledger = evaluated.root / "ledger/production.jsonl"
    ledger.write_text(ledger.read_text().replace('"renamedFrom":"desk-bot"', '"renamedFrom":"other-bot"'))
    evaluated.git("commit", "-qa", "--amend", "--no-edit", at=None)

    assert "renamedFrom of help-bot is 'other-bot'" in evaluated.fleet("audit").out


def test_a_rejection_and_the_authors_of_the_old_name_stand(evaluated):
    policy = RULES.replace("governance:", "veto: {from: [desk]}\ngovernance:")
    evaluated.commit("vetoes", files={"governance/policy.yaml": policy.replace("version: 1", "version: 2")})
    evaluated.agree("carla")
    evaluated.approve("desk-bot", "carla", "--reject", "--note", "no")
    renamed(evaluated)

    ran = evaluated.fleet("promote", "help-bot", "--to", "production", "--json")

    assert ran.data["verdict"] == "blocked", ran.out


def test_who_wrote_it_under_the_old_name_is_its_author_under_the_new_one(evaluated):
    evaluated.commit("words", identity="carla", at="2026-11-18T12:00:00+00:00",
                     files={f"{DESK}/prompts/system.md": "You answer with sources, in short.\n"})  # fmt: skip
    renamed(evaluated)

    ran = evaluated.fleet("approve", "help-bot", "--to", "production", identity="carla")

    assert (ran.code, "author of the change" in ran.out) == (1, True)


@pytest.mark.parametrize(
    ("new", "message"),
    [
        ("Help Bot", "not a valid agent name"),
        ("governance", "is reserved"),
        ("fleet", "is reserved"),
        ("desk-bot", "is called 'desk-bot' already"),
        ("old-bot", "exists already"),
        ("gone-bot", "'gone-bot' runs in production according to its ledger"),
    ],
)
def test_a_name_that_cannot_be_taken_is_refused(tmp_path, new, message):
    repo = running(tmp_path)
    repo.write({"environments/production/old-bot/agent.yaml": MANIFEST.replace("desk-bot", "old-bot")})
    ledger = repo.root / "ledger/production.jsonl"
    if new == "gone-bot":
        ledger.write_text(ledger.read_text().replace('"agent":"desk-bot"', '"agent":"gone-bot"'))

    ran = repo.fleet("rename", "desk-bot", new, "--write")

    assert ran.code == 2
    assert message in ran.err
    assert (repo.root / DESK).exists()


def test_the_plan_names_what_it_edits_and_what_it_leaves(evaluated):
    relying = MANIFEST.replace("  prompts:", "  dependsOn: [{agent: desk-bot}]\n  prompts:")
    files = {path.replace("desk-bot", "order-bot"): text for path, text in FLEET.items() if DESK in path}
    waivers = """\
apiVersion: fleetward/v1
kind: Waivers
waivers:
  - {rule: review-overdue, agent: desk-bot, reason: it moves, approvedBy: carla, expires: 2026-12-31}
"""
    evaluated.commit("more", files={**files, "governance/waivers.yaml": waivers,
        "environments/staging/order-bot/agent.yaml": relying.replace("name: desk-bot", "name: order-bot")})  # fmt: skip

    plan = evaluated.fleet("rename", "desk-bot", "help-bot", "--json")
    text = evaluated.fleet("rename", "desk-bot", "help-bot")

    assert (plan.code, plan.data["written"], evaluated.state[1]) == (0, False, "")
    assert [(edit["file"].split("/")[2], edit["path"]) for edit in plan.data["edits"]] == [
        ("desk-bot", "metadata.name"), ("order-bot", "spec.dependsOn[desk-bot].agent")
    ]  # fmt: skip
    assert [item["file"] for item in plan.data["open"]] == ["governance/waivers.yaml"]
    assert text.out.endswith("fleet rename desk-bot help-bot --write\n")
    assert evaluated.fleet("rename", "desk-bt", "help-bot").err.endswith("try: did you mean 'desk-bot'?\n")
