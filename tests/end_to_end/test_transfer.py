"""``fleet transfer``: every role of a person is found, and handed over or listed."""

from __future__ import annotations

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tests.end_to_end import repositories
from tests.end_to_end.golden import golden
from tests.end_to_end.repositories import DESK, EXAMPLE, FLEET, MANIFEST, Repository
from tests.schemas.reading import schema

PRODUCTION = DESK.replace("staging", "production")
GOVERNANCE = "governance/people.yaml"
PEOPLE = """\
apiVersion: fleetward/v1
kind: People
people:
  alice: {name: Alice Roe, emails: [alice@acme.example]}
  carla: {name: Carla Ferri, emails: [carla@acme.example]}
  dina: {name: Dina Aziz, emails: [dina@acme.example]}
  erin: {name: Erin Moss, emails: [erin@acme.example]}
  gone: {name: Gone Girl, emails: [gone@acme.example], left: 2026-10-01}
robots:
  ci: {emails: [ci@acme.example], operatedBy: carla} # runs at night
teams:
  desk: {members: [carla, dina]} # the owners
  night:
    members:
      # since the summer
      - person: carla
        since: 2026-07-01
        until: 2027-01-31
      - dina
  past: {members: [dina, {person: carla, until: 2026-03-31}]}
  full: {members: [dina, erin, carla]}
"""
HAND = ("transfer", "--from", "carla", "--to", "erin")
OWN = MANIFEST + "  knowledge: [{name: faq, source: kb, owner: carla}] # hers\n"


def town(folder: Path, files: dict[str, str] | None = None, *, adopted: bool = True) -> Repository:
    """desk-bot of carla in staging and production."""
    desk = {
        path: text for path, text in {**FLEET, f"{DESK}/agent.yaml": OWN}.items() if path.startswith(DESK)
    }
    stands = {path.replace("staging", "production"): text for path, text in desk.items()}
    repo = repositories.repository(folder, {**FLEET, **desk, **stands, GOVERNANCE: PEOPLE, **(files or {})})
    if adopted:
        assert repo.fleet("adopt", "--to", "production", "--apply", now="2026-11-17T09:00:00Z").code == 0
    return repo


def fates(repo: Repository, *flags: str) -> dict[str, str]:
    ran = repo.fleet(*HAND, "--json", *flags)
    assert ran.err == ""
    return {f"{role['file']}:{role['path']}": role["fate"] for role in ran.data["roles"]}


def test_every_role_is_listed_with_its_outcome(tmp_path: Path) -> None:
    repo = town(tmp_path)
    before = repo.state

    ran = repo.fleet(*HAND)

    assert ran.code == 0
    golden("transfer.txt", ran.out)
    assert repo.state == before


def test_write_changes_only_the_listed_places(tmp_path: Path) -> None:
    repo = town(tmp_path)

    ran = repo.fleet(*HAND, "--write")

    assert ran.code == 0, ran.out
    moved = [line for line in repo.git("diff", "-U0").splitlines() if line[0] in "+-" and line[1] not in "+-"]
    assert moved == [
        "-  owner: {team: desk, accountable: carla, backup: dina}",
        "+  owner: {team: desk, accountable: erin, backup: dina}",
        "-  knowledge: [{name: faq, source: kb, owner: carla}] # hers",
        "+  knowledge: [{name: faq, source: kb, owner: erin}] # hers",
        "-  ci: {emails: [ci@acme.example], operatedBy: carla} # runs at night",
        "+  ci: {emails: [ci@acme.example], operatedBy: erin} # runs at night",
        "-  desk: {members: [carla, dina]} # the owners",
        "+  desk: {members: [{person: erin, since: 2026-11-20}, dina]} # the owners",
        "-      - person: carla",
        "-        since: 2026-07-01",
        "+      - person: erin",
        "+        since: 2026-11-20",
        "-  full: {members: [dina, erin, carla]}",
        "+  full: {members: [dina, erin]}",
    ]
    assert repo.fleet("validate").code == 0


def test_after_write_the_promotion_transfers_production(tmp_path: Path) -> None:
    repo = town(tmp_path)
    repo.fleet(*HAND, "--write")
    repo.commit("carla hands over", at="2026-11-20T09:00:00+00:00")
    repo.agree("dina", now="2026-11-20T09:30:00Z")
    repo.approve("desk-bot", "dina", now="2026-11-20T10:00:00Z")

    between = repo.fleet(*HAND)
    repo.fleet("promote", "desk-bot", "--to", "production", "--apply")

    assert between.out.splitlines()[-1] == "fleet promote desk-bot --to production"
    assert fates(repo) == {f"{GOVERNANCE}:teams.past.members[1].person": "stays"}


