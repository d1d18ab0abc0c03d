"""Nobody decides by a governance that the governance before it did not agree to."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from tests.end_to_end.repositories import FLEET, POLICY, Repository, allowed, running

PEOPLE = FLEET["governance/people.yaml"].replace(
    "teams:\n",
    "  erin: {name: Erin Poe, emails: [erin@acme.example], since: 2024-01-01}\n"
    "  farid: {name: Farid Bey, emails: [farid@acme.example], since: 2024-01-01}\n"
    "teams:\n  admins: {members: [alice, erin, farid]}\n",
)
HELD = POLICY + "governance: {require: [{approvals: 2, from: admins}]}\n"
WEAK = HELD.replace("version: 1", "version: 2").replace("from: owner", "from: [owner, admins]")
PROMOTE = ("promote", "desk-bot", "--to", "production")
LATER = "2026-11-19T10:00:00Z"


@pytest.fixture
def held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """A fleet whose governance two admins have to agree to, with a promotion that may go."""
    monkeypatch.setitem(FLEET, "governance/people.yaml", PEOPLE)
    monkeypatch.setitem(FLEET, "governance/policy.yaml", HELD)
    return allowed(tmp_path)


def weakened(made: Repository, policy: str = WEAK, at: str = LATER) -> None:
    made.commit("more may approve", files={"governance/policy.yaml": policy}, at=at)


def test_an_untouched_governance_lets_a_promotion_through(held: Repository) -> None:
    assert held.fleet(*PROMOTE).code == 0


def test_a_weakened_policy_decides_nothing_until_it_is_agreed_to(held: Repository) -> None:
    weakened(held)
    changed, before = held.head, held.state

    refused = held.fleet(*PROMOTE, "--apply")

    assert (refused.code, held.state) == (2, before)
    assert changed[:12] in refused.err
    assert "2 of admins" in refused.err
    assert "fleet approve --governance" in refused.err


def test_two_admins_who_did_not_write_it_make_it_law(held: Repository) -> None:
    weakened(held)
    held.agree("erin", now=LATER)
    assert held.fleet(*PROMOTE).code == 2
    held.agree("farid", now=LATER)

    assert held.fleet(*PROMOTE, "--apply").code == 0
    governance = json.loads((held.root / "ledger/production.jsonl").read_text().splitlines()[-1])[
        "governance"
    ]
    lines = "".join(
        f"{hashlib.sha256((held.root / path).read_bytes()).hexdigest()}  {path.removeprefix('governance/')}\n"
        for path in sorted(held.git("ls-files", "governance").split())
    )
    assert governance == "sha256:" + hashlib.sha256(lines.encode()).hexdigest()


def test_the_author_of_a_change_is_told_so_and_writes_nothing(held: Repository) -> None:
    weakened(held)
    held.agree("erin", now=LATER)
    said = held.fleet("approve", "--governance", "--json", identity="alice", now=LATER)

    assert said.code == 1
    assert "author of the change" in said.data["notCounted"][0]["reason"]
    assert (said.data["verdictWithIt"], said.data["files"], said.data["could"]) == ("pending", [], ["farid"])
    assert held.state[1] == ""
    assert held.fleet(*said.data["next"].split()[1:]).code == 0


def test_a_new_admin_has_no_say_in_becoming_one(held: Repository) -> None:
    more = PEOPLE.replace("[alice, erin, farid]", "[alice, erin, farid, dina]")
    held.commit("dina is an admin", files={"governance/people.yaml": more}, at=LATER)
    held.agree("erin", now=LATER)
    held.agree("dina", now=LATER)

    refused = held.fleet(*PROMOTE)

    assert refused.code == 2
    assert "1 of 2" in refused.err


def test_what_was_taken_back_needs_nobody(held: Repository) -> None:
    weakened(held)
    weakened(held, HELD)

    assert held.fleet(*PROMOTE).code == 0


def test_an_approval_is_for_one_content_alone(held: Repository) -> None:
    weakened(held)
    held.agree("erin", now=LATER)
    held.agree("farid", now=LATER)
    weakened(held, WEAK.replace("[owner, admins]", "admins").replace("version: 2", "version: 3"))

    assert held.fleet(*PROMOTE).code == 2


def test_going_back_and_there_again_needs_approvals_again(held: Repository) -> None:
    for policy, at in ((WEAK, LATER), (HELD, "2026-11-19T11:00:00Z")):
        weakened(held, policy.replace("version: 1", "version: 2") if policy == HELD else policy, at)
        held.agree("erin", now=at)
        held.agree("farid", now=at)
    assert held.fleet(*PROMOTE).code == 0
    held.commit("again", files={"governance/policy.yaml": WEAK}, at="2026-11-19T12:00:00Z")

    refused = held.fleet(*PROMOTE)

    assert refused.code == 2
    assert "0 of 2" in refused.err


def test_a_merge_is_judged_by_what_it_makes_of_governance(held: Repository) -> None:
    held.git("switch", "-q", "-c", "wider")
    weakened(held)
    held.agree("erin", now=LATER)
    held.agree("farid", now=LATER)
    held.git("switch", "-q", "main")
    held.git("merge", "-q", "--no-ff", "-m", "wider", "wider", at="2026-11-19T12:00:00Z")

    assert held.fleet(*PROMOTE).code == 0


def test_a_merge_that_writes_more_than_was_agreed_to_is_no_law(held: Repository) -> None:
    held.git("switch", "-q", "-c", "wider")
    weakened(held)
    held.agree("erin", now=LATER)
    held.agree("farid", now=LATER)
    held.git("switch", "-q", "main")
    held.git("merge", "-q", "--no-ff", "--no-commit", "wider", at="2026-11-19T12:00:00Z")
    held.commit("wider", files={"governance/policy.yaml": WEAK + "# and more\n"}, at="2026-11-19T12:00:00Z")

    assert held.fleet(*PROMOTE).code == 2


def test_where_the_policy_does_not_say_somebody_else_has_to_agree(tmp_path: Path) -> None:
    made = allowed(tmp_path)
    weakened(made, POLICY.replace("version: 1", "version: 2"))
    assert made.fleet(*PROMOTE).code == 2

    made.agree("carla", now=LATER)

    assert made.fleet(*PROMOTE).code == 0


def test_another_environment_is_not_adopted_into_a_law_of_its_own(held: Repository) -> None:
    config = FLEET["fleet-config.yaml"] + "  - name: canary\n    from: staging\n"
    weakened(held)
    agent = {
        path.replace("staging", "canary"): text
        for path, text in FLEET.items()
        if path.startswith("environments/staging")
    }
    held.commit("a canary", files={"fleet-config.yaml": config, **agent})

    refused = held.fleet("adopt", "--to", "canary", "--apply")

    assert refused.code == 2
    assert "governance/ was changed" in refused.err


def test_a_rejection_by_somebody_who_may_veto_stands(held: Repository) -> None:
    vetoed = HELD.replace("version: 1", "version: 2") + "veto: {from: [desk]}\n"
    held.commit("the desk may say no", files={"governance/policy.yaml": vetoed}, at=LATER)
    held.agree("erin", now=LATER)
    held.agree("farid", now=LATER)
    weakened(held, vetoed.replace("version: 2", "version: 3"), "2026-11-19T11:00:00Z")
    for who in ("erin", "farid"):
        held.agree(who, now="2026-11-19T11:00:00Z")
    held.commit("quicker", files={"governance/policy.yaml": WEAK.replace("version: 2", "version: 4")})
    held.agree("dina", "--reject", "--note", "no", now="2026-11-19T12:00:00Z")
    for who in ("erin", "farid"):
        held.agree(who, now="2026-11-19T12:00:00Z")

    refused = held.fleet(*PROMOTE)

    assert refused.code == 2
    assert "rejected by dina" in refused.err


def test_the_decision_shows_what_the_change_means(held: Repository) -> None:
    weakened(held)

    shown = held.fleet("approve", "--governance", identity="erin", now=LATER)

    assert shown.code == 0
    assert "version" in shown.out
    assert "approved by erin: governance" in shown.out
    assert shown.out.strip().splitlines()[-1].startswith("git add approvals/governance/")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("approve", "--governance"), "nothing to approve"),
        (("approve", "desk-bot", "--governance"), "no agent"),
        (("approve",), "say which agent"),
    ],
)
def test_a_decision_on_nothing_is_refused(arguments: tuple[str, ...], said: str, held: Repository) -> None:
    before = held.state

    refused = held.fleet(*arguments, identity="erin")

    assert (refused.code, held.state) == (2, before)
    assert said in refused.err


def test_before_the_first_ledger_nothing_is_held_to_approvals(tmp_path: Path) -> None:
    made = running(tmp_path)
    made.git("rm", "-q", "ledger/production.jsonl")
    made.commit("no ledger")

    assert made.fleet("approve", "--governance", identity="carla").code == 2
