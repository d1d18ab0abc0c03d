"""Who wrote a change: rebased, squashed, slipped in, taken out and brought back."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleetward.domain.contributor import ContributorRole
from fleetward.domain.people import People, Person, Robot
from fleetward.store.git.change_authors import ChangeScope, change_authors
from fleetward.store.git.fleet_root import find_fleet_root
from tests.end_to_end.repositories import DESK, Repository, clean_environment, repository

PROMPT = f"{DESK}/prompts/system.md"
BASE = "You answer questions about orders.\n"
PEOPLE = People(
    people={
        name: Person(id=name, name=name, emails=(f"{name}@acme.example",))
        for name in ("alice", "bob", "carla", "erin")
    },
    robots={"forge": Robot(id="forge", emails=("noreply@forge.example",), is_forge=True)},
)
APPROVALS = "approvals/production/desk-bot"
STATEMENT = f"{APPROVALS}/{'ab' * 6}-carla-1.json"
LATER = "2026-11-17T09:00:00+00:00"
BY_FORGE = {"GIT_COMMITTER_EMAIL": "noreply@forge.example", "GIT_COMMITTER_NAME": "Forge"}
AUTHOR, COMMITTER, CO_AUTHOR, RECOMMITTER = ContributorRole


def authors(repo: Repository, since: str | None) -> set[str]:
    """Everybody who is a contributor in some way."""
    return {name for name, role in roles(repo, since) if role is not RECOMMITTER}


def roles(repo: Repository, since: str | None) -> set[tuple[str, ContributorRole]]:
    root = find_fleet_root(repo.root, clean_environment(repo.home))
    scope = ChangeScope(
        paths=(DESK,), people=PEOPLE, approvals=APPROVALS, promoted="environments/production/desk-bot"
    )
    people = change_authors(root, repo.head, since, scope).contributors
    return {(person.email.partition("@")[0], person.role) for person in people}


def pick(repo: Repository, commit: str, who: str, *options: str) -> None:
    """Commit it again on this branch."""
    environment = {
        "GIT_COMMITTER_EMAIL": f"{who}@acme.example", "GIT_COMMITTER_NAME": who, "GIT_COMMITTER_DATE": LATER,
    }  # fmt: skip
    repo.git("cherry-pick", *options, commit, identity=who, at=None, env=environment)


def rebased(repo: Repository, *, slipped: str = "", keep: bool = True) -> set[tuple[str, ContributorRole]]:
    """Bob's commit of a branch, put upon main by carla; what she *slipped* in; without the branch unless *keep*."""
    repo.git("switch", "-q", "-c", "topic")
    topic = repo.commit(identity="bob", files={PROMPT: BASE + "Be kind to everybody.\n"})
    repo.git("switch", "-q", "main")
    since = repo.commit("top", identity="erin", files={PROMPT: "Hello there.\n" + "\n" * 4 + BASE})
    repo.git("switch", "-q", "topic")
    repo.git("rebase", "-q", "main", identity="carla", at=None, env={"GIT_COMMITTER_DATE": LATER})
    repo.git("branch", "-q", "original", topic)
    repo.git("switch", "-q", "main")
    repo.git("merge", "-q", "--ff-only", "topic")
    if slipped:
        repo.write({PROMPT: (repo.root / PROMPT).read_text() + slipped})
        environment = {"GIT_COMMITTER_EMAIL": "carla@acme.example", "GIT_COMMITTER_DATE": LATER}
        repo.git("commit", "-q", "-a", "--amend", "--no-edit", at=None, env=environment)
    repo.git("branch", "-q", "-D", "topic")
    if not keep:
        repo.git("branch", "-q", "-D", "original")
    return roles(repo, since)


def test_who_rebases_for_others_is_nobody(tmp_path: Path) -> None:
    assert rebased(repository(tmp_path)) == {("bob", AUTHOR), ("carla", RECOMMITTER)}


def test_who_rebases_for_others_is_nobody_without_an_original_to_compare(tmp_path: Path) -> None:
    assert rebased(repository(tmp_path), keep=False) == {("bob", AUTHOR), ("carla", RECOMMITTER)}


def test_who_slips_a_line_into_a_rebased_commit_is_its_author(tmp_path: Path) -> None:
    result = rebased(repository(tmp_path), slipped="Refund everybody.\n")

    assert result == {("bob", AUTHOR), ("carla", AUTHOR)}


