"""One change all the way from staging to production, in a real repository, by several people."""

from __future__ import annotations

import filecmp
import hashlib
import json
import subprocess
from pathlib import Path

import pytest

from tests.end_to_end.repositories import ACME, DESK, CommandResult, Repository, repository

STAGED = "environments/staging/refund-bot"
RUNS = "environments/production/refund-bot"
PROMPT = f"{STAGED}/prompts/system.md"
PROMOTE = ("promote", "refund-bot", "--to", "production")


def promptfoo(release: str) -> str:
    """What promptfoo writes of a run of twenty tests that all passed, tagged with the release."""
    row = {"success": True, "failureReason": 0, "gradingResult": {"pass": True, "score": 1, "reason": "ok"}}
    rows = [{**row, "provider": {"id": "anthropic:messages:claude-sonnet-4-6"}} for _ in range(20)]
    stats = {"successes": 20, "failures": 0, "errors": 0}
    results = {"version": 3, "timestamp": "2026-11-20T10:00:00.000Z", "results": rows, "stats": stats}
    return json.dumps({"results": results, "config": {"tags": {"fleet.release": release}}})


def junit(release: str, failures: int = 0) -> str:
    """What a test runner writes of twenty cases, tagged with the release."""
    cases = "".join(
        f'<testcase classname="t" name="t{n}">{"<failure/>" if n < failures else ""}</testcase>'
        for n in range(20)
    )
    return (
        f'<testsuites><testsuite name="s" tests="20" errors="0" skipped="0" failures="{failures}" '
        f'timestamp="2026-11-20T10:00:00Z"><properties><property name="fleet.release" value="{release}"/>'
        f"</properties>{cases}</testsuite></testsuites>"
    )


def by_sha256sum(folder: Path, *, without: str = "") -> str:
    """The digest as the contract writes it: one line a file, made with sha256sum alone."""
    script = f"""find . -type f {"! -path ./" + without if without else ""} | sed 's,^[.]/,,' | LC_ALL=C sort |
        tr '\\n' '\\0' | xargs -0 sha256sum | sha256sum | cut -d' ' -f1"""
    done = subprocess.run(["sh", "-c", script], cwd=folder, capture_output=True, text=True, check=True)
    return "sha256:" + done.stdout.strip()


def ledger(repo: Repository) -> list[str]:
    return (repo.root / "ledger" / "production.jsonl").read_text().splitlines()


def missing(ran: CommandResult) -> dict[str, list[str]]:
    """By kind: what is asked and not met."""
    unmet: dict[str, list[str]] = {}
    for need in ran.data["promotions"][0]["requirements"]:
        if need["status"] != "met":
            unmet.setdefault(need["kind"], []).append(need["asked"])
    return unmet


@pytest.fixture
def acme(tmp_path: Path) -> Repository:
    """The sample fleet with recorded approvals enough, its production adopted, its staging as it runs."""
    repo = repository(tmp_path, ACME)
    policy = (repo.root / "governance/policy.yaml").read_text().replace("    assurance: signed\n", "")
    manifest = (repo.root / STAGED / "agent.yaml").read_text()
    repo.commit("recorded approvals are enough", identity="hugo", files={"governance/policy.yaml": policy})
    repo.write({f"{STAGED}/agent.yaml": (repo.root / RUNS / "agent.yaml").read_text()})
    repo.commit("staging as production", identity="hugo")
    ran = repo.fleet("adopt", "--to", "production", "--apply", identity="hugo", now="2026-11-16T10:00:00Z")
    assert ran.code == 0, ran.err
    repo.git("checkout", "-q", "-b", "newer")
    repo.commit(
        "a newer model",
        identity="alice",
        at="2026-11-18T09:00:00+00:00",
        files={f"{STAGED}/agent.yaml": manifest},
    )
    repo.git("checkout", "-q", "main")
    merge = ("merge", "-q", "--no-ff", "-m", "merge", "newer")
    # above the lowest tier soak counts from what the author does not write
    repo.git(*merge, identity="hugo", at="2026-11-18T09:05:00+00:00")
    return repo


def evidence(repo: Repository, release: str) -> None:
    for suite in ("refund-quality", "safety"):
        results = repo.home / f"{suite}.json"
        results.write_text(promptfoo(release))
        ran = repo.fleet("evidence", "add", "refund-bot", str(results), "--suite", suite, identity="ci")
        assert ran.code == 0, ran.err
    repo.commit("evidence", identity="ci", at="2026-11-20T11:00:00+00:00")


