"""``fleet approvals``: who said what, how sure it is, what counts now and why the rest does not."""

from __future__ import annotations

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tests.end_to_end.repositories import FLEET, POLICY, CommandResult, Repository
from tests.end_to_end.repositories import running as start
from tests.schemas.reading import schema
from tests.store.signing import keyring

PEOPLE = "governance/people.yaml"


@pytest.fixture
def key(tmp_path: Path) -> Path:
    return keyring.generate(tmp_path / "key")


@pytest.fixture
def repo(tmp_path: Path, key: Path) -> Repository:
    repo = start(tmp_path)
    address = "emails: [carla@acme.example]"
    keyed = FLEET[PEOPLE].replace(address, f'{address}, keys: [{{key: "{keyring.public(key)}"}}]')
    repo.commit("keys", files={PEOPLE: keyed})
    repo.agree("dina", now="2026-11-18T10:00:00Z")
    return repo


def listed(repo: Repository, *options: str) -> CommandResult:
    done = repo.fleet("approvals", "desk-bot", "--json", *options)
    assert done.code == 0, done.err
    return done


def rows(done: CommandResult) -> list[tuple[str, str, str, bool, str | None]]:
    fields = ("approver", "decision", "assurance", "counts", "reason")
    return [tuple(row[field] for field in fields) for row in done.data["approvals"]]  # type: ignore[misc]


def test_without_any_statement_the_list_is_empty(repo: Repository) -> None:
    assert listed(repo).data["approvals"] == []
    assert "no approvals or other statements" in repo.fleet("approvals", "desk-bot").out


def test_each_statement_is_listed_with_assurance_and_reason(repo: Repository, key: Path) -> None:
    repo.approve("desk-bot", "alice", now="2026-11-19T08:00:00Z")
    repo.approve("desk-bot", "dina", now="2026-11-19T09:00:00Z")
    repo.fleet("approve", "desk-bot", "--to", "production", "--sign", str(key), identity="carla")
    repo.commit("carried", identity="alice")

    assert rows(listed(repo)) == [
        ("alice", "approve", "recorded", False, listed(repo).data["approvals"][0]["reason"]),
        ("dina", "approve", "recorded", False, "not needed: it would fill no further seat"),
        ("carla", "approve", "signed", True, None),
    ]
    assert "author of the change" in str(listed(repo).data["approvals"][0]["reason"])


def test_two_statements_of_one_person_are_listed_separately(repo: Repository) -> None:
    repo.approve("desk-bot", "carla", now="2026-11-19T08:00:00Z")
    repo.approve("desk-bot", "carla", now="2026-11-19T09:00:00Z")

    assert rows(listed(repo)) == [
        ("carla", "approve", "recorded", False, "replaced by a later approval"),
        ("carla", "approve", "recorded", True, None),
    ]


def test_a_withdrawal_counts_and_the_withdrawn_approval_does_not(repo: Repository) -> None:
    repo.approve("desk-bot", "carla", now="2026-11-19T08:00:00Z")
    repo.approve("desk-bot", "carla", "--withdraw", now="2026-11-19T09:00:00Z")

    assert rows(listed(repo)) == [
        ("carla", "approve", "recorded", False, "withdrawn on 2026-11-19T09:00:00Z"),
        ("carla", "withdraw", "recorded", True, None),
    ]


def test_a_rejection_counts_only_where_the_policy_gives_a_veto(
    repo: Repository,
) -> None:
    repo.approve("desk-bot", "dina", "--reject")

    assert rows(listed(repo)) == [
        ("dina", "reject", "recorded", False, "rejected, but is in no team that may veto")
    ]

    policy = POLICY.replace("rules:", "veto: {from: [desk]}\nrules:").replace("version: 1", "version: 2")
    repo.commit("veto", files={"governance/policy.yaml": policy})
    assert rows(listed(repo))[0][3] is False  # it waits for agreement
    repo.agree("carla")
    assert rows(listed(repo)) == [("dina", "reject", "recorded", True, None)]
    assert listed(repo).data["verdict"] == "blocked"


def test_an_unsigned_statement_committed_by_another_person_names_the_committer(repo: Repository) -> None:
    repo.fleet("approve", "desk-bot", "--to", "production", identity="carla")
    repo.commit("carried", identity="alice")

    [(_, _, _, counts, reason)] = rows(listed(repo))

    assert not counts
    assert "committed by alice@acme.example" in str(reason)


def test_an_unreadable_statement_is_listed_as_an_error(repo: Repository) -> None:
    file = repo.approve("desk-bot", "carla")
    repo.commit("broken", identity="carla", files={file: "{"})

    [error] = [row for row in listed(repo).data["unreadable"] if "unreadable record" in row["message"]]

    assert error["file"] == file
    assert file in repo.fleet("approvals", "desk-bot").out


def test_after_the_promotion_nothing_counts_any_more(repo: Repository) -> None:
    repo.approve("desk-bot", "carla")
    assert repo.fleet("promote", "desk-bot", "--to", "production", "--apply").code == 0

    done = listed(repo)

    assert done.data["verdict"] == "unchanged"
    assert rows(done) == [
        ("carla", "approve", "recorded", False, "was about generation 2; the next promotion is generation 3")
    ]


def test_the_environment_is_required_where_several_are_gated(repo: Repository) -> None:
    config = FLEET["fleet-config.yaml"] + "  - name: moon\n    from: production\n"
    repo.commit("another environment", files={"fleet-config.yaml": config})
    repo.agree("carla")

    done = repo.fleet("approvals", "desk-bot")

    assert done.code == 2
    assert "--to one of: production, moon" in done.err
    assert listed(repo, "--to", "production").data["environment"] == "production"


def test_an_unknown_agent_is_an_error_and_no_empty_list(repo: Repository) -> None:
    done = repo.fleet("approvals", "desk-bat")

    assert done.code == 2
    assert "did you mean 'desk-bot'?" in done.err


def test_the_page_says_the_same_and_ends_with_a_command_that_works(repo: Repository, key: Path) -> None:
    repo.approve("desk-bot", "dina", now="2026-11-19T09:00:00Z")
    repo.fleet(
        *("approve", "desk-bot", "--to", "production", "--sign", str(key), "--note", "read it twice"),
        identity="carla",
    )
    repo.commit("carried", identity="alice")

    page = repo.fleet("approvals", "desk-bot").out

    assert "carla approved on 2026-11-20T12:00:00Z until 2026-12-04T12:00:00Z, signed\n" in page
    assert "  does not count: not needed: it would fill no further seat\n" in page
    assert "  note: read it twice\n" in page
    assert "verdict with these: allowed\n" in page
    verb, *arguments = page.splitlines()[-1].split()
    assert verb == "fleet"
    assert repo.fleet(*arguments).code == 0


def test_the_answer_is_what_its_schema_promises(repo: Repository, key: Path) -> None:
    repo.approve("desk-bot", "dina", "--reject")
    repo.fleet("approve", "desk-bot", "--to", "production", "--sign", str(key), identity="carla")
    file = repo.approve("desk-bot", "dina", "--withdraw")
    repo.commit("broken", files={file: "{"})

    data = listed(repo).data

    judge = Draft202012Validator(schema("output/approvals-output"))
    assert [error.message for error in judge.iter_errors(data)] == []
    assert data["approvals"]
    assert data["unreadable"]
