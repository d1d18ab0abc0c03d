"""A change of governance is in force only after the governance before it has approved it."""

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
HELD = (
    POLICY.replace("governance: {require: [{approvals: 1, from: desk}]}\n", "")
    + "governance: {require: [{approvals: 2, from: admins}]}\n"
)
WEAK = HELD.replace("version: 1", "version: 2").replace("from: owner", "from: [owner, admins]")
PROMOTE = ("promote", "desk-bot", "--to", "production")
LATER = "2026-11-19T10:00:00Z"


@pytest.fixture
def guarded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """A fleet whose governance two admins have to agree to, with a promotion that may go."""
    monkeypatch.setitem(FLEET, "governance/people.yaml", PEOPLE)
    monkeypatch.setitem(FLEET, "governance/policy.yaml", HELD)
    return allowed(tmp_path)


def weakened(repo: Repository, policy: str = WEAK, at: str = LATER) -> None:
    repo.commit("more may approve", files={"governance/policy.yaml": policy}, at=at)


def in_force(repo: Repository, *options: str) -> tuple[int, list[str]]:
    """The version of the policy that decides, and what each pending change of governance lacks."""
    policy = repo.fleet(*PROMOTE, *options, "--json").data["policy"]
    return policy["version"], [change["lacks"] for change in policy["pending"]]


def test_an_untouched_governance_lets_a_promotion_through(guarded: Repository) -> None:
    assert guarded.fleet(*PROMOTE).code == 0


def test_a_weakened_policy_decides_nothing_until_it_is_approved(guarded: Repository) -> None:
    weakened(guarded)
    changed = guarded.head

    promoted = guarded.fleet(*PROMOTE, "--apply", "--json")

    # the promotion goes on under the policy before it
    assert (promoted.code, promoted.data["policy"]["version"]) == (0, 1)
    [waiting] = promoted.data["policy"]["pending"]
    assert (waiting["commit"], "2 of admins" in waiting["lacks"]) == (changed, True)
    guarded.git("merge-base", "--is-ancestor", promoted.data["policy"]["commit"], f"{changed}~1")
    told = guarded.fleet(*PROMOTE)
    assert f"waits for agreement: governance of commit {changed[:12]}" in " ".join(told.out.split())


def test_a_policy_approved_by_two_other_admins_is_in_force(guarded: Repository) -> None:
    weakened(guarded)
    guarded.agree("erin", now=LATER)
    assert in_force(guarded)[0] == 1
    guarded.agree("farid", now=LATER)
    assert in_force(guarded) == (2, [])

    assert guarded.fleet(*PROMOTE, "--apply").code == 0
    entry = json.loads((guarded.root / "ledger/production.jsonl").read_text().splitlines()[-1])
    lines = "".join(
        f"{hashlib.sha256((guarded.root / path).read_bytes()).hexdigest()}  {path}\n"
        for path in sorted(guarded.git("ls-files", "governance", "fleet-config.yaml").split())
    )
    assert entry["governance"] == "sha256:" + hashlib.sha256(lines.encode()).hexdigest()
    assert entry["governanceVersion"] == 2


def test_the_author_of_a_governance_change_writes_no_approval(guarded: Repository) -> None:
    weakened(guarded)
    guarded.agree("erin", now=LATER)
    refused = guarded.fleet("approve", "--governance", "--json", identity="alice", now=LATER)

    assert refused.code == 1
    assert "author of the change" in refused.data["notCounted"][0]["reason"]
    assert (refused.data["verdictWithIt"], refused.data["files"], refused.data["could"]) == (
        "pending",
        [],
        ["farid"],
    )
    assert guarded.state[1] == ""
    assert guarded.fleet(*refused.data["next"].split()[1:]).code == 0


def test_a_new_admin_cannot_approve_the_change_that_adds_them(guarded: Repository) -> None:
    people = PEOPLE.replace("[alice, erin, farid]", "[alice, erin, farid, dina]")
    guarded.commit("dina is an admin", files={"governance/people.yaml": people}, at=LATER)
    guarded.agree("erin", now=LATER)
    guarded.agree("dina", now=LATER)

    [lacks] = in_force(guarded)[1]
    assert "1 of 2" in lacks