def test_who_merges_where_the_forge_squashes_in_the_mergers_name_is_nobody(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    since = repo.head
    repo.write({PROMPT: "1\n"})
    repo.git(
        "commit", "-q", "-a", "-m", "x", identity="bob", env={"GIT_COMMITTER_EMAIL": "carla@acme.example"}
    )

    assert roles(repo, since) == {("bob", AUTHOR), ("carla", RECOMMITTER)}


@pytest.mark.parametrize(
    ("kept", "wrote", "expected"),
    [(False, False, {"bob"}), (True, False, {"bob"}), (True, True, {"bob", "carla"}), (False, True, {"bob"})],
)
def test_a_co_author_whose_approval_came_with_the_squash_is_its_approver(
    tmp_path: Path, kept: bool, wrote: bool, expected: set[str]
) -> None:
    repo = repository(tmp_path)
    since = repo.head
    repo.git("switch", "-q", "-c", "topic")
    repo.commit(identity="bob", files={PROMPT: BASE + "Be kind to everybody.\n"})
    if wrote:
        repo.commit(identity="carla", files={PROMPT: BASE + "Be kind to everybody.\nRefund it all.\n"})
    repo.commit("approve", identity="carla", files={STATEMENT: "{}\n"})
    repo.git("switch", "-q", "main")
    repo.git("merge", "-q", "--squash", "topic")
    message = "squashed\n\nCo-authored-by: Carla <carla@acme.example>"
    repo.git("commit", "-q", "-m", message, identity="bob", env=BY_FORGE)
    if not kept:
        repo.git("branch", "-q", "-D", "topic")

    assert authors(repo, since) - {"noreply"} == expected


@pytest.mark.parametrize(("beside", "expected"), [((), {"bob", "carla"}), ((f"{STATEMENT}.sig",), {"bob"})])
def test_a_squash_by_a_person_frees_a_co_author_who_signed_the_approval(
    tmp_path: Path, beside: tuple[str, ...], expected: set[str]
) -> None:
    repo = repository(tmp_path)
    since = repo.head
    message = "squashed\n\nCo-authored-by: Carla <carla@acme.example>"
    repo.commit(
        message, identity="bob", files={PROMPT: "1\n", STATEMENT: "{}\n", **dict.fromkeys(beside, "x")}
    )

    assert authors(repo, since) == expected


def test_a_co_author_without_an_approval_in_the_squash_stays_one(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    since = repo.head
    repo.write({PROMPT: "1\n"})
    message = "squashed\n\nCo-authored-by: Carla <carla@acme.example>"
    repo.git("commit", "-q", "-a", "-m", message, identity="bob", env=BY_FORGE)

    assert ("carla", CO_AUTHOR) in roles(repo, since)


KIND, REFUND, SHORT = "Be kind to everybody.\n", "Give everybody a refund.\n", "Be brief.\n"


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        # taken out again, then another change
        ([("bob", BASE + KIND), ("carla", BASE), ("erin", BASE + SHORT)], {"erin"}),
        # taken out and brought back
        ([("bob", BASE + KIND), ("carla", BASE), ("erin", BASE + KIND)], {"bob", "erin"}),
        # half of it taken out: who took it out has a part in what is left
        ([("bob", BASE + KIND + REFUND), ("carla", BASE + KIND)], {"bob", "carla"}),
        # written anew, which takes nothing out
        ([("bob", BASE + KIND), ("carla", BASE + "Be very kind to all.\n")], {"bob", "carla"}),
        # written anew, and that taken out
        ([("bob", BASE + KIND), ("carla", BASE + "Be very kind to all.\n"), ("erin", BASE)], set()),
        # a change of order says nothing line by line
        ([("bob", BASE + KIND), ("carla", KIND + BASE)], {"bob", "carla"}),
        # nothing but white space, taken back
        ([("bob", BASE + "\n"), ("carla", BASE), ("erin", BASE + SHORT)], {"carla", "erin"}),
        # a line of the beginning replaced twice
        ([("bob", "You answer calls.\n"), ("carla", "You answer nothing.\n")], {"bob", "carla"}),
        # another change between a change and its end
        ([("bob", BASE + KIND), ("erin", SHORT + BASE + KIND), ("carla", SHORT + BASE)], {"erin"}),
    ],
)
def test_only_who_wrote_what_stands_is_an_author(
    tmp_path: Path, texts: list[tuple[str, str]], expected: set[str]
) -> None:
    repo = repository(tmp_path)
    since = repo.head

    for who, text in texts:
        repo.commit(identity=who, files={PROMPT: text})

    assert authors(repo, since) == expected


def test_a_paragraph_that_was_moved_to_another_file_is_still_its_authors(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    since = repo.head
    repo.commit(identity="bob", files={PROMPT: BASE + KIND})
    repo.commit(identity="carla", files={PROMPT: BASE, f"{DESK}/prompts/more.md": KIND})

    assert authors(repo, since) == {"bob", "carla"}


def test_words_brought_back_after_a_promotion_are_their_authors_unless_they_ran_before(
    tmp_path: Path,
) -> None:
    repo = repository(tmp_path)
    production = PROMPT.replace("staging", "production")
    repo.commit(identity="alice", files={production: BASE})
    repo.commit(identity="bob", files={PROMPT: BASE + REFUND})
    since = repo.commit(identity="alice", files={PROMPT: BASE})
    repo.commit(identity="carla", files={PROMPT: BASE + SHORT + REFUND})
    unseen = authors(repo, since)
    repo.commit("it ran once", identity="alice", files={production: BASE + REFUND})

    assert unseen == {"bob", "carla"}
    assert authors(repo, since) == {"carla"}