def test_a_new_member_does_not_count_for_earlier_approvals(tmp_path: Path) -> None:
    repo = town(tmp_path)
    repo.commit("new words", files={f"{DESK}/prompts/system.md": "Answer.\n"}, at="2026-11-18T10:00:00+00:00")
    repo.approve("desk-bot", "erin", now="2026-11-18T12:00:00Z")
    repo.fleet(*HAND, "--write")
    repo.git("checkout", "-q", "--", DESK)
    repo.commit("carla leaves the teams", at="2026-11-20T09:00:00+00:00")
    repo.agree("dina", now="2026-11-20T09:30:00Z")

    [judged] = repo.fleet("promote", "desk-bot", "--to", "production", "--json").data["promotions"]

    assert judged["verdict"] == "pending"
    assert [item["approver"] for item in judged["notCounted"]] == ["erin"]


def test_an_accountable_person_does_not_become_their_own_backup(tmp_path: Path) -> None:
    repo = town(tmp_path)

    ran = repo.fleet("transfer", "--from", "dina", "--to", "carla", "--write", "--json")

    open_ = [role for role in ran.data["roles"] if role["fate"] == "open"]
    assert ran.code == 1
    assert [(role["path"], role["note"]) for role in open_] == [
        ("spec.owner.backup", "'carla' is accountable already: name somebody else")
    ]
    assert "backup: dina" in (repo.root / DESK / "agent.yaml").read_text()


def test_the_day_on_which_somebody_left_is_written_as_well(tmp_path: Path) -> None:
    repo = town(tmp_path)

    ran = repo.fleet(*HAND, "--left", "2026-12-01", "--write", "--json")
    wrong = repo.fleet(*HAND, "--left", "soon")

    assert ran.data["written"]
    [carla] = [line for line in (repo.root / GOVERNANCE).read_text().splitlines() if "carla@acme" in line]
    assert "left: " in carla
    assert "2026-12-01" in carla
    assert wrong.code == 2


def test_a_backup_may_become_accountable_and_is_told_to_name_another(tmp_path: Path) -> None:
    repo = town(tmp_path)

    ran = repo.fleet("transfer", "--from", "carla", "--to", "dina", "--write", "--json")

    notes = {role["path"]: role["note"] for role in ran.data["roles"] if role["fate"] == "edit"}
    assert notes["spec.owner.accountable"] == "'dina' is backup as well: name another backup"
    assert "accountable: dina" in (repo.root / DESK / "agent.yaml").read_text()


def test_a_transfer_that_causes_an_error_writes_nothing(tmp_path: Path) -> None:
    policy = FLEET["governance/policy.yaml"].replace(
        "from: owner}]", "from: owner}, {approvals: 3, from: full}]"
    )
    repo = town(tmp_path, {"governance/policy.yaml": policy})

    ran = repo.fleet(*HAND, "--write")

    assert ran.code == 1
    assert "new findings after the transfer" in ran.out
    assert "policy-unsatisfiable" in ran.out
    assert repo.state[1] == ""


def test_a_transfer_that_leaves_one_owner_alone_is_a_problem(tmp_path: Path) -> None:
    alone = PEOPLE.replace("desk: {members: [carla, dina]}", "desk: {members: [carla, erin]}")
    manifest = OWN.replace(", backup: dina", "")
    repo = town(tmp_path, {GOVERNANCE: alone, f"{DESK}/agent.yaml": manifest}, adopted=False)

    ran = repo.fleet(*HAND, "--json")

    assert ran.code == 1
    assert {problem["rule"] for problem in ran.data["problems"]} == {"owner-alone"}


def test_overrides_of_a_gated_environment_become_a_proposal(tmp_path: Path) -> None:
    config = FLEET["fleet-config.yaml"].replace("[spec.budgets]", "[spec.observability]")
    overrides = "spec:\n  observability: # here\n    outputReview: {sample: 0.1, cadence: P7D, by: carla}\n"
    repo = town(tmp_path, {"fleet-config.yaml": config, f"{PRODUCTION}/overrides.yaml": overrides})
    proposal = f"{PRODUCTION.replace('environments', 'proposals')}/overrides.yaml"

    before = fates(repo)
    repo.fleet(*HAND, "--write")
    again = fates(repo)

    assert before[f"{PRODUCTION}/overrides.yaml:spec.observability.outputReview.by"] == "proposal"
    assert (repo.root / proposal).read_text() == overrides.replace("carla", "erin")
    assert (repo.root / PRODUCTION / "overrides.yaml").read_text() == overrides
    assert again[f"{PRODUCTION}/overrides.yaml:spec.observability.outputReview.by"] == "promotion"


def test_an_agent_missing_in_staging_is_named(tmp_path: Path) -> None:
    repo = town(tmp_path)
    repo.git("rm", "-rq", DESK)

    ran = repo.fleet(*HAND, "--write")

    assert ran.code == 1
    assert "not in 'staging': bring it back there, or retire it" in ran.out