def test_a_reverted_change_needs_no_approval(guarded: Repository) -> None:
    weakened(guarded)
    weakened(guarded, HELD)

    assert guarded.fleet(*PROMOTE).code == 0


def test_an_approval_counts_for_one_content_only(guarded: Repository) -> None:
    weakened(guarded)
    guarded.agree("erin", now=LATER)
    guarded.agree("farid", now=LATER)
    weakened(guarded, WEAK.replace("[owner, admins]", "admins").replace("version: 2", "version: 3"))

    version, [lacks] = in_force(guarded)
    assert (version, "0 of 2" in lacks) == (2, True)


def test_a_change_repeated_after_a_revert_needs_new_approvals(guarded: Repository) -> None:
    held = HELD.replace("version: 1", "version: 3")
    for policy, at in ((WEAK, LATER), (held, "2026-11-19T11:00:00Z")):
        weakened(guarded, policy, at)
        guarded.agree("erin", now=at)
        guarded.agree("farid", now=at)
    assert guarded.fleet(*PROMOTE).code == 0
    again = WEAK.replace("version: 2", "version: 4")
    guarded.commit("again", files={"governance/policy.yaml": again}, at="2026-11-19T12:00:00Z")

    [lacks] = in_force(guarded)[1]
    assert "0 of 2" in lacks


def test_a_merge_with_approved_content_is_in_force(guarded: Repository) -> None:
    guarded.git("switch", "-q", "-c", "wider")
    weakened(guarded)
    guarded.agree("erin", now=LATER)
    guarded.agree("farid", now=LATER)
    guarded.git("switch", "-q", "main")
    guarded.git("merge", "-q", "--no-ff", "-m", "wider", "wider", at="2026-11-19T12:00:00Z")

    assert guarded.fleet(*PROMOTE).code == 0


def test_a_merge_with_more_than_the_approved_content_is_not_in_force(guarded: Repository) -> None:
    guarded.git("switch", "-q", "-c", "wider")
    weakened(guarded)
    guarded.agree("erin", now=LATER)
    guarded.agree("farid", now=LATER)
    guarded.git("switch", "-q", "main")
    guarded.git("merge", "-q", "--no-ff", "--no-commit", "wider", at="2026-11-19T12:00:00Z")
    guarded.commit(
        "wider", files={"governance/policy.yaml": WEAK + "# and more\n"}, at="2026-11-19T12:00:00Z"
    )

    assert in_force(guarded)[0] == 1


