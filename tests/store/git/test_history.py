"""Questions to history: whose hands, and since when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from fleetward.domain.contributor import ContributorRole
from fleetward.domain.people import People
from fleetward.store.git.change_authors import ChangeScope, contributors
from fleetward.store.git.commit import read_commits
from fleetward.store.git.file_history import commit_of_promotion
from fleetward.store.git.fleet_root import FleetRoot, find_fleet_root
from fleetward.store.git.soak_time import soak_time
from tests.end_to_end.repositories import DESK, FLEET, Repository, clean_environment, repository

PROMPT = f"{DESK}/prompts/system.md"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def fleet_root(repo: Repository) -> FleetRoot:
    return find_fleet_root(repo.root, clean_environment(repo.home))


def contributor_roles(repo: Repository, since: str | None) -> set[tuple[str, ContributorRole]]:
    people = contributors(fleet_root(repo), repo.head, since, ChangeScope(paths=(DESK,), people=People()))
    return {(person.email.partition("@")[0], person.role) for person in people}


def test_author_committer_and_co_authors_of_what_touched_the_folder_are_its_hands(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    since = repo.head
    repo.commit("x\n\nCo-authored-by: Erin <erin@acme.example>", identity="bob", files={PROMPT: "1\n"})
    repo.commit("elsewhere", identity="farid", files={"notes.txt": "1\n"})

    assert contributor_roles(repo, since) == {
        ("bob", ContributorRole.AUTHOR),
        ("bob", ContributorRole.COMMITTER),
        ("erin", ContributorRole.CO_AUTHOR),
    }


def test_a_start_that_is_not_known_any_more_means_all_of_history(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    repo.commit(identity="bob", files={PROMPT: "1\n"})

    people = {name for name, _ in contributor_roles(repo, "0" * 39 + "1")}

    assert people == {"alice", "bob"}


def test_a_merge_alone_makes_nobody_a_contributor_but_a_changed_one_does(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    since = repo.head
    repo.git("switch", "-q", "-c", "topic")
    repo.commit(identity="bob", files={PROMPT: "1\n"})
    repo.git("switch", "-q", "main")
    repo.commit(identity="farid", files={"notes.txt": "1\n"})
    repo.git("merge", "-q", "--no-ff", "-m", "merge", "topic", identity="gita")
    plain = {name for name, _ in contributor_roles(repo, since)}
    repo.write({PROMPT: "slipped in\n"})
    repo.git("commit", "-q", "-a", "--amend", "--no-edit", "--reset-author", identity="gita")

    assert plain == {"bob"}
    assert {name for name, _ in contributor_roles(repo, since)} == {"bob", "gita"}


def test_the_longest_stay_counts_and_the_present_one_is_told(tmp_path: Path) -> None:
    repo = repository(tmp_path)  # 16 November 09:00
    repo.commit(at="2026-11-18T09:00:00+00:00", files={PROMPT: "other\n"})
    repo.commit(at="2026-11-20T09:00:00+00:00", files={PROMPT: FLEET[PROMPT]})

    soak = soak_time(fleet_root(repo), repo.head, DESK, NOW)

    assert soak.longest == timedelta(days=2)
    assert soak.since == datetime(2026, 11, 20, 9, tzinfo=UTC)


def test_a_commit_that_is_back_dated_gains_nothing(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    repo.commit(at="2026-11-20T09:00:00+00:00", files={PROMPT: "other\n"})
    repo.commit(at="2020-01-01T09:00:00+00:00", files={PROMPT: "third\n"})

    soak = soak_time(fleet_root(repo), repo.head, DESK, NOW)

    assert soak.longest == timedelta(hours=3)


def test_overrides_do_not_interrupt_a_stay(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    repo.commit(at="2026-11-20T09:00:00+00:00", files={f"{DESK}/overrides.yaml": "{}\n"})

    soak = soak_time(fleet_root(repo), repo.head, DESK, NOW)

    assert soak.longest == timedelta(days=4, hours=3)


def test_what_is_not_there_stays_nowhere(tmp_path: Path) -> None:
    repo = repository(tmp_path)

    soak = soak_time(fleet_root(repo), repo.head, "environments/staging/nobody", NOW)

    assert (soak.longest, soak.since) == (timedelta(), None)


def test_a_commit_s_header_is_read_not_what_its_message_imitates(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    repo.commit("x\n\nauthor Eve <eve@acme.example> 1 +0000", identity="bob", files={PROMPT: "1\n"})

    [commit] = read_commits(fleet_root(repo).repository, [repo.head])

    assert (commit.author, commit.committer) == ("bob@acme.example", "bob@acme.example")


def test_a_promotion_is_found_by_any_line_that_its_commit_wrote(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    before, file = repo.head, "ledger/production.jsonl"
    promotion = repo.commit("two kinds", files={file: "one\ntwo\n"})
    repo.commit("later", files={file: "one\ntwo\nthree\n"})

    def promotion_of(line: bytes, since: str = before) -> str | None:
        return commit_of_promotion(fleet_root(repo), repo.head, since, file, line)

    assert promotion_of(b"one") == promotion_of(b"two") == promotion
    assert promotion_of(b"three") is promotion_of(b"on") is promotion_of(b"one", "0" * 40) is None
