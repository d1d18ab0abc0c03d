"""Questions to history: whose hands, and since when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from fleetward.domain.contributor import Role
from fleetward.store.git.fleet_root import Ground, find
from fleetward.store.git.history import commits, contributors, promoted_by, stay
from tests.end_to_end.repositories import DESK, FLEET, Repository, repository, surroundings

PROMPT = f"{DESK}/prompts/system.md"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def ground(made: Repository) -> Ground:
    return find(made.root, surroundings(made.home))


def hands(made: Repository, since: str | None) -> set[tuple[str, Role]]:
    found = contributors(ground(made), made.head, since, [DESK])
    return {(one.email.partition("@")[0], one.role) for one in found}


def test_author_committer_and_co_authors_of_what_touched_the_folder_are_its_hands(tmp_path: Path) -> None:
    made = repository(tmp_path)
    since = made.head
    made.commit("x\n\nCo-authored-by: Erin <erin@acme.example>", identity="bob", files={PROMPT: "1\n"})
    made.commit("elsewhere", identity="farid", files={"notes.txt": "1\n"})

    assert hands(made, since) == {("bob", Role.AUTHOR), ("bob", Role.COMMITTER), ("erin", Role.CO_AUTHOR)}


def test_a_start_that_is_not_known_any_more_means_all_of_history(tmp_path: Path) -> None:
    made = repository(tmp_path)
    made.commit(identity="bob", files={PROMPT: "1\n"})

    people = {name for name, _ in hands(made, "0" * 39 + "1")}

    assert people == {"alice", "bob"}


def test_a_merge_alone_makes_nobody_a_contributor_but_a_changed_one_does(tmp_path: Path) -> None:
    made = repository(tmp_path)
    since = made.head
    made.git("switch", "-q", "-c", "topic")
    made.commit(identity="bob", files={PROMPT: "1\n"})
    made.git("switch", "-q", "main")
    made.commit(identity="farid", files={"notes.txt": "1\n"})
    made.git("merge", "-q", "--no-ff", "-m", "merge", "topic", identity="gita")
    plain = {name for name, _ in hands(made, since)}
    made.write({PROMPT: "slipped in\n"})
    made.git("commit", "-q", "-a", "--amend", "--no-edit", "--reset-author", identity="gita")

    assert plain == {"bob"}
    assert {name for name, _ in hands(made, since)} == {"bob", "gita"}


def test_the_longest_stay_counts_and_the_present_one_is_told(tmp_path: Path) -> None:
    made = repository(tmp_path)  # 16 November 09:00
    made.commit(at="2026-11-18T09:00:00+00:00", files={PROMPT: "other\n"})
    made.commit(at="2026-11-20T09:00:00+00:00", files={PROMPT: FLEET[PROMPT]})

    found = stay(ground(made), made.head, DESK, NOW)

    assert found.longest == timedelta(days=2)
    assert found.since == datetime(2026, 11, 20, 9, tzinfo=UTC)


def test_a_commit_that_is_back_dated_gains_nothing(tmp_path: Path) -> None:
    made = repository(tmp_path)
    made.commit(at="2026-11-20T09:00:00+00:00", files={PROMPT: "other\n"})
    made.commit(at="2020-01-01T09:00:00+00:00", files={PROMPT: "third\n"})

    found = stay(ground(made), made.head, DESK, NOW)

    assert found.longest == timedelta(hours=3)


def test_overrides_do_not_interrupt_a_stay(tmp_path: Path) -> None:
    made = repository(tmp_path)
    made.commit(at="2026-11-20T09:00:00+00:00", files={f"{DESK}/overrides.yaml": "{}\n"})

    found = stay(ground(made), made.head, DESK, NOW)

    assert found.longest == timedelta(days=4, hours=3)


def test_what_is_not_there_stays_nowhere(tmp_path: Path) -> None:
    made = repository(tmp_path)

    found = stay(ground(made), made.head, "environments/staging/nobody", NOW)

    assert (found.longest, found.since) == (timedelta(), None)


def test_a_commit_s_header_is_read_not_what_its_message_imitates(tmp_path: Path) -> None:
    made = repository(tmp_path)
    made.commit("x\n\nauthor Eve <eve@acme.example> 1 +0000", identity="bob", files={PROMPT: "1\n"})

    [commit] = commits(ground(made).repository, [made.head])

    assert (commit.author, commit.committer) == ("bob@acme.example", "bob@acme.example")


def test_a_promotion_is_found_by_any_line_that_its_commit_wrote(tmp_path: Path) -> None:
    made = repository(tmp_path)
    before, file = made.head, "ledger/production.jsonl"
    promotion = made.commit("two kinds", files={file: "one\ntwo\n"})
    made.commit("later", files={file: "one\ntwo\nthree\n"})

    def found(line: bytes, since: str = before) -> str | None:
        return promoted_by(ground(made), made.head, since, file, line)

    assert found(b"one") == found(b"two") == promotion
    assert found(b"three") is found(b"on") is found(b"one", "0" * 40) is None