def test_without_a_governance_rule_two_people_of_the_veto_teams_have_to_agree(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = HELD[: HELD.index("governance:")] + "veto: {from: [desk]}\n"
    monkeypatch.setitem(FLEET, "governance/policy.yaml", bare)
    repo = allowed(tmp_path)
    weakened(repo, bare.replace("version: 1", "version: 2"))
    repo.agree("carla", now=LATER)
    assert in_force(repo)[0] == 1

    repo.agree("dina", now=LATER)

    assert in_force(repo) == (2, [])


def test_a_policy_by_which_nobody_could_agree_names_the_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = HELD[: HELD.index("governance:")]
    monkeypatch.setitem(FLEET, "governance/policy.yaml", bare)

    with pytest.raises(AssertionError, match=r"neither governance\.require nor veto"):
        allowed(tmp_path)  # its adoption is refused


def test_the_configuration_is_governance(guarded: Repository) -> None:
    config = FLEET["fleet-config.yaml"] + "rules: {review-overdue: off}\n"
    guarded.commit("quieter", files={"fleet-config.yaml": config}, at=LATER)
    assert len(in_force(guarded)[1]) == 1

    for who in ("erin", "farid"):
        guarded.agree(who, now=LATER)

    assert in_force(guarded)[1] == []


def test_an_admin_ends_a_person_at_once_and_an_outsider_does_not(guarded: Repository) -> None:
    people = PEOPLE.replace(
        "[carla@acme.example], since: 2024-01-01", "[carla@acme.example], since: 2024-01-01, left: 2026-11-01"
    )
    assert people != PEOPLE
    guarded.commit("she left", files={"governance/people.yaml": people}, at=LATER, identity="dina")
    assert guarded.fleet(*PROMOTE).code == 0
    guarded.commit("not so", files={"governance/people.yaml": PEOPLE}, at=LATER)
    guarded.commit("she left", files={"governance/people.yaml": people}, at=LATER, identity="erin")

    ended = guarded.fleet(*PROMOTE, "--json")

    assert (ended.code, len(ended.data["policy"]["pending"])) == (1, 1)


def test_adoption_of_another_environment_needs_approved_governance(guarded: Repository) -> None:
    config = FLEET["fleet-config.yaml"] + "  - name: canary\n    from: staging\n"
    weakened(guarded)
    agent = {
        path.replace("staging", "canary"): text
        for path, text in FLEET.items()
        if path.startswith("environments/staging")
    }
    guarded.commit("a canary", files={"fleet-config.yaml": config, **agent})

    refused = guarded.fleet("adopt", "--to", "canary", "--apply")

    assert refused.code == 2
    assert "no environment 'canary'" in refused.err


def test_a_veto_blocks_a_governance_change(guarded: Repository) -> None:
    vetoed = HELD.replace("version: 1", "version: 2") + "veto: {from: [desk]}\n"
    guarded.commit("the desk may say no", files={"governance/policy.yaml": vetoed}, at=LATER)
    guarded.agree("erin", now=LATER)
    guarded.agree("farid", now=LATER)
    weakened(guarded, vetoed.replace("version: 2", "version: 3"), "2026-11-19T11:00:00Z")
    for who in ("erin", "farid"):
        guarded.agree(who, now="2026-11-19T11:00:00Z")
    guarded.commit("quicker", files={"governance/policy.yaml": WEAK.replace("version: 2", "version: 4")})
    guarded.agree("dina", "--reject", "--note", "no", now="2026-11-19T12:00:00Z")
    for who in ("erin", "farid"):
        guarded.agree(who, now="2026-11-19T12:00:00Z")

    version, [lacks] = in_force(guarded)
    assert (version, "rejected by dina" in lacks) == (3, True)


def test_approve_governance_shows_the_change(guarded: Repository) -> None:
    weakened(guarded)

    decided = guarded.fleet("approve", "--governance", identity="erin", now=LATER)

    assert decided.code == 0
    assert "version" in decided.out
    assert "approved by erin: governance" in decided.out
    assert decided.out.strip().splitlines()[-1].startswith("git add approvals/governance/")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("approve", "--governance"), "nothing to approve"),
        (("approve", "desk-bot", "--governance"), "excludes AGENT"),
        (("approve",), "which agent, and which environment?"),
    ],
)
def test_a_decision_without_a_subject_is_refused(
    arguments: tuple[str, ...], message: str, guarded: Repository
) -> None:
    before = guarded.state

    refused = guarded.fleet(*arguments, identity="erin")

    assert (refused.code, guarded.state) == (2, before)
    assert message in refused.err


def test_before_the_first_ledger_governance_needs_no_approval(tmp_path: Path) -> None:
    repo = running(tmp_path)
    repo.git("rm", "-q", "ledger/production.jsonl")
    repo.commit("no ledger")

    assert repo.fleet("approve", "--governance", identity="carla").code == 2


def test_a_policy_of_another_meaning_under_the_same_version_is_an_error(guarded: Repository) -> None:
    weakened(guarded, WEAK.replace("version: 2", "version: 1"))

    validated = guarded.fleet("validate", "--json", now=LATER)
    checked = guarded.fleet("policy", "check", "--json", now=LATER)
    refused = guarded.fleet("approve", "--governance", identity="erin", now=LATER)

    assert [finding["rule"] for finding in validated.data["findings"] if finding["severity"] == "error"] == [
        "policy-version-reused"
    ]
    assert "policy-version-reused" in {finding["check"] for finding in checked.data["findings"]}
    assert (validated.code, checked.code, refused.code) == (1, 1, 2)
    assert "write version: 2" in refused.err
    assert guarded.fleet("approve", "--governance", "--reject", identity="erin", now=LATER).code == 0


def test_a_comment_in_the_policy_needs_no_other_version(guarded: Repository) -> None:
    weakened(guarded, f"# two of three\n{HELD}")

    assert guarded.fleet("validate", now=LATER).code == 0
    assert guarded.fleet("approve", "--governance", identity="erin", now=LATER).code == 0