def test_past_decisions_stay_and_free_text_is_left_open(tmp_path: Path) -> None:
    waivers = (
        "apiVersion: fleetward/v1\nkind: Waivers\nwaivers:\n"
        "  - {rule: review-overdue, agent: desk-bot, reason: later, approvedBy: carla, expires: 2026-12-31}\n"
    )
    connectors = (
        "apiVersion: fleetward/v1\nkind: Connectors\nconnectors:\n  crm: {owner: carla, status: active}\n"
    )
    labelled = OWN.replace(
        "metadata: {name: desk-bot}", "metadata: {name: desk-bot, labels: {steward: carla}}"
    )
    files = {
        "governance/waivers.yaml": waivers,
        "governance/connectors.yaml": connectors,
        f"{DESK}/agent.yaml": labelled,
    }
    repo = town(tmp_path, files, adopted=False)

    fates_by_place = fates(repo, "--write")

    assert fates_by_place["governance/waivers.yaml:waivers[0].approvedBy"] == "stays"
    assert fates_by_place["governance/connectors.yaml:connectors.crm.owner"] == "edit"
    assert fates_by_place[f"{DESK}/agent.yaml:metadata.labels.steward"] == "open"
    assert (repo.root / "governance/waivers.yaml").read_text() == waivers
    assert (repo.root / "governance/connectors.yaml").read_text() == connectors.replace("carla", "erin")


def test_invalid_and_too_large_manifests_are_named(tmp_path: Path) -> None:
    repo = town(tmp_path, {f"{DESK}/agent.yaml": "spec: [carla\n"})
    large = f"{DESK.replace('desk-bot', 'large-bot')}/agent.yaml"
    repo.write({large: "# carla\n" * 600_000})

    ran = repo.fleet(*HAND, "--json")

    assert ran.code == 1
    unread = {role["file"] for role in ran.data["roles"] if "cannot be read" in role["note"]}
    assert unread == {f"{DESK}/agent.yaml", large}


def test_an_unreadable_file_is_named_with_line_and_reason(tmp_path: Path) -> None:
    repo = town(tmp_path, {f"{DESK}/agent.yaml": "spec:\n  a: 1\n  a: carla\n"})

    ran = repo.fleet(*HAND, "--write")

    assert ran.code == 1
    assert f"  {DESK}/agent.yaml\n    3: cannot be read: " in ran.out
    assert "3: cannot be read: 'a' is there twice" in ran.out
    assert ": :" not in ran.out


@pytest.mark.parametrize("bent", ["another encoding", "a link", "a link as a folder", "nothing at all"])
def test_every_file_that_may_name_the_person_is_listed(tmp_path: Path, bent: str) -> None:
    repo = town(tmp_path)
    folder = repo.root / "environments/staging/odd-bot"
    if bent == "a link as a folder":
        folder.symlink_to("desk-bot")
    else:
        folder.mkdir()
        if bent == "a link":
            (folder / "agent.yaml").symlink_to("../desk-bot/agent.yaml")
        else:
            (folder / "agent.yaml").write_bytes(OWN.encode("utf-16") if bent == "another encoding" else b"")

    ran = repo.fleet(*HAND)

    assert (ran.code, "cannot be read: " in ran.out) == (
        (1, True) if bent != "nothing at all" else (0, False)
    )


def test_a_team_of_the_same_name_is_not_mistaken_for_the_person(tmp_path: Path) -> None:
    people = PEOPLE + "  carla: {members: [dina]}\n"
    repo = town(tmp_path, {GOVERNANCE: people}, adopted=False)

    fates_by_place = fates(repo)

    assert fates_by_place[f"{DESK}/agent.yaml:spec.knowledge[faq].owner"] == "open"
    assert fates_by_place[f"{DESK}/agent.yaml:spec.owner.accountable"] == "edit"


@pytest.mark.parametrize(
    ("giver", "taker", "message"),
    [
        ("carla", "gone", "'gone' left on 2026-10-01"),
        ("carla", "carla", "has these roles already"),
        ("carlo", "erin", "did you mean 'carla'?"),
        ("carla", "desk", "nobody is called 'desk'"),
        ("ci", "erin", "nobody is called 'ci'"),
    ],
)
def test_roles_go_only_between_people_and_only_to_an_active_one(
    tmp_path: Path, giver: str, taker: str, message: str
) -> None:
    repo = town(tmp_path, adopted=False)

    ran = repo.fleet("transfer", "--from", giver, "--to", taker, "--write")

    assert ran.code == 2
    assert message in ran.err
    assert repo.state[1] == ""


@pytest.mark.parametrize("giver", ["nadia", "priya", "oskar", "marek"])
def test_a_transfer_in_the_example_causes_no_findings(tmp_path: Path, giver: str) -> None:
    repo = repositories.repository(tmp_path, EXAMPLE)

    ran = repo.fleet("transfer", "--from", giver, "--to", "daniel", "--write", "--json")

    Draft202012Validator(schema("output/transfer-output")).validate(ran.data)
    assert ran.data["written"] is True
    assert repo.fleet("validate").code == 0