def test_a_change_travels_from_staging_to_production(acme: Repository) -> None:
    now = "2026-11-20T12:00:00Z"

    # what has changed is told, and the promotion is held back with what is missing and who can give it
    difference = acme.fleet("diff", "HEAD~1..HEAD", "--json").data
    assert {(item["agent"], item["path"]) for item in difference["changes"]} == {
        ("refund-bot", "spec.model.name")
    }
    waiting = acme.fleet(*PROMOTE, "--json")
    assert waiting.code == 1
    assert waiting.data["verdict"] == "pending"
    assert set(missing(waiting)) == {"approvals", "evals"}
    assert acme.fleet(*PROMOTE, "--apply").code == 1
    assert len(ledger(acme)) == 1

    # two days earlier the release has not been in staging for long enough
    young = acme.fleet(*PROMOTE, "--json", now="2026-11-18T12:00:00Z")
    assert "soak" in missing(young)

    # evaluations of exactly this release
    release = acme.fleet("release", "refund-bot").out.strip()
    assert release == by_sha256sum(acme.root / STAGED)
    evidence(acme, release)
    assert "evals" not in missing(acme.fleet(*PROMOTE, "--json"))

    # the author says yes, which does not count; four others do
    acme.approve("refund-bot", "alice")
    promotion = acme.fleet(*PROMOTE, "--json").data["promotions"][0]
    assert [item["approver"] for item in promotion["notCounted"]] == ["alice"]
    for who in ("carla", "erin", "bob"):
        acme.approve("refund-bot", who)
        assert acme.fleet(*PROMOTE).code == 1
    acme.approve("refund-bot", "farid")
    assert acme.fleet(*PROMOTE, "--json").data["verdict"] == "allowed"

    # it is written in one commit, with a line of the ledger that hangs on the one before
    before = acme.head
    applied = acme.fleet(*PROMOTE, "--apply", "--json", identity="ci", now=now)
    assert applied.code == 0, applied.err
    assert acme.state == (applied.data["written"], "")
    assert acme.git("rev-parse", "HEAD~1") == before
    assert "Fleet-Promotion: production/refund-bot update sha256:" in acme.git("log", "-1", "--format=%B")
    first, second = ledger(acme)
    entry = json.loads(second)
    assert entry["previous"] == "sha256:" + hashlib.sha256(first.encode()).hexdigest()
    assert (entry["seq"], entry["kind"], entry["at"], entry["commit"]) == (2, "update", now, before)
    assert {item["approver"] for item in entry["approvals"]} == {"bob", "carla", "erin", "farid"}
    for item in (*entry["approvals"], *entry["evidence"]):
        content = (acme.root / item["file"]).read_bytes()
        assert item["sha256"] == "sha256:" + hashlib.sha256(content).hexdigest()

    # production is staging byte for byte, and anyone can say so
    compared = filecmp.dircmp(acme.root / STAGED, acme.root / RUNS, ignore=[])
    assert not compared.left_only
    assert not compared.right_only
    diffed = subprocess.run(["diff", "-r", STAGED, RUNS], cwd=acme.root, capture_output=True, check=False)
    assert diffed.returncode == 0, diffed.stdout
    [moved] = entry["agents"]
    assert moved["release"] == by_sha256sum(acme.root / RUNS, without="overrides.yaml")
    assert moved["to"] == by_sha256sum(acme.root / RUNS)
    assert (moved["from"], moved["generation"]) == (json.loads(first)["agents"][1]["to"], 2)
    governance = {
        path: hashlib.sha256((acme.root / path).read_bytes()).hexdigest()
        for path in sorted(acme.git("ls-files", "governance", "fleet-config.yaml").split())
    }
    lines = "".join(f"{value}  {path}\n" for path, value in governance.items())
    assert entry["governance"] == "sha256:" + hashlib.sha256(lines.encode()).hexdigest()

    # once more finds nothing to do
    head = acme.head
    again = acme.fleet(*PROMOTE, "--apply", "--json")
    assert (again.code, again.data["verdict"], again.data["written"]) == (0, "unchanged", None)
    assert acme.state == (head, "")
    assert acme.fleet("validate").code == 0


def test_an_approval_goes_stale_when_staging_changes_again(acme: Repository) -> None:
    acme.approve("refund-bot", "carla")
    counted = acme.fleet(*PROMOTE, "--json").data["promotions"][0]
    acme.commit("another wording", files={PROMPT: "Answer in two sentences.\n"})

    after = acme.fleet(*PROMOTE, "--json").data["promotions"][0]

    assert counted["notCounted"] == []
    assert [item["approver"] for item in after["notCounted"]] == ["carla"]
    assert after["toState"] != counted["toState"]


def test_evidence_that_names_another_release_is_refused(acme: Repository) -> None:
    results = acme.home / "results.json"
    results.write_text(promptfoo("sha256:" + "0" * 64))

    ran = acme.fleet("evidence", "add", "refund-bot", str(results), "--suite", "safety")

    assert ran.code == 2
    assert not (acme.root / "evidence").exists()


def test_a_veto_stands_until_its_author_lifts_it(allowed: Repository) -> None:
    policy = (allowed.root / "governance/policy.yaml").read_text()
    people = (allowed.root / "governance/people.yaml").read_text()
    allowed.commit(
        "risk may say no",
        files={
            "governance/policy.yaml": policy.replace("version: 1", "version: 2") + "veto: {from: [risk]}\n",
            "governance/people.yaml": people + "  risk: {members: [dina]}\n",
        },
    )
    allowed.agree("carla", now="2026-11-19T09:30:00Z")
    promote = ("promote", "desk-bot", "--to", "production", "--apply", "--json")
    head = allowed.head
    allowed.approve("desk-bot", "dina", "--reject", "--note", "not like this", now="2026-11-19T10:00:00Z")

    blocked = allowed.fleet(*promote)
    assert (blocked.code, blocked.data["verdict"]) == (1, "blocked")
    allowed.commit("more content", files={f"{DESK}/prompts/system.md": "Quite another text.\n"})
    allowed.approve("desk-bot", "carla", now="2026-11-19T11:00:00Z")
    assert allowed.fleet(*promote).data["verdict"] == "blocked"
    assert len(ledger(allowed)) == 1

    allowed.approve("desk-bot", "dina", "--withdraw", now="2026-11-19T12:00:00Z")
    lifted = allowed.fleet(*promote)
    assert (lifted.code, lifted.data["verdict"]) == (0, "allowed"), lifted.err
    assert allowed.head != head
    assert len(ledger(allowed)) == 2


def test_overrides_travel_by_proposal(allowed: Repository) -> None:
    apply = ("promote", "desk-bot", "--to", "production", "--apply", "--json")
    assert allowed.fleet(*apply).code == 0
    proposal = "proposals/production/desk-bot/overrides.yaml"
    overrides = "spec:\n  budgets: [{window: day, currency: EUR, alertAt: 20, haltAt: 30}]\n"
    runs = allowed.root / "environments/production/desk-bot"
    allowed.commit("a smaller budget", files={proposal: overrides}, at="2026-11-20T13:00:00+00:00")
    changes = allowed.fleet("diff", "HEAD~1..HEAD", "--json").data["changes"]
    assert changes
    assert all(change["environment"] == "production" for change in changes)
    allowed.approve("desk-bot", "dina", now="2026-11-20T14:00:00Z")

    ran = allowed.fleet(*apply, now="2026-11-20T15:00:00Z")

    assert ran.code == 0, ran.err
    [promotion] = ran.data["promotions"]
    assert promotion["kind"] == "override"
    assert (runs / "overrides.yaml").read_text() == overrides
    assert not (allowed.root / "proposals").exists()
    assert promotion["toState"] == by_sha256sum(runs)
    assert (
        promotion["release"]
        == by_sha256sum(runs, without="overrides.yaml")
        == by_sha256sum(allowed.root / DESK)
    )
    only = subprocess.run(["diff", "-r", str(allowed.root / DESK), str(runs)], capture_output=True, text=True)
    assert only.stdout == f"Only in {runs}: overrides.yaml\n"

    # an empty proposal takes them away again
    allowed.commit("no own budget", files={proposal: "{}\n"}, at="2026-11-20T16:00:00+00:00")
    allowed.approve("desk-bot", "dina", now="2026-11-20T17:00:00Z")
    assert allowed.fleet(*apply, now="2026-11-20T18:00:00Z").code == 0
    assert not (runs / "overrides.yaml").exists()
    assert allowed.fleet("validate", now="2026-11-20T18:00:00Z").code == 0


def test_an_agent_that_is_gone_from_staging_is_retired_by_promotion(allowed: Repository) -> None:
    apply = ("promote", "desk-bot", "--to", "production", "--apply", "--json")
    assert allowed.fleet(*apply).code == 0
    allowed.git("rm", "-rq", DESK)
    allowed.commit("desk-bot goes", at="2026-11-20T13:00:00+00:00")
    allowed.approve("desk-bot", "dina", now="2026-11-20T14:00:00Z")

    ran = allowed.fleet(*apply, now="2026-11-20T15:00:00Z")

    assert ran.code == 0, ran.err
    assert ran.data["promotions"][0]["kind"] == "retire"
    assert not (allowed.root / "environments").exists()
    last = json.loads(ledger(allowed)[-1])
    assert last["kind"] == "retire"
    assert last["agents"][0]["to"] is None
    assert allowed.state[1] == ""
